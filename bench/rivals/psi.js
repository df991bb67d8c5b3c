import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { enableRelaxedSimd, inlineExecutor } from '../../dist/kernels/index.js';
import {
  memorySource,
  OpenMinedServer,
  openMinedRequest,
  runReceiver,
  runSender,
} from '../../dist/protocols/psi/index.js';
import { createPool, poolExecutor } from '../../dist/workers/index.js';
import { installRivals } from './install.js';
import { intersect, load } from './openmined.js';

/**
 * Set intersection end to end, both parties in one process, against @openmined/psi.js, in one run and in turns:
 *
 *   npm run bench:psi -- [--size 8192] [--samples 5] [--json]
 *
 * Both sides have `size` identifiers, half of them in common, and the receiver learns its members. Strings go in, members come out: hashing,
 * both multiplications of every element, encoding, messages and matching are all in it. The time of an element is that of the whole run divided by
 * `size`. Of several samples the fastest counts, because other programs can only add to a time; `cpu` is processor time over all threads.
 */
const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '8192' },
    samples: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    ours: { type: 'boolean', default: false }, // leave the rival out: to profile
  },
});
const size = Number(options.size);
const samples = Number(options.samples);
if (!Number.isInteger(size) || size < 2 || !Number.isInteger(samples) || samples < 1) {
  throw new RangeError('--size is an integer from 2, --samples one from 1');
}

const overlap = size - (size >> 1);
const left = Array.from({ length: size }, (_, i) => `user${i}@example.org`);
const right = Array.from({ length: size }, (_, i) => `user${i + (size >> 1)}@example.org`);
const parameters = { reveal: 'members', normalisation: 'exact/1', maximumSize: size, chunk: 4096 };

/** Two ends of a queue of frames. */
function channels() {
  const end = () => ({ waiting: [], wake: undefined });
  const [a, b] = [end(), end()];
  const channel = (mine, theirs) => ({
    async send(frame) {
      const wake = theirs.wake;
      theirs.wake = undefined;
      if (wake) wake(frame);
      else theirs.waiting.push(frame);
    },
    receive: () =>
      mine.waiting.length > 0
        ? Promise.resolve(mine.waiting.shift())
        : new Promise((resolve) => {
            mine.wake = resolve;
          }),
  });
  return [channel(a, b), channel(b, a)];
}

/** Milliseconds of group arithmetic within a run. */
let inKernel = 0;
const timedInline = {
  ...inlineExecutor,
  async points(plan, signal) {
    const began = performance.now();
    const points = await inlineExecutor.points(plan, signal);
    inKernel += performance.now() - began;
    return points;
  },
};

async function ours(executor) {
  const [a, b] = channels();
  const [{ result }] = await Promise.all([
    runReceiver(parameters, memorySource(left, 'rows'), a, { executor }),
    runSender(parameters, memorySource(right, 'shuffled'), b, { executor }),
  ]);
  if (result.count !== overlap) throw new Error(`found ${result.count}, expected ${overlap}`);
}

/** The same wire format and curve as the rival. */
async function oursOnP256() {
  const options = { revealIntersection: true };
  const server = new OpenMinedServer(options);
  const setup = server.setup(right, 'gcs', 1e-9, size);
  const [awaiting, request] = openMinedRequest(left, options);
  const { count } = awaiting.receive(setup, server.answer(request));
  if (count !== overlap) throw new Error(`found ${count}, expected ${overlap}`);
}

const tier = enableRelaxedSimd() ? 'fma' : 'extmul';
const pool = poolExecutor(createPool({ size: 2 }));
if (!options.ours) installRivals();
const rival = options.ours
  ? undefined
  : await load().catch((error) => {
      if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      process.stderr.write('@openmined/psi.js is not installed: npm ci --prefix bench/rivals\n');
      return undefined;
    });
const contenders = {
  ...(rival && { '@openmined/psi.js': () => intersect(rival, left, right) }),
  'subrosa, one core': () => ours(timedInline),
  'subrosa, two workers': () => ours(pool),
  'subrosa, openmined-p256': oursOnP256,
};

const rows = new Map(
  Object.keys(contenders).map((name) => [name, { wall: Infinity, cpu: Infinity, kernel: Infinity }]),
);
for (let sample = 0; sample <= samples; sample++) {
  for (const [name, run] of Object.entries(contenders)) {
    inKernel = 0;
    const before = process.cpuUsage();
    const began = performance.now();
    await run();
    const wall = performance.now() - began;
    const { user, system } = process.cpuUsage(before);
    if (sample === 0) continue; // compiles, fills tables, starts workers
    const row = rows.get(name);
    row.wall = Math.min(row.wall, wall);
    row.cpu = Math.min(row.cpu, (user + system) / 1000);
    row.kernel = Math.min(row.kernel, inKernel);
  }
}
await pool[Symbol.asyncDispose]();

const us = (ms) => Number(((1000 * ms) / size).toFixed(1));
const [one, two] = [rows.get('subrosa, one core'), rows.get('subrosa, two workers')];
const theirs = rows.get('@openmined/psi.js');
const report = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node },
  tier,
  size,
  samples,
  microsecondsPerElement: Object.fromEntries(
    Array.from(rows, ([name, { wall, cpu }]) => [name, { wall: us(wall), cpu: us(cpu) }]),
  ),
  groupArithmeticShare: Number((one.kernel / one.wall).toFixed(3)),
  ratios: {
    ...(theirs && {
      openminedSuiteOverPsiJs: Number((theirs.wall / rows.get('subrosa, openmined-p256').wall).toFixed(2)),
      oneCoreOverPsiJs: Number((theirs.wall / one.wall).toFixed(2)),
      oneCoreOverPsiJsCpu: Number((theirs.cpu / one.cpu).toFixed(2)),
    }),
    twoWorkersOverOneCore: Number((one.wall / two.wall).toFixed(2)),
  },
};
if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
else {
  process.stdout.write(
    `${size} identifiers a side, members; ${report.machine.cpu}, Node ${report.machine.node}, tier ${tier}\n`,
  );
  for (const [name, { wall, cpu }] of Object.entries(report.microsecondsPerElement)) {
    process.stdout.write(
      `${name.padEnd(24)} ${String(wall).padStart(7)} us an element   ${String(cpu).padStart(7)} us of processor\n`,
    );
  }
  process.stdout.write(`group arithmetic: ${(100 * report.groupArithmeticShare).toFixed(1)} % of one core's time\n`);
  for (const [name, ratio] of Object.entries(report.ratios)) process.stdout.write(`${name.padEnd(24)} ${ratio} x\n`);
}
