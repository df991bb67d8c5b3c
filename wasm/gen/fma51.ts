import { FIELD_CONSTANTS, mod } from './constants.ts';
import { type Body, bitsOf, fn, SMALL, table, VECTORS } from './emit.ts';

/**
 * GF(2^255-19) for two lanes at once on relaxed SIMD: five limbs of 51 bits, balanced around zero, each an integer held in a double.
 * x = x0 + x1 2^51 + ... + x4 2^204.
 *
 * ## The exact product of two doubles (Emmart's trick)
 *
 *   C1 = 1.5 * 2^103      hi = fma(a, b, C1)       spacing of doubles in [2^103, 2^104] is 2^51
 *   C2 = 1.5 * 2^52       lo = fma(a, b, C1 + C2 - hi)
 *
 * If |ab| <= 2^102 then C1 + ab lies in [2^103, 2^104], so hi = C1 + 2^51 H with H the integer nearest ab / 2^51, |H| <= 2^51. Then
 * C1 + C2 - hi = 2^51 (3 - H) is exact (52 bits), and lo = C2 + L with L = ab - 2^51 H, an integer, |L| <= 2^50, exact because doubles
 * in [2^52, 2^53] are the integers. As bit patterns hi and lo are bits(C1) + H and bits(C2) + L, so sums of them are taken with
 * integer additions, and the known multiples of bits(C1) and bits(C2) are subtracted once per column, modulo 2^64. A multiply-add
 * that rounds twice breaks this; hence the self-test of the tier.
 *
 * ## The bound
 *
 *   mul needs |a_i b_j| <= 2^102 for all i, j: for example both operands at most 2^51.
 *   sqr needs |a_i a_j| <= 2^101: it doubles one factor of the mixed products. |a_i| <= 2^50.5 is enough.
 *
 * Column k of the product collects lo of i+j = k and hi of i+j = k-1. Columns 5..9 fold onto 0..4 times 19, because 2^255 = 19.
 * With n lo terms and m hi terms |column| <= n 2^50 + m 2^51, so the worst folded column is
 * column 0 + 19 column 5 <= 0.5 * 2^51 + 19 * 7 * 2^51 = 133.5 * 2^51. To each column BIAS_k = 512 p_k + 2^50 is added, p_k the
 * limbs of p: a multiple of p, and positive enough: 0 < 378 * 2^51 < column + BIAS < 646 * 2^51.
 * One parallel carry follows: the low 51 bits of column k plus the high part of column k-1 (at most 645; times 19 at most 12,255
 * for limb 0, which fits the 16-bit multiplication), minus the 2^50 of the bias. So the result is *tight*:
 *
 *   tight: -2^50 <= limb < 2^50 + 12,255        (|limb| < 2^50.0001)
 *   loose: sum or difference of two tight ones  (|limb| < 2^51 + 24,510, a little more than 2^51)
 *
 * tight x tight and tight x loose are below 2^101.001; loose x loose may exceed 2^102 and is forbidden, as is the square of a loose
 * element. `carry` makes |limb| < 2^53 tight. Every call site in curve/*.ts says which operand is loose.
 */
const MASK = 2n ** 51n - 1n;
const C1 = 1.5 * 2 ** 103;
const C2 = 1.5 * 2 ** 52;
/** 2^52 as a bit pattern: OR-ing a 51-bit integer into it makes the double 2^52 + integer. */
const MAGIC = bitsOf(2 ** 52);

const limbOfP = (k: number): bigint => 2n ** 51n - (k === 0 ? 19n : 1n);
const bias = (k: number): bigint => 512n * limbOfP(k) + 2n ** 50n;

/** Number of products with i + j = k. */
const products = (k: number, square: boolean): bigint => {
  let n = 0n;
  for (let i = 0; i < VECTORS; i++) for (let j = square ? i : 0; j < VECTORS; j++) if (i + j === k) n++;
  return n;
};

