import { packWords, unpackWords } from '../kernels/index.ts';
import { checkBits, checkVector, type RingVector } from './ring-vector.ts';

/**
 * A ring vector as it travels: ceil(bits * length / 8) bytes, `bits` bits a word, lowest bit first (docs/spec/encoding.md).
 * Words are reduced modulo 2^bits on the way.
 */
export function packVector(vector: RingVector): Uint8Array {
  checkVector(vector, vector.bits, vector.words.length);
  return packWords(vector.words, vector.bits);
}

/**
 * The inverse of {@link packVector}. The words are canonical (below 2^bits).
 * @param bits 8 .. 64
 * @param length words expected
 * @throws {ProtocolError} `malformed` unless the length is exact and the filling bits are zero
 * @throws {RangeError} when bits or length is out of range
 */
export function unpackVector(bytes: Uint8Array, bits: number, length: number): RingVector {
  checkBits(bits);
  return { bits, words: unpackWords(bytes, bits, length) };
}
