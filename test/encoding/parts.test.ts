import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipNorm, clipValues, copyFinite } from '../../src/encoding/clip.ts';
import { readIntegers, writeIntegers } from '../../src/encoding/integers.ts';
import { layout } from '../../src/encoding/layout.ts';
import { roundNearest, roundStochastic } from '../../src/encoding/round.ts';
import { zeroVector } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const seeded = (byte: number): SeededRng => new SeededRng(new Uint8Array(32).fill(byte));
const finite = (size: number): fc.Arbitrary<number> => fc.double({ min: -size, max: size, noNaN: true });

describe('clipping', () => {
  it('bounds the norm, keeps the direction, and leaves short vectors alone', () => {
    fc.assert(
      fc.property(
        fc.array(finite(1e3), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 1e-3, max: 1e3 }),
        (list, bound) => {
          const values = Float64Array.from(list);
          const length = Math.hypot(...list);
          const clipped = clipNorm(values, bound);
          if (length <= bound * (1 - 1e-12)) {
            expect(clipped).toBe(false);
            expect(Array.from(values)).toEqual(list);
          } else if (length >= bound * (1 + 1e-12)) {
            expect(clipped).toBe(true);
            expect(Math.hypot(...values)).toBeCloseTo(bound, 9);
            list.forEach((x, i) => {
              expect(Math.abs(values[i]! - x * (bound / length))).toBeLessThanOrEqual(1e-12 * bound);
            });
          }
        },
      ),
    );
  });

  it.each([
    [Number.MAX_VALUE, 5000, 1],
    [Number.MAX_VALUE, 3, 1e100],
    [1e200, 10, 1e-100],
    [1e-200, 10, 1e-100],
    [5e-324, 10, 1],
  ])('survives values of %d (%i of them, bound %d)', (value, count, bound) => {
    const values = new Float64Array(count).fill(value);
    values[0] = -value;
    const clipped = clipNorm(values, bound);
    expect(clipped).toBe(value > 1);
    const each = clipped ? bound / Math.sqrt(count) : value;
    expect(values[0]! / -each).toBeCloseTo(1, 10);
    expect(values[count - 1]! / each).toBeCloseTo(1, 10);
  });

  it('cuts values and counts the cuts', () => {
    const values = Float64Array.of(-3, -2, -1.99, 0, 2, 2.0001, 1e300);
    expect(clipValues(values, 2)).toBe(3);
    expect(Array.from(values)).toEqual([-2, -2, -1.99, 0, 2, 2, 2]);
  });

  it('names the index of a value that is not finite', () => {
    for (const bad of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      '1' as never,
      undefined as never,
    ]) {
      expect(() => copyFinite([0, 1, bad], new Float64Array(3))).toThrow(/index 2 /);
    }
    expect(() => copyFinite(Float32Array.of(Number.NaN), new Float64Array(1))).toThrow(/index 0 /);
    expect(() => copyFinite([1, 2], new Float64Array(3))).toThrow(/2 values, expected 3/);
  });
});

describe('stochastic rounding', () => {
  it('rounds to a neighbour and leaves integers alone', () => {
    fc.assert(
      fc.property(fc.array(finite(2 ** 52), { maxLength: 40 }), fc.nat(255), (list, byte) => {
        const values = Float64Array.from(list);
        roundStochastic(values, seeded(byte));
        list.forEach((y, i) => {
          expect([Math.floor(y), Math.ceil(y)]).toContain(values[i]! + 0);
        });
      }),
    );
  });

  // z = (mean error) / (standard deviation of the mean); the seeds are fixed, 4.5 is passed by chance once in 150,000.
  it.each([0.5, 0.1, 0.9, 1e-3, -0.25, -7.75, 1234.0625, -(2 ** 30) + 1 / 3, 1 / 3])('is unbiased at %d', (y) => {
    const count = 200_000;
    const values = new Float64Array(count).fill(y);
    roundStochastic(values, seeded(1));
    const fraction = y - Math.floor(y);
    const ups = values.reduce((sum, q) => sum + (q - Math.floor(y)), 0);
    const z = (ups - count * fraction) / Math.sqrt(count * fraction * (1 - fraction));
    expect(Math.abs(z)).toBeLessThan(4.5);
  });

  it('draws a fresh coin for every value: pairs of neighbours are independent (chi-square, 3 degrees of freedom)', () => {
    const count = 400_000; // many batches
    const values = new Float64Array(count).fill(0.5);
    roundStochastic(values, seeded(2));
    const cells = [0, 0, 0, 0];
    for (let i = 0; i < count; i += 2) cells[2 * values[i]! + values[i + 1]!]!++;
    const expected = count / 8;
    const statistic = cells.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(21.1); // p = 1e-4
  });

  it('is right at the ends of the coin', () => {
    const zeros = { fill: (out: Uint8Array) => out.fill(0) };
    const ones = { fill: (out: Uint8Array) => out.fill(0xff) };
    const tiny = Float64Array.of(2 ** -60, 0, -0, 1, -1);
    roundStochastic(tiny, zeros); // u = 0 is below every fraction but zero
    expect(Array.from(tiny, (q) => q + 0)).toEqual([1, 0, 0, 1, -1]);
    const large = Float64Array.of(1 - 2 ** -53, 0.999, -(2 ** -60));
    roundStochastic(large, ones); // u = 2^53 - 1
    expect(Array.from(large, (q) => q + 0)).toEqual([0, 0, 0]);
  });
});

