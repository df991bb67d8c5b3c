import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invertGf16, multiplyGf16 } from '../../src/kernels/gf16.ts';
import * as reference from '../../src/kernels/reference/shamir.ts';
import * as kernel from '../../src/kernels/shamir.ts';

const words = (minLength: number, maxLength = minLength) => fc.uint16Array({ minLength, maxLength });

const distinct = (minLength: number, maxLength: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength, maxLength }).map((xs) => Uint16Array.from(xs));

describe('GF(2^16)', () => {
  it('is the field of z^16 + z^12 + z^3 + z + 1', () => {
    expect(multiplyGf16(0x8000, 2)).toBe(0x100b);
    expect(multiplyGf16(1, 0xabcd)).toBe(0xabcd);
    expect(multiplyGf16(0, 0xabcd)).toBe(0);
  });

  it('has z for a generator: 2^i takes every non-zero value once', () => {
    const seen = new Set<number>();
    for (let i = 0, power = 1; i < 65_535; i++, power = multiplyGf16(power, 2)) seen.add(power);
    expect(seen.size).toBe(65_535);
    expect(seen.has(0)).toBe(false);
  });

  it('is associative, commutative and distributive, and every non-zero element has an inverse', () => {
    const element = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(multiplyGf16(a, b)).toBe(multiplyGf16(b, a));
        expect(multiplyGf16(multiplyGf16(a, b), c)).toBe(multiplyGf16(a, multiplyGf16(b, c)));
        expect(multiplyGf16(a, b ^ c)).toBe(multiplyGf16(a, b) ^ multiplyGf16(a, c));
        expect(multiplyGf16(a, invertGf16(a))).toBe(a === 0 ? 0 : 1);
      }),
    );
  });
});

describe('the Shamir kernel and its twin', () => {
  it('split alike', () => {
    const shape = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 6 }), distinct(1, 8));
    fc.assert(
      fc.property(
        shape.chain(([width, degree, xs]) => fc.tuple(words(width), words(width * degree), fc.constant(xs))),
        ([secret, coefficients, xs]) => {
          expect(kernel.splitShamir(secret, coefficients, xs)).toEqual(reference.splitShamir(secret, coefficients, xs));
        },
      ),
    );
  });

  it('combine alike', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 7 }))
          .chain(([width, rows]) => fc.tuple(words(width * rows), words(rows))),
        ([rows, weights]) => {
          expect(kernel.combineShamir(rows, weights)).toEqual(reference.combineShamir(rows, weights));
        },
      ),
    );
  });

  it('give the same Lagrange coefficients, also at a point that is among the xs', () => {
    fc.assert(
      fc.property(distinct(1, 9), fc.integer({ min: 0, max: 65_535 }), (xs, at) => {
        expect(kernel.lagrangeShamir(xs, at)).toEqual(reference.lagrangeShamir(xs, at));
        expect(kernel.lagrangeShamir(xs, xs[0]!)).toEqual(reference.lagrangeShamir(xs, xs[0]!));
      }),
    );
  });

  it('refuse ragged rows and equal xs', () => {
    expect(() => kernel.splitShamir(new Uint16Array(2), new Uint16Array(3), new Uint16Array([1]))).toThrow(RangeError);
    expect(() => kernel.combineShamir(new Uint16Array(3), new Uint16Array(2))).toThrow(RangeError);
    expect(() => kernel.lagrangeShamir(new Uint16Array([3, 3]), 0)).toThrow(/x = 3 appears twice/);
  });
});
