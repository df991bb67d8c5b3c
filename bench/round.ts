import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Played, Setting } from './round-play.ts';

/**
 * A whole round of secure aggregation, twice: as a user gets it (workers, best kernels), and with the reference twin of every kernel on one
 * thread. Same updates, same rounding, same dropouts; both sums have to be equal bit for bit.
 *
 *   npm run bench:round [-- --json] [--quick] [--clients N] [--params D] [--dropout SHARE] [--adversary WHO] [--workers W] [--ours-only]
 *
 * The default, n = 1000 clients with d = 100,000 values of whom a tenth leave, takes some minutes, almost all of them for the twins. `--quick`
 * plays n = 100. Each round has a process of its own.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    clients: { type: 'string' },
    params: { type: 'string' },
    dropout: { type: 'string', default: '0.1' },
    adversary: { type: 'string', default: 'honest-but-curious' },
    workers: { type: 'string', default: 'auto' },
    seed: { type: 'string', default: '1' },
    'ours-only': { type: 'boolean', default: false },
  },
});

const adversary = values.adversary;
if (adversary !== 'honest-but-curious' && adversary !== 'malicious-server') {
  throw new RangeError(`--adversary takes honest-but-curious or malicious-server, found ${adversary}`);
}
const setting: Setting = {
  clients: number('clients', values.clients ?? (values.quick ? '100' : '1000')),
  params: number('params', values.params ?? '100000'),
  dropout: number('dropout', values.dropout),
  adversary,
  workers:
    values.workers === 'auto' || values.workers === 'inline' ? values.workers : number('workers', values.workers),
  seed: number('seed', values.seed),
};

function number(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new RangeError(`--${name} takes a number, found ${text}`);
  return value;
}

/** Plays one round in a fresh process. */
function playApart(one: Setting, tier: string | undefined): Promise<Played> {
  const { SUBROSA_TIER: _, ...env } = process.env;
  const file = fileURLToPath(new URL('./round-play.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(file, [JSON.stringify(one)], {
      env: tier === undefined ? env : { ...env, SUBROSA_TIER: tier },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let played: Played | undefined;
    child.on('message', (message: Played) => {
      played = message;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (played === undefined) reject(new Error(`the process that played the round ended with code ${code}`));
      else resolve(played);
    });
  });
}

const { clients, params, dropout } = setting;
process.stderr.write(`n = ${clients}, d = ${params}, ${100 * dropout} % leave, ${adversary}\n`);
process.stderr.write(`ours, workers ${setting.workers} ...\n`);
const ours = await playApart(setting, undefined);
process.stderr.write(`  ${ours.seconds.toFixed(1)} s\n`);
let twins: Played | undefined;
if (!values['ours-only']) {
  process.stderr.write('reference twins, inline ...\n');
  twins = await playApart({ ...setting, workers: 'inline' }, 'reference');
  process.stderr.write(`  ${twins.seconds.toFixed(1)} s\n`);
}
const equal = twins === undefined ? undefined : twins.sum === ours.sum;
const ratio = twins === undefined ? undefined : twins.seconds / ours.seconds;

if (values.json) {
  const load = process.getBuiltinModule('node:os').loadavg()[0];
  process.stdout.write(
    `${JSON.stringify({ id: 'round/pairwise', setting, node: process.versions.node, load, ours, twins, equal, ratio }, null, 2)}\n`,
  );
} else {
  const head = ['seconds', 'ours', ...(twins === undefined ? [] : ['reference twins', 'x'])];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  const row = (name: string, of: (played: Played) => number | undefined): void => {
    const mine = of(ours) ?? 0;
    const theirs = twins === undefined ? undefined : (of(twins) ?? 0);
    const rest = theirs === undefined ? [] : [theirs.toFixed(2), mine < 0.01 ? '' : (theirs / mine).toFixed(1)];
    table.push([name, mine.toFixed(2), ...rest]);
  };
  for (const phase of Object.keys(ours.phases)) row(phase, ({ phases }) => phases[phase]);
  row('the round', ({ seconds }) => seconds);
  row('processor time', ({ cpuSeconds }) => cpuSeconds);
  process.stdout.write(`${table.toString()}\n`);
  if (equal !== undefined) {
    process.stdout.write(
      `the sums of ${ours.survivors} survivors are ${equal ? 'equal' : 'NOT EQUAL'}; ${ratio!.toFixed(1)} x\n`,
    );
  }
}
process.exitCode = equal === false ? 1 : 0;
