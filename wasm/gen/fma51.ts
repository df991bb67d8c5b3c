import { C1, C2, Columns, type Folded, five } from './columns.ts';
import { FIELD_CONSTANTS, mod } from './constants.ts';
import { type Body, bitsOf, parking, SMALL, table, VECTORS } from './emit.ts';
import { type Element, type Field, held, type LaneExpressions } from './field.ts';
import { writeField } from './write.ts';

/**
 * GF(2^255-19) for two lanes at once on relaxed SIMD: five limbs of 51 bits, balanced around zero, each an integer held in a double.
 * x = x0 + x1 2^51 + ... + x4 2^204.
 *
 * ## The exact product of two doubles (Emmart's trick)
 *
 *   C1 = 1.5 * 2^103      hi = fma(a, b, C1)       the spacing of doubles in [2^103, 2^104] is 2^51
 *   C2 = 1.5 * 2^52       lo = fma(a, b, C1 + C2 - hi)
 *
 * If |ab| <= 2^102 then C1 + ab lies in [2^103, 2^104], so hi = C1 + 2^51 H with H the integer nearest ab / 2^51, |H| <= 2^51. Then
 * C1 + C2 - hi = 2^51 (3 - H) is exact (52 bits), and lo = C2 + L with L = ab - 2^51 H, an integer, |L| <= 2^50, exact because the
 * doubles in [2^52, 2^53] are the integers there. As bit patterns hi and lo are bits(C1) + H and bits(C2) + L, so sums of them are
 * taken with integer additions, and the known multiples of bits(C1) and bits(C2), the *offset*, are subtracted once per column,
 * modulo 2^64. A multiply-add that rounds twice breaks this; hence the self-test of the tier.
 *
 * ## The bound
 *
 * Column k collects the lo of i + j = k and the hi of i + j = k - 1; columns 5..9 fold onto 0..4 times 19, because 2^255 = 19. With n
 * lo terms and m hi terms |column| <= n 2^50 + m 2^51. The worst folded column is
 * column 0 + 19 column 5 <= 0.5 * 2^51 + 19 * 7 * 2^51 = 133.5 * 2^51.
 *
 * `finish` adds BIAS_k = M p_k + 2^50 to column k, where p_k are the limbs of p and M is a power of two that exceeds the bound of the
 * columns in units of 2^51: a multiple of p that makes every column positive. One parallel carry follows: the low 51 bits of column
 * k, plus the high part of column k - 1 (at most (M + bound)/2^51, below 2^11; times 19 for limb 0, below 2^16 as the 16-bit
 * multiplication needs), minus the 2^50 of the bias. Hence
 *
 *   tight: |limb| <= 2^50 + 2^16
 *   loose: the sum or difference of two tight elements, |limb| <= 2^51 + 2^17, a little more than 2^51
 *
 * tight x tight and tight x loose stay below 2^102. loose x loose may exceed it and is refused by `product`, as is the square of
 * anything looser than tight: the mixed products of a square double one factor.
 */
const MASK = 2n ** 51n - 1n;

const PRODUCT_LIMIT = 2n ** 102n;

const same = (word: bigint): bigint[] => [word, word];
const limbOfP = (k: number): bigint => 2n ** 51n - (k === 0 ? 19n : 1n);

const TIGHT = five(() => 2n ** 50n + 2n ** 16n);
const LOOSE = five(() => 2n ** 51n + 2n ** 17n);

/** The 25 products column by column: fewest sums are in flight, and newer V8, which keeps this order, spills least. */
const BY_COLUMN = five((i) => five((j) => [i, j] as const))
  .flat()
  .sort(([i, j], [k, l]) => i + j - (k + l));

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`fma51: ${what}`);
}

const largest = (bounds: readonly bigint[]): bigint => {
  let most = 0n;
  for (const bound of bounds) if (bound > most) most = bound;
  return most;
};

class Fma51 implements Field<Folded> {
  readonly tight: readonly bigint[] = TIGHT;
  readonly loose: readonly bigint[] = LOOSE;
  /** Products park their columns, so that every step begins and ends in memory: a long function needs no more registers. */
  readonly twin = 'expand';
  /** the constants of `finish`, by their text */
  readonly #corrections = new Map<string, string>();

