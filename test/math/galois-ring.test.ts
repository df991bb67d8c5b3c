import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GaloisRing } from '../../src/math/index.ts';

const one = (ring: GaloisRing) => ring.point(1);

describe('Galois rings', () => {
  it('have units for differences of points, whatever the degree', () => {
    for (let degree = 1; degree <= 8; degree++) {
      const ring = new GaloisRing(degree);
      for (let j = 1; j < 2 ** degree; j++) {
        const unit = ring.subtract(ring.point(0), ring.point(j));
        expect(ring.multiply(unit, ring.invert(unit))).toEqual(one(ring));
      }
    }
  });

  it('are commutative and associative, and units have inverses modulo 2^64', () => {
    for (const degree of [2, 3, 8]) {
      const ring = new GaloisRing(degree);
      const element = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: degree, maxLength: degree });
      fc.assert(
        fc.property(element, element, element, (a, b, c) => {
          expect(ring.multiply(a, b)).toEqual(ring.multiply(b, a));
          expect(ring.multiply(ring.multiply(a, b), c)).toEqual(ring.multiply(a, ring.multiply(b, c)));
          const unit = [a[0]! | 1n, ...a.slice(1)];
          expect(ring.multiply(unit, ring.invert(unit))).toEqual(one(ring));
        }),
        { numRuns: 30 },
      );
      expect(() => ring.invert(new Array<bigint>(degree).fill(2n))).toThrow(RangeError);
    }
  });

  it('take the least degree with enough points', () => {
    expect([2, 3, 4, 5, 8, 9, 16, 256].map((n) => GaloisRing.withPoints(n).degree)).toEqual([1, 2, 2, 3, 3, 4, 4, 8]);
    expect(() => GaloisRing.withPoints(257)).toThrow(RangeError);
    expect(() => new GaloisRing(2).point(4)).toThrow(RangeError);
    expect(() => new GaloisRing(2).lagrange([1, 1], 0)).toThrow(/twice/);
  });
});
