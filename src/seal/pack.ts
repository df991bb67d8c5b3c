import { concatBytes } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { packWords, unpackWords } from '../kernels/index.ts';
import { halves } from './modular.ts';
import { bitLength } from './parameters.ts';

/**
 * The wire form of residues: a coefficient modulo p takes ceil(log2 p) bits, least significant bit first, one prime's
 * coefficients after the other's. N is a multiple of 8, so that every segment ends at a byte.
 */

/** @returns exactly `sum over the primes of degree * bits / 8` bytes for each polynomial in `words` */
export function packResidues(words: BigUint64Array, primes: readonly bigint[], degree: number): Uint8Array {
  if (sameWidth(primes)) return packWords(words, bitLength(primes[0]!));
  const parts: Uint8Array[] = [];
  for (let s = 0; s < words.length / degree; s++)
    parts.push(packWords(words.subarray(s * degree, (s + 1) * degree), bitLength(primes[s % primes.length]!)));
  return concatBytes(...parts);
}

function sameWidth(primes: readonly bigint[]): boolean {
  return primes.every((prime) => bitLength(prime) === bitLength(primes[0]!));
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
  const sizes = primes.map((prime) => (degree * bitLength(prime)) / 8);
  const expected = polynomials * sizes.reduce((sum, size) => sum + size, 0);
  if (bytes.length !== expected)
    throw new ProtocolError('malformed', `${what}: found ${bytes.length} bytes, expected ${expected}`);
  const segments = polynomials * primes.length;
  const bits = bitLength(primes[0]!);
  let words: BigUint64Array;
  if (sameWidth(primes)) {
    words = unpackWords(bytes, bits, segments * degree) as BigUint64Array;
  } else {
    words = new BigUint64Array(segments * degree);
    for (let s = 0, at = 0; s < segments; s++) {
      const size = sizes[s % primes.length]!;
      const segment = unpackWords(bytes.subarray(at, at + size), bitLength(primes[s % primes.length]!), degree);
      words.set(segment as BigUint64Array, s * degree);
      at += size;
    }
  }
  const view = halves(words);
  for (let s = 0; s < segments; s++)
    checkSegment(view, 2 * s * degree, 2 * (s + 1) * degree, primes[s % primes.length]!, what);
  return words;
}

/** Without branches but one at the end: then the first bad coefficient is looked for. */
function checkSegment(words: Uint32Array, from: number, to: number, prime: bigint, what: string): void {
  const low = Number(prime & 0xffff_ffffn) | 0;
  const high = Number(prime >> 32n) | 0;
  if (allBelow(words, from, to, low, high)) return;
  let i = from;
  while (allBelow(words, i, i + 2, low, high)) i += 2;
  throw new ProtocolError('bad-ciphertext', `${what}: coefficient ${(i - from) / 2} is not below its prime`);
}

/** Subtracts the prime from every word: all must borrow. Words and primes have at most 60 bits. */
function allBelow(words: Uint32Array, from: number, to: number, low: number, high: number): boolean {
  let below = -1;
  for (let i = from; i < to; i += 2) {
    const l = words[i]! | 0;
    const borrow = ((~l & low) | ((~l | low) & (l - low))) >>> 31;
    below &= (words[i + 1]! | 0) - high - borrow;
  }
  return below < 0;
}
