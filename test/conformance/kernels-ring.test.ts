import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIMD_TIERS, supportsTier } from '../../src/kernels/features.ts';
import { hadamard } from '../../src/kernels/hadamard.ts';
import { packedBytes, packWords, unpackWords } from '../../src/kernels/pack.ts';
import { hadamard as hadamardTwin } from '../../src/kernels/reference/hadamard.ts';
import * as packTwin from '../../src/kernels/reference/pack.ts';
import { multiplyAddWords as multiplyAddTwin } from '../../src/kernels/reference/scale.ts';
import { addWords, scaleWords, subtractWords } from '../../src/kernels/ring.ts';
import { roundStochastic } from '../../src/kernels/round.ts';
import { multiplyAddWords } from '../../src/kernels/scale.ts';
import { type RingWords, wordBytes } from '../../src/kernels/words.ts';
import { SeededRng } from '../../src/random/index.ts';

const rng = new SeededRng(new Uint8Array(32).fill(8));

function vector(width: 4 | 8, length: number): RingWords {
  const words = width === 4 ? new Uint32Array(length) : new BigUint64Array(length);
  return rng.fill(wordBytes(words)) && words;
}

/** Modulo 2^32 or 2^64, from the definition. */
function wrapped(a: RingWords, value: (i: number) => bigint): bigint[] {
  const bits = 8 * a.BYTES_PER_ELEMENT;
  return Array.from({ length: a.length }, (_, i) => BigInt.asUintN(bits, value(i)));
}

const LENGTHS = [0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 128, 1000, 16_384, 16_385, 20_001];
const tiers = SIMD_TIERS.filter(supportsTier);

