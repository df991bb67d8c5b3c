import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import {
  type FixedPointOptions,
  fixedPoint,
  rotatedBound,
  type Shape,
  type VectorCodec,
} from '../../src/encoding/index.ts';
import {
  addInto,
  copyVector,
  packVector,
  type RingVector,
  reduce,
  unpackVector,
  zeroVector,
} from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const prepare = (options: FixedPointOptions, shape: Shape): VectorCodec => fixedPoint(options).prepare(shape);

/** As a scheme does it: over the wire, added in the ring. */
function sumOf(codec: VectorCodec, vectors: readonly RingVector[]): RingVector {
  const sum = zeroVector(codec.bits, codec.length);
  for (const vector of vectors) addInto(sum, unpackVector(packVector(vector), codec.bits, codec.length));
  return reduce(sum);
}

const l2 = (v: ArrayLike<number>): number => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));

/** Clipping by the definition. */
function clipped(update: readonly number[], clip: { value?: number; l2?: number }): number[] {
  const factor = clip.l2 === undefined ? 1 : Math.min(1, clip.l2 / (l2(update) || 1));
  const bound = clip.value ?? Number.POSITIVE_INFINITY;
  return update.map((x) => Math.max(-bound, Math.min(bound, x * factor)));
}

const cohort = (updates: number, dimension: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: dimension, maxLength: dimension }), {
    minLength: updates,
    maxLength: updates,
  });

const scenario = fc
  .record({
    contributors: fc.integer({ min: 1, max: 6 }),
    extra: fc.integer({ min: 0, max: 3 }),
    dimension: fc.integer({ min: 1, max: 40 }),
    bits: fc.integer({ min: 2, max: 32 }),
    clip: fc.constantFrom({ l2: 3 }, { value: 0.7 }, { value: 1, l2: 3 }, { l2: 1000 }),
    rounding: fc.constantFrom('stochastic' as const, 'nearest' as const),
    byte: fc.nat(255),
  })
  .chain((plan) => fc.record({ plan: fc.constant(plan), updates: cohort(plan.contributors, plan.dimension) }));

