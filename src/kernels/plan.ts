import type { RingWords } from './words.ts';

/**
 * Plans: heavy arithmetic as data.
 *
 * A protocol step never loops over a long vector itself. It returns a plan that says what to compute, and an executor
 * computes it: inline, or spread over workers. Both give identical bytes.
 */

/** Keystream suites for masks: which PRG expands a 32-byte seed. Part of the round's parameters. */
export type Suite = 'aes256ctr' | 'chacha20';

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

export interface Executor {
  /** How many threads it spreads a plan over (1 for inline). */
  readonly threads: number;
  /**
   * Adds every term of `plan` to `into`, in place. Word i of a keystream is its bytes 4i..4i+3 (or 8i..8i+7 for 64-bit
   * words), little endian. When it rejects, the contents of `into` are undefined and must be thrown away.
   */
  mask(plan: MaskPlan, into: RingWords, signal?: AbortSignal): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