  begin(body: Body): void {
    for (const name of ['c1', 'c12']) body.raw(`const ${name}: v128 = v128.load(${name.toUpperCase()});`);
  }

  product(body: Body, a: Element, b: Element): Folded {
    require(largest(a.bound) * largest(b.bound) <= PRODUCT_LIMIT, 'a product may exceed 2^102');
    const columns = new Columns(body);
    const right: string[] = [];
    for (const [i, j] of BY_COLUMN) {
      const k = i + j;
      if (k < VECTORS) right[j] = body.set(b.vectors[j]!);
      columns.multiply(k, a.vectors[i]!, right[j]!);
      if (k < VECTORS && j === 0) columns.park(k);
    }
    return columns.fold();
  }

  /** Parks columns, as a product does, only if `a` is in memory: a chain of squares, which keeps its element in locals, is faster without. */
  square(body: Body, a: Element): Folded {
    require(2n * largest(a.bound) ** 2n <= PRODUCT_LIMIT, 'a doubled product may exceed 2^102');
    const columns = new Columns(body);
    const right = [...held(body, a).vectors];
    const left = right.slice(0, -1).map((x) => body.set(`f64x2.add(${x}, ${x})`));
    for (const [i, j] of BY_COLUMN) {
      if (i > j) continue;
      const k = i + j;
      const low = a.inMemory && k < VECTORS;
      if (low) right[j] = body.set(a.vectors[j]!);
      columns.multiply(k, i < j ? left[i]! : right[i]!, right[j]!);
      if (low && j - i < 2) columns.park(k);
    }
    return columns.fold();
  }

  plus(body: Body, x: Folded, y: Folded): Folded {
    return {
      columns: x.columns.map((column, k) => body.set(`i64x2.add(${column}, ${y.columns[k]})`)),
      offset: x.offset.map((offset, k) => offset + y.offset[k]!),
      bound: x.bound.map((bound, k) => bound + y.bound[k]!),
    };
  }

  minus(body: Body, x: Folded, y: Folded): Folded {
    return {
      columns: x.columns.map((column, k) => body.set(`i64x2.sub(${column}, ${y.columns[k]})`)),
      offset: x.offset.map((offset, k) => offset - y.offset[k]!),
      bound: x.bound.map((bound, k) => bound + y.bound[k]!),
    };
  }

  finish(body: Body, x: Folded): Element {
    let multiple = 1n;
    while (five((k) => multiple * limbOfP(k)).some((limb, k) => limb <= x.bound[k]!)) multiple *= 2n;
    const bias = five((k) => multiple * limbOfP(k) + 2n ** 50n);
    const high = bias.map((limb, k) => (limb + x.bound[k]!) >> 51n);
    require(19n * largest(high) < 2n ** 16n, 'a carry times 19 exceeds 16 bits');
    require(TIGHT[0]! >= 2n ** 50n + 19n * high[4]!, 'limb 0 is not tight');
    const correction = this.#correction(bias.map((limb, k) => limb - x.offset[k]!));
    const columns = x.columns.map((d, k) => body.set(`i64x2.add(${d}, v128.load(${correction}, ${16 * k}))`));
    const carries = columns.map((d) => body.set(`i64x2.shr_u(${d}, 51)`));
    const top = body.set(`i16x8.mul(${carries[4]}, v128.load(NINETEEN))`);
    const [mask, magic, unbias] = ['MASK', 'MAGIC', 'UNBIAS'].map((name) => body.set(`v128.load(${name})`));
    const vectors = columns.map((d, k) => {
      // OR-ing a 51-bit integer into the bits of 2^52 makes the double 2^52 + integer.
      const low = body.set(`v128.or(v128.and(${d}, ${mask}), ${magic})`);
      const sum = body.set(`i64x2.add(${low}, ${k === 0 ? top : carries[k - 1]})`);
      return body.set(`f64x2.sub(${sum}, ${unbias})`);
    });
    return { vectors, bound: TIGHT };
  }

