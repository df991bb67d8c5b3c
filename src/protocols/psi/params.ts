import { utf8 } from '../../bytes/index.ts';
import { checkNoise, type Noise } from '../../dp/index.ts';

/** What the receiver learns besides the two set sizes; docs/spec/psi.md, "Who learns what". */
export type Reveal = 'members' | 'count' | 'sum' | 'frequency';

/** Every {@link Reveal}. */
export const REVEALS: readonly Reveal[] = ['members', 'count', 'sum', 'frequency'];

/** What both parties must agree on before anything is blinded. */
export interface PsiParameters {
  readonly reveal: Reveal;
  /** `members` only: the sender learns its matching rows too. */
  readonly mutual?: boolean;
  /** Label of the identifier rule, e.g. `email/1`; 1 .. 255 bytes. */
  readonly normalisation: string;
  /** The largest set this party accepts from its peer, 1 .. 2^31 - 1. */
  readonly maximumSize: number;
  /** Results over a smaller overlap are suppressed; 0 for no minimum. The larger of the two parties' counts. */
  readonly minimumOverlap?: number;
  /** `sum`: values are integers in [0, 2^valueBits), 1 .. 32. */
  readonly valueBits?: number;
  /** `frequency`: lower ends of the buckets, strictly increasing, the first is 1; the last bucket is open. 1 .. 64 of them. */
  readonly buckets?: readonly number[];
  /** `sum` and `frequency`, a sender's choice: noise on every total it opens. A receiver leaves it out and learns of it from the sender's Hello. */
  readonly noise?: Noise;
  /** Items in a chunk, 1 .. 65,536. The receiver's choice holds. */
  readonly chunk?: number;
}

export const DEFAULT_CHUNK = 8192;
export const MAXIMUM_CHUNK = 65_536;
/** Of a chunk of the sender's set, which carries ciphertexts: the receiver chooses how many elements, the sender has to hold them. */
export const MAXIMUM_CHUNK_BYTES: number = 2 ** 26;
/** Identifiers in a set. */
export const MAXIMUM_SIZE: number = 2 ** 31 - 1;
export const MAXIMUM_BUCKETS = 64;

/** The largest sum or count that the bounded decode searches for. */
export const DECODE_BOUND: number = 2 ** 40;

/** @throws {TypeError|RangeError} naming the first field that is wrong */
export function checkParameters(parameters: PsiParameters): void {
  const {
    reveal,
    normalisation,
    maximumSize,
    minimumOverlap = 0,
    valueBits,
    buckets,
    chunk = DEFAULT_CHUNK,
  } = parameters;
  if (!REVEALS.includes(reveal))
    throw new TypeError(`reveal ${JSON.stringify(reveal)}, expected ${REVEALS.join(', ')}`);
  if (parameters.mutual === true && reveal !== 'members')
    throw new TypeError(`mutual goes with members, found ${reveal}`);
  const label = utf8(normalisation).length;
  if (label < 1 || label > 255) throw new RangeError(`normalisation label of ${label} bytes, expected 1 .. 255`);
  checkInteger('maximumSize', maximumSize, 1, MAXIMUM_SIZE);
  checkInteger('minimumOverlap', minimumOverlap, 0, MAXIMUM_SIZE);
  checkInteger('chunk', chunk, 1, MAXIMUM_CHUNK);
  if (reveal === 'sum') {
    if (valueBits === undefined) throw new TypeError('sum needs valueBits');
    checkInteger('valueBits', valueBits, 1, 32);
  } else if (valueBits !== undefined) throw new TypeError(`valueBits goes with sum, found ${reveal}`);
  if (reveal === 'frequency') {
    if (buckets === undefined) throw new TypeError('frequency needs buckets');
    checkBuckets(buckets);
  } else if (buckets !== undefined) throw new TypeError(`buckets go with frequency, found ${reveal}`);
  if (parameters.noise !== undefined) {
    if (reveal !== 'sum' && reveal !== 'frequency') {
      throw new TypeError(`noise goes with sum and frequency, found ${reveal}: the receiver counts by itself`);
    }
    checkNoise(parameters.noise);
  }
}

/** @throws {RangeError} for lower ends that are not 1 .. 64 strictly increasing integers from 1 on */
export function checkBuckets(buckets: readonly number[]): void {
  if (buckets.length < 1 || buckets.length > MAXIMUM_BUCKETS) {
    throw new RangeError(`${buckets.length} buckets, expected 1 .. ${MAXIMUM_BUCKETS}`);
  }
  if (buckets[0] !== 1) throw new RangeError(`the first bucket starts at ${buckets[0]}, expected 1`);
  for (const [i, start] of buckets.entries()) {
    checkInteger(`bucket ${i}`, start, 1, 2 ** 32 - 1);
    if (i > 0 && start <= buckets[i - 1]!)
      throw new RangeError(`bucket ${start} follows ${buckets[i - 1]}, expected a larger start`);
  }
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} ${value}, expected an integer in ${least} .. ${most}`);
  }
}

/** How many ciphertexts ride with every element of the sender's set. */
export function resultsPerItem(parameters: Pick<PsiParameters, 'reveal' | 'buckets'>): number {
  if (parameters.reveal === 'sum') return 1;
  return parameters.reveal === 'frequency' ? (parameters.buckets?.length ?? 0) : 0;
}

/**
 * Bytes kept of a double-masked element: with L = ceil((40 + log2(nx ny)) / 8) two different identifiers collide anywhere in the run with
 * probability at most nx ny 2^-8L <= 2^-40.
 */
export function tokenBytes(receiverSize: number, senderSize: number): number {
  const pairs = BigInt(receiverSize) * BigInt(senderSize);
  const log2 = (pairs - 1n).toString(2).length; // ceil(log2(pairs)) for pairs > 1
  return Math.min(32, Math.ceil((40 + (pairs > 1n ? log2 : 0)) / 8));
}

/** Items in chunk `sequence` of a set of `size`. */
export function chunkItems(size: number, chunk: number, sequence: number): number {
  return Math.max(0, Math.min(chunk, size - sequence * chunk));
}

/** Number of chunks of a set. */
export function chunkCount(size: number, chunk: number): number {
  return Math.ceil(size / chunk);
}

/** The bucket of an exposure count: the last whose start is not above it; -1 for 0. */
export function bucketOf(buckets: readonly number[], value: number): number {
  let found = -1;
  for (const [i, start] of buckets.entries()) if (value >= start) found = i;
  return found;
}