describe('fixed point: error bounds', () => {
  it('sums within k * step (stochastic) or k * step / 2 (nearest), the mean within a step', () => {
    fc.assert(
      fc.property(scenario, ({ plan, updates }) => {
        const { bits, clip, rounding, dimension, contributors } = plan;
        const codec = prepare({ clip, bits, rounding }, { clients: contributors + plan.extra, dimension });
        const rng = new SeededRng(seed(plan.byte));
        const decoded = codec.decode(
          sumOf(
            codec,
            updates.map((update) => codec.encode(update, { rng })),
          ),
          contributors,
        );
        const { step, bound } = codec.description;
        expect(step).toBe(bound / (2 ** (bits - 1) - 1));
        const exact = updates.map((update) => clipped(update, clip));
        const allowed = contributors * (rounding === 'nearest' ? step / 2 : step) + 1e-9 * bound;
        for (let i = 0; i < dimension; i++) {
          const expected = exact.reduce((sum, update) => sum + update[i]!, 0);
          expect(Math.abs(decoded.sum[i]! - expected)).toBeLessThanOrEqual(allowed);
          expect(decoded.mean[i]).toBe(decoded.sum[i]! / contributors);
        }
        expect(decoded.weight).toBe(contributors);
        expect(decoded.count).toBe(contributors);
      }),
      { numRuns: 200 },
    );
  });

  it('sums within sqrt(d) * k * step in L2 under rotation, when nothing is cut', () => {
    fc.assert(
      fc.property(scenario, ({ plan, updates }) => {
        const { bits, rounding, dimension, contributors } = plan;
        const codec = prepare(
          { clip: { l2: 3 }, bits, rounding, rotate: true },
          { clients: contributors, dimension, seed: seed(plan.byte) },
        );
        const rng = new SeededRng(seed(plan.byte));
        const decoded = codec.decode(
          sumOf(
            codec,
            updates.map((update) => codec.encode(update, { rng })),
          ),
          contributors,
        );
        const exact = updates.map((update) => clipped(update, { l2: 3 }));
        const error = decoded.sum.map((x, i) => x - exact.reduce((sum, update) => sum + update[i]!, 0));
        const each = rounding === 'nearest' ? codec.description.step / 2 : codec.description.step;
        expect(l2(error)).toBeLessThanOrEqual(Math.sqrt(dimension) * contributors * each + 1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it('is within the weighted bound, and the weights themselves are exact integers', () => {
    fc.assert(
      fc.property(scenario, fc.infiniteStream(fc.integer({ min: 1, max: 300 })), ({ plan, updates }, weightStream) => {
        const { clip, rounding, dimension, contributors } = plan;
        const bits = Math.max(10, plan.bits); // 300 < 2^9
        const codec = prepare({ clip, bits, rounding, weights: { max: 300 } }, { clients: contributors, dimension });
        const rng = new SeededRng(seed(plan.byte));
        const weights = updates.map(() => weightStream.next().value);
        const vectors = updates.map((update, k) => codec.encode(update, { rng, weight: weights[k]! }));
        const decoded = codec.decode(sumOf(codec, vectors), contributors);
        const total = weights.reduce((sum, w) => sum + w, 0);
        expect(decoded.weight).toBe(total);
        const { step, bound } = codec.description;
        const allowed = contributors * 300 * (rounding === 'nearest' ? step / 2 : step) + 1e-6 * bound;
        for (let i = 0; i < dimension; i++) {
          const expected = updates.reduce((sum, update, k) => sum + weights[k]! * clipped(update, clip)[i]!, 0);
          expect(Math.abs(decoded.sum[i]! - expected)).toBeLessThanOrEqual(allowed);
          expect(decoded.mean[i]).toBe(decoded.sum[i]! / total);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes the largest weight also where the ring has a single unit for it', () => {
    for (const max of [1, 3, 49, 98, 1e100, 0.7, 1e-100]) {
      const codec = prepare({ clip: { value: 1 }, bits: 2, weights: { max } }, { clients: 127, dimension: 1 });
      expect(codec.decode(codec.encode([1], { weight: max }), 1).weight / max).toBeCloseTo(1, 12);
    }
  });

  it('handles a million values with everything on', () => {
    const dimension = 2 ** 20 + 1;
    const clip = { l2: 10, value: rotatedBound(10, dimension) };
    const codec = prepare(
      { clip, bits: 12, rotate: true, weights: { max: 100 } },
      { clients: 10, dimension, seed: seed(3) },
    );
    expect(codec.length).toBe(dimension + 1 + 1 + 2);
    const update = Float32Array.from({ length: dimension }, (_, i) => (((i * 7919) % 10007) / 10007 - 0.5) / 40);
    const rng = new SeededRng(seed(4));
    const { mean, weight, saturated } = codec.decode(
      sumOf(codec, [codec.encode(update, { weight: 30, rng }), codec.encode(update, { weight: 70, rng })]),
      2,
    );
    expect(weight).toBe(100);
    expect(saturated).toBe(0);
    const error = l2(mean.map((x, i) => x - update[i]!));
    expect(error).toBeLessThan(Math.sqrt(2 * dimension) * codec.description.step);
    expect(error).toBeLessThan(0.05 * l2(update));
  });

  it('round-trips in every ring 8 .. 64', () => {
    for (let ring = 8; ring <= 64; ring++) {
      const bits = Math.min(32, ring - 2); // 4 clients
      const codec = prepare(
        { clip: { value: 2 }, bits, ring, rounding: 'nearest', weights: { max: 1 } },
        { clients: 4, dimension: 5 },
      );
      expect(codec.bits).toBe(ring);
      const extreme = [2, -2, 0, 1, -1]; // the largest values of every client, in both directions
      const vectors = [1, 1, 1, 1].map((weight) => codec.encode(extreme, { weight }));
      const { sum, weight, saturated } = codec.decode(sumOf(codec, vectors), 4);
      expect(weight).toBe(4);
      expect(saturated).toBe(0);
      sum.forEach((x, i) => {
        expect(Math.abs(x - 4 * extreme[i]!)).toBeLessThanOrEqual(2 * codec.description.step + 1e-15);
      });
      expect(sum[0]).toBeCloseTo(8, 12);
      expect(sum[1]).toBeCloseTo(-8, 12);
    }
  });

  it('is unbiased: the mean over many encodings approaches the value (z test)', () => {
    const codec = prepare({ clip: { value: 1 }, bits: 4 }, { clients: 1, dimension: 20_000 });
    const rng = new SeededRng(seed(11));
    for (const x of [0.31, -0.77, 0.05, 1 / 7 - 1e-3]) {
      const { sum } = codec.decode(codec.encode(new Float64Array(20_000).fill(x), { rng }), 1);
      const y = x * 7;
      const fraction = y - Math.floor(y);
      const deviation = Math.sqrt((fraction * (1 - fraction)) / 20_000) / 7;
      const mean = sum.reduce((a, b) => a + b, 0) / 20_000;
      expect(Math.abs(mean - x) / deviation).toBeLessThan(4.5);
    }
  });

  it('profits from rotation where an update is spiky', () => {
    const d = 1024;
    const spike = new Float64Array(d);
    spike[17] = 1;
    const plain = prepare({ clip: { l2: 1 }, bits: 8 }, { clients: 1, dimension: d });
    const rotated = prepare(
      { clip: { l2: 1, value: 0.25 }, bits: 8, rotate: true },
      { clients: 1, dimension: d, seed: seed(5) },
    );
    expect(rotated.description.step).toBe(plain.description.step / 4);
    const decoded = rotated.decode(rotated.encode(spike, { rng: new SeededRng(seed(1)) }), 1);
    expect(decoded.saturated).toBe(0);
    expect(l2(decoded.sum.map((x, i) => x - spike[i]!))).toBeLessThan(Math.sqrt(d) * rotated.description.step);
  });
});

describe('fixed point: saturation', () => {
  it('counts cut values and clipped updates exactly over all contributors, whatever the ring', () => {
    for (const [bits, clients, dimension] of [
      [2, 127, 300],
      [2, 1, 1],
      [16, 5, 70_000],
      [32, 3, 10],
    ] as const) {
      const codec = prepare({ clip: { value: 1, l2: 1e6 }, bits, rounding: 'nearest' }, { clients, dimension });
      const all = new Float64Array(dimension).fill(-7);
      const half = all.map((x, i) => (i % 2 === 0 ? x : 0.5));
      const vectors = Array.from({ length: clients }, (_, k) => codec.encode(k % 2 === 0 ? all : half));
      const decoded = codec.decode(sumOf(codec, vectors), clients);
      expect(decoded.saturated).toBe(
        Math.ceil(clients / 2) * dimension + Math.floor(clients / 2) * Math.ceil(dimension / 2),
      );
      expect(decoded.clipped).toBe(0);
    }
    const codec = prepare({ clip: { l2: 2 } }, { clients: 3, dimension: 2 });
    const decoded = codec.decode(
      sumOf(codec, [codec.encode([3, 4]), codec.encode([0, 2]), codec.encode([1e300, -1e300])]),
      3,
    );
    expect(decoded.clipped).toBe(2);
    expect(decoded.saturated).toBeUndefined();
  });

  it('can be left out', () => {
    const codec = prepare({ clip: { l2: 2, value: 1 }, telemetry: false }, { clients: 3, dimension: 2 });
    expect(codec.length).toBe(2);
    expect(codec.decode(codec.encode([9, 9]), 1)).toMatchObject({ saturated: undefined, clipped: undefined });
  });

  it('takes several words where one is too small for the count', () => {
    const words = (bits: number, clients: number, dimension: number) =>
      prepare({ clip: { value: 1 }, bits }, { clients, dimension }).description.words.saturated;
    expect(words(2, 127, 300)).toBe(9); // one bit a word: 300 < 2^9
    expect(words(16, 10, 1_000_000)).toBe(2);
    expect(words(32, 10, 1_000_000)).toBe(1);
  });
});

describe('fixed point: refusals', () => {
  const codec = prepare({ clip: { l2: 1 } }, { clients: 4, dimension: 3 });
  const weighted = prepare({ clip: { l2: 1 }, weights: { max: 10 } }, { clients: 4, dimension: 3 });

  it('names the option that is wrong', () => {
    const bad: [FixedPointOptions, RegExp][] = [
      [{ clip: {} }, /clip needs/],
      [{ clip: { value: 0 } }, /clip\.value 0/],
      [{ clip: { value: Number.NaN } }, /clip\.value NaN/],
      [{ clip: { l2: -1 } }, /clip\.l2 -1/],
      [{ clip: { l2: Number.POSITIVE_INFINITY } }, /clip\.l2 Infinity/],
      [{ clip: { l2: 1e101 } }, /clip\.l2/],
      [{ clip: { l2: 1 }, bits: 1 }, /bits 1,/],
      [{ clip: { l2: 1 }, bits: 33 }, /bits 33,/],
      [{ clip: { l2: 1 }, bits: 8.5 }, /bits 8\.5,/],
      [{ clip: { l2: 1 }, headroom: -1 }, /headroom -1,/],
      [{ clip: { l2: 1 }, ring: 7 }, /ring 7,/],
      [{ clip: { l2: 1 }, ring: 65 }, /ring 65,/],
      [{ clip: { l2: 1 }, weights: { max: 0 } }, /weights\.max 0/],
      [{ clip: { l2: 1 }, rounding: 'up' as never }, /rounding "up"/],
    ];
    for (const [options, message] of bad) expect(() => fixedPoint(options)).toThrow(message);
  });

  it('refuses a ring that a sum could overflow, and shapes out of range', () => {
    expect(() => prepare({ clip: { l2: 1 }, bits: 16, ring: 17 }, { clients: 2, dimension: 1 })).not.toThrow();
    expect(() => prepare({ clip: { l2: 1 }, bits: 16, ring: 17 }, { clients: 3, dimension: 1 })).toThrow(
      /Z_2\^17 overflows: 3 clients \* largest value 32767 .* 98301, must stay below 2\^16 = 65536; a ring of 18 bits/,
    );
    for (const clients of [0, -1, 1.5, 2 ** 20 + 1]) {
      expect(() => prepare({ clip: { l2: 1 } }, { clients, dimension: 1 })).toThrow(/clients/);
    }
    for (const dimension of [0, -1, 1.5, 2 ** 32]) {
      expect(() => prepare({ clip: { l2: 1 } }, { clients: 2, dimension })).toThrow(/dimension/);
    }
    expect(() => prepare({ clip: { l2: 1 }, rotate: true }, { clients: 2, dimension: 1 })).toThrow(/seed/);
    expect(() => prepare({ clip: { l2: 1 } }, { clients: 2, dimension: 1, seed: new Uint8Array(31) })).toThrow(
      /31 bytes/,
    );
  });

  it('refuses updates and weights out of range', () => {
    expect(() => codec.encode([1, 2])).toThrow(/2 values, expected 3/);
    expect(() => codec.encode([1, 2, Number.NaN])).toThrow(/index 2 /);
    expect(() => codec.encode([1, 2, 3], { weight: 1 })).toThrow(TypeError);
    expect(() => weighted.encode([1, 2, 3])).toThrow(TypeError);
    for (const weight of [0, -1, 10.001, Number.NaN, Number.POSITIVE_INFINITY, 1e-300]) {
      expect(() => weighted.encode([1, 2, 3], { weight })).toThrow(RangeError);
    }
    expect(() => weighted.encode([1, 2, 3], { weight: 10 })).not.toThrow();
  });

  it('refuses sums of another shape, or of a number of contributors that cannot be', () => {
    const sum = sumOf(codec, [codec.encode([1, 0, 0])]);
    for (const contributors of [0, 5, -1, 1.5, Number.NaN])
      expect(() => codec.decode(sum, contributors)).toThrow(RangeError);
    expect(() => codec.decode(zeroVector(codec.bits, codec.length + 1), 1)).toThrow(RangeError);
    expect(() => codec.decode(zeroVector(codec.bits + 1, codec.length), 1)).toThrow(RangeError);
  });

  it('refuses sums that so many honest contributions cannot make', () => {
    const overflow = expect.objectContaining({ code: 'overflow' });
    const sum = sumOf(codec, [codec.encode([1, 0, 0]), codec.encode([1, 0, 0])]);
    expect(() => codec.decode(sum, 2)).not.toThrow();
    expect(() => codec.decode(sum, 1)).toThrow(overflow);
    const clippedWord = copyVector(sum);
    clippedWord.words[3] = 3;
    expect(() => codec.decode(clippedWord, 2)).toThrow(overflow);
    expect(() => weighted.decode(zeroVector(weighted.bits, weighted.length), 2)).toThrow(overflow); // weight 0
    const counted = prepare({ clip: { value: 1 } }, { clients: 4, dimension: 3 });
    const negative = zeroVector(counted.bits, 4);
    negative.words[3] = 2 ** counted.bits - 1;
    expect(() => counted.decode(negative, 2)).toThrow(overflow);
    const tooMany = zeroVector(counted.bits, 4);
    tooMany.words[3] = 7; // of 2 * 3 values
    expect(() => counted.decode(tooMany, 2)).toThrow(overflow);
  });

  it('lets noise use the headroom and nothing more', () => {
    const roomy = prepare({ clip: { value: 1 }, bits: 8, headroom: 2, telemetry: false }, { clients: 2, dimension: 1 });
    expect(roomy.bits).toBe(11);
    const noisy = roomy.encode([1]);
    noisy.words[0] = 4 * 127;
    expect(roomy.decode(noisy, 1).sum[0]).toBeCloseTo(4, 12);
    noisy.words[0] = 4 * 127 + 1;
    expect(() => roomy.decode(noisy, 1)).toThrow(expect.objectContaining({ code: 'overflow' }));
  });

  it('leaves its input alone', () => {
    const update = Float64Array.of(30, 40, 0);
    const vector = codec.encode(update);
    expect(Array.from(update)).toEqual([30, 40, 0]);
    const before = copyVector(vector);
    codec.decode(vector, 1);
    expect(vector).toEqual(before);
  });
});

describe('fixed point: digest', () => {
  it('changes with everything that clients must agree on', () => {
    const shape: Shape = { clients: 5, dimension: 7 };
    const base: FixedPointOptions = { clip: { l2: 4 }, bits: 12, ring: 20 };
    const digests = [
      prepare(base, shape),
      prepare(base, { ...shape, clients: 6 }),
      prepare(base, { ...shape, dimension: 8 }),
      prepare(base, { ...shape, seed: seed(1) }),
      prepare(base, { ...shape, seed: seed(2) }),
      prepare({ ...base, rotate: true }, { ...shape, seed: seed(2) }),
      prepare({ ...base, clip: { value: 4 } }, shape),
      prepare({ ...base, clip: { l2: 4, value: 4 } }, shape),
      prepare({ ...base, clip: { l2: 5 } }, shape),
      prepare({ ...base, bits: 13 }, shape),
      prepare({ ...base, ring: 21 }, shape),
      prepare({ ...base, headroom: 1 }, shape),
      prepare({ ...base, rounding: 'nearest' }, shape),
      prepare({ ...base, weights: { max: 4 } }, shape),
      prepare({ ...base, telemetry: false }, shape),
    ].map((codec) => toHex(codec.digest()));
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(toHex(prepare(base, shape).digest())).toBe(digests[0]);
  });
});
