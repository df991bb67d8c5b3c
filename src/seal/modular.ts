/**
 * Arithmetic modulo primes.
 *
 * Residues are stored as 64-bit words, polynomial-major, then prime, then coefficient, as SEAL stores them; sums of whole polynomials are the
 * kernels'. Products of single residues of small primes use doubles with the exact error of the product, where every value stays below 2^50.
 */

/** The 32-bit halves of words, low before high: BigInt allocates for every operation. */
export function halves(words: BigUint64Array): Uint32Array {
  return new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
}

/** A prime below 2^50 with what {@link multiply} needs. */
export interface SmallPrime {
  readonly value: number;
  readonly inverse: number;
}

export function smallPrime(prime: bigint): SmallPrime {
  if (prime >= 1n << 50n) throw new RangeError(`prime ${prime} is not below 2^50`);
  return { value: Number(prime), inverse: 1 / Number(prime) };
}

const SPLITTER = 2 ** 27 + 1;

/**
 * a b mod p for a, b in [0, p), p < 2^50.
 *
 * The quotient is estimated in floating point; Dekker's product (1971) gives a b and quotient * p as unevaluated sums of two
 * doubles without error, so their difference is the exact remainder up to one multiple of p.
 */
export function multiply(a: number, b: number, { value: p, inverse }: SmallPrime): number {
  const product = a * b;
  const quotient = Math.floor(product * inverse);
  const back = quotient * p;
  let t = SPLITTER * a;
  const aHigh = t - (t - a);
  const aLow = a - aHigh;
  t = SPLITTER * b;
  const bHigh = t - (t - b);
  const bLow = b - bHigh;
  const productLow = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  t = SPLITTER * quotient;
  const qHigh = t - (t - quotient);
  const qLow = quotient - qHigh;
  t = SPLITTER * p;
  const pHigh = t - (t - p);
  const pLow = p - pHigh;
  const backLow = qLow * pLow - (back - qHigh * pHigh - qLow * pHigh - qHigh * pLow);
  let rest = product - back + (productLow - backLow);
  while (rest < 0) rest += p;
  while (rest >= p) rest -= p;
  return rest;
}

/** base^exponent mod p. */
export function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  let square = ((base % p) + p) % p;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}

/** 1/value modulo the prime p. */
export function invert(value: bigint, p: bigint): bigint {
  const reduced = ((value % p) + p) % p;
  if (reduced === 0n) throw new RangeError('zero has no inverse');
  return power(reduced, p - 2n, p);
}