/** What is added to column k once: the bias, minus the offsets that came with every hi and lo. */
function correction(k: number, square: boolean): bigint {
  const offsets = (column: number) => products(column, square) * bitsOf(C2) + products(column - 1, square) * bitsOf(C1);
  return bias(k) - offsets(k) - 19n * offsets(k + 5);
}

/** Balanced limbs of a constant: tight. */
function limbs(value: bigint): bigint[] {
  const out: bigint[] = [];
  let rest = mod(value);
  if (rest > 2n ** 254n) rest -= 2n ** 255n - 19n;
  for (let k = 0; k < VECTORS; k++) {
    let limb = BigInt.asIntN(51, rest);
    if (k === VECTORS - 1) limb = rest;
    out.push(limb);
    rest = (rest - limb) >> 51n;
  }
  return out;
}

function sumInto(body: Body, columns: (string | undefined)[], k: number, value: string): void {
  const sum = columns[k];
  columns[k] = sum === undefined ? value : body.set(`i64x2.add(${sum}, ${value})`);
}

/** Adds the exact product x * y to columns k and k + 1. */
function product(body: Body, columns: (string | undefined)[], k: number, x: string, y: string): void {
  const hi = body.set(`f64x2.relaxed_madd(${x}, ${y}, c1)`);
  const rest = body.set(`f64x2.sub(c12, ${hi})`);
  sumInto(body, columns, k + 1, hi);
  const lo = body.set(`f64x2.relaxed_madd(${x}, ${y}, ${rest})`);
  sumInto(body, columns, k, lo);
}

function loadProductConstants(body: Body): void {
  body.raw('const c1: v128 = v128.load(C1);');
  body.raw('const c12: v128 = v128.load(C12);');
  body.raw('const mask: v128 = v128.load(MASK);');
  body.raw('const magic: v128 = v128.load(MAGIC);');
  body.raw('const unbias: v128 = v128.load(UNBIAS);');
}

function times19(body: Body, x: string): string {
  const x16 = body.set(`i64x2.shl(${x}, 4)`);
  const x2 = body.set(`i64x2.add(${x}, ${x})`);
  const x3 = body.set(`i64x2.add(${x2}, ${x})`);
  return body.set(`i64x2.add(${x16}, ${x3})`);
}

/** Folds columns 5..9, corrects, carries once and goes back to doubles. */
function reduce(body: Body, columns: readonly (string | undefined)[], square: boolean): string[] {
  const folded = Array.from({ length: VECTORS }, (_, k) => {
    const wrapped = times19(body, columns[k + 5]!);
    const sum = body.set(`i64x2.add(${columns[k]}, ${wrapped})`);
    return body.set(`i64x2.add(${sum}, v128.load(${square ? 'CORRECT_SQR' : 'CORRECT_MUL'}, ${16 * k}))`);
  });
  const high = folded.map((d) => body.set(`i64x2.shr_u(${d}, 51)`));
  const top = body.set(`i16x8.mul(${high[4]}, v128.load(NINETEEN))`);
  return folded.map((d, k) => {
    const low = body.set(`v128.or(v128.and(${d}, mask), magic)`);
    const sum = body.set(`i64x2.add(${low}, ${k === 0 ? top : high[k - 1]})`);
    return body.set(`f64x2.sub(${sum}, unbias)`);
  });
}

function multiply(body: Body, a: readonly string[], b: readonly string[]): string[] {
  const columns: (string | undefined)[] = [];
  for (let i = 0; i < VECTORS; i++) for (let j = 0; j < VECTORS; j++) product(body, columns, i + j, a[i]!, b[j]!);
  return reduce(body, columns, false);
}

function square(body: Body, a: readonly string[]): string[] {
  const columns: (string | undefined)[] = [];
  for (let i = 0; i < VECTORS; i++) {
    product(body, columns, 2 * i, a[i]!, a[i]!);
    if (i === VECTORS - 1) break;
    const twice = body.set(`f64x2.add(${a[i]}, ${a[i]})`);
    for (let j = i + 1; j < VECTORS; j++) product(body, columns, i + j, twice, a[j]!);
  }
  return reduce(body, columns, true);
}

