import { addWords, type RingWords, subtractWords, wordBits, zeroWords } from '../kernels/index.ts';

/**
 * A vector over Z_{2^bits}. `words` is a `Uint32Array` for bits <= 32 and a `BigUint64Array` above; only the low `bits` bits of a
 * word count ({@link reduce} clears the others), since arithmetic modulo 2^32 or 2^64 maps onto Z_{2^bits}.
 */
export interface RingVector {
  /** 8 .. 64 */
  readonly bits: number;
  readonly words: RingWords;
}

/** @throws {RangeError} unless bits is an integer in 8 .. 64 and the length a non-negative integer */
export function zeroVector(bits: number, length: number): RingVector {
  checkBits(bits);
  return { bits, words: zeroWords(bits, length) };
}

export function checkBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 8 || bits > 64)
    throw new RangeError(`ring Z_2^${bits}: bits must be an integer in 8 .. 64`);
}

/** Checks that `vector` is well formed and has the given shape. */
export function checkVector(vector: RingVector, bits: number, length: number): void {
  checkBits(vector.bits);
  if (vector.bits !== bits || vector.words.length !== length) {
    throw new RangeError(`found ${vector.words.length} words of Z_2^${vector.bits}, expected ${length} of Z_2^${bits}`);
  }
  if (8 * vector.words.BYTES_PER_ELEMENT !== wordBits(bits))
    throw new TypeError(`Z_2^${bits} needs ${wordBits(bits)}-bit words`);
}

export function copyVector(vector: RingVector): RingVector {
  return { bits: vector.bits, words: vector.words.slice() };
}

/** a += b in place. */
export function addInto(a: RingVector, b: RingVector): void {
  checkVector(b, a.bits, a.words.length);
  addWords(a.words, b.words);
}

/** a -= b in place. */
export function subtractFrom(a: RingVector, b: RingVector): void {
  checkVector(b, a.bits, a.words.length);
  subtractWords(a.words, b.words);
}

/** Clears the bits above `bits` in every word, in place, and returns the vector: the canonical representative. */
export function reduce(vector: RingVector): RingVector {
  const { bits, words } = vector;
  if (words instanceof Uint32Array) {
    if (bits < 32) {
      const mask = 2 ** bits - 1;
      for (let i = 0; i < words.length; i++) words[i]! &= mask;
    }
  } else if (bits < 64) {
    // The low half of a word is whole (bits > 32); only the high half is cut.
    const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
    const mask = 2 ** (bits - 32) - 1;
    for (let i = 1; i < halves.length; i += 2) halves[i]! &= mask;
  }
  return vector;
}
