import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519ScalarField, evaluate, lagrangeCoefficients, PrimeField } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

describe('PrimeField', () => {
  it('takes primes only', () => {
    for (const p of [
      2n,
      3n,
      5n,
      41n,
      43n,
      257n,
      65_537n,
      2n ** 61n - 1n,
      2n ** 89n - 1n,
      2n ** 127n - 1n,
      2n ** 255n - 19n,
    ]) {
      expect(new PrimeField(p).p).toBe(p);
    }
    // Carmichael numbers, strong pseudoprimes to the first prime bases (OEIS A014233), products of two primes
    for (const n of [
      -7n,
      0n,
      1n,
      4n,
      561n,
      1_373_653n,
      25_326_001n,
      3_825_123_056_546_413_051n,
      2n ** 67n - 1n,
      L * 3n,
    ]) {
      expect(() => new PrimeField(n)).toThrow(RangeError);
    }
    expect(ed25519ScalarField().p).toBe(L);
    expect(ed25519ScalarField().byteLength).toBe(32);
  });

  it('is a field', () => {
    for (const field of [new PrimeField(7n), new PrimeField(2n ** 61n - 1n), ed25519ScalarField()]) {
      const element = fc.bigInt({ min: 0n, max: field.p - 1n });
      fc.assert(
        fc.property(element, element, (a, b) => {
          expect(field.add(a, b)).toBe((a + b) % field.p);
          expect(field.add(field.subtract(a, b), b)).toBe(a);
          expect(field.multiply(a, b)).toBe((a * b) % field.p);
          if (a !== 0n) expect(field.multiply(a, field.invert(a))).toBe(1n);
        }),
      );
      expect(() => field.invert(0n)).toThrow(RangeError);
    }
  });

  it('encodes little endian and refuses non-canonical bytes', () => {
    const field = new PrimeField(65_537n);
    expect(field.encode(0x1234n)).toEqual(new Uint8Array([0x34, 0x12, 0]));
    expect(field.decode(new Uint8Array([0, 0, 1]))).toBe(65_536n);
    expect(() => field.decode(new Uint8Array([1, 0, 1]))).toThrow(/not below p/);
    expect(() => field.decode(new Uint8Array(2))).toThrow(/2 bytes, expected 3/);
    expect(() => field.encode(65_537n)).toThrow(RangeError);
    expect(() => field.encode(-1n)).toThrow(RangeError);
  });

  it('draws every residue equally often', () => {
    const rng = new SeededRng(new Uint8Array(32).fill(8));
    for (const p of [2n, 3n, 5n, 251n, 257n]) {
      const field = new PrimeField(p);
      const counts = new Array<number>(Number(p)).fill(0);
      const draws = 100 * Number(p);
      for (let i = 0; i < draws; i++) counts[Number(field.random(rng))]!++;
      const chi = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
      const freedom = Number(p) - 1;
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(Math.abs(chi - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom) + 3);
    }
  });
});

describe('polynomials', () => {
  it('interpolate what they evaluate', () => {
    const field = new PrimeField(101n);
    const polynomial = [5n, 7n, 100n, 3n];
    const xs = [1n, 9n, 50n, 100n];
    const ys = xs.map((x) => evaluate(field, polynomial, x));
    for (const at of [0n, 1n, 77n]) {
      const weights = lagrangeCoefficients(field, xs, at);
      const value = weights.reduce((sum, weight, j) => field.add(sum, field.multiply(weight, ys[j]!)), 0n);
      expect(value).toBe(evaluate(field, polynomial, at));
    }
    expect(() => lagrangeCoefficients(field, [3n, 3n], 0n)).toThrow(/appears twice/);
  });
});
