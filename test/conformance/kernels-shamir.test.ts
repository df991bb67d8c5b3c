import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIMD_TIERS, supportsTier } from '../../src/kernels/features.ts';
import * as twin from '../../src/kernels/reference/shamir.ts';
import { combineShamir, lagrangeShamir, splitShamir } from '../../src/kernels/shamir.ts';
import { SeededRng } from '../../src/random/index.ts';

const rng = new SeededRng(new Uint8Array(32).fill(10));

function words(count: number): Uint16Array {
  const out = new Uint16Array(count);
  rng.fill(new Uint8Array(out.buffer));
  return out;
}

const tiers = SIMD_TIERS.filter(supportsTier);

describe.each(tiers)('shamir kernel, tier %s', (tier) => {
  it('splits and combines as its twin does, for every width of row', () => {
    for (const width of [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100]) {
      for (const degree of [0, 1, 2, 5]) {
        const secret = words(width);
        const coefficients = words(width * degree);
        const xs = Uint16Array.from([1, 2, 3, 255, 256, 65_535, 4660]);
        const shares = splitShamir(secret, coefficients, xs, tier);
        expect(shares).toEqual(twin.splitShamir(secret, coefficients, xs));
        const weights = words(xs.length);
        expect(combineShamir(shares, weights, tier)).toEqual(twin.combineShamir(shares, weights));
      }
    }
  });

  it('multiplies every pair of edge values right', () => {
    const edges = Uint16Array.from([0, 1, 2, 15, 16, 255, 256, 0x7fff, 0x8000, 0xf00f, 0xffff]);
    for (const weight of edges) {
      const one = Uint16Array.from([weight]);
      expect(combineShamir(edges, one, tier)).toEqual(twin.combineShamir(edges, one));
    }
  });

  it('any t of n shares give the secret back', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 12 })
          .chain((t) =>
            fc.tuple(
              fc.constant(t),
              fc.uint16Array({ minLength: 1, maxLength: 40 }),
              fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: t, maxLength: t + 4 }),
            ),
          ),
        ([t, secret, all]) => {
          const xs = Uint16Array.from(all);
          const width = secret.length;
          const shares = splitShamir(secret, words(width * (t - 1)), xs, tier);
          const last = xs.subarray(xs.length - t);
          const back = combineShamir(shares.subarray((xs.length - t) * width), lagrangeShamir(last, 0), tier);
          expect(back).toEqual(secret);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps apart weights that follow one another', () => {
    const rows = words(16 * 40);
    for (const weights of [words(40), words(40), words(20)]) {
      for (let repeat = 0; repeat < 2; repeat++) {
        const some = rows.subarray(0, 16 * weights.length);
        expect(combineShamir(some, weights, tier)).toEqual(twin.combineShamir(some, weights));
      }
      splitShamir(words(16), words(16 * 30), words(50), tier); // writes over the tables of the weights
      const again = rows.subarray(0, 16 * weights.length);
      expect(combineShamir(again, weights, tier)).toEqual(twin.combineShamir(again, weights));
    }
  });

  it('takes a long secret, and many points, in strips', () => {
    const secret = words(70_001);
    const coefficients = words(70_001);
    const xs = Uint16Array.from([7, 9]);
    const shares = splitShamir(secret, coefficients, xs, tier);
    expect(combineShamir(shares, lagrangeShamir(xs, 0), tier)).toEqual(secret);
    const points = Uint16Array.from({ length: 9000 }, (_, i) => i + 1);
    const narrow = splitShamir(secret.subarray(0, 20), coefficients.subarray(0, 40), points, tier);
    for (const i of [0, 1, 4095, 4096, 8191, 8192, 8999]) {
      const one = twin.splitShamir(secret.subarray(0, 20), coefficients.subarray(0, 40), points.subarray(i, i + 1));
      expect(narrow.subarray(20 * i, 20 * (i + 1))).toEqual(one);
    }
  });

  it('takes empty secrets, no points, and refuses ragged rows', () => {
    expect(splitShamir(new Uint16Array(0), new Uint16Array(0), words(3), tier)).toEqual(new Uint16Array(0));
    expect(splitShamir(words(3), words(3), new Uint16Array(0), tier)).toEqual(new Uint16Array(0));
    expect(combineShamir(new Uint16Array(0), words(3), tier)).toEqual(new Uint16Array(0));
    expect(() => splitShamir(words(2), words(3), words(1), tier)).toThrow(RangeError);
    expect(() => combineShamir(words(3), words(2), tier)).toThrow(RangeError);
  });
});
