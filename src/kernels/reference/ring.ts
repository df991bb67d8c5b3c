import type { RingWords } from '../words.ts';

/**
 * The reference twins of the element-wise ring operations: plain loops; 64-bit words as pairs of 32-bit halves, since BigInt
 * arithmetic is slow and takes time that depends on the values. The callers check the shapes.
 */

/** a[i] += b[i], wrapping at the word width. */
export function addWords(a: RingWords, b: RingWords): void {
  if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = a[i]! + c[i]!;
  } else {
    add64(halves(a), halves(b as BigUint64Array));
  }
}

/** a[i] -= b[i], wrapping at the word width. */
export function subtractWords(a: RingWords, b: RingWords): void {
  if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = a[i]! - c[i]!;
  } else {
    subtract64(halves(a), halves(b as BigUint64Array));
  }
}

function halves(words: BigUint64Array): Uint32Array {
  return new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
}

function add64(a: Uint32Array, b: Uint32Array): void {
  for (let i = 0; i < a.length; i += 2) {
    const low = a[i]! + b[i]!;
    a[i] = low;
    a[i + 1] = a[i + 1]! + b[i + 1]! + (low > 0xffff_ffff ? 1 : 0);
  }
}

function subtract64(a: Uint32Array, b: Uint32Array): void {
  for (let i = 0; i < a.length; i += 2) {
    const low = a[i]! - b[i]!;
    a[i] = low;
    a[i + 1] = a[i + 1]! - b[i + 1]! - (low < 0 ? 1 : 0);
  }
}

/** a[i] *= factor, wrapping at the word width. */
export function scaleWords(a: RingWords, factor: bigint): void {
  if (a instanceof Uint32Array) {
    const low = Number(BigInt.asUintN(32, factor));
    for (let i = 0; i < a.length; i++) a[i] = Math.imul(a[i]!, low);
  } else {
    for (let i = 0; i < a.length; i++) a[i] = a[i]! * factor;
  }
}
