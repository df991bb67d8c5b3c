/** What all cells have in common: what is measured and what the cost model predicts must be the same rounds. */

/** Aggregation servers of additive sharing, decryptors of homomorphic sums. */
export const HELPERS: readonly string[] = ['helper-1', 'helper-2', 'helper-3'];
/** How many of the decryptors decrypt. */
export const THRESHOLD = 2;
/** Every update has this L2 norm, and is clipped there. */
export const NORM = 4;
export const BITS_PER_VALUE = 16;

/** The share of clients that may collude with the server: at least one of them. */
export function corruptShare(clients: number): number {
  return Math.max(0.05, 1 / clients);
}

/** Where buckets begin, for frequencies. */
export const PSI_BUCKETS: readonly number[] = [1, 2, 3, 5, 10];
/** Bits of a value, for sums. */
export const PSI_VALUE_BITS = 10;
/** Identifiers in a frame. */
export const PSI_CHUNK = 8_192;
