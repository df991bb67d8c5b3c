import { roundStochastic as roundWithCoins } from '../kernels/index.ts';
import type { Rng } from '../random/index.ts';

/**
 * Rounding to integers. Values are in units of the quantisation step and stay in a `Float64Array`, where integers up to 2^53 are
 * exact: whatever comes between rounding and the ring (noise, a check of the norm) works on plain numbers.
 */

/** Values rounded per call of the generator: 8 bytes each, 64 KiB. */
const BATCH = 8192;

/**
 * Unbiased stochastic rounding, in place: y becomes floor(y) + 1 with probability y - floor(y), else floor(y). An integer
 * stays as it is and |y| never grows beyond the next integer, so a bound that is an integer holds afterwards too.
 *
 * The coin is a uniform integer u of 53 bits compared with (y - floor(y)) * 2^53, both exact: the bias is below 2^-53.
 * @param values finite, |y| <= 2^52
 */
export function roundStochastic(values: Float64Array, rng: Rng): void {
  const bytes = new Uint8Array(8 * Math.min(BATCH, values.length));
  const random = new Uint32Array(bytes.buffer);
  for (let start = 0; start < values.length; start += BATCH) {
    const batch = values.subarray(start, start + BATCH);
    rng.fill(bytes.subarray(0, 8 * batch.length));
    roundWithCoins(batch, random.subarray(0, 2 * batch.length));
  }
  bytes.fill(0);
}

/**
 * Rounding to the nearest integer, ties to even, in place. Deterministic, but biased: errors of many clients can add up.
 * @param values finite, |y| <= 2^51
 */
export function roundNearest(values: Float64Array): void {
  // Adding 1.5 * 2^52 pushes the fraction off the end of a double, which IEEE 754 rounds to nearest, ties to even.
  const magic = 1.5 * 2 ** 52;
  for (let i = 0; i < values.length; i++) values[i] = values[i]! + magic - magic;
}
