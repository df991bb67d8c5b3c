import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { hadamard as hadamardReference } from './reference/hadamard.ts';
import { withRingMemory } from './ring-exports.ts';

/**
 * The Walsh-Hadamard transform, in place and orthonormal: v <- H v / sqrt(N), H[i][j] = (-1)^popcount(i & j). It is its own
 * inverse and keeps the L2 norm.
 *
 * N log2 N additions, no multiplication but the last: levels h = 1, 2, 4, ... of butterflies (a, b) -> (a + b, a - b) over entries
 * h apart, then one multiplication by 1/sqrt(N). In which order butterflies of one level are done, and how many levels
 * in one pass over memory, changes neither the additions nor their operands, so every tier and every IEEE 754 platform
 * gives the same bits. The result differs from the exact transform by at most about log2(N) * 2^-53 relative to the norm.
 *
 * @param values N = a power of two entries, N >= 1
 * @throws {RangeError} unless the length is a power of two
 */
export function hadamard(values: Float64Array, tier?: Tier): void {
  const n = values.length;
  if (n < 1 || 2 ** Math.floor(Math.log2(n)) !== n) {
    throw new RangeError(`Hadamard transform of ${n} values, expected a power of two`);
  }
  const log2 = Math.log2(n);
  // 1/sqrt(N): a power of two when log2(N) is even, and then exact.
  const scale = 2 ** -Math.floor(log2 / 2) * (log2 % 2 === 0 ? 1 : Math.SQRT1_2);
  if (chooseTier(SIMD_TIERS, tier) === 'reference' || (tier === undefined && n < SMALL))
    hadamardReference(values, scale);
  else hadamardSimd(values, scale);
}

const SMALL = 64;

/** Elements transformed at once: log2 of it levels in one pass over the vector. */
const ROWS = 8192;

/** Values in the kernel's memory at once: 512 KiB, within the second-level cache. */
const VALUES = 65_536;

/**
 * The vector as a matrix of rows `stride` apart: first stride 1 (8192 entries in a row), then the levels above those with stride 8192,
 * and so on. Columns go through the kernel's memory in strips, as wide as fits.
 */
function hadamardSimd(values: Float64Array, scale: number): void {
  const n = values.length;
  const room = Math.min(Math.max(n, 2), VALUES);
  withRingMemory(8 * room, (exports, base, memory) => {
    const held = new Float64Array(memory.buffer, base, room);
    for (let stride = 1; stride === 1 || stride < n; stride *= ROWS) {
      const rows = Math.min(ROWS, n / stride);
      const last = rows * stride === n;
      const width = Math.min(stride, Math.floor(VALUES / rows));
      // With stride 1 the rows of one entry lie one after the other: one copy, not thousands.
      const [runs, length] = stride === 1 ? [1, rows] : [rows, width];
      for (let block = 0; block < n; block += rows * stride) {
        for (let column = block; column < block + stride; column += width) {
          for (let run = 0; run < runs; run++) {
            const at = column + run * stride;
            held.set(values.subarray(at, at + length), run * length);
          }
          exports.hadamard(base, rows, width);
          if (last) exports.scaleDoubles(base, Math.max(2, rows * width), scale);
          for (let run = 0; run < runs; run++) {
            values.set(held.subarray(run * length, (run + 1) * length), column + run * stride);
          }
        }
      }
    }
  });
}
