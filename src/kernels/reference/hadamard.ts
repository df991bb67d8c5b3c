/**
 * The reference twin of the Hadamard transform: plain loops, two levels in one pass over memory.
 * @param values a power of two entries
 * @param scale what every entry is multiplied by in the end
 */
export function hadamard(values: Float64Array, scale: number): void {
  levels(values, 0, values.length);
  for (let i = 0; i < values.length; i++) values[i]! *= scale;
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
