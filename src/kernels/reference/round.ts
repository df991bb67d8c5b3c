/** The reference twin of stochastic rounding: one value at a time. The caller checks the shapes. */
export function roundStochastic(values: Float64Array, random: Uint32Array): void {
  for (let i = 0; i < values.length; i++) {
    const y = values[i]!;
    const floor = Math.floor(y);
    const u = (random[2 * i]! >>> 5) * 2 ** 26 + (random[2 * i + 1]! >>> 6);
    values[i] = u < (y - floor) * 2 ** 53 ? floor + 1 : floor;
  }
}