describe.each(tiers)('ring kernel, tier %s', (tier) => {
  it.each([4, 8] as const)('adds, subtracts and scales as BigInt does, %i-byte words', (width) => {
    for (const length of LENGTHS) {
      const a = vector(width, length);
      const b = vector(width, length);
      const factor = (vector(8, 1) as BigUint64Array)[0]!;
      const sum = a.slice();
      const difference = a.slice();
      const product = a.slice();
      const fused = a.slice();
      addWords(sum, b, tier);
      subtractWords(difference, b, tier);
      scaleWords(product, factor, tier);
      multiplyAddWords(fused, b, factor, tier);
      expect(Array.from(sum, BigInt)).toEqual(wrapped(a, (i) => BigInt(a[i]!) + BigInt(b[i]!)));
      expect(Array.from(difference, BigInt)).toEqual(wrapped(a, (i) => BigInt(a[i]!) - BigInt(b[i]!)));
      expect(Array.from(product, BigInt)).toEqual(wrapped(a, (i) => BigInt(a[i]!) * factor));
      const twin = a.slice();
      multiplyAddTwin(twin, b, factor);
      expect(fused).toEqual(twin);
    }
  });

  it('carries across the halves of 64-bit words, and takes negative factors', () => {
    const edges = [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];
    const pairs = edges.flatMap((x) => edges.map((y) => [x, y] as const));
    const a = BigUint64Array.from(pairs, ([x]) => x);
    const b = BigUint64Array.from(pairs, ([, y]) => y);
    const sum = a.slice();
    addWords(sum, b, tier);
    expect([...sum]).toEqual(wrapped(a, (i) => a[i]! + b[i]!));
    subtractWords(sum, b, tier);
    expect(sum).toEqual(a);
    scaleWords(sum, -3n, tier);
    expect([...sum]).toEqual(wrapped(a, (i) => -3n * a[i]!));
  });

  it('works in place on views and on itself, and refuses vectors of different shapes', () => {
    const whole = vector(4, 300) as Uint32Array;
    const copy = whole.slice();
    const view = whole.subarray(3, 203);
    addWords(view, view, tier);
    expect([...whole.subarray(0, 3), ...whole.subarray(203)]).toEqual([...copy.subarray(0, 3), ...copy.subarray(203)]);
    expect([...view]).toEqual([...copy.subarray(3, 203)].map((x) => (2 * x) % 2 ** 32));
    expect(() => addWords(new Uint32Array(2), new Uint32Array(3), tier)).toThrow(RangeError);
    expect(() => subtractWords(new Uint32Array(2), new BigUint64Array(2), tier)).toThrow(RangeError);
  });

  it('packs and unpacks every width as its twin does', () => {
    for (let bits = 1; bits <= 64; bits++) {
      for (const length of [0, 1, 2, 3, 7, 8, 63, 64, 65, 200]) {
        const words = vector(bits <= 32 ? 4 : 8, length);
        const packed = packWords(words, bits, tier);
        expect(packed).toEqual(packTwin.packWords(words, bits));
        expect(unpackWords(packed, bits, length, tier)).toEqual(packTwin.unpackWords(packed, bits, length));
      }
    }
  });

  it.each([1, 7, 20, 31, 33, 47, 63])('packs pieces that meet at whole bytes: %i bits', (bits) => {
    const length = 40_003;
    const words = vector(bits <= 32 ? 4 : 8, length);
    const packed = packWords(words, bits, tier);
    expect(packed.length).toBe(packedBytes(bits, length));
    const mask = 2n ** BigInt(bits) - 1n;
    const back = unpackWords(packed, bits, length, tier);
    expect(back.every((word, i) => BigInt(word) === (BigInt(words[i]!) & mask))).toBe(true);
    // A frame's view may start anywhere.
    const odd = new Uint8Array(packed.length + 3);
    odd.set(packed, 3);
    expect(unpackWords(odd.subarray(3), bits, length, tier)).toEqual(back);
  });

  it('rounds with the coins it is given, to the bit', () => {
    const value = fc.oneof(
      fc.double({ min: -(2 ** 52), max: 2 ** 52, noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(0, -0, 1, -1, 0.5, -0.5, 2 ** 52, -(2 ** 52), Number.MIN_VALUE, -Number.MIN_VALUE),
    );
    const coin = fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 31));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, coin, coin), { maxLength: 9 }), (rows) => {
        const values = Float64Array.from(rows, ([y]) => y);
        roundStochastic(values, Uint32Array.from(rows.flatMap(([, r0, r1]) => [r0, r1])), tier);
        rows.forEach(([y, r0, r1], i) => {
          const u = BigInt(r0 >>> 5) * 2n ** 26n + BigInt(r1 >>> 6);
          const up = Number(u) < (y - Math.floor(y)) * 2 ** 53;
          expect(values[i]).toBe(Math.floor(y) + (up ? 1 : 0)); // no negative zero
        });
      }),
      { numRuns: 300 },
    );
    expect(() => roundStochastic(new Float64Array(2), new Uint32Array(3), tier)).toThrow(/4 random words, found 3/);
  });

  it('rounds long vectors like short ones', () => {
    const values = Float64Array.from({ length: 20_001 }, (_, i) => Math.sin(i) * 1000);
    const coins = vector(4, 40_002) as Uint32Array;
    const expected = values.slice();
    for (let i = 0; i < values.length; i++) {
      roundStochastic(expected.subarray(i, i + 1), coins.subarray(2 * i, 2 * i + 2), tier);
    }
    roundStochastic(values, coins, tier);
    expect(values).toEqual(expected);
  });

  it('transforms to the same bits as its twin, at every size', () => {
    for (const log2 of [0, 1, 2, 3, 4, 5, 9, 12, 13, 14, 15, 17]) {
      const n = 2 ** log2;
      const values = Float64Array.from({ length: n }, (_, i) => Math.sin(i * i) * 10 ** ((i % 7) - 3));
      const twin = values.slice();
      const scale = 2 ** -Math.floor(log2 / 2) * (log2 % 2 === 0 ? 1 : Math.SQRT1_2);
      hadamardTwin(twin, scale);
      hadamard(values, tier);
      expect(new BigUint64Array(values.buffer), `2^${log2}`).toEqual(new BigUint64Array(twin.buffer));
    }
    expect(() => hadamard(new Float64Array(3), tier)).toThrow(RangeError);
    expect(() => hadamard(new Float64Array(0), tier)).toThrow(RangeError);
  });
});
