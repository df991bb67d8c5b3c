import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMasks, curve, type MaskTerm, type PointPlan, runPointPlan, wordBytes } from '../../src/kernels/index.ts';
import { jobHandlers } from '../../src/workers/handlers.ts';
import { poolExecutor, type WorkerPool } from '../../src/workers/index.ts';
import type { JobInput, JobKind } from '../../src/workers/jobs.ts';

/** A pool without threads: everything is cloned and moved as it would be between threads, and checked on the way. */
function unthreaded(size: number, check: (kind: JobKind, input: JobInput<JobKind>) => void): WorkerPool {
  return {
    size,
    async run(kind, prepare) {
      const { input, transfer = [] } = prepare();
      const arrived = structuredClone(input, { transfer: [...transfer] });
      check(kind, input);
      const handler = jobHandlers[kind] as (input: unknown) => ReturnType<(typeof jobHandlers)[JobKind]>;
      const { value, transfer: back = [] } = await handler(arrived);
      return structuredClone(value, { transfer: [...back] }) as never;
    },
    async ready() {},
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

const term = fc.record({
  seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  sign: fc.constantFrom<1 | -1>(1, -1),
});

describe('plans are cut so that nothing is lost', () => {
  it('masks: every word gets every term once, whatever the length and the number of workers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(Uint32Array, BigUint64Array),
        // Around the sizes at which another range or another group of terms begins.
        fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 30_000, max: 70_000 })),
        fc.array(term, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 16 }),
        async (Words, length, some, workers) => {
          // Enough terms to be worth spreading, from few seeds.
          const count = Math.ceil(2 ** 23 / (length * Words.BYTES_PER_ELEMENT));
          const terms: MaskTerm[] = Array.from({ length: Math.min(count, 3_000) }, (_, i) => some[i % some.length]!);
          let jobs = 0;
          const pool = unthreaded(workers, (_, input) => {
            jobs += 1;
            const { seeds, words } = input as JobInput<'mask'>;
            expect(seeds.byteLength, 'seeds stay behind').toBe(0);
            expect(words.byteLength, 'sums stay behind').toBe(0);
          });
          const into = new Words(length);
          wordBytes(into).fill(7);
          const expected = into.slice();
          applyMasks(expected, terms, 'chacha20');
          const executor = poolExecutor(pool);
          await executor.mask({ suite: 'chacha20', terms }, into);
          expect(Buffer.compare(Buffer.from(into.buffer), Buffer.from(expected.buffer))).toBe(0);
          if (terms.length === count) expect(jobs).toBeGreaterThanOrEqual(Math.min(workers, terms.length));
          // A second plan of an executor uses the memory of the first: nothing of it is left there.
          applyMasks(expected, terms, 'chacha20');
          await executor.mask({ suite: 'chacha20', terms }, into);
          expect(Buffer.compare(Buffer.from(into.buffer), Buffer.from(expected.buffer))).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('points: every item once, in its place, and every secret moved', async () => {
    const table = curve().multiplyBase(new Uint8Array(32 * 64).map((_, i) => (i % 32 === 0 ? i / 32 + 1 : 0)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<PointPlan['op']>('blind', 'multiply', 'encrypt', 'sum'),
        fc.integer({ min: 128, max: 400 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 60 }),
        async (op, n, workers, columns) => {
          const scalars = new Uint8Array(32 * n).map((_, i) => (i % 32 < 31 ? i * 7 : 1));
          const scalar = scalars.slice(0, 32);
          const points = new Uint8Array(32 * n * (op === 'sum' ? columns : 1)).map((_, i) => table[i % table.length]!);
          const offsets = new Uint32Array(n + 1).map((_, i) => 3 * i);
          const plans = {
            blind: { op, items: { data: new Uint8Array(3 * n).map((_, i) => i * 5), offsets }, scalar },
            multiply: { op, points, scalar },
            encrypt: { op, values: scalars, randomness: scalars, key: table.slice(0, 32) },
            sum: { op, points, columns },
          } as unknown as Record<PointPlan['op'], PointPlan>;
          const plan = plans[op];
          const pool = unthreaded(workers, (_, input) => {
            for (const array of Object.values(input as object)) {
              if (array instanceof Uint8Array) expect(array.byteLength).toBe(0);
            }
          });
          const result = await poolExecutor(pool).points(plan);
          expect(Buffer.compare(result, runPointPlan(plan))).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});
