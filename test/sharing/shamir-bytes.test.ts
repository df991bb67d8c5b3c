import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  BadShares,
  ByteInterpolator,
  ByteShare,
  reconstructVerified,
  splitBytes,
  splitBytesBatch,
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

describe('Shamir over bytes', () => {
  it('reconstructs from any t shares, for every length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 67 }),
        fc.integer({ min: 1, max: 12 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n }))),
        fc.integer({ min: 0, max: 255 }),
        (secret, [n, threshold], seed) => {
          const shares = splitBytes(secret, { threshold, shares: n, label }, rng(seed));
          expect(shares).toHaveLength(n);
          const some = shares.slice(n - threshold).reverse();
          expect(ByteInterpolator.for(some).combine(some)).toEqual(secret);
          expect(ByteInterpolator.for(shares).combine(shares, { verify: true })).toEqual(secret);
        },
      ),
    );
  });

  it('is Shamir: one word, threshold 2, is the line through the secret', () => {
    const [a, b] = splitBytes(new Uint8Array([0x34, 0x12]), { threshold: 2, shares: [1, 2], label }, rng());
    const word = (share: ByteShare) => share.bytes[0]! + 256 * share.bytes[1]!;
    const slope = word(a!) ^ 0x1234;
    const doubled = slope & 0x8000 ? (slope << 1) ^ 0x1100b : slope << 1;
    expect(word(b!)).toBe(0x1234 ^ doubled);
  });

  it('uses the coefficients of one index set for many secrets', () => {
    const secrets = [new Uint8Array([7]), new Uint8Array(32).fill(9), new Uint8Array(33).fill(200)];
    const shares = splitBytesBatch(secrets, { threshold: 3, shares: [5, 65_535, 9, 2], label }, rng());
    const interpolator = new ByteInterpolator(3, [2, 65_535, 5]);
    const chosen = shares.map((row) => [row[3]!, row[1]!, row[0]!]);
    expect(interpolator.combineBatch(chosen)).toEqual(secrets);
    expect(chosen.map((row) => interpolator.combine(row))).toEqual(secrets);
  });

  it('works with 65,535 parties', () => {
    const secret = new Uint8Array([1, 2, 3]);
    const shares = splitBytes(secret, { threshold: 3, shares: 65_535, label }, rng());
    const some = [shares[0]!, shares[40_000]!, shares[65_534]!];
    expect(ByteInterpolator.for(some).combine(some)).toEqual(secret);
    expect(() => splitBytes(secret, { threshold: 3, shares: 65_536, label })).toThrow(/65536 shares/);
  });

  it('hides the secret: t - 1 shares are uniform', () => {
    // Chi-square over the low byte of one share of a fixed secret, 255 degrees of freedom: mean 255, s.d. 22.6.
    const counts = new Array<number>(256).fill(0);
    const random = rng(3);
    const draws = 25_600;
    for (let i = 0; i < draws; i++) {
      const [share] = splitBytes(new Uint8Array([42]), { threshold: 2, shares: [77, 78], label }, random);
      counts[share!.bytes[0]!]!++;
    }
    const chi = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    expect(chi).toBeGreaterThan(160);
    expect(chi).toBeLessThan(350);
  });

  it('names wrong shares when there are enough good ones', () => {
    const secret = new Uint8Array(31).fill(5);
    const shares = splitBytes(secret, { threshold: 3, shares: 9, label }, rng());
    for (const i of [2, 4, 7]) shares[i]!.bytes[3 * i]! ^= 0x40;
    const interpolator = ByteInterpolator.for(shares);
    try {
      interpolator.combine(shares, { verify: true });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BadShares);
      expect((error as BadShares).code).toBe('bad-share');
      expect((error as BadShares).xs).toEqual([3, 5, 8]);
    }
    // One extra share detects, but cannot say who.
    const few = shares.slice(0, 4);
    try {
      ByteInterpolator.for(few).combine(few, { verify: true });
      expect.unreachable();
    } catch (error) {
      expect((error as BadShares).xs).toEqual([]);
    }
  });

  it('refuses parameters out of range', () => {
    const secret = new Uint8Array(2);
    const split = (threshold: number, shares: number | number[]) => () =>
      splitBytes(secret, { threshold, shares, label });
    for (const wrong of [split(0, 3), split(4, 3), split(1.5, 3), split(Number.NaN, 3), split(1, 0), split(1, [])]) {
      expect(wrong).toThrow(RangeError);
    }
    expect(split(1, [0, 1])).toThrow(/x = 0/);
    expect(split(1, [65_536])).toThrow(/x = 65536/);
    expect(split(1, [1.5])).toThrow(RangeError);
    expect(split(2, [4, 4])).toThrow(/x = 4 appears twice/);
    const fields = { x: 1, threshold: 1, length: 3, label, bytes: new Uint8Array(4) };
    expect(() => new ByteShare({ ...fields, x: 0 })).toThrow(/x = 0/);
    expect(() => new ByteShare({ ...fields, threshold: 0 })).toThrow(/threshold 0/);
    expect(() => new ByteShare({ ...fields, bytes: new Uint8Array(3) })).toThrow(/has 4 bytes, found 3/);
    expect(() => new ByteShare({ ...fields, length: -1 })).toThrow(RangeError);
  });

  it('refuses shares that do not belong together', () => {
    const secret = new Uint8Array(5).fill(1);
    const [a, b, c] = splitBytes(secret, { threshold: 2, shares: 3, label }, rng()) as [
      ByteShare,
      ByteShare,
      ByteShare,
    ];
    const interpolator = new ByteInterpolator(2, [1, 2]);
    const combine = (...shares: ByteShare[]) => code(() => interpolator.combine(shares));
    expect(combine(a, b)).toBe('no error');
    expect(combine(a)).toBe('bad-share');
    expect(combine(a, c)).toBe('bad-share');
    expect(combine(b, a)).toBe('bad-share');
    expect(combine(a, new ByteShare({ ...b, label: new Uint8Array([9]) }))).toBe('bad-share');
    expect(combine(a, new ByteShare({ ...b, threshold: 3 }))).toBe('bad-share');
    expect(combine(a, new ByteShare({ ...b, length: 6 }))).toBe('bad-share');
    expect(combine(a, new ByteShare({ ...b, length: 7, bytes: new Uint8Array(8) }))).toBe('bad-share');
    expect(code(() => ByteInterpolator.for([a]))).toBe('below-threshold');
    expect(code(() => ByteInterpolator.for([]))).toBe('below-threshold');
    expect(code(() => ByteInterpolator.for([a, a]))).toBe('bad-share');
    // A wrong share changes the padding of an odd secret with overwhelming probability.
    const forged = new ByteShare({ ...b, bytes: b.bytes.map((byte) => byte ^ 0xff) });
    expect(combine(a, forged)).toBe('bad-share');
  });

  it('verifies a reconstructed key', () => {
    const shares = splitBytes(new Uint8Array(32).fill(4), { threshold: 2, shares: 2, label }, rng());
    const interpolator = ByteInterpolator.for(shares);
    expect(reconstructVerified(interpolator, shares, (key) => key[0] === 4)).toHaveLength(32);
    expect(code(() => reconstructVerified(interpolator, shares, (key) => key[0] === 5))).toBe('key-mismatch');
  });

  it('does not print', () => {
    const [share] = splitBytes(new Uint8Array([0xab, 0xcd]), { threshold: 1, shares: 1, label });
    for (const text of [String(share), JSON.stringify(share), inspect(share)]) {
      expect(text).toContain('secret share x = 1');
      expect(text).not.toMatch(/171|205/);
    }
  });
});
