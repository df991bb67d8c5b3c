import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../../src/kernels/reference/scale.ts';
import { multiplyAddWords } from '../../src/kernels/scale.ts';

const edge64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 64n - 1n),
);

describe('multiplyAddWords and its twin', () => {
  it('agree on 64-bit words', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(edge64, edge64), { maxLength: 9 }), edge64, (pairs, factor) => {
        const a = BigUint64Array.from(pairs, ([x]) => x);
        const b = BigUint64Array.from(pairs, ([, y]) => y);
        const expected = a.slice();
        reference.multiplyAddWords(expected, b, factor);
        multiplyAddWords(a, b, factor);
        expect(a).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('agree on 32-bit words', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(edge64, edge64), { maxLength: 9 }), edge64, (pairs, factor) => {
        const a = Uint32Array.from(pairs, ([x]) => Number(BigInt.asUintN(32, x)));
        const b = Uint32Array.from(pairs, ([, y]) => Number(BigInt.asUintN(32, y)));
        const expected = a.slice();
        reference.multiplyAddWords(expected, b, factor);
        multiplyAddWords(a, b, factor);
        expect(a).toEqual(expected);
      }),
    );
  });

  it('refuses vectors of different shapes', () => {
    expect(() => multiplyAddWords(new Uint32Array(2), new Uint32Array(3), 1n)).toThrow(RangeError);
    expect(() => multiplyAddWords(new Uint32Array(2), new BigUint64Array(2), 1n)).toThrow(RangeError);
  });
});
