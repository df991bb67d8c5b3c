/**
 * Least squares with coefficients that may not be negative (a cost never is), relative to what was measured, so that small cells count as much as
 * large ones: minimises sum ((X b - y) / y)^2, b >= 0, by coordinate descent, which converges for this convex problem.
 *
 * @param rows features of every observation
 * @param values what was measured, each above 0
 * @returns one coefficient for each feature
 */
export function fitNonNegative(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const width = rows[0]?.length ?? 0;
  // Columns of like size, so that the descent is not lopsided.
  const scaled = rows.map((row, i) => row.map((value) => value / values[i]!));
  const sizes = Array.from({ length: width }, (_, j) => Math.sqrt(scaled.reduce((sum, row) => sum + row[j]! ** 2, 0)));
  const columns = sizes.map((size, j) => scaled.map((row) => (size === 0 ? 0 : row[j]! / size)));
  const coefficients = new Array<number>(width).fill(0);
  const residual = values.map(() => 1);
  for (let pass = 0; pass < 20_000; pass++) {
    let moved = 0;
    for (const [j, column] of columns.entries()) {
      if (sizes[j] === 0) continue;
      const gradient = column.reduce((sum, value, i) => sum + value * residual[i]!, 0);
      const next = Math.max(0, coefficients[j]! + gradient);
      const step = next - coefficients[j]!;
      if (step === 0) continue;
      coefficients[j] = next;
      for (const [i, value] of column.entries()) residual[i]! -= step * value;
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < 1e-10) break;
  }
  return coefficients.map((value, j) => (sizes[j] === 0 ? 0 : value / sizes[j]!));
}

export function dot(coefficients: readonly number[], features: readonly number[]): number {
  return coefficients.reduce((sum, value, i) => sum + value * features[i]!, 0);
}
