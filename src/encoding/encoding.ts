import type { RingVector } from '../math/index.ts';
import type { Rng } from '../random/index.ts';

/** What an encoding needs to know about a round. */
export interface Shape {
  /** n: how many contributions may be summed at most (the whole cohort), 1 .. 2^20. The overflow check is done for all of them. */
  readonly clients: number;
  /** d: values in an update, 1 .. 2^32 - 65. */
  readonly dimension: number;
  /**
   * 32 public bytes, the same for all clients and new for every round: the random rotation is expanded from them. Needed with
   * `rotate`; without it they only enter the digest. They hide nothing: whoever knows them before the updates are made can at worst
   * craft an update that the rotation does not spread, which is then clipped more.
   */
  readonly seed?: Uint8Array;
}

/** The values a client contributes; plain arrays are accepted for convenience. */
export type Update = Float32Array | Float64Array | readonly number[];

/** How updates become ring vectors. */
export interface Encoding {
  /** For reports, e.g. `fixed-point`. */
  readonly name: string;
  /**
   * Fixes everything for one round.
   * @throws {RangeError} when a sum over n clients could overflow the ring, naming the numbers
   * @throws {TypeError} when the seed is needed and missing
   */
  prepare(shape: Shape): VectorCodec;
}

/** What belongs to one contribution. */
export interface EncodeOptions {
  /** This contribution's weight (e.g. its number of examples). Required with the option `weights`, refused without. */
  readonly weight?: number;
  /** Randomness of the stochastic rounding; the operating system's by default. */
  readonly rng?: Rng;
}

/** Turns an update into a ring vector and a sum of such vectors back into numbers. */
export interface VectorCodec {
  /** B: the vectors are over Z_{2^B}. */
  readonly bits: number;
  /** Words in a vector: the values, then the words for weight and saturation. */
  readonly length: number;
  readonly description: EncodingDescription;
  /**
   * Clips, rotates, scales and rounds one update. The update is not changed.
   * @param update d finite values
   * @returns `length` canonical words
   * @throws {RangeError} for a wrong length, a value that is not finite (naming its index), a weight out of range
   * @throws {TypeError} for a weight missing, or given when the encoding has none
   */
  encode(update: Update, options?: EncodeOptions): RingVector;
  /**
   * @param sum the sum of the vectors of `contributors` clients
   * @param errorBound how far a word may be from the true sum, for schemes that approximate; default 0. Counts (saturated, clipped) are then
   *   left undefined: they have no room for errors
   * @throws {RangeError} for a vector of another shape, or contributors not in 1 .. n
   * @throws {ProtocolError} `overflow` when a word of the sum is larger than that many honest contributions can make it
   */
  decode(sum: RingVector, contributors: number, errorBound?: number): Decoded;
  /** SHA-256 of the canonical description including n, d and the seed: 32 bytes for the context of a round. */
  digest(): Uint8Array;
}

/** What a sum says. */
export interface Decoded {
  /** Sum of the (clipped, weighted) updates, d values. */
  readonly sum: Float64Array;
  /** `sum` / `weight`. */
  readonly mean: Float64Array;
  /** Sum of the weights; the number of contributors when the encoding has no weights. */
  readonly weight: number;
  /** Contributors. */
  readonly count: number;
  /** Values cut by `clip.value`, over all contributors; `undefined` when not counted. */
  readonly saturated: number | undefined;
  /** Contributors whose update was longer than `clip.l2`; `undefined` when not counted. */
  readonly clipped: number | undefined;
}

/** The numbers behind an encoding, for reports. */
export interface EncodingDescription {
  readonly name: string;
  readonly clients: number;
  readonly dimension: number;
  /** b: bits of a quantised value, with its sign. */
  readonly valueBits: number;
  /** B: bits of a word. */
  readonly ringBits: number;
  /** Bits left free above the largest possible sum on request (for noise). */
  readonly headroom: number;
  readonly words: {
    readonly values: number;
    readonly weight: number;
    readonly clipped: number;
    readonly saturated: number;
  };
  /** M: no coordinate that is rounded is larger. */
  readonly bound: number;
  /** M / (2^(b-1) - 1): the size of one unit. */
  readonly step: number;
  readonly clip: { readonly value?: number; readonly l2?: number };
  readonly rotate: boolean;
  readonly rounding: Rounding;
  /** The largest weight, when weights are in the vector. */
  readonly weights?: { readonly max: number };
}

/** Up or down by chance, so that the mean has no bias, or to the nearest integer. */
export type Rounding = 'stochastic' | 'nearest';
