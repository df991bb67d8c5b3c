/**
 * Arithmetic modulo primes of up to 60 bits.
 *
 * Residues are stored as 64-bit words, polynomial-major, then prime, then coefficient, as SEAL stores them. Additions work on the
 * 32-bit halves (BigInt allocates for every operation). Products of small primes use doubles with the exact error of the
 * product, where every value stays below 2^50.
 */

/** a + b modulo each prime, into a. Both hold canonical residues of `primes` in segments of `degree` words. */
export function addResidues(a: BigUint64Array, b: BigUint64Array, primes: readonly bigint[], degree: number): void {
  if (a.length !== b.length || a.length % (primes.length * degree) !== 0)
    throw new RangeError(
      `residues of ${a.length} and ${b.length} words, expected a multiple of ${primes.length * degree}`,
    );
  const x = halves(a);
  const y = halves(b);
  for (let start = 0; start < a.length; start += degree) {
    const prime = primes[(start / degree) % primes.length]!;
    addSegment(x, y, 2 * start, 2 * (start + degree), prime);
  }
}

/** One prime's residues. Without branches: whether a sum exceeds the prime is as good as random, and a processor cannot guess it. */
function addSegment(x: Uint32Array, y: Uint32Array, from: number, to: number, prime: bigint): void {
  const low = Number(prime & 0xffff_ffffn) | 0;
  const high = Number(prime >> 32n) | 0;
  for (let i = from; i < to; i += 2) {
    const a = x[i]! | 0;
    const b = y[i]! | 0;
    const l = (a + b) | 0;
    // The carry out of bit 31, and below the borrow: majority of the operands' top bits and the result's complement.
    const carry = ((a & b) | ((a | b) & ~l)) >>> 31;
    const h = ((x[i + 1]! | 0) + (y[i + 1]! | 0) + carry) | 0; // below 2^29
    const lessLow = (l - low) | 0;
    const borrow = ((~l & low) | ((~l | low) & lessLow)) >>> 31;
    const lessHigh = (h - high - borrow) | 0;
    const keep = lessHigh >> 31; // all ones where the sum is below the prime
    x[i] = (l & keep) | (lessLow & ~keep);
    x[i + 1] = (h & keep) | (lessHigh & ~keep);
  }
}

/** How many residues of every prime add up to less than 2^52, which {@link reduceSmall} takes. */
export function smallTerms(primes: readonly bigint[]): number {
  return Number(primes.reduce((least, prime) => (2n ** 52n / prime < least ? 2n ** 52n / prime : least), 2n ** 52n));
}

/** Words below 2^52 modulo each prime, in place. */
export function reduceSmall(words: BigUint64Array, primes: readonly bigint[], degree: number): void {
  const view = halves(words);
  for (let start = 0; start < words.length; start += degree) {
    const prime = Number(primes[(start / degree) % primes.length]!);
    const inverse = 1 / prime;
    for (let i = 2 * start; i < 2 * (start + degree); i += 2) {
      const value = view[i]! + 2 ** 32 * view[i + 1]!;
      // The quotient is at most one off, and its product with the prime, below 2^53, and the difference are exact.
      let rest = value - Math.floor(value * inverse) * prime;
      if (rest < 0) rest += prime;
      else if (rest >= prime) rest -= prime;
      const high = Math.floor(rest / 2 ** 32);
      view[i] = rest - high * 2 ** 32;
      view[i + 1] = high;
    }
  }
}

/** a - b modulo each prime, into a; b is changed. */
export function subtractResidues(
  a: BigUint64Array,
  b: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
): void {
  for (let i = 0; i < b.length; i++) {
    const prime = primes[Math.floor(i / degree) % primes.length]!;
    b[i] = b[i] === 0n ? 0n : prime - b[i]!;
  }
  addResidues(a, b, primes, degree);
}

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
