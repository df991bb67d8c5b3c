import type { RingVector } from '../math/index.ts';

/**
 * Signed integers in a ring: two's complement modulo 2^bits. Integers are plain numbers, |q| < 2^53; 64-bit words are written
 * and read as two 32-bit halves, since BigInt is slow in long loops.
 */

/** Writes integers into the words from `at` on, as canonical residues. */
export function writeIntegers(vector: RingVector, at: number, integers: ArrayLike<number>): void {
  const { bits, words } = vector;
  if (words instanceof Uint32Array) {
    const mask = bits === 32 ? -1 : 2 ** bits - 1;
    for (let i = 0; i < integers.length; i++) words[at + i] = integers[i]! & mask;
    return;
  }
  const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
  const mask = bits === 64 ? -1 : 2 ** (bits - 32) - 1;
  for (let i = 0; i < integers.length; i++) {
    const q = integers[i]!;
    halves[2 * (at + i)] = q; // stored modulo 2^32
    halves[2 * (at + i) + 1] = Math.floor(q * 2 ** -32) & mask;
  }
}

/**
 * Reads `count` integers from the words from `at` on. Bits above the ring are ignored.
 * @returns the integers; one beyond 2^53 is rounded, which the caller's range check must refuse
 */
export function readIntegers(vector: RingVector, at: number, count: number): Float64Array {
  const { bits, words } = vector;
  const out = new Float64Array(count);
  if (words instanceof Uint32Array) {
    const unused = 32 - bits; // shifted up and down again, the sign bit of the ring fills the upper bits
    for (let i = 0; i < count; i++) out[i] = (words[at + i]! << unused) >> unused;
    return out;
  }
  const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
  const unused = 64 - bits;
  for (let i = 0; i < count; i++) {
    const high = (halves[2 * (at + i) + 1]! << unused) >> unused;
    out[i] = high * 2 ** 32 + halves[2 * (at + i)]!;
  }
  return out;
}
