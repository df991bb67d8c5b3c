import type { RingWords } from './words.ts';

/**
 * Plans: heavy arithmetic as data.
 *
 * A protocol step never loops over a long vector itself. It returns a plan that says what to compute, and an executor
 * computes it: inline, or spread over workers. Both give identical bytes.
 */

/** Keystream suites for masks: which PRG expands a 32-byte seed. Part of the round's parameters. */
export type Suite = 'aes256ctr' | 'chacha20';

/** Every {@link Suite}. */
export const SUITES: readonly Suite[] = ['aes256ctr', 'chacha20'];

/** One keystream to add (+1) or subtract (-1). */
export interface MaskTerm {
  /** 32 bytes, used for one vector only */
  readonly seed: Uint8Array;
  readonly sign: 1 | -1;
}

/** "Add these keystreams to that vector." */
export interface MaskPlan {
  readonly suite: Suite;
  readonly terms: readonly MaskTerm[];
}

/** Byte strings in one buffer: string i is data[offsets[i] .. offsets[i + 1]). */
export interface Items {
  readonly data: Uint8Array;
  /** n + 1 ascending offsets, the first 0, the last data.length */
  readonly offsets: Uint32Array;
}

/**
 * A batch of ristretto255 arithmetic; points and scalars are 32-byte encodings, one after the other (see {@link Curve}).
 *
 * - `blind`: HashToGroup of RFC 9497 (`ristretto255-SHA512`, in OPRF mode unless told) of every item, times one secret scalar: n points.
 * - `multiply`: every point, checked, times one secret scalar: n points.
 * - `encrypt`: exponential ElGamal under `key`: (r_i G, v_i G + r_i key), n x 64 bytes; `values` and `randomness` are n scalars.
 * - `sum`: rows of `columns` points each, added up column by column: `columns` points, the identity where a column adds up to it.
 */
export type PointPlan =
  | { readonly op: 'blind'; readonly items: Items; readonly scalar: Uint8Array; readonly mode?: 'oprf' | 'voprf' }
  | { readonly op: 'multiply'; readonly points: Uint8Array; readonly scalar: Uint8Array }
  | { readonly op: 'encrypt'; readonly values: Uint8Array; readonly randomness: Uint8Array; readonly key: Uint8Array }
  | { readonly op: 'sum'; readonly points: Uint8Array; readonly columns: number };

/** Computes the plans of protocol steps: on the calling thread ({@link inlineExecutor}), on a pool of workers, or as you like. */
export interface Executor {
  /** How many threads it spreads a plan over (1 for inline). */
  readonly threads: number;
  /**
   * Adds every term of `plan` to `into`, in place. Word i of a keystream is its bytes 4i..4i+3 (or 8i..8i+7 for 64-bit
   * words), little endian. When it rejects, the contents of `into` are undefined and must be thrown away.
   */
  mask(plan: MaskPlan, into: RingWords, signal?: AbortSignal): Promise<void>;
  /**
   * Runs a batch of group arithmetic.
   * @throws {ProtocolError} `not-canonical` or `identity-element` naming the first bad point
   */
  points(plan: PointPlan, signal?: AbortSignal): Promise<Uint8Array>;
  [Symbol.asyncDispose](): Promise<void>;
}
