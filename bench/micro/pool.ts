import { availableParallelism } from 'node:os';
import { curve, type MaskPlan, type PointPlan } from '../../src/kernels/index.ts';
import { createPool, poolExecutor, type WorkerPool } from '../../src/workers/index.ts';
import type { Bench, Entry, Run } from './harness.ts';

/** The pool with two workers against the pool with one: what the second core gives after what dealing out costs. */
const WORKERS = 2;
const WORDS = 2 ** 20;

function seed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

function maskPlan(masks: number): MaskPlan {
  return {
    suite: 'aes256ctr',
    terms: Array.from({ length: masks }, (_, i) => ({ seed: seed(), sign: i % 2 === 0 ? 1 : -1 })),
  };
}

/** @param run what an executor over this pool is to do */
async function bench(id: string, unit: string, count: number, run: (pool: WorkerPool) => Run): Promise<Bench> {
  if (availableParallelism() < WORKERS) {
    process.stderr.write(
      `${id}: this machine runs ${availableParallelism()} thread at a time, so expect a ratio of 1\n`,
    );
  }
  const [one, two] = [createPool({ size: 1 }), createPool({ size: WORKERS })];
  await Promise.all([one.ready(), two.ready()]);
  return {
    id,
    unit,
    count,
    ours: [{ tier: `${WORKERS} workers`, run: run(two) }],
    peers: { one: { run: run(one) } },
    close: () => Promise.all([one.close(), two.close()]),
  };
}

function masks(id: string, count: number): Promise<Bench> {
  const plan = maskPlan(count);
  return bench(id, 'word', count * WORDS, (pool) => {
    const executor = poolExecutor(pool);
    const into = new Uint32Array(WORDS);
    return () => executor.mask(plan, into);
  });
}

function multiplications(id: string, count: number): Promise<Bench> {
  const scalar = seed();
  scalar[31]! &= 15;
  const scalars = new Uint8Array(32 * count);
  for (let i = 0; i < count; i++) scalars.set([1 + i, (1 + i) >> 8], 32 * i);
  const plan: PointPlan = { op: 'multiply', points: curve().multiplyBase(scalars), scalar };
  return bench(id, 'point', count, (pool) => {
    const executor = poolExecutor(pool);
    return () => executor.points(plan);
  });
}

/**
 * What the server takes back when 10 % of n = 1000 clients drop out of rounds with k = 96 neighbours: about 9,500 masks (900 self masks and
 * 100 x 96 x 0.9 edges) over 2^20 words. A twentieth of them with `--quick`.
 */
const UNMASK = 9_500;

/** What a client adds that has k = 96 neighbours: a mask for each and its own. */
const MASK = 97;

export const pool: readonly Entry[] = [
  { id: 'pool/mask', make: () => masks('pool/mask', MASK) },
  { id: 'pool/curve', make: () => multiplications('pool/curve', 4_096) },
  { id: 'pool/unmask', make: (quick) => masks('pool/unmask', quick ? UNMASK / 20 : UNMASK) },
];