/** Carry in the floating-point domain: c_k = the multiple of 2^51 nearest x_k; x_k - c_k + c_(k-1) / 2^51. */
function carry(body: Body, x: readonly string[]): string[] {
  body.raw('const round: v128 = v128.load(C1);');
  const multiples = x.map((limb) => body.set(`f64x2.sub(f64x2.add(${limb}, round), round)`));
  return x.map((limb, k) => {
    const low = body.set(`f64x2.sub(${limb}, ${multiples[k]})`);
    const from = multiples[(k + VECTORS - 1) % VECTORS];
    return body.set(`f64x2.relaxed_madd(${from}, v128.load(${k === 0 ? 'CARRY_TOP' : 'CARRY'}), ${low})`);
  });
}

/** Both lanes' canonical limbs (51 bits, value below p) as 64-bit integers, from a tight element. */
function freeze(body: Body, pointer: string): string[] {
  body.raw('const mask: v128 = v128.load(MASK);');
  body.raw('const nineteen: v128 = v128.load(NINETEEN);');
  // As integers, plus 2p, so that every limb is positive: x + 1.5 * 2^52 is exact, its bits minus those of 1.5 * 2^52 are x.
  let limb = body
    .loadAll(pointer)
    .map((x, k) => body.set(`i64x2.add(f64x2.add(${x}, v128.load(C2)), v128.load(FREEZE, ${16 * k}))`));
  // Twice around: after the first the value is below 2^255 + 19 * 4, after the second below 2^255.
  for (let round = 0; round < 2; round++) limb = ripple(body, limb, true);
  // q = 1 if the value is at least p, found by the carry out of value + 19; value - q p = value + 19 q - q 2^255.
  let q = body.set(`i64x2.shr_u(i64x2.add(${limb[0]}, nineteen), 51)`);
  for (let k = 1; k < VECTORS; k++) q = body.set(`i64x2.shr_u(i64x2.add(${limb[k]}, ${q}), 51)`);
  limb[0] = body.set(`i64x2.add(${limb[0]}, i16x8.mul(${q}, nineteen))`);
  limb = ripple(body, limb, false);
  return limb;
}

function ripple(body: Body, limb: readonly string[], wrap: boolean): string[] {
  const out = [...limb];
  for (let k = 0; k < VECTORS; k++) {
    const high = k < VECTORS - 1 || wrap ? body.set(`i64x2.shr_u(${out[k]}, 51)`) : undefined;
    out[k] = body.set(`v128.and(${out[k]}, mask)`);
    if (k < VECTORS - 1) out[k + 1] = body.set(`i64x2.add(${out[k + 1]}, ${high})`);
    else if (high !== undefined) out[0] = body.set(`i64x2.add(${out[0]}, i16x8.mul(${high}, nineteen))`);
  }
  return out;
}

function constants(): string {
  const same = (k: bigint): bigint[] => [k, k];
  const five = (write: (k: number) => bigint): bigint[] => each5(write).flatMap(same);
  const asDoubles = (value: bigint): bigint[] => limbs(value).flatMap((limb) => same(bitsOf(Number(limb))));
  return [
    table('C1', same(bitsOf(C1))),
    table('C12', same(bitsOf(C1 + C2))),
    table('C2', same(bitsOf(C2))),
    table('MASK', same(MASK)),
    table('MAGIC', same(MAGIC)),
    table('UNBIAS', same(bitsOf(2 ** 52 + 2 ** 50))),
    table('TWO_52', same(bitsOf(2 ** 52))),
    table('NINETEEN', same(19n)),
    table('CARRY', same(bitsOf(2 ** -51))),
    table('CARRY_TOP', same(bitsOf(19 * 2 ** -51))),
    table('SIGN', same(2n ** 63n)),
    table(
      'FREEZE',
      five((k) => 2n * limbOfP(k) - bitsOf(C2)),
    ),
    table(
      'CORRECT_MUL',
      five((k) => correction(k, false)),
    ),
    table(
      'CORRECT_SQR',
      five((k) => correction(k, true)),
    ),
    ...Object.entries(FIELD_CONSTANTS).map(([name, elements]) => table(name, elements.flatMap(asDoubles))),
    table(
      'SMALL',
      SMALL.flatMap((k) => same(k)),
    ),
  ].join('');
}