  #correction(words: readonly bigint[]): string {
    const text = words.map((word) => BigInt.asUintN(64, word)).join();
    const name = this.#corrections.get(text) ?? `CORRECTION_${this.#corrections.size}`;
    this.#corrections.set(text, name);
    return name;
  }

  sum(body: Body, a: Element, b: Element): Element {
    return pairwise(body, 'add', a, b);
  }

  difference(body: Body, a: Element, b: Element): Element {
    return pairwise(body, 'sub', a, b);
  }

  /** In doubles: m_k = the multiple of 2^51 nearest x_k; x_k - m_k + m_(k-1) / 2^51. */
  carry(body: Body, a: Element): Element {
    require(largest(a.bound) < 2n ** 53n, 'a carry of more than 53 bits');
    body.raw('const round: v128 = v128.load(C1);');
    const multiples = a.vectors.map((x) => body.set(`f64x2.sub(f64x2.add(${x}, round), round)`));
    const vectors = a.vectors.map((x, k) => {
      const low = body.set(`f64x2.sub(${x}, ${multiples[k]})`);
      const from = multiples[(k + VECTORS - 1) % VECTORS];
      return body.set(`f64x2.relaxed_madd(${from}, v128.load(${k === 0 ? 'CARRY_TOP' : 'CARRY'}), ${low})`);
    });
    return { vectors, bound: TIGHT };
  }

  negate(body: Body, a: Element): Element {
    return { ...a, vectors: a.vectors.map((x) => body.set(`f64x2.neg(${x})`)) };
  }

  negateIf(body: Body, a: Element, mask: string): Element {
    const sign = body.set(`v128.and(${mask}, v128.load(SIGN))`);
    return { ...a, vectors: a.vectors.map((x) => body.set(`v128.xor(${x}, ${sign})`)) };
  }

  freeze(body: Body, a: Element): string[] {
    require(largest(a.bound) < 2n ** 51n, 'only a tight element can be frozen');
    body.raw('const mask51: v128 = v128.load(MASK);');
    body.raw('const nineteen: v128 = v128.load(NINETEEN);');
    // As integers, plus 2p, so that every limb is positive: x + 1.5 * 2^52 is exact, its bits minus those of 1.5 * 2^52 are x.
    let limb = a.vectors.map((x, k) =>
      body.set(`i64x2.add(f64x2.add(${x}, v128.load(C2)), v128.load(FREEZE, ${16 * k}))`),
    );
    // Twice around: after the first the value is below 2^255 + 19 * 4, after the second below 2^255.
    for (let round = 0; round < 2; round++) limb = ripple(body, limb, true);
    // q = 1 if the value is at least p, found by the carry out of value + 19; value - q p = value + 19 q - q 2^255.
    let q = body.set(`i64x2.shr_u(i64x2.add(${limb[0]}, nineteen), 51)`);
    for (let k = 1; k < VECTORS; k++) q = body.set(`i64x2.shr_u(i64x2.add(${limb[k]}, ${q}), 51)`);
    limb[0] = body.set(`i64x2.add(${limb[0]}, i16x8.mul(${q}, nineteen))`);
    return ripple(body, limb, false);
  }

  maskOf(_body: Body, mask64: string): string {
    return mask64;
  }

  fromWords(body: Body, w: readonly string[]): Element {
    const integers = [
      w[0]!,
      `v128.or(i64x2.shr_u(${w[0]}, 51), i64x2.shl(${w[1]}, 13))`,
      `v128.or(i64x2.shr_u(${w[1]}, 38), i64x2.shl(${w[2]}, 26))`,
      `v128.or(i64x2.shr_u(${w[2]}, 25), i64x2.shl(${w[3]}, 39))`,
      `i64x2.shr_u(${w[3]}, 12)`,
    ];
    const vectors = integers.map((x) => {
      const bits = body.set(`v128.or(v128.and(${x}, v128.load(MASK)), v128.load(MAGIC))`);
      return body.set(`f64x2.sub(${bits}, v128.load(MAGIC))`);
    });
    return this.carry(body, { vectors, bound: five(() => MASK) });
  }

  toWords(body: Body, l: readonly string[]): string[] {
    return [
      body.set(`v128.or(${l[0]}, i64x2.shl(${l[1]}, 51))`),
      body.set(`v128.or(i64x2.shr_u(${l[1]}, 13), i64x2.shl(${l[2]}, 38))`),
      body.set(`v128.or(i64x2.shr_u(${l[2]}, 26), i64x2.shl(${l[3]}, 25))`),
      body.set(`v128.or(i64x2.shr_u(${l[3]}, 39), i64x2.shl(${l[4]}, 12))`),
    ];
  }

  swapLanes(body: Body, vector: string): string {
    return body.set(`i64x2.shuffle(${vector}, ${vector}, 1, 0)`);
  }

  readonly lane: LaneExpressions = {
    lanes: 'i64x2.replace_lane(i64x2.splat(<i64>x0), 1, <i64>x1)',
    lanesEqual: 'i64x2.eq(x, y)',
    maskOf0: 'i32x4.extract_lane(mask, 0)',
    maskOf1: 'i32x4.extract_lane(mask, 2)',
  };

  constants(): string {
    const doubles = (value: bigint): bigint[] => limbs(value).flatMap((limb) => same(bitsOf(Number(limb))));
    return [
      parking(VECTORS),
      table('C1', same(bitsOf(C1))),
      table('C12', same(bitsOf(C1 + C2))),
      table('C2', same(bitsOf(C2))),
      table('MASK', same(MASK)),
      table('MAGIC', same(bitsOf(2 ** 52))),
      table('UNBIAS', same(bitsOf(2 ** 52 + 2 ** 50))),
      table('NINETEEN', same(19n)),
      table('CARRY', same(bitsOf(2 ** -51))),
      table('CARRY_TOP', same(bitsOf(19 * 2 ** -51))),
      table('SIGN', same(2n ** 63n)),
      table('FREEZE', five((k) => same(2n * limbOfP(k) - bitsOf(C2))).flat()),
      ...[...this.#corrections].map(([words, name]) =>
        table(
          name,
          words.split(',').flatMap((word) => same(BigInt(word))),
        ),
      ),
      ...Object.entries(FIELD_CONSTANTS).map(([name, elements]) => table(name, elements.flatMap(doubles))),
      table('SMALL', SMALL.flatMap(same)),
    ].join('');
  }
}

