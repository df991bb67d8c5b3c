import { inspect } from 'node:util';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { ed25519ScalarField, PrimeField } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  type BadShares,
  FieldInterpolator,
  FieldShare,
  reconstructVerified,
  splitField,
} from '../../src/sharing/index.ts';

const label = new Uint8Array([1, 2, 3]);
const rng = (seed = 1) => new SeededRng(new Uint8Array(32).fill(seed));
const code = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('Shamir over a prime field', () => {
  it('reconstructs from any t shares', () => {
    for (const field of [new PrimeField(17n), new PrimeField(2n ** 61n - 1n), ed25519ScalarField()]) {
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: field.p - 1n }),
          fc.integer({ min: 1, max: 9 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n }))),
          (secret, [n, threshold]) => {
            const shares = splitField(secret, { field, threshold, shares: n, label }, rng());
            const some = shares.slice(n - threshold);
            expect(FieldInterpolator.for(some).combine(some)).toBe(secret);
            expect(FieldInterpolator.for(shares).combine(shares, { verify: true })).toBe(secret);
          },
        ),
        { numRuns: 30 },
      );
    }
  });

  it('checks a reconstructed key against its public key', () => {
    const field = ed25519ScalarField();
    const key = 123_456_789n ** 7n;
    const point = ed25519.Point.BASE.multiply(key);
    const shares = splitField(key, { field, threshold: 2, shares: 3, label }, rng());
    const interpolator = FieldInterpolator.for(shares);
    const verify = (secret: bigint) => secret !== 0n && ed25519.Point.BASE.multiply(secret).equals(point);
    expect(reconstructVerified(interpolator, shares, verify)).toBe(key);
    const forged = [new FieldShare({ ...shares[0]!, value: field.add(shares[0]!.value, 1n) }), shares[1]!, shares[2]!];
    expect(code(() => reconstructVerified(interpolator, forged, verify))).toBe('key-mismatch');
  });

  it('names wrong shares', () => {
    const field = new PrimeField(2n ** 61n - 1n);
    const shares = splitField(99n, { field, threshold: 2, shares: [4, 8, 15, 16, 23, 42], label }, rng());
    for (const i of [1, 4])
      shares[i] = new FieldShare({ ...shares[i]!, value: field.add(shares[i]!.value, 5n + BigInt(i)) });
    try {
      FieldInterpolator.for(shares).combine(shares, { verify: true });
      expect.unreachable();
    } catch (error) {
      expect((error as BadShares).xs).toEqual([8, 23]);
    }
  });

  it('refuses what is out of range or does not belong together', () => {
    const field = new PrimeField(11n);
    const how = { field, threshold: 2, shares: 3, label };
    expect(() => splitField(11n, how)).toThrow(RangeError);
    expect(() => splitField(-1n, how)).toThrow(RangeError);
    for (const wrong of [
      { threshold: 0 },
      { threshold: 4 },
      { shares: 11 },
      { shares: [0, 1] },
      { shares: [11, 1] },
      { shares: [3, 3] },
    ]) {
      expect(() => splitField(1n, { ...how, ...wrong })).toThrow(RangeError);
    }
    const [a, b, c] = splitField(7n, how, rng()) as [FieldShare, FieldShare, FieldShare];
    const interpolator = new FieldInterpolator(field, 2, [1, 2]);
    const combine = (...shares: FieldShare[]) => code(() => interpolator.combine(shares));
    expect(combine(a, b)).toBe('no error');
    expect(combine(a)).toBe('bad-share');
    expect(combine(a, c)).toBe('bad-share');
    expect(combine(a, new FieldShare({ ...b, threshold: 3 }))).toBe('bad-share');
    expect(combine(a, new FieldShare({ ...b, label: new Uint8Array(3) }))).toBe('bad-share');
    expect(combine(a, new FieldShare({ ...b, field: new PrimeField(13n) }))).toBe('bad-share');
    expect(() => new FieldShare({ ...b, value: 11n })).toThrow(RangeError);
    expect(() => new FieldShare({ ...b, x: 0 })).toThrow(RangeError);
    expect(code(() => FieldInterpolator.for([a, a]))).toBe('bad-share');
    expect(code(() => FieldInterpolator.for([a]))).toBe('below-threshold');
    expect(code(() => FieldInterpolator.for([]))).toBe('below-threshold');
  });

  it('does not print', () => {
    const [share] = splitField(7n, { field: new PrimeField(11n), threshold: 1, shares: 1, label });
    for (const text of [String(share), JSON.stringify(share), inspect(share)]) expect(text).not.toContain('7');
  });
});
