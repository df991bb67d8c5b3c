import { describe, expect, it } from 'vitest';
import { curve, type PointPlan } from '../../src/kernels/index.ts';
import { jobHandlers } from '../../src/workers/handlers.ts';

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const two = (): Uint8Array => Uint8Array.of(2, ...zeros(31));
const scalars = (n: number): Uint8Array => new Uint8Array(32 * n).map((_, i) => (i % 32 === 0 ? i / 32 + 1 : 0));

describe("a worker's handlers wipe what is secret", () => {
  it('the seeds of masks', async () => {
    const seeds = new Uint8Array(64).fill(7);
    const words = new Uint32Array(10);
    const job = { suite: 'chacha20', seeds, signs: Int8Array.of(1, -1), words, from: 0 } as const;
    const { value, transfer } = await jobHandlers.mask(job);
    expect(seeds).toEqual(zeros(64));
    expect(value).toBe(words);
    expect(transfer).toEqual([words.buffer]);
  });

  it('the seeds of masks that fail', async () => {
    const seeds = new Uint8Array(32).fill(7);
    const job = { suite: 'chacha20', seeds, signs: Int8Array.of(5), words: new Uint32Array(10), from: 0 } as const;
    await expect(Promise.resolve(jobHandlers.mask(job))).rejects.toThrow(RangeError);
    expect(seeds).toEqual(zeros(32));
  });

  it.each([false, true])('scalars, identifiers and ElGamal randomness; with a bad point: %s', async (bad) => {
    const points = curve().multiplyBase(scalars(3));
    const key = points.slice(0, 32);
    if (bad) points.fill(255, 64, 96);
    if (bad) key.fill(0);
    const items = { data: Uint8Array.of(1, 2, 3), offsets: Uint32Array.of(0, 1, 3) };
    const plans = [
      { op: 'blind', items, scalar: two() },
      { op: 'multiply', points, scalar: two() },
      { op: 'encrypt', values: scalars(3), randomness: scalars(3), key },
    ] as const satisfies PointPlan[];
    const outcomes = await Promise.allSettled(plans.map(async (plan) => (await jobHandlers.points(plan)).value));
    const [blind, multiply, encrypt] = plans;
    expect(items.data).toEqual(zeros(3));
    expect(blind.scalar).toEqual(zeros(32));
    expect(multiply.scalar).toEqual(zeros(32));
    expect(encrypt.values).toEqual(zeros(96));
    expect(encrypt.randomness).toEqual(zeros(96));
    if (!bad) return;
    expect(outcomes[1]).toEqual({ status: 'fulfilled', value: { bad: { row: 2, column: 0, identity: false } } });
    expect(outcomes[2]).toMatchObject({ status: 'rejected', reason: { code: 'identity-element' } });
  });
});
