/**
 * The reference twin of stochastic rounding: one value at a time. A coin is compared by subtraction in two halves of integers, since
 * `u < limit ? up : down` would be a branch on a secret. The caller checks the shapes.
 */
export function roundStochastic(values: Float64Array, random: Uint32Array): void {
  for (let i = 0; i < values.length; i++) {
    const y = values[i]!;
    const floor = Math.floor(y);
    // u < (y - floor) * 2^53 for an integer u, where it does not change anything to round the right side up
    const limit = Math.ceil((y - floor) * 2 ** 53);
    const limitHigh = Math.floor(limit * 2 ** -26);
    const limitLow = limit - limitHigh * 2 ** 26;
    const borrow = (((random[2 * i + 1]! >>> 6) - (limitLow | 0)) | 0) >>> 31;
    const up = (((random[2 * i]! >>> 5) - (limitHigh | 0) - borrow) | 0) >>> 31;
    values[i] = floor + up;
  }
}
