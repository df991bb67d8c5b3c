/**
 * Emits the ChaCha20 block function (RFC 8439 section 2.3) over vectors, unrolled, with a zero nonce.
 *
 * Four blocks lie side by side: lane i of vector x_w is word w of block i. A quarter round is a chain of sixteen operations that
 * each wait for the one before, and the four quarter rounds of a half round are all there is to run meanwhile: too little for a
 * wide core. So three such groups, x, y and z, take turns by half rounds; two hide the latency of the third.
 *
 * Their 48 vectors do not fit 15 registers, and left to itself the compiler spills them badly: V8 of Node 20 starts all twelve quarter
 * rounds of a half round at once. So the state lives in memory; a quarter round loads its four words and stores them again, which
 * keeps it together (1.9 -> 2.2 GB/s on Zen 5). Unrolling the loop of ten double rounds
 * loses again: the body no longer fits the cache of decoded instructions.
 *
 * With a zero nonce, three of the first four quarter rounds see no counter and are the same for all blocks: `prepare` does them
 * once for a key.
 *
 * The byte rotations (by 16 and by 8) are swizzles with masks loaded from memory: as constants, V8 of Node 24 would rebuild the
 * masks at every use. A relaxed swizzle spares the clamping of indices, which are all in range here: same result everywhere.
 */
type Quarter = readonly [a: number, b: number, c: number, d: number];

