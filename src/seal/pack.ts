import { ProtocolError } from '../errors.ts';
import { packedResidueBytes, packResidues as packInto, unpackResidues as unpackInto } from '../kernels/index.ts';

/**
 * The wire form of residues: a coefficient modulo p takes ceil(log2 p) bits, least significant bit first, one prime's
 * coefficients after the other's. N is a multiple of 8, so that every segment ends at a byte.
 */

/** @returns exactly `sum over the primes of degree * bits / 8` bytes for each polynomial in `words` */
export function packResidues(words: BigUint64Array, primes: readonly bigint[], degree: number): Uint8Array {
  const out = new Uint8Array(packedResidueBytes(primes, degree, words.length / (primes.length * degree)));
  packInto(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), primes, degree, out);
  return out;
}

/**
 * The mirror of {@link packResidues} for `polynomials` polynomials.
 * @throws {ProtocolError} `malformed` when the length is not exactly right, `bad-ciphertext` for a coefficient that is not below its
 *   prime (checked before anything else sees the words)
 */
export function unpackResidues(
  bytes: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  polynomials: number,
  what: string,
): BigUint64Array {
  const expected = packedResidueBytes(primes, degree, polynomials);
  if (bytes.length !== expected)
    throw new ProtocolError('malformed', `${what}: found ${bytes.length} bytes, expected ${expected}`);
  const words = new BigUint64Array(polynomials * primes.length * degree);
  const bad = unpackInto(bytes, words, primes, degree);
  if (bad >= 0) throw notBelow(what, bad, degree);
  return words;
}

/** @param place of the coefficient among all words */
export function notBelow(what: string, place: number, degree: number): ProtocolError {
  return new ProtocolError('bad-ciphertext', `${what}: coefficient ${place % degree} is not below its prime`);
}
