/**
 * Emits the compression function of BLAKE3 (specification, section 2.2) over vectors: lane i holds message i, four side by
 * side. The seven rounds are unrolled, because each reads the message words in an order of its own.
 */
const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

export function blake3(): string {
  const lines: string[] = [];
  let order = [...Array(16).keys()];
  for (let round = 0; round < 7; round++) {
    QUARTERS.forEach(([a, b, c, d], i) => {
      const message = (n: number) => `v128.load(block, ${16 * order[2 * i + n]!})`;
      const half = (m: string, mask: string, by: number) => [
        `v${a} = i32x4.add(i32x4.add(v${a}, v${b}), ${m});`,
        `v${d} = i8x16.swizzle(v128.xor(v${d}, v${a}), ${mask});`,
        `v${c} = i32x4.add(v${c}, v${d});`,
        `t = v128.xor(v${b}, v${c});`,
        `v${b} = v128.or(i32x4.shr_u(t, ${by}), i32x4.shl(t, ${32 - by}));`,
      ];
      lines.push(...half(message(0), 'right16', 12), ...half(message(1), 'right8', 7));
    });
    order = PERMUTATION.map((from) => order[from]!);
  }
  const eight = [...Array(8).keys()];
  return `
const RIGHT_16: usize = memory.data<u8>([2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13], 16);
const RIGHT_8: usize = memory.data<u8>([1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12], 16);
export const BLAKE3_IV: usize = memory.data<u32>([${IV}]);

/**
 * One block of every lane, of the first chunk (counter 0). state: eight vectors, the chaining value, updated; block: sixteen vectors
 * of message words; lengths, flags: bytes in the block and domain flags of every lane.
 */
export function compressBlake3(state: usize, block: usize, lengths: v128, flags: v128): void {
  const right16 = v128.load(RIGHT_16), right8 = v128.load(RIGHT_8);
  ${eight.map((i) => `let v${i} = v128.load(state, ${16 * i});`).join('\n  ')}
  let v8 = v128.load32_splat(BLAKE3_IV), v9 = v128.load32_splat(BLAKE3_IV, 4), v10 = v128.load32_splat(BLAKE3_IV, 8), v11 = v128.load32_splat(BLAKE3_IV, 12);
  let v12 = i32x4.splat(0), v13 = i32x4.splat(0), v14 = lengths, v15 = flags;
  let t: v128;
  ${lines.join('\n  ')}
  ${eight.map((i) => `v128.store(state, v128.xor(v${i}, v${i + 8}), ${16 * i});`).join('\n  ')}
}
`;
}
