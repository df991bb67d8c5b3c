import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedBytes, packWords, type RingWords, unpackWords } from '../../src/kernels/index.ts';
import * as reference from '../../src/kernels/reference/pack.ts';

const EVERY_WIDTH = Array.from({ length: 64 }, (_, i) => i + 1);

/** Words with all bits random, also those above the packed ones. */
const words = (bits: number, maxLength = 70): fc.Arbitrary<RingWords> =>
  bits <= 32
    ? fc.array(fc.nat(0xffff_ffff), { maxLength }).map((list) => Uint32Array.from(list))
    : fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength }).map((list) => BigUint64Array.from(list));

function lowBits(values: RingWords, bits: number): bigint[] {
  return Array.from<number | bigint, bigint>(values, (word) => BigInt.asUintN(bits, BigInt(word)));
}

describe('bit packing', () => {
  it.each(EVERY_WIDTH)('agrees with the reference and round-trips at %i bits', (bits) => {
    fc.assert(
      fc.property(words(bits), (input) => {
        const packed = packWords(input, bits);
        expect(packed).toEqual(reference.packWords(input, bits));
        expect(packed.length).toBe(packedBytes(bits, input.length));
        const unpacked = unpackWords(packed, bits, input.length);
        expect(unpacked).toEqual(reference.unpackWords(packed, bits, input.length));
        expect(Array.from(unpacked, BigInt)).toEqual(lowBits(input, bits));
      }),
      { numRuns: 25 },
    );
  });

  it('writes the lowest bit first', () => {
    // 12-bit words 0xabc, 0x123, 0xfff: nibbles c b a 3 2 1 f f f, two to a byte, the first one low.
    expect(packWords(Uint32Array.of(0xabc, 0x123, 0xfff), 12)).toEqual(Uint8Array.of(0xbc, 0x3a, 0x12, 0xff, 0x0f));
    expect(packWords(BigUint64Array.of(0x12_3456_789an), 40)).toEqual(Uint8Array.of(0x9a, 0x78, 0x56, 0x34, 0x12));
    expect(packWords(Uint32Array.of(1, 0, 1), 1)).toEqual(Uint8Array.of(0b101));
  });

  it('reads from a view that starts anywhere and leaves the input alone', () => {
    for (const bits of [8, 13, 16, 24, 32, 33, 40, 63, 64]) {
      const input = bits <= 32 ? Uint32Array.of(1, 2, 3, 77) : BigUint64Array.of(1n, 2n, 3n, 77n);
      const packed = packWords(input, bits);
      const frame = new Uint8Array(packed.length + 5).fill(0xff);
      frame.set(packed, 3);
      expect(unpackWords(frame.subarray(3, 3 + packed.length), bits, 4)).toEqual(input);
      packed.fill(0); // not a view of the words
      expect(Array.from(input, Number)).toEqual([1, 2, 3, 77]);
    }
  });

  it('takes words that are a view into a larger buffer', () => {
    const buffer = BigUint64Array.of(9n, 2n ** 63n, 5n, 9n);
    expect(packWords(buffer.subarray(1, 3), 64)).toEqual(reference.packWords(buffer.subarray(1, 3), 64));
    expect(packWords(buffer.subarray(1, 3), 50)).toEqual(reference.packWords(buffer.subarray(1, 3), 50));
  });

  it.each(EVERY_WIDTH)('refuses every other length at %i bits', (bits) => {
    const packed = packWords(unpackWords(new Uint8Array(packedBytes(bits, 9)), bits, 9), bits);
    for (const wrong of [packed.subarray(1), new Uint8Array(packed.length + 1), new Uint8Array(0)]) {
      expect(() => unpackWords(wrong, bits, 9)).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });

  it('refuses filling bits that are not zero', () => {
    for (const bits of EVERY_WIDTH) {
      for (const length of [1, 3, 5, 7]) {
        const packed = new Uint8Array(packedBytes(bits, length));
        for (let bit = bits * length; bit < 8 * packed.length; bit++) {
          const bad = packed.slice();
          bad[bad.length - 1]! |= 1 << (bit % 8);
          expect(() => unpackWords(bad, bits, length)).toThrow(expect.objectContaining({ code: 'malformed' }));
        }
        packed.fill(0xff);
        if ((bits * length) % 8 === 0) expect(() => unpackWords(packed, bits, length)).not.toThrow();
      }
    }
  });

  it('checks a length before it allocates', () => {
    expect(() => unpackWords(new Uint8Array(8), 64, 2 ** 32 - 1)).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
    expect(() => unpackWords(new Uint8Array(8), 64, 2 ** 32)).toThrow(RangeError);
    expect(() => unpackWords(new Uint8Array(8), 64, -1)).toThrow(RangeError);
    expect(() => unpackWords(new Uint8Array(8), 64, 0.5)).toThrow(RangeError);
  });

  it('refuses impossible widths and words of the wrong width', () => {
    for (const bits of [0, 65, -1, 8.5, Number.NaN]) {
      expect(() => packWords(new Uint32Array(1), bits)).toThrow(RangeError);
      expect(() => unpackWords(new Uint8Array(1), bits, 1)).toThrow(RangeError);
    }
    expect(() => packWords(new Uint32Array(1), 33)).toThrow(TypeError);
    expect(() => packWords(new BigUint64Array(1), 32)).toThrow(TypeError);
  });
});
