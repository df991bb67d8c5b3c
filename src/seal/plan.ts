import {
  type Arithmetic,
  capacity,
  checkSecurity,
  ciphertextBytes,
  dataPrimes,
  type KeyMode,
  type ParameterSet,
  parameterSet,
} from './parameters.ts';

/**
 * What a sum needs, and what follows from it: scale or plaintext modulus, noise, error bound, bytes. docs/spec/ckks-sum.md derives
 * every formula; the comments name them.
 */

export interface SumShape {
  readonly set: ParameterSet;
  readonly arithmetic: Arithmetic;
  /** Contributors, at most. */
  readonly clients: number;
  /** Words of a contribution. */
  readonly length: number;
  /** The sum is over Z_{2^bits}. CKKS takes words as signed: at most 52. */
  readonly bits: number;
  /** Parties that share the secret key (1 with a shared key). */
  readonly decryptors: number;
  /** How many of them decrypt. */
  readonly threshold: number;
  /** Sums decrypted under one key, at most. */
  readonly rounds: number;
  /**
   * Bits of statistical security over the life of the key, in the sense of Micciancio and Walter: what all decryptions together reveal beyond
   * the sums is within total variation 2^(-bits/2) of nothing. Used by threshold keys.
   */
  readonly statisticalSecurity: number;
}

export interface SumPlan extends SumShape {
  /** Ciphertexts of one contribution. */
  readonly chunks: number;
  /** In the plan of a part of a vector: which chunk of the whole its first one is, for messages. Default 0. */
  readonly firstChunk?: number;
  /** Bytes of one contribution on the wire, without its frame. */
  readonly bytes: number;
  readonly bytesPerParameter: number;
  /** Standard deviation of a coefficient's noise in the sum, before any flooding. */
  readonly sumNoise: number;
  /** log2 of the standard deviation of the noise a decryptor adds to a coefficient. -1: adds none. */
  readonly log2Flooding: number;
  /** Standard deviation of a coefficient's noise in the decrypted sum. */
  readonly resultNoise: number;
  /** Statistical security reached, in bits; Infinity for exact results under a shared key, which carry no noise. */
  readonly securityReached: number;
  /** CKKS: the scale. BFV: 1. */
  readonly scale: number;
  /** BFV: the sum is carried in this many limbs a word ... */
  readonly limbs: number;
  /** ... of this many bits each ... */
  readonly limbBits: number;
  /** ... modulo 2^plainBits. 0 for CKKS. */
  readonly plainBits: number;
  /** |sum found - true sum| in units of Z_{2^bits}, except with probability 2^-61 a word; 0 for BFV. */
  readonly errorBound: number;
}

/** Variance of SEAL's error: centred binomial with 21 + 21 coins. */
const ERROR_VARIANCE = 10.5;
/** A Gaussian exceeds 9 standard deviations with probability 2^-61. */
const TAIL = 9;
/** What the sampler can draw exactly. */
const MAXIMUM_LOG2_FLOODING = 46;
const MAXIMUM_PLAIN_BITS = 32;

/**
 * Fits a sum to a parameter set.
 * @throws {RangeError} when the set cannot carry it: wrong key mode or arithmetic, too many clients, words too wide, more decryptions than
 *   the noise budget has room for
 */
export function planSum(shape: SumShape): SumPlan {
  const { set, arithmetic } = shape;
  checkShape(shape);
  if (arithmetic === 'ckks') return planReal(shape);
  for (let limbs = 1; limbs <= shape.bits; limbs++) {
    const plan = planExact(shape, limbs);
    if (plan !== undefined) return plan;
  }
  throw tooMuch(shape, `an exact sum modulo ${set.name}'s ${Math.round(log2Modulus(set))}-bit modulus`);
}

/**
 * The set for threshold keys that carries a sum in the fewest bytes: `wide` for integers of 30 to 32 bits, which would need two limbs in
 * `threshold`; else `threshold`.
 */
export function thresholdSet(shape: Omit<SumShape, 'set'>): ParameterSet {
  const usual = parameterSet('threshold');
  if (shape.arithmetic === 'ckks') return usual;
  const bytes = (set: ParameterSet): number => {
    try {
      return planSum({ ...shape, set }).bytes;
    } catch (error) {
      if (error instanceof RangeError) return Number.POSITIVE_INFINITY;
      throw error;
    }
  };
  const wide = parameterSet('wide');
  return bytes(wide) < bytes(usual) ? wide : usual;
}