function pairwise(body: Body, op: 'add' | 'sub', a: Element, b: Element): Element {
  return {
    vectors: a.vectors.map((x, k) => body.set(`f64x2.${op}(${x}, ${b.vectors[k]})`)),
    bound: a.bound.map((bound, k) => bound + b.bound[k]!),
  };
}

/** One sequential carry over 64-bit limbs; with `wrap` the carry out of the last, times 19, goes to the first. */
function ripple(body: Body, limb: readonly string[], wrap: boolean): string[] {
  const out = [...limb];
  for (let k = 0; k < VECTORS; k++) {
    const last = k === VECTORS - 1;
    const high = last && !wrap ? undefined : body.set(`i64x2.shr_u(${out[k]}, 51)`);
    out[k] = body.set(`v128.and(${out[k]}, mask51)`);
    if (!last) out[k + 1] = body.set(`i64x2.add(${out[k + 1]}, ${high})`);
    else if (wrap) out[0] = body.set(`i64x2.add(${out[0]}, i16x8.mul(${high}, nineteen))`);
  }
  return out;
}

/** Balanced limbs of a constant: tight. */
function limbs(value: bigint): bigint[] {
  let rest = mod(value);
  if (rest > 2n ** 254n) rest -= 2n ** 255n - 19n;
  return five((k) => {
    const limb = k === VECTORS - 1 ? rest : BigInt.asIntN(51, rest);
    rest = (rest - limb) >> 51n;
    require(limb >= -TIGHT[k]! && limb <= TIGHT[k]!, 'a constant is not tight');
    return limb;
  });
}

/** The field of the tier `fma` as AssemblyScript. */
export function fma51(): string {
  return writeField(
    'GF(2^255-19), 5 x 51 bits in doubles; the proof of its bounds is in wasm/gen/fma51.ts',
    new Fma51(),
  );
}
