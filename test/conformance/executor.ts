import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import {
  applyMasks,
  curve,
  type Executor,
  type Items,
  inlineExecutor,
  type MaskPlan,
  type MaskTerm,
  type PointPlan,
  type RingWords,
  runPointPlan,
  SUITES,
  wordBytes,
} from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';

/**
 * What every executor promises: the bytes and the errors of a plain loop over the kernels, whatever it does in between. Lengths are odd, and
 * long enough that an executor with workers does spread them.
 */
export function executorConformance(name: string, make: () => Executor): void {
  describe(`executor: ${name}`, () => {
    let executor: Executor;
    beforeAll(() => {
      executor = make();
    });
    afterAll(() => executor[Symbol.asyncDispose]());

    describe.each(SUITES)('masks, %s', (suite) => {
      it.each([
        ['many terms over a short vector', 4, 1_237, 2_000],
        ['some terms over a vector', 4, 300_007, 12],
        ['some terms over 64-bit words', 8, 150_001, 12],
        ['a few terms over a long vector', 8, 600_011, 3],
        ['small enough for one thread', 4, 77, 5],
        ['one word', 8, 1, 3],
        ['no words', 4, 0, 3],
        ['no terms', 4, 100, 0],
      ] as const)('%s', async (_, width, length, count) => {
        const plan: MaskPlan = { suite, terms: terms(count) };
        const before = vector(width, length);
        const expected = before.slice();
        applyMasks(expected, plan.terms, suite);
        const into = before.slice();
        await executor.mask(plan, into);
        expect(same(into, expected)).toBe(true);
      });

      it('leaves the seeds and the neighbours of a subarray alone', async () => {
        const plan: MaskPlan = { suite, terms: terms(30) };
        const seeds = plan.terms.map(({ seed }) => seed.slice());
        const whole = vector(4, 200_000);
        const expected = whole.slice();
        applyMasks(expected.subarray(33, 150_034), plan.terms, suite);
        await executor.mask(plan, whole.subarray(33, 150_034));
        expect(same(whole, expected)).toBe(true);
        expect(plan.terms.map(({ seed }) => seed)).toEqual(seeds);
      });

      it.runIf(typeof SharedArrayBuffer === 'function')('works in shared memory of the caller', async () => {
        const plan: MaskPlan = { suite, terms: terms(30) };
        const into = new Uint32Array(new SharedArrayBuffer(400_004), 4, 100_000);
        const expected = new Uint32Array(100_000);
        applyMasks(expected, plan.terms, suite);
        await executor.mask(plan, into);
        expect(same(into, expected)).toBe(true);
        expect(new Uint32Array(into.buffer)[0]).toBe(0);
      });

      it('subtracts what it added, from two calls at once', async () => {
        const plan: MaskPlan = { suite, terms: terms(20) };
        const back: MaskPlan = {
          suite,
          terms: plan.terms.map(({ seed, sign }) => ({ seed, sign: sign === 1 ? -1 : 1 })),
        };
        const [a, b] = [vector(4, 150_001), vector(8, 100_003)];
        const [before, beforeB] = [a.slice(), b.slice()];
        await Promise.all([executor.mask(plan, a), executor.mask(plan, b)]);
        expect(same(a, before)).toBe(false);
        await Promise.all([executor.mask(back, b), executor.mask(back, a)]);
        expect(same(a, before)).toBe(true);
        expect(same(b, beforeB)).toBe(true);
      });

      it.each([
        ['seed', { seed: new Uint8Array(31), sign: 1 }, 'a mask seed has 32 bytes, found 31'],
        ['sign', { seed: new Uint8Array(32), sign: 2 as 1 }, 'a mask has the sign 1 or -1, found 2'],
      ] as const)('refuses a wrong %s', async (_, bad, message) => {
        const plan: MaskPlan = { suite, terms: [...terms(40), bad, ...terms(40)] };
        await expect(executor.mask(plan, vector(4, 100_000))).rejects.toThrow(new RangeError(message));
      });
    });

    describe('points', () => {
      it('are those of the reference curve', async () => {
        for (const plan of pointPlans(9)) {
          expect(hex(await executor.points(plan)), plan.op).toBe(hex(runPointPlan(plan, curve('reference'))));
        }
      });

      it.each([0, 1, 127, 128, 333])('are those of a plain loop, %i of them', async (n) => {
        for (const plan of pointPlans(n)) {
          expect(hex(await executor.points(plan)), plan.op).toBe(hex(runPointPlan(plan)));
        }
      });

      it('are those of a plain loop, in large batches', async () => {
        for (const plan of [...pointPlans(1_101), sumPlan(9_001, 1), sumPlan(4_500, 2), sumPlan(70, 65)]) {
          expect(hex(await executor.points(plan)), plan.op).toBe(hex(runPointPlan(plan)));
        }
      });

      it('add up to the identity where they cancel', async () => {
        const half = points(4_500);
        const negatives = curve().multiply(half, MINUS_ONE);
        const all = new Uint8Array(2 * half.length);
        all.set(half);
        all.set(negatives, half.length);
        expect(hex(await executor.points({ op: 'sum', points: all, columns: 1 }))).toBe('00'.repeat(32));
        // ... and within each of two columns of one chunk
        const cancelled = new Uint8Array(2 * all.length);
        for (let at = 0; at < half.length; at += 32) {
          const pair = 4 * at;
          cancelled.set(half.subarray(at, at + 32), pair);
          cancelled.set(half.subarray(at, at + 32), pair + 32);
          cancelled.set(negatives.subarray(at, at + 32), pair + 64);
          cancelled.set(negatives.subarray(at, at + 32), pair + 96);
        }
        expect(hex(await executor.points({ op: 'sum', points: cancelled, columns: 2 }))).toBe('00'.repeat(64));
      });

      it('take their input from a Node Buffer and leave it as it was', async () => {
        if (typeof Buffer === 'undefined') return;
        for (const plan of pointPlans(333)) {
          const copy = structuredClone(plan);
          const buffered = asBuffers(plan);
          expect(hex(await executor.points(buffered))).toBe(hex(runPointPlan(copy)));
          expect(buffered).toEqual(asBuffers(copy));
        }
      });

      it.each([
        [0, 'zeros'],
        [130, 'zeros'],
        [332, 'high bit'],
        [200, 'high bit'],
      ] as const)('refuse a bad one among 333, at %i', async (index, kind) => {
        const bad = spoil(points(333), index, kind);
        const plan: PointPlan = { op: 'multiply', points: bad, scalar: scalars(1) };
        await expectSameError(executor, plan);
      });

      it('name the first bad one of several', async () => {
        const bad = spoil(spoil(spoil(points(400), 390, 'zeros'), 131, 'high bit'), 260, 'zeros');
        const error = await expectSameError(executor, { op: 'multiply', points: bad, scalar: scalars(1) });
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error).toMatchObject({ code: 'not-canonical' });
        expect((error as Error).message).toContain('point 131 of 400');
      });

      it('name the first bad one of a sum: of the first column that has one', async () => {
        const bad = spoil(spoil(spoil(points(9_000), 2 * 100 + 1, 'zeros'), 2 * 4_400, 'high bit'), 2 * 4_499, 'zeros');
        const error = await expectSameError(executor, { op: 'sum', points: bad, columns: 2 });
        expect((error as Error).message).toContain('point 4400 of 4500');
        await expectSameError(executor, { op: 'sum', points: spoil(points(9_000), 2_001, 'zeros'), columns: 1 });
      });

      it('refuse what the caller got wrong', async () => {
        const n = 333;
        const tooLarge = new Uint8Array(32).fill(255);
        const late = scalars(n);
        late.set(tooLarge, 32 * 300);
        const encrypt = { op: 'encrypt', values: scalars(n), randomness: scalars(n), key: points(1) } as const;
        const plans: PointPlan[] = [
          { op: 'multiply', points: points(n), scalar: new Uint8Array(32) },
          { op: 'multiply', points: points(n), scalar: tooLarge },
          { op: 'multiply', points: points(n), scalar: new Uint8Array(31) },
          { op: 'multiply', points: points(n).subarray(1), scalar: scalars(1) },
          { op: 'blind', items: items(n), scalar: new Uint8Array(32) },
          { ...encrypt, values: late },
          { ...encrypt, randomness: late },
          { ...encrypt, values: scalars(n - 1) },
          { ...encrypt, key: new Uint8Array(32) },
          { ...encrypt, key: tooLarge },
          { ...encrypt, key: points(2) },
          { op: 'sum', points: points(n), columns: 2 },
        ];
        for (const plan of plans) await expectSameError(executor, plan);
      });
    });

    describe('an abort', () => {
      const reason = new Error('enough');
      it('before the start', async () => {
        const signal = AbortSignal.abort(reason);
        const plan: MaskPlan = { suite: 'chacha20', terms: terms(30) };
        await expect(executor.mask(plan, vector(4, 100_000), signal)).rejects.toBe(reason);
        for (const points of pointPlans(150)) await expect(executor.points(points, signal)).rejects.toBe(reason);
      });

      it('in the middle of masks', async () => {
        const controller = new AbortController();
        const plan: MaskPlan = { suite: 'chacha20', terms: terms(4_000) };
        const masking = executor.mask(plan, vector(4, 300_000), controller.signal);
        setTimeout(() => controller.abort(reason), 5);
        await expect(masking).rejects.toBe(reason);
      });

      it('and the next plan runs as ever', async () => {
        const plan: MaskPlan = { suite: 'chacha20', terms: terms(30) };
        const [into, expected] = [vector(4, 100_001), new Uint32Array(100_001)];
        into.fill(0 as never);
        applyMasks(expected, plan.terms, plan.suite);
        await executor.mask(plan, into);
        expect(same(into, expected)).toBe(true);
      });
    });
  });
}

