import { ProtocolError } from '../errors.ts';
import { unpackWords } from '../kernels/index.ts';
import { halves } from './modular.ts';
import { bitLength } from './parameters.ts';

/**
 * The wire form of residues: a coefficient modulo p takes ceil(log2 p) bits, least significant bit first, one prime's
 * coefficients after the other's. N is a multiple of 8, so that every segment ends at a byte.
 */

/** @returns exactly `sum over the primes of degree * bits / 8` bytes for each polynomial in `words` */
export function packResidues(words: BigUint64Array, primes: readonly bigint[], degree: number): Uint8Array {
  const segments = words.length / degree;
  let bytes = 0;
  for (let s = 0; s < segments; s++) bytes += (degree * bitLength(primes[s % primes.length]!)) / 8;
  const out = new Uint8Array(bytes);
  const source = halves(words);
  let at = 0;
  for (let s = 0; s < segments; s++) {
    const bits = bitLength(primes[s % primes.length]!);
    const size = (degree * bits) / 8;
    packSegment(source.subarray(2 * s * degree, 2 * (s + 1) * degree), bits, out.subarray(at, at + size));
    at += size;
  }
  return out;
}

/**
 * One prime's coefficients. Works on 32-bit words: a coefficient of at most 64 bits at bit `shift` of a word reaches into the next two.
 * `(x >>> 1) >>> (31 - shift)` is `x >>> (32 - shift)` that is right for shift 0 too.
 */
function packSegment(source: Uint32Array, bits: number, out: Uint8Array): void {
  const words = new Uint32Array(Math.ceil(out.length / 4) + 2);
  for (let i = 0, bit = 0; i < source.length; i += 2, bit += bits) {
    const low = source[i]!;
    const high = source[i + 1]!;
    const at = bit >>> 5;
    const shift = bit & 31;
    words[at]! |= low << shift;
    words[at + 1]! |= ((low >>> 1) >>> (31 - shift)) | (high << shift);
    words[at + 2]! |= (high >>> 1) >>> (31 - shift);
  }
  out.set(new Uint8Array(words.buffer, 0, out.length));
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
  if (primes.every((prime) => bitLength(prime) === bits)) {
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
