import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { flower } from './flower.js';
import { fullGraph } from './full-graph.js';
import { installRivals } from './install.js';
import { openmined } from './openmined.js';
import { tenseal } from './tenseal.js';

/**
 * What others do with the same task on the same machine:
 *
 *   npm run bench:rivals [-- --quick] [--out FILE.json] [--only NAME]
 *
 * `--only` measures one rival; with a FILE that exists, its rows replace the old ones and the others stay.
 *
 * Every row says what it is: the rival itself, or a model of its arithmetic. One that does not load is a row too, with the reason.
 */
const RIVALS = [
  { name: '@openmined/psi.js', kind: 'the rival itself, version 2.0.6', run: openmined },
  {
    name: 'TenSEAL defaults',
    kind: "TenSEAL's default parameters (N = 8192, 60-40-40-60 bits, scale 2^40, one key) on raw node-seal 6.0.3; not TenSEAL",
    run: tenseal,
  },
  {
    name: 'Flower SecAgg+',
    kind: "a model of Flower's arithmetic in JavaScript (MT19937 masks, int64 vectors, P-384, Fernet; no Shamir); not Flower",
    run: flower,
  },
  {
    name: 'Bonawitz, full graph',
    kind: 'a plain implementation of Bonawitz et al. 2017 with every pair of clients (node:crypto AES-256-CTR and X25519); nobody’s product',
    run: fullGraph,
  },
];

installRivals();

const quick = process.argv.includes('--quick');
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? '');
};
const [out, only] = [option('--out'), option('--only')];
if (only !== undefined && !RIVALS.some(({ name }) => name === only)) {
  process.stderr.write(
    `subrosa: error: --only takes one of ${RIVALS.map(({ name }) => `'${name}'`).join(', ')}; found '${only}'\n`,
  );
  process.exit(2);
}
const rows = [];
if (only !== undefined && out !== undefined && existsSync(out)) {
  rows.push(...JSON.parse(readFileSync(out, 'utf8')).rows.filter(({ rival }) => rival !== only));
}
for (const { name, kind, run } of RIVALS) {
  if (only !== undefined && name !== only) continue;
  process.stderr.write(`${name} ...\n`);
  try {
    for (const row of await run(quick)) rows.push({ rival: name, kind, ...row });
  } catch (error) {
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
    const reason = missing ? 'is not installed: npm ci --prefix bench/rivals' : String(error?.message ?? error);
    process.stderr.write(`subrosa: error: ${name}: ${reason}\n`);
    rows.push({ rival: name, kind, error: reason });
  }
}
const text = `${JSON.stringify({ machine: { cpu: cpus()[0]?.model, node: process.versions.node }, date: new Date().toISOString(), quick, rows }, null, 2)}\n`;
if (out === undefined) process.stdout.write(text);
else {
  if (!existsSync(dirname(out))) mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
}
