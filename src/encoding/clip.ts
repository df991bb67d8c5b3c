import type { Update } from './encoding.ts';

/** Clipping: what bounds the influence of one contribution. */

/** Above this the square of a value is near the end of the doubles; such updates are scaled down before they are squared. */
const LARGE = 2 ** 500;
const DOWN = 2 ** -600;

/**
 * Copies an update into doubles.
 * @throws {RangeError} for a wrong length, or naming the index of the first value that is not a finite number
 */
export function copyFinite(update: Update, into: Float64Array): void {
  if (update.length !== into.length) throw new RangeError(`update of ${update.length} values, expected ${into.length}`);
  for (let i = 0; i < into.length; i++) {
    const value = update[i]!;
    if (!Number.isFinite(value)) throw new RangeError(`the value at index ${i} of the update is not a finite number`);
    into[i] = value;
  }
}

/**
 * Scales the vector down, in place, to an L2 norm of at most `bound`; its direction stays. Works for every finite input, also where
 * the norm itself is beyond the largest double. Rounding can leave the norm above `bound` by a factor of 1 + d * 2^-52 at most.
 * @returns whether the norm was larger than `bound`
 */
export function clipNorm(values: Float64Array, bound: number): boolean {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  const down = largest > LARGE ? DOWN : 1;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! * down;
    squares += value * value;
  }
  const norm = Math.sqrt(squares); // of the values times `down`
  if (norm <= bound * down) return false;
  const factor = bound / norm;
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * down * factor;
  return true;
}

/** Cuts every value to [-bound, bound], in place. @returns how many were cut */
export function clipValues(values: Float64Array, bound: number): number {
  let cut = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > bound) {
      values[i] = bound;
      cut++;
    } else if (value < -bound) {
      values[i] = -bound;
      cut++;
    }
  }
  return cut;
}