const COLUMNS: readonly Quarter[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
];
const DIAGONALS: readonly Quarter[] = [
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const GROUPS = ['x', 'y', 'z'] as const;
type GroupName = (typeof GROUPS)[number];

const WORDS = [...Array(16).keys()];
const SIGMA = ['0x61707865', '0x3320646e', '0x79622d32', '0x6b206574'];

export type Swizzle = 'i8x16.swizzle' | 'i8x16.relaxed_swizzle';

function quarterRound(g: GroupName, [a, b, c, d]: Quarter, swizzle: Swizzle): string[] {
  const add = (p: number, q: number) => `${g}${p} = i32x4.add(${g}${p}, ${g}${q});`;
  const bytes = (p: number, q: number, mask: string) => `${g}${p} = ${swizzle}(v128.xor(${g}${p}, ${g}${q}), ${mask});`;
  const bits = (p: number, q: number, by: number) => [
    `t = v128.xor(${g}${p}, ${g}${q});`,
    `${g}${p} = v128.or(i32x4.shl(t, ${by}), i32x4.shr_u(t, ${32 - by}));`,
  ];
  return [
    ...[add(a, b), bytes(d, a, 'rotate16'), add(c, d), ...bits(b, c, 12)],
    ...[add(a, b), bytes(d, a, 'rotate8'), add(c, d), ...bits(b, c, 7)],
  ];
}

/** Word w of the initial state of a group. */
function initial(g: GroupName, w: number): string {
  if (w < 4) return `i32x4.splat(${SIGMA[w]})`;
  if (w < 12) return `v128.load32_splat(key, ${4 * (w - 4)})`;
  return w === 12 ? `counter_${g}` : 'i32x4.splat(0)';
}

/**
 * How keystream meets the accumulator. Adding straight from the registers saves a pass through the cache; 64-bit words, which are
 * rarer, are not worth two more copies of this code.
 */
const MODES = ['i32x4.add', 'i32x4.sub'] as const;

/** Four vectors of one word each -> 16 bytes of each of the four blocks, which lie 64 bytes apart, added to what is there. */
function transpose(mode: string): string {
  const put = (pair: string, lanes: string, at: number) =>
    `v128.store(out, ${mode}(v128.load(out, ${at}), v128.shuffle<i64>(${pair}, ${lanes})), ${at});`;
  return `
// @ts-ignore: decorator
@inline function transpose_${mode.replace('.', '_')}(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5), q = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7), s = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  ${put('p, q', '0, 2', 0)}
  ${put('p, q', '1, 3', 64)}
  ${put('r, s', '0, 2', 128)}
  ${put('r, s', '1, 3', 192)}
}
`;
}

/** Where word w of a group is in STATE. */
const place = (g: GroupName, w: number): number => 16 * (16 * GROUPS.indexOf(g) + w);
const load = (g: GroupName, w: number): string => `v128.load(STATE, ${place(g, w)})`;
const store = (g: GroupName, w: number): string => `v128.store(STATE, ${g}${w}, ${place(g, w)});`;

/** The rounds of all groups, from the state after the prepared quarter rounds to the keystream less its initial state, in STATE. */
function rounds(swizzle: Swizzle): string[] {
  const half = (quarters: readonly Quarter[]) =>
    GROUPS.flatMap((g) =>
      quarters.flatMap((q) => [
        ...q.map((w) => `${g}${w} = ${load(g, w)};`),
        ...quarterRound(g, q, swizzle),
        ...q.map((w) => store(g, w)),
      ]),
    );
  const untouched = COLUMNS[0]!;
  return [
    ...GROUPS.flatMap((g) =>
      WORDS.map((w) => `let ${g}${w} = ${untouched.includes(w) ? initial(g, w) : `v128.load(PREPARED, ${16 * w})`};`),
    ),
    ...GROUPS.flatMap((g) => quarterRound(g, untouched, swizzle)),
    ...GROUPS.flatMap((g) => WORDS.map((w) => store(g, w))),
    ...half(DIAGONALS),
    'for (let i = 0; i < 9; i++) {',
    ...half(COLUMNS),
    ...half(DIAGONALS),
    '}',
  ];
}

/** Word w of the blocks: the last state plus the initial one. */
function keystream(g: GroupName, w: number): string {
  return w < 13 ? `i32x4.add(${load(g, w)}, ${initial(g, w)})` : load(g, w);
}

function finish(mode: (typeof MODES)[number]): string[] {
  return GROUPS.flatMap((g, index) =>
    [0, 4, 8, 12].map((w) => {
      const four = [0, 1, 2, 3].map((i) => keystream(g, w + i)).join(', ');
      return `transpose_${mode.replace('.', '_')}(out + ${256 * index + 4 * w}, ${four});`;
    }),
  );
}

export function chacha(swizzle: Swizzle): string {
  const prepared = COLUMNS.slice(1).flat();
  return `
const ROTATE_16 = memory.data<u8>([2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13], 16);
const ROTATE_8 = memory.data<u8>([3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14], 16);
const PREPARED = memory.data(256, 16);
const STATE = memory.data(${256 * GROUPS.length}, 16);
${MODES.map(transpose).join('')}
/** Bytes that chacha20 makes at a time. */
export const GROUP: usize = ${256 * GROUPS.length};

/** The quarter rounds that all blocks of a key have in common. */
export function prepare(key: usize): void {
  const rotate16 = v128.load(ROTATE_16), rotate8 = v128.load(ROTATE_8);
  let t: v128;
  ${prepared.map((w) => `let x${w} = ${initial('x', w)};`).join('\n  ')}
  ${COLUMNS.slice(1)
    .flatMap((q) => quarterRound('x', q, swizzle))
    .join('\n  ')}
  ${prepared.map((w) => `v128.store(PREPARED, x${w}, ${16 * w});`).join('\n  ')}
}

/** Forgets what prepare and chacha20 left behind. */
export function forget(): void {
  memory.fill(PREPARED, 0, 256);
  memory.fill(STATE, 0, ${256 * GROUPS.length});
}

/**
 * Adds ${4 * GROUPS.length} * groups blocks of the keystream of a prepared 32-byte key, from block \`counter\` on, to the words at out.
 * @param mode 0: add 32-bit words, 1: subtract them
 */
export function chacha20(key: usize, counter: u32, out: usize, groups: u32, mode: u32): void {
  const rotate16 = v128.load(ROTATE_16), rotate8 = v128.load(ROTATE_8);
  let counter_x = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  let t: v128;
  for (let group: u32 = 0; group < groups; group++, out += GROUP) {
    const counter_y = i32x4.add(counter_x, i32x4.splat(4)), counter_z = i32x4.add(counter_x, i32x4.splat(8));
    ${rounds(swizzle).join('\n    ')}
    if (mode === 0) {
      ${finish(MODES[0]).join('\n      ')}
    } else {
      ${finish(MODES[1]).join('\n      ')}
    }
    counter_x = i32x4.add(counter_x, i32x4.splat(${4 * GROUPS.length}));
  }
}
`;
}
