import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { hadamard, packVector, unpackVector, zeroVector } from '../../src/math/index.ts';

function popcount(x: number): number {
  let count = 0;
  for (let rest = x; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** From the definition. */
function direct(values: Float64Array): number[] {
  const n = values.length;
  return Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (popcount(i & j) % 2 === 0 ? 1 : -1) * values[j]!;
    return sum / Math.sqrt(n);
  });
}

/** The textbook loop, one level at a time. */
function textbook(values: Float64Array): void {
  const n = values.length;
  for (let h = 1; h < n; h *= 2) {
    for (let at = 0; at < n; at += 2 * h) {
      for (let i = at; i < at + h; i++) {
        const [a, b] = [values[i]!, values[i + h]!];
        values[i] = a + b;
        values[i + h] = a - b;
      }
    }
  }
  const log2 = Math.log2(n);
  const scale = 2 ** -Math.floor(log2 / 2) * (log2 % 2 === 0 ? 1 : Math.SQRT1_2);
  for (let i = 0; i < n; i++) values[i]! *= scale;
}

/** Deterministic, awkward mantissas from exact arithmetic only: (i * 7919 mod 10007) / 10007. */
const awkward = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 10007) / 10007 - 0.5);
const norm = (v: Float64Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

describe('Hadamard transform', () => {
  it.each([1, 2, 4, 8, 16, 32, 64, 128])('follows its definition for N = %i', (n) => {
    const values = awkward(n);
    const expected = direct(values);
    hadamard(values);
    for (let i = 0; i < n; i++) expect(values[i]).toBeCloseTo(expected[i]!, 12);
  });

  it('has orthonormal columns', () => {
    const n = 64;
    const columns = Array.from({ length: n }, (_, j) => {
      const unit = new Float64Array(n);
      unit[j] = 1;
      hadamard(unit);
      return unit;
    });
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const dot = columns[i]!.reduce((sum, x, k) => sum + x * columns[j]![k]!, 0);
        expect(dot).toBe(i === j ? 1 : 0); // exact: entries are 1/8
      }
    }
  });

  it('is its own inverse and keeps the norm', () => {
    fc.assert(
      fc.property(fc.nat(10), fc.infiniteStream(fc.double({ min: -1e6, max: 1e6, noNaN: true })), (log2, stream) => {
        const values = Float64Array.from({ length: 2 ** log2 }, () => stream.next().value);
        const before = values.slice();
        hadamard(values);
        const size = norm(before);
        expect(Math.abs(norm(values) - size)).toBeLessThanOrEqual(1e-14 * size + 1e-150);
        hadamard(values);
        values.forEach((value, i) => {
          expect(Math.abs(value - before[i]!)).toBeLessThanOrEqual(1e-14 * size + 1e-150);
        });
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 2, 3, 12, 13, 14, 15, 16, 17])('gives the bits of the textbook loop for N = 2^%i', (log2) => {
    const fast = awkward(2 ** log2);
    const slow = fast.slice();
    hadamard(fast);
    textbook(slow);
    expect(Buffer.from(fast.buffer).equals(Buffer.from(slow.buffer))).toBe(true);
  });

  it('gives the same bits on every platform', () => {
    const values = awkward(2 ** 15);
    hadamard(values);
    expect(toHex(sha256(new Uint8Array(values.buffer)))).toMatchInlineSnapshot(
      `"bf16f680ec0e7fa1b0c6daf15a29d9c125d97e2afbaa63cb87bcbbfcffaa3cf7"`,
    );
  });

  it('refuses a length that is not a power of two', () => {
    for (const n of [0, 3, 5, 6, 7, 9, 1000]) expect(() => hadamard(new Float64Array(n))).toThrow(RangeError);
  });
});

describe('packed ring vectors', () => {
  it('round-trip for every ring', () => {
    for (let bits = 8; bits <= 64; bits++) {
      const vector = zeroVector(bits, 11);
      for (let i = 0; i < 11; i++) {
        if (vector.words instanceof Uint32Array) vector.words[i] = (i * 0x9e37_79b1) % 2 ** bits;
        else vector.words[i] = BigInt.asUintN(bits, BigInt(i) * 0x9e37_79b9_7f4a_7c15n);
      }
      const packed = packVector(vector);
      expect(packed.length).toBe(Math.ceil((11 * bits) / 8));
      expect(unpackVector(packed, bits, 11)).toEqual(vector);
    }
  });

  it('refuse a ring outside 8 .. 64 and malformed bytes', () => {
    expect(() => unpackVector(new Uint8Array(1), 7, 1)).toThrow(RangeError);
    expect(() => unpackVector(new Uint8Array(1), 65, 1)).toThrow(RangeError);
    expect(() => unpackVector(new Uint8Array(1), 12, 1)).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => unpackVector(Uint8Array.of(0, 0x10), 12, 1)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});