describe('nearest rounding', () => {
  it('is to nearest, ties to even', () => {
    const values = Float64Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 2 ** 31 - 0.5, 7, -7.2);
    roundNearest(values);
    expect(Array.from(values, (q) => q + 0)).toEqual([0, 2, 2, 0, -2, 0, 2 ** 31, 7, -7]);
  });
});

describe('integers in a ring', () => {
  it("are two's complement, canonical, for every ring", () => {
    for (let bits = 8; bits <= 64; bits++) {
      const top = 2 ** Math.min(bits - 1, 53);
      const list = [0, 1, -1, top - 1, -(top - 1), Math.floor(top / 3), -Math.floor(top / 3)];
      const vector = zeroVector(bits, list.length + 2);
      writeIntegers(vector, 1, list);
      list.forEach((q, i) => {
        expect(BigInt(vector.words[i + 1]!)).toBe(BigInt.asUintN(bits, BigInt(q)));
      });
      expect(Array.from(readIntegers(vector, 1, list.length), (q) => q + 0)).toEqual(list);
      expect(Number(vector.words[0])).toBe(0);
      expect(Number(vector.words[list.length + 1])).toBe(0);
    }
  });

  it('ignores bits above the ring when reading', () => {
    expect(readIntegers({ bits: 12, words: Uint32Array.of(0xffff_f7ff, 0xabc0_0800) }, 0, 2)).toEqual(
      Float64Array.of(2047, -2048),
    );
    expect(readIntegers({ bits: 33, words: BigUint64Array.of(0xffff_fffe_ffff_ffffn, 1n << 32n) }, 0, 2)).toEqual(
      Float64Array.of(2 ** 32 - 1, -(2 ** 32)),
    );
  });
});

describe('layout', () => {
  const base = {
    dimension: 10,
    headroom: 0,
    ring: undefined,
    weighted: false,
    countClipped: false,
    countSaturated: true,
  };

  it('accepts a ring exactly when n * Q * 2^headroom stays below 2^(B-1)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 20 }),
        fc.integer({ min: 2, max: 32 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 8, max: 64 }),
        (clients, valueBits, headroom, ring) => {
          const fits =
            BigInt(clients) * (2n ** BigInt(valueBits - 1) - 1n) * 2n ** BigInt(headroom) < 2n ** BigInt(ring - 1);
          const build = () => layout({ ...base, clients, valueBits, headroom, ring });
          if (!fits) {
            expect(build).toThrow(RangeError);
            expect(build).toThrow(new RegExp(`2\\^${ring}.*${clients} clients.*${2 ** (valueBits - 1) - 1}`));
            return;
          }
          const { room, largest, saturatedBase, saturatedWords } = build();
          expect(room).toBeGreaterThanOrEqual(largest);
          expect(BigInt(clients) * BigInt(room) * 2n ** BigInt(headroom)).toBeLessThan(2n ** BigInt(ring - 1));
          expect(clients * room).toBeLessThan(2 ** 51);
          expect(saturatedBase - 1).toBeLessThanOrEqual(room);
          expect(saturatedBase ** saturatedWords).toBeGreaterThan(10);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('chooses b + ceil(log2 n) + headroom bits, at least 8, and refuses more than 64', () => {
    const ring = (clients: number, valueBits: number, headroom = 0) =>
      layout({ ...base, clients, valueBits, headroom }).ringBits;
    expect(ring(1, 16)).toBe(16);
    expect(ring(2, 16)).toBe(17);
    expect(ring(3, 16)).toBe(18);
    expect(ring(1000, 16)).toBe(26);
    for (let log2 = 1; log2 <= 20; log2++) {
      expect(ring(2 ** log2, 16)).toBe(16 + log2);
      expect(ring(2 ** log2 - 1, 16)).toBe(16 + (log2 === 1 ? 0 : log2));
      if (log2 < 20) expect(ring(2 ** log2 + 1, 16)).toBe(16 + log2 + 1);
    }
    expect(ring(1024, 16, 4)).toBe(30);
    expect(ring(2, 2)).toBe(8);
    expect(ring(2 ** 20, 32, 12)).toBe(64);
    expect(() => ring(2 ** 20, 32, 13)).toThrow(/65 bits/);
  });
});