function checkShape({
  set,
  arithmetic,
  clients,
  length,
  bits,
  decryptors,
  threshold,
  rounds,
  ...rest
}: SumShape): void {
  checkSecurity(set.degree, set.primes);
  if (!set.arithmetic.includes(arithmetic))
    throw new RangeError(`parameter set ${set.name} is for ${set.arithmetic.join(' and ')}, not for ${arithmetic}`);
  integer('clients', clients, 1, 2 ** 24);
  integer('length', length, 1, 2 ** 32 - 1);
  integer('bits', bits, 8, arithmetic === 'ckks' ? 52 : 64);
  integer('decryptors', decryptors, 1, 255);
  integer('threshold', threshold, 1, decryptors);
  integer('rounds', rounds, 1, 2 ** 32);
  integer('statisticalSecurity', rest.statisticalSecurity, 20, 80);
  if (set.keys === 'shared' && decryptors !== 1)
    throw new RangeError(`parameter set ${set.name} is for one shared key`);
  if (set.keys === 'threshold' && decryptors < 2)
    throw new RangeError(`${decryptors} decryptor, expected at least 2: one alone would hold the whole key`);
}

function integer(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} ${value}, expected an integer in ${least} .. ${most}`);
}

function planReal(shape: SumShape): SumPlan {
  const { set, clients, bits, threshold } = shape;
  const chunks = Math.ceil(shape.length / capacity(set, 'ckks'));
  // |sum| <= n 2^(bits-1) must stay below q/2; 2^-6 of that is left to the noise. SEAL's encoder refuses what one client alone could
  // not double, so n counts as at least 2.
  const range = Math.max(2, clients) * 2 ** (bits - 1);
  const scale = ((1 - 2 ** -6) * 2 ** (log2Modulus(set) - 1)) / range;
  const sumNoise = noiseOfSum(shape);
  // A slot sums N coefficients' noise times cosines: variance N/2 times a coefficient's.
  const spread = Math.sqrt(set.degree / 2);
  const flooding =
    set.keys === 'threshold'
      ? thresholdFlooding(shape, chunks, sumNoise)
      : Math.min(
          MAXIMUM_LOG2_FLOODING,
          Math.floor(Math.log2((2 ** set.openingPrecision * range * scale) / (TAIL * spread))),
        );
  if (flooding < 0 || flooding > MAXIMUM_LOG2_FLOODING) throw tooMuch(shape, `noise of 2^${flooding}`);
  const resultNoise = Math.hypot(sumNoise, Math.sqrt(threshold) * 2 ** flooding);
  // The encoder's floating-point transform is good to 2^-46 of the range. Below 1/2, rounding to an integer finds the exact sum.
  const error = (TAIL * spread * resultNoise) / scale + range * 2 ** -46;
  const errorBound = error < 0.5 ? 0 : Math.ceil(error + 0.5);
  const noise = TAIL * resultNoise;
  if (noise > 2 ** (log2Modulus(set) - 7)) throw tooMuch(shape, `a scale of 2^${Math.log2(scale).toFixed(1)}`);
  if (errorBound > Math.max(1, 2 ** (bits - 1) / 256))
    throw tooMuch(shape, `an error bound of ${errorBound} in Z_2^${bits}`);
  return {
    ...common(shape, chunks, sumNoise, flooding, resultNoise),
    scale,
    limbs: 1,
    limbBits: bits,
    plainBits: 0,
    errorBound,
  };
}

/** The plan with so many limbs, or undefined when it does not fit. */
function planExact(shape: SumShape, limbs: number): SumPlan | undefined {
  const { set, clients, bits, threshold } = shape;
  const limbBits = Math.ceil(bits / limbs);
  // One limb wraps modulo 2^bits as the ring does; several must hold their sums, to be carried afterwards.
  const plainBits = limbs === 1 ? bits : limbBits + Math.ceil(Math.log2(clients));
  if (plainBits > MAXIMUM_PLAIN_BITS) return undefined;
  const chunks = Math.ceil((shape.length * limbs) / set.degree);
  const sumNoise = noiseOfSum(shape);
  const flooding = set.keys === 'threshold' ? thresholdFlooding(shape, chunks, sumNoise) : -1;
  if (flooding > MAXIMUM_LOG2_FLOODING) return undefined;
  const added = flooding < 0 ? 0 : Math.sqrt(threshold) * 2 ** flooding;
  const resultNoise = Math.hypot(sumNoise, added);
  // Decoding rounds t x / q: exact while the noise stays below q/(2t); 2^-8 of it is left to floating point.
  const room = log2Modulus(set) - 1 - plainBits;
  if (Math.log2(TAIL * resultNoise + clients) > room - 2 ** -7) return undefined;
  return {
    ...common(shape, chunks, sumNoise, flooding, resultNoise),
    scale: 1,
    limbs,
    limbBits,
    plainBits,
    errorBound: 0,
  };
}

type Common = Omit<SumPlan, 'scale' | 'limbs' | 'limbBits' | 'plainBits' | 'errorBound'>;

function common(shape: SumShape, chunks: number, sumNoise: number, flooding: number, resultNoise: number): Common {
  const bytes = chunks * ciphertextBytes(shape.set);
  const distance = flooding < 0 ? 0 : (Math.sqrt(shape.rounds * chunks) * shift(shape, sumNoise)) / (2 * 2 ** flooding);
  return {
    ...shape,
    chunks,
    bytes,
    bytesPerParameter: bytes / shape.length,
    sumNoise,
    log2Flooding: flooding,
    resultNoise,
    securityReached: distance === 0 ? Number.POSITIVE_INFINITY : Math.max(0, -2 * Math.log2(distance)),
  };
}

/** Standard deviation of one coefficient's noise in the sum of all contributions. */
function noiseOfSum({ set, clients, decryptors }: SumShape): number {
  const rounding = 1 / 12; // encoding rounds to an integer
  if (set.keys === 'shared') return Math.sqrt(clients * (ERROR_VARIANCE + rounding));
  // A public-key encryption is (b v + e1, a v + e2), divided by the special prime p and rounded. The joint key's error is the sum of the
  // decryptors' errors, its secret the sum of their ternary secrets (variance 2/3 a coefficient).
  const secret = (2 / 3) * decryptors;
  const special = Number(set.primes.at(-1)!);
  const inner = set.degree * (2 / 3) * ERROR_VARIANCE * decryptors + ERROR_VARIANCE * (1 + set.degree * secret);
  return Math.sqrt(clients * (inner / special ** 2 + (1 + set.degree * secret) / 12 + rounding));
}

/** What the flooding must hide in one ciphertext, as a Euclidean length: N coefficients of sumNoise, root mean square. */
function shift({ set }: SumShape, sumNoise: number): number {
  return sumNoise * Math.sqrt(set.degree);
}

/** Least m with total variation sqrt(ciphertexts) * shift / (2 * 2^m) <= 2^(-statisticalSecurity/2) (Pinsker on Gaussian KL). */
function thresholdFlooding(shape: SumShape, chunks: number, sumNoise: number): number {
  const ciphertexts = shape.rounds * chunks;
  return Math.ceil(Math.log2((Math.sqrt(ciphertexts) * shift(shape, sumNoise)) / 2) + shape.statisticalSecurity / 2);
}

export function log2Modulus(set: ParameterSet): number {
  return dataPrimes(set).reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
}

function tooMuch(shape: SumShape, what: string): RangeError {
  return new RangeError(
    `${shape.set.name} (${shape.arithmetic}): ${what} does not fit ${shape.clients} clients, ${shape.length} words of ${shape.bits} bits, ` +
      `${shape.rounds} rounds and ${shape.statisticalSecurity} bits of statistical security; use fewer rounds a key, fewer bits or fewer clients`,
  );
}

/** The largest value of `field` the other requirements leave room for; 0 when not even 1 fits. */
export function largest(field: 'clients' | 'rounds', shape: SumShape): number {
  const fits = (value: number) => {
    try {
      planSum({ ...shape, [field]: value });
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
  const limit = field === 'clients' ? 2 ** 24 : 2 ** 32;
  if (!fits(1)) return 0;
  let low = 1;
  let high = 2;
  while (high <= limit && fits(high)) {
    low = high;
    high *= 2;
  }
  high = Math.min(high, limit + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** What a parameter set offers for a given use, for reports. */
export interface Capability {
  readonly set: string;
  readonly keys: KeyMode;
  readonly arithmetic: Arithmetic;
  readonly bytesPerParameter: number;
  readonly errorBound: number;
  readonly securityReached: number;
  readonly largestCohort: number;
  readonly largestRounds: number;
  /** Ciphertexts decrypted over all those rounds. */
  readonly largestDecryptions: number;
}

/** @throws {RangeError} when the shape itself does not fit */
export function describe(shape: SumShape): Capability {
  const plan = planSum(shape);
  const rounds = largest('rounds', shape);
  return {
    set: shape.set.name,
    keys: shape.set.keys,
    arithmetic: shape.arithmetic,
    bytesPerParameter: plan.bytesPerParameter,
    errorBound: plan.errorBound,
    securityReached: plan.securityReached,
    largestCohort: largest('clients', shape),
    largestRounds: rounds,
    largestDecryptions: rounds * planSum({ ...shape, rounds }).chunks,
  };
}
