import type { RingWords } from '../words.ts';

/**
 * The reference twins of the element-wise ring operations: plain loops over 32-bit integers, 64-bit words as two halves. They also
 * run where there is no SIMD, so they are free of branches on the words: carries are computed, not compared (`low > 2^32` would be
 * a branch), and there is no BigInt, whose time depends on its value. The callers check the shapes.
 */

/** a[i] += b[i], wrapping at the word width. */
export function addWords(a: RingWords, b: RingWords): void {
  if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = (a[i]! + c[i]!) | 0;
  } else {
    add64(halves(a), halves(b as BigUint64Array));
  }
}

/** a[i] -= b[i], wrapping at the word width. */
export function subtractWords(a: RingWords, b: RingWords): void {
  if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = (a[i]! - c[i]!) | 0;
  } else {
    subtract64(halves(a), halves(b as BigUint64Array));
  }
}

/** a[i] += factor * b[i], wrapping at the word width. @param factor 0 .. 2^64 - 1, public */
export function multiplyAddWords(a: RingWords, b: RingWords, factor: bigint): void {
  const low = Number(BigInt.asUintN(32, factor));
  if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = (a[i]! + Math.imul(c[i]!, low)) | 0;
  } else {
    multiplyAdd64(halves(a), halves(b as BigUint64Array), low, Number(factor >> 32n));
  }
}

/** a[i] *= factor, wrapping at the word width. @param factor 0 .. 2^64 - 1, public */
export function scaleWords(a: RingWords, factor: bigint): void {
  const before = a.slice();
  if (a instanceof Uint32Array) a.fill(0);
  else a.fill(0n);
  multiplyAddWords(a, before, factor);
}

function halves(words: BigUint64Array): Uint32Array {
  return new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
}

function add64(a: Uint32Array, b: Uint32Array): void {
  for (let i = 0; i < a.length; i += 2) {
    const x = a[i]! | 0;
    const y = b[i]! | 0;
    const low = (x + y) | 0;
    // The top bit carries when both summands have it, or one has it and the sum lost it.
    const carry = ((x & y) | ((x | y) & ~low)) >>> 31;
    a[i] = low;
    a[i + 1] = (a[i + 1]! + b[i + 1]! + carry) | 0;
  }
}

function subtract64(a: Uint32Array, b: Uint32Array): void {
  for (let i = 0; i < a.length; i += 2) {
    const x = a[i]! | 0;
    const y = b[i]! | 0;
    const low = (x - y) | 0;
    const borrow = ((~x & y) | (~(x ^ y) & low)) >>> 31;
    a[i] = low;
    a[i + 1] = (a[i + 1]! - b[i + 1]! - borrow) | 0;
  }
}

/** The product of two 32-bit halves from four products of 16-bit halves, each of which fits 32 bits. */
function multiplyAdd64(a: Uint32Array, b: Uint32Array, low: number, high: number): void {
  const f0 = low & 0xffff;
  const f1 = low >>> 16;
  for (let i = 0; i < a.length; i += 2) {
    const word = b[i]! | 0;
    const w0 = word & 0xffff;
    const w1 = word >>> 16;
    const p00 = Math.imul(w0, f0);
    const p01 = Math.imul(w0, f1);
    const p10 = Math.imul(w1, f0);
    const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
    const productLow = (middle << 16) | (p00 & 0xffff);
    const productHigh = (Math.imul(w1, f1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)) | 0;
    const x = a[i]! | 0;
    const sum = (x + productLow) | 0;
    const carry = ((x & productLow) | ((x | productLow) & ~sum)) >>> 31;
    a[i] = sum;
    const upper = (a[i + 1]! + productHigh + Math.imul(word, high)) | 0;
    a[i + 1] = (upper + Math.imul(b[i + 1]!, low) + carry) | 0;
  }
}
