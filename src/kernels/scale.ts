import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { overPieces, RING_SMALL } from './ring-exports.ts';
import type { RingWords } from './words.ts';

/**
 * a[i] += factor * b[i], wrapping at the word width, in time that depends on the lengths only.
 * @param factor public; 0 .. 2^64 - 1 (reduced modulo 2^32 for 32-bit words)
 * @throws {RangeError} when the vectors differ in length or width
 */
export function multiplyAddWords(a: RingWords, b: RingWords, factor: bigint, tier?: Tier): void {
  if (a.length !== b.length || a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT) {
    throw new RangeError(
      `vectors of ${a.length} x ${8 * a.BYTES_PER_ELEMENT} and ${b.length} x ${8 * b.BYTES_PER_ELEMENT} bits`,
    );
  }
  const low = Number(BigInt.asUintN(32, factor));
  const high = Number(BigInt.asUintN(32, factor >> 32n));
  if (chooseTier(SIMD_TIERS, tier) === 'simd' && (tier === 'simd' || a.byteLength >= RING_SMALL)) {
    if (a instanceof Uint32Array) overPieces(a, b, ({ multiplyAdd32 }, p, q, n) => multiplyAdd32(p, q, n, low));
    else overPieces(a, b, ({ multiplyAdd64 }, p, q, n) => multiplyAdd64(p, q, n, low, high));
  } else if (a instanceof Uint32Array) {
    const c = b as Uint32Array;
    for (let i = 0; i < a.length; i++) a[i] = a[i]! + Math.imul(c[i]!, low);
  } else {
    multiplyAdd64(halves(a), halves(b as BigUint64Array), low, high);
  }
}

/**
 * 64-bit words as pairs of 32-bit halves. The product of the low halves is b * (f0 + 2^16 f1) with 16-bit f0 and f1: both partial
 * products are below 2^48 and so exact in a double.
 */
function multiplyAdd64(a: Uint32Array, b: Uint32Array, low: number, high: number): void {
  const f0 = low & 0xffff;
  const f1 = low >>> 16;
  for (let i = 0; i < a.length; i += 2) {
    const word = b[i]!;
    const upper = word * f1;
    const upperLow = (upper >>> 0) & 0xffff;
    const sum = word * f0 + upperLow * 0x1_0000; // < 2^48 + 2^32
    const productLow = sum >>> 0;
    const productHigh = (upper - upperLow) / 0x1_0000 + (sum - productLow) / 0x1_0000_0000;
    const total = a[i]! + productLow;
    const carry = total > 0xffff_ffff ? 1 : 0;
    a[i] = total;
    a[i + 1] = a[i + 1]! + productHigh + Math.imul(word, high) + Math.imul(b[i + 1]!, low) + carry;
  }
}

function halves(words: BigUint64Array): Uint32Array {
  return new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
}