const each5 = <T>(write: (k: number) => T): T[] => Array.from({ length: VECTORS }, (_, k) => write(k));

/** The field as AssemblyScript. Its functions are those of every tier (int25.ts exports the same). */
export function fma51(): string {
  const pairwise = (op: string) => (body: Body) => {
    const a = body.loadAll('a');
    const b = body.loadAll('b');
    return a.map((x, k) => body.set(`f64x2.${op}(${x}, ${b[k]})`));
  };
  const rab = 'r: usize, a: usize, b: usize';
  const ra = 'r: usize, a: usize';
  return [
    '// Generated by wasm/gen/fma51.ts: GF(2^255-19), two lanes, 5 x 51 bits in doubles. Bounds and their proof are there.\n',
    constants(),
    fn('mul', { parameters: rab, comment: 'r = a b; tight. At most one of them loose.' }, (body) => {
      loadProductConstants(body);
      const a = body.loadAll('a');
      body.storeAll('r', multiply(body, a, body.loadAll('b')));
    }),
    fn('sqr', { parameters: ra, comment: 'r = a^2; tight, of tight.' }, (body) => {
      loadProductConstants(body);
      body.storeAll('r', square(body, body.loadAll('a')));
    }),
    fn('sqrN', { parameters: `${ra}, n: i32`, comment: 'r = a^(2^n), n >= 1; tight, of tight.' }, (body) => {
      loadProductConstants(body);
      const x = body.loadAll('a');
      body.raw(x.map((name, k) => `let x${k}: v128 = ${name};`).join(' '));
      body.raw('do {');
      const y = square(
        body,
        each5((k) => `x${k}`),
      );
      body.raw(y.map((name, k) => `x${k} = ${name};`).join(' '));
      body.raw('} while (--n);');
      body.storeAll(
        'r',
        each5((k) => `x${k}`),
      );
    }),
    fn('add', { parameters: rab, comment: 'r = a + b; loose, of tight.' }, (body) => {
      body.storeAll('r', pairwise('add')(body));
    }),
    fn('sub', { parameters: rab, comment: 'r = a - b; loose, of tight.' }, (body) => {
      body.storeAll('r', pairwise('sub')(body));
    }),
    fn('addCarry', { parameters: rab, comment: 'r = a + b; tight, of tight or loose.' }, (body) => {
      body.storeAll('r', carry(body, pairwise('add')(body)));
    }),
    fn('subCarry', { parameters: rab, comment: 'r = a - b; tight, of tight or loose.' }, (body) => {
      body.storeAll('r', carry(body, pairwise('sub')(body)));
    }),
    fn('neg', { parameters: ra, comment: 'r = -a; tight, of tight.' }, (body) => {
      body.storeAll(
        'r',
        body.loadAll('a').map((x) => body.set(`f64x2.neg(${x})`)),
      );
    }),
    fn(
      'negIf',
      { parameters: `${ra}, mask: v128`, comment: 'r = mask ? -a : a per lane; tight, of tight.' },
      (body) => {
        body.raw('const sign: v128 = v128.and(mask, v128.load(SIGN));');
        body.storeAll(
          'r',
          body.loadAll('a').map((x) => body.set(`v128.xor(${x}, sign)`)),
        );
      },
    ),
    fn(
      'isNegative',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes whose canonical value is odd; of tight.' },
      (body) => {
        const limb = freeze(body, 'a');
        body.raw(`return i64x2.neg(v128.and(${limb[0]}, i64x2.splat(1)));`);
      },
    ),
    fn(
      'isZero',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes that are zero; of tight.' },
      (body) => {
        const any = freeze(body, 'a').reduce((x, y) => body.set(`v128.or(${x}, ${y})`));
        body.raw(`return i64x2.eq(${any}, i64x2.splat(0));`);
      },
    ),
    fn(
      'fromBytes',
      {
        parameters: 'r: usize, p0: usize, p1: usize',
        comment: 'r = bits 0..254 of the 32 bytes at p0 (lane 0) and p1 (lane 1), little endian; tight.',
      },
      (body) => {
        body.raw('const mask: v128 = v128.load(MASK);');
        body.raw('const two52: v128 = v128.load(TWO_52);');
        const w = [0, 8, 16, 24].map((at) =>
          body.set(`i64x2.replace_lane(i64x2.splat(load<i64>(p0, ${at})), 1, load<i64>(p1, ${at}))`),
        );
        const integers = [
          w[0]!,
          body.set(`v128.or(i64x2.shr_u(${w[0]}, 51), i64x2.shl(${w[1]}, 13))`),
          body.set(`v128.or(i64x2.shr_u(${w[1]}, 38), i64x2.shl(${w[2]}, 26))`),
          body.set(`v128.or(i64x2.shr_u(${w[2]}, 25), i64x2.shl(${w[3]}, 39))`),
          body.set(`i64x2.shr_u(${w[3]}, 12)`),
        ];
        const doubles = integers.map((x) => body.set(`f64x2.sub(v128.or(v128.and(${x}, mask), two52), two52)`));
        body.storeAll('r', carry(body, doubles));
      },
    ),
    fn(
      'toBytes',
      {
        parameters: 'p0: usize, p1: usize, a: usize',
        comment: 'The canonical 32 bytes of lane 0 to p0, of lane 1 to p1; of tight.',
      },
      (body) => {
        const l = freeze(body, 'a');
        const words = [
          body.set(`v128.or(${l[0]}, i64x2.shl(${l[1]}, 51))`),
          body.set(`v128.or(i64x2.shr_u(${l[1]}, 13), i64x2.shl(${l[2]}, 38))`),
          body.set(`v128.or(i64x2.shr_u(${l[2]}, 26), i64x2.shl(${l[3]}, 25))`),
          body.set(`v128.or(i64x2.shr_u(${l[3]}, 39), i64x2.shl(${l[4]}, 12))`),
        ];
        for (const [k, word] of words.entries()) {
          body.raw(`store<i64>(p0, i64x2.extract_lane(${word}, 0), ${8 * k});`);
          body.raw(`store<i64>(p1, i64x2.extract_lane(${word}, 1), ${8 * k});`);
        }
      },
    ),
    fn(
      'lanes',
      {
        parameters: 'x0: i32, x1: i32',
        returns: 'v128',
        comment: 'A small integer per lane, or a mask: -1 for true, 0 for false.',
      },
      (body) => {
        body.raw('return i64x2.replace_lane(i64x2.splat(<i64>x0), 1, <i64>x1);');
      },
    ),
    fn(
      'lanesEqual',
      { parameters: 'x: v128, y: v128', returns: 'v128', comment: 'Mask of the lanes in which two `lanes` agree.' },
      (body) => {
        body.raw('return i64x2.eq(x, y);');
      },
    ),
    fn(
      'maskOf0',
      { inline: true, parameters: 'mask: v128', returns: 'i32', comment: 'Lane 0 of a mask: -1 or 0.' },
      (body) => {
        body.raw('return i32x4.extract_lane(mask, 0);');
      },
    ),
    fn(
      'maskOf1',
      { inline: true, parameters: 'mask: v128', returns: 'i32', comment: 'Lane 1 of a mask: -1 or 0.' },
      (body) => {
        body.raw('return i32x4.extract_lane(mask, 2);');
      },
    ),
    fn('swapLanes', { parameters: ra, comment: 'r = a with its lanes exchanged.' }, (body) => {
      body.storeAll(
        'r',
        body.loadAll('a').map((x) => body.set(`i64x2.shuffle(${x}, ${x}, 1, 0)`)),
      );
    }),
  ].join('\n');
}
