/**
 * The storage of a vector over Z_{2^B}: 32-bit words for B <= 32, 64-bit words above. Reduction modulo 2^B is left to the
 * places that need it (packing, decoding): arithmetic modulo 2^32 or 2^64 maps onto it.
 */
export type RingWords = Uint32Array | BigUint64Array;

/** The word width that holds `bits` bits. */
export function wordBits(bits: number): 32 | 64 {
  return bits <= 32 ? 32 : 64;
}

/** @param bits 1 .. 64 */
export function zeroWords(bits: number, length: number): RingWords {
  return bits <= 32 ? new Uint32Array(length) : new BigUint64Array(length);
}

/** The same memory as bytes (little endian on every platform this package runs on). */
export function wordBytes(words: RingWords): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) throw new Error('subrosa needs a little-endian platform');
