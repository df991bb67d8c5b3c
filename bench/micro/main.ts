import { setFlagsFromString } from 'node:v8';
import Table from 'cli-table3';

/**
 * Micro benchmarks of the kernels and of the pool.
 *
 *   npm run bench:micro [-- --json] [--only ID] [--quick]
 *
 * `--json` prints an array of rows, `--only` takes an id or its beginning (`mask/`), `--quick` ends within 50 seconds.
 */

// This process may switch on what a library must not: Node 20 hides relaxed SIMD behind a flag, which has to be set before the
// first kernel is compiled, so everything else is imported afterwards.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const { measure, PEERS } = await import('./harness.ts');
const { ENTRIES } = await import('./registry.ts');
type Row = Awaited<ReturnType<typeof measure>>[number];

const args = process.argv.slice(2);
const flag = (name: string): boolean => args.includes(name);
const at = args.findIndex((argument) => argument === '--only' || argument.startsWith('--only='));
const only = at < 0 ? undefined : args[at]!.startsWith('--only=') ? args[at]!.slice(7) : args[at + 1];

const chosen = ENTRIES.filter(({ id, extra }) =>
  only === undefined ? !(extra && flag('--quick')) : id === only || id.startsWith(only),
);
if (chosen.length === 0) {
  process.stderr.write(`subrosa: error: no benchmark ${only}; there are ${ENTRIES.map(({ id }) => id).join(', ')}\n`);
  process.exit(1);
}

const rows: Row[] = [];
const quick = flag('--quick');
/** Milliseconds that a quick run may take before benchmarks are cut short; each id has its share. */
const BUDGET = 38_000;
for (const [i, { id, make }] of chosen.entries()) {
  process.stderr.write(`${id} ...\n`);
  const until = quick ? (BUDGET * (i + 1)) / chosen.length : Number.POSITIVE_INFINITY;
  rows.push(...(await measure(await make(quick), quick, until)));
}

if (flag('--json')) {
  process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
} else {
  const peers = PEERS.filter((peer) => rows.some(({ ratios }) => ratios[peer] !== undefined));
  const table = new Table({
    head: ['id', 'tier', 'unit', 'per second', ...peers.map((peer) => `x ${peer}`)],
    style: { head: [], border: [], compact: true },
  });
  for (const { id, tier, unit, perSecond, ratios } of rows) {
    const columns = peers.map((peer) => (ratios[peer] === undefined ? '' : short(ratios[peer])));
    table.push([id, tier, unit, short(perSecond), ...columns]);
  }
  process.stdout.write(
    `${table.toString()}\nNode ${process.versions.node}; fastest samples, ours and theirs in turns\n`,
  );
}

/** Three digits, with k, M or G. */
function short(value: number): string {
  for (const [size, suffix] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e4, ' k'],
  ] as const) {
    if (value >= size) return `${(value / (suffix === ' k' ? 1e3 : size)).toPrecision(3)}${suffix}`;
  }
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