const rng = new SeededRng(new Uint8Array(32).fill(5));
const bytes = (length: number): Uint8Array => rng.fill(new Uint8Array(length));

function terms(count: number): MaskTerm[] {
  return Array.from({ length: count }, (_, i) => ({ seed: bytes(32), sign: i % 3 === 1 ? -1 : 1 }));
}

function vector(width: 4 | 8, length: number): RingWords {
  const words = width === 4 ? new Uint32Array(length) : new BigUint64Array(length);
  rng.fill(wordBytes(words));
  return words;
}

function same(a: RingWords, b: RingWords): boolean {
  const [left, right] = [wordBytes(a), wordBytes(b)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** n scalars in 1 .. 2^252 - 1 */
function scalars(n: number): Uint8Array {
  const out = bytes(32 * n);
  for (let i = 31; i < out.length; i += 32) out[i]! &= 15;
  return out;
}

const MINUS_ONE = Uint8Array.from(
  'ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'
    .match(/../g)!
    .map((pair) => Number.parseInt(pair, 16)),
);

/** n points; from 200 on they repeat, which is quicker and no easier */
function points(n: number): Uint8Array {
  basis ??= curve().multiplyBase(scalars(200));
  const out = new Uint8Array(32 * n);
  for (let at = 0; at < out.length; at += basis.length) out.set(basis.subarray(0, out.length - at), at);
  return out;
}
let basis: Uint8Array | undefined;

function items(n: number): Items {
  const offsets = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = offsets[i]! + ((i * 7) % 40);
  return { data: bytes(offsets[n]!), offsets };
}

const sumPlan = (rows: number, columns: number): PointPlan => ({ op: 'sum', points: points(rows * columns), columns });

function pointPlans(n: number): PointPlan[] {
  return [
    { op: 'blind', items: items(n), scalar: scalars(1) },
    { op: 'multiply', points: points(n), scalar: scalars(1) },
    { op: 'encrypt', values: scalars(n), randomness: scalars(n), key: points(1) },
    sumPlan(n, 3),
  ];
}

function asBuffers(plan: PointPlan): PointPlan {
  const buffer = (array: Uint8Array): Buffer => Buffer.from(array); // from Node's shared pool when short
  switch (plan.op) {
    case 'blind':
      return { ...plan, items: { ...plan.items, data: buffer(plan.items.data) }, scalar: buffer(plan.scalar) };
    case 'multiply':
      return { ...plan, points: buffer(plan.points), scalar: buffer(plan.scalar) };
    case 'encrypt':
      return { ...plan, values: buffer(plan.values), randomness: buffer(plan.randomness), key: buffer(plan.key) };
    case 'sum':
      return { ...plan, points: buffer(plan.points) };
  }
}

function spoil(all: Uint8Array, index: number, kind: 'zeros' | 'high bit'): Uint8Array {
  if (kind === 'zeros') all.fill(0, 32 * index, 32 * (index + 1));
  else all[32 * index + 31]! |= 0x80;
  return all;
}

/** The executor throws what the inline one throws: class, code, message. */
async function expectSameError(executor: Executor, plan: PointPlan): Promise<unknown> {
  const caught = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.unreachable(`${plan.op} was not refused`),
      (error: unknown) => error,
    );
  const expected = (await caught(inlineExecutor.points(plan))) as ProtocolError;
  const found = (await caught(executor.points(plan))) as ProtocolError;
  expect(found).toBeInstanceOf(expected.constructor);
  expect({ message: found.message, code: found.code }).toEqual({ message: expected.message, code: expected.code });
  return found;
}

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
