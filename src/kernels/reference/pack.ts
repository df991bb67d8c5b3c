import type { RingWords } from '../words.ts';

/** The reference twin of the packing kernel: one bit at a time. Slow and obvious; the callers' checks are the kernel's. */
export function packWords(words: RingWords, bits: number): Uint8Array {
  const out = new Uint8Array(Math.ceil((bits * words.length) / 8));
  words.forEach((word, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      if ((BigInt(word) >> BigInt(bit)) & 1n) out[Math.floor(at / 8)]! |= 1 << (at % 8);
    }
  });
  return out;
}

/** @see packWords */
export function unpackWords(bytes: Uint8Array, bits: number, length: number): RingWords {
  const values = Array.from({ length }, (_, i) => {
    let word = 0n;
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      if ((bytes[Math.floor(at / 8)]! >> (at % 8)) & 1) word |= 1n << BigInt(bit);
    }
    return word;
  });
  return bits <= 32 ? Uint32Array.from(values, Number) : BigUint64Array.from(values);
}
