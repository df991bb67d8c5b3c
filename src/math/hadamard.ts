/**
 * The Walsh-Hadamard transform, in place and orthonormal: v <- H v / sqrt(N), H[i][j] = (-1)^popcount(i & j). It is its own
 * inverse and keeps the L2 norm.
 *
 * N log2 N additions, no multiplication but the last: levels h = 1, 2, 4, ... of butterflies (a, b) -> (a + b, a - b) over entries
 * h apart, then one multiplication by 1/sqrt(N). Two levels are done in one pass over memory; that changes neither the
 * additions nor their operands, so every IEEE 754 platform gives the same bits. The result differs from the exact
 * transform by at most about log2(N) * 2^-53 relative to the norm.
 *
 * @param values N = a power of two entries, N >= 1
 * @throws {RangeError} unless the length is a power of two
 */
export function hadamard(values: Float64Array): void {
  const n = values.length;
  const log2 = 31 - Math.clz32(n); // Math.log2 need not be exact on every platform
  if (n < 1 || 2 ** log2 !== n) {
    throw new RangeError(`Hadamard transform of ${n} values, expected a power of two`);
  }
  levels(values, 0, n);
  // 1/sqrt(N): a power of two when log2(N) is even, and then exact.
  const scale = 2 ** -Math.floor(log2 / 2) * (log2 % 2 === 0 ? 1 : Math.SQRT1_2);
  for (let i = 0; i < n; i++) values[i]! *= scale;
}

/** Blocks of this many values (64 KiB) are finished one after the other while they are in the cache. */
const BLOCK = 8192;

function levels(v: Float64Array, start: number, n: number): void {
  let h = 1;
  if (n > BLOCK) {
    for (let at = start; at < start + n; at += BLOCK) levels(v, at, BLOCK);
    h = BLOCK;
  }
  const end = start + n;
  for (; 4 * h <= n; h *= 4) {
    for (let at = start; at < end; at += 4 * h) {
      for (let i = at; i < at + h; i++) {
        const a = v[i]!;
        const b = v[i + h]!;
        const c = v[i + 2 * h]!;
        const d = v[i + 3 * h]!;
        const sumAB = a + b;
        const differenceAB = a - b;
        const sumCD = c + d;
        const differenceCD = c - d;
        v[i] = sumAB + sumCD;
        v[i + h] = differenceAB + differenceCD;
        v[i + 2 * h] = sumAB - sumCD;
        v[i + 3 * h] = differenceAB - differenceCD;
      }
    }
  }
  if (2 * h <= n) {
    for (let i = start; i < start + h; i++) {
      const a = v[i]!;
      const b = v[i + h]!;
      v[i] = a + b;
      v[i + h] = a - b;
    }
  }
}
