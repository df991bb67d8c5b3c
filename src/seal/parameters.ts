/**
 * Parameter sets.
 *
 * A set fixes the ring Z_q[X]/(X^N + 1): its degree N and the primes whose product is q. A sum needs no multiplication depth, so
 * one or two primes are enough. With more than one, the last is SEAL's special prime: public-key encryption works modulo all of
 * them and divides by the last, which shrinks the noise; ciphertexts live modulo the others, the *data primes*.
 */

/** Who holds the secret key: every client the same one, or decryptors a share each. */
export type KeyMode = 'shared' | 'threshold';
/** What the plaintext is: approximate reals in N/2 slots, or exact integers in N coefficients. */
export type Arithmetic = 'ckks' | 'bfv';
export type SetName = 'compact' | 'precise' | 'nvflare' | 'exact' | 'threshold' | 'wide';

export interface ParameterSet {
  readonly name: SetName;
  readonly keys: KeyMode;
  readonly arithmetic: readonly Arithmetic[];
  /** N, the number of coefficients of a polynomial. */
  readonly degree: number;
  /** All primes, each 1 modulo 2N, in SEAL's order. */
  readonly primes: readonly bigint[];
  /**
   * Shared keys only: the key holder's noise on a published CKKS sum takes at most this part of the sum's range, as a power of
   * two. More hides the key better and blurs the result.
   */
  readonly openingPrecision: number;
}

/**
 * The largest log2 q for 128-bit security with ternary secrets: Bossuat et al., "Security Guidelines for Implementing Homomorphic
 * Encryption" (ePrint 2024/463), table for classical attacks.
 */
export const MAXIMUM_MODULUS_BITS: ReadonlyMap<number, number> = new Map([
  [2048, 53],
  [4096, 106],
  [8192, 214],
]);

/** The primes are those SEAL's `CoeffModulus::Create` gives for the bit lengths in the comment; the loader checks this. */
export const PARAMETER_SETS: ReadonlyMap<SetName, ParameterSet> = new Map(
  (
    [
      // {45}: 11.3 bytes a parameter seeded
      {
        name: 'compact',
        keys: 'shared',
        arithmetic: ['ckks'],
        degree: 2048,
        primes: [35184372060161n],
        openingPrecision: -20,
      },
      // {53}: 13.3 bytes a parameter seeded
      {
        name: 'precise',
        keys: 'shared',
        arithmetic: ['ckks'],
        degree: 2048,
        primes: [9007199254614017n],
        openingPrecision: -22,
      },
      // {60, 40, 40}: TenSEAL's and NVFlare's default modulus chain, for comparison
      {
        name: 'nvflare',
        keys: 'shared',
        arithmetic: ['ckks'],
        degree: 8192,
        primes: [1152921504606830593n, 1099510890497n, 1099511480321n],
        openingPrecision: -24,
      },
      // {50}: 6.3 bytes a parameter seeded
      {
        name: 'exact',
        keys: 'shared',
        arithmetic: ['bfv'],
        degree: 2048,
        primes: [1125899906826241n],
        openingPrecision: 0,
      },
      // {35, 35, 36}: 70 data bits, room for the decryptors' noise
      {
        name: 'threshold',
        keys: 'threshold',
        arithmetic: ['ckks', 'bfv'],
        degree: 4096,
        primes: [34359451649n, 34359697409n, 68719403009n],
        openingPrecision: 0,
      },
      // {36, 37, 33}: 73 data bits, room for 32-bit words beside that noise; 18.3 bytes a parameter
      {
        name: 'wide',
        keys: 'threshold',
        arithmetic: ['bfv'],
        degree: 4096,
        primes: [68719403009n, 137438822401n, 8589852673n],
        openingPrecision: 0,
      },
    ] satisfies ParameterSet[]
  ).map((set) => [set.name, set]),
);

/** @throws {RangeError} for an unknown name, listing the known ones */
export function parameterSet(name: SetName): ParameterSet {
  const set = PARAMETER_SETS.get(name);
  if (set === undefined)
    throw new RangeError(
      `parameter set ${JSON.stringify(name)}: expected one of ${[...PARAMETER_SETS.keys()].join(', ')}`,
    );
  return set;
}

export function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/**
 * Refuses a ring beyond the 2024 guidelines.
 * @throws {RangeError} when the degree has no row or the product of the primes has more bits than the row allows
 */
export function checkSecurity(degree: number, primes: readonly bigint[]): void {
  const limit = MAXIMUM_MODULUS_BITS.get(degree);
  if (limit === undefined)
    throw new RangeError(`degree ${degree}: expected one of ${[...MAXIMUM_MODULUS_BITS.keys()].join(', ')}`);
  const bits = bitLength(primes.reduce((product, prime) => product * prime, 1n));
  if (bits > limit)
    throw new RangeError(
      `a modulus of ${bits} bits with degree ${degree} has less than 128-bit security: at most ${limit}`,
    );
  for (const prime of primes) {
    if ((prime - 1n) % BigInt(2 * degree) !== 0n) throw new RangeError(`prime ${prime} is not 1 modulo ${2 * degree}`);
  }
}

const DATA_PRIMES: ReadonlyMap<ParameterSet, readonly bigint[]> = new Map(
  [...PARAMETER_SETS.values()].map((set) => [set, withoutSpecial(set.primes)]),
);

function withoutSpecial(primes: readonly bigint[]): readonly bigint[] {
  return primes.length === 1 ? primes : primes.slice(0, -1);
}

/** The primes a ciphertext lives modulo. */
export function dataPrimes(set: ParameterSet): readonly bigint[] {
  return DATA_PRIMES.get(set) ?? withoutSpecial(set.primes);
}

/** Values in a ciphertext: N/2 slots for CKKS, N coefficients for BFV. */
export function capacity(set: ParameterSet, arithmetic: Arithmetic): number {
  return arithmetic === 'ckks' ? set.degree / 2 : set.degree;
}

/** Bytes of one polynomial modulo the given primes on the wire: ceil(log2 p) bits a coefficient. */
export function polynomialBytes(set: ParameterSet, primes: readonly bigint[] = dataPrimes(set)): number {
  return primes.reduce((sum, prime) => sum + (set.degree * bitLength(prime)) / 8, 0);
}

/** Bytes of the seed that stands for the second polynomial of a symmetric ciphertext. */
export const SEED_BYTES = 64;

/** Bytes of one ciphertext on the wire. Shared keys use the seeded form, which is half. */
export function ciphertextBytes(set: ParameterSet): number {
  const polynomial = polynomialBytes(set);
  return set.keys === 'shared' ? polynomial + SEED_BYTES : 2 * polynomial;
}
