/**
 * Emits the compression function of BLAKE2b (RFC 7693, section 3.2) over vectors of two 64-bit lanes, so that two blocks run side by side, for
 * messages of at most 64 bytes: words 8 .. 15 of a block are zero and their additions are left out.
 */

/** RFC 7693, section 2.7: which message words a round takes. Rounds 10 and 11 repeat 0 and 1. */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
] as const;

/** Columns, then diagonals (section 3.2). */
const QUADS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** The initial vector (section 2.6), that of SHA-512. */
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;

function rotate(x: string, by: 32 | 24 | 16 | 63): string {
  if (by === 32) return `v128.shuffle<i32>(${x}, ${x}, 1, 0, 3, 2)`;
  if (by === 16) return `v128.shuffle<i16>(${x}, ${x}, 1, 2, 3, 0, 5, 6, 7, 4)`;
  if (by === 63) return `v128.or(i64x2.shr_u(${x}, 63), i64x2.add(${x}, ${x}))`;
  return `v128.or(i64x2.shr_u(${x}, ${by}), i64x2.shl(${x}, ${64 - by}))`;
}

/** Half of the mixing function G: a += b + message, d = (d ^ a) >>> first, c += d, b = (b ^ c) >>> second. */
function half([a, b, c, d]: readonly string[], word: number, first: 32 | 16, second: 24 | 63): string[] {
  const sum = `i64x2.add(${a}, ${b})`;
  return [
    `${a} = ${word < 8 ? `i64x2.add(${sum}, v128.load(m, ${16 * word}))` : sum};`,
    `x = v128.xor(${d}, ${a});`,
    `${d} = ${rotate('x', first)};`,
    `${c} = i64x2.add(${c}, ${d});`,
    `x = v128.xor(${b}, ${c});`,
    `${b} = ${rotate('x', second)};`,
  ];
}

export function blake2b(): string {
  const lines: string[] = [];
  for (let round = 0; round < 12; round++) {
    const sigma = SIGMA[round % 10]!;
    for (const [i, quad] of QUADS.entries()) {
      const names = quad.map((n) => `v${n}`);
      lines.push(...half(names, sigma[2 * i]!, 32, 24), ...half(names, sigma[2 * i + 1]!, 16, 63));
    }
  }
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  return `
/** The initial vector: eight words. */
export const BLAKE2B_IV: usize = memory.data<u64>([${IV.map((word) => `0x${word.toString(16)}`)}]);

/**
 * One block for both lanes. h: eight vectors, replaced; m: eight vectors, the first half of the block; \`t\`: bytes hashed so far, this block
 * included; \`last\`: all ones for the last block, else 0.
 */
export function compressBlake2b(h: usize, m: usize, t: u64, last: u64): void {
${eight.map((i) => `  let v${i} = v128.load(h, ${16 * i}), v${i + 8} = v128.load64_splat(BLAKE2B_IV, ${8 * i});`).join('\n')}
  v12 = v128.xor(v12, i64x2.splat(t));
  v14 = v128.xor(v14, i64x2.splat(last));
  let x: v128;
  ${lines.join('\n  ')}
${eight.map((i) => `  v128.store(h, v128.xor(v128.load(h, ${16 * i}), v128.xor(v${i}, v${i + 8})), ${16 * i});`).join('\n')}
}
`;
}
