import { FIELD_CONSTANTS, mod } from './constants.ts';
import { type Body, parking, SMALL, table, VECTORS } from './emit.ts';
import { type Element, type Field, held, type LaneExpressions, type Wide } from './field.ts';
import { writeField } from './write.ts';

/**
 * GF(2^255-19) for two lanes at once on plain simd128: ten unsigned limbs of 26 and 25 bits in turn, 32-bit words, multiplied with
 * i64x2.extmul (32 x 32 -> 64). x = sum of x_k 2^ceil(25.5 k).
 *
 * Vector i holds limbs i and i+5 of both lanes: [x_i lane 0, x_i lane 1, x_(i+5) lane 0, x_(i+5) lane 1]; extmul_low multiplies the
 * former pair, extmul_high the latter; a copy with halves exchanged serves the mixed products.
 *
 * ## The bound
 *
 * Limb k of a tight element is at most 1.01 * 2^w_k, w_k = 26, 25, 26, ...; a loose one is a + b or a + 2p - b of tight ones. Every
 * element and every column carries its worst case along as an integer, and the code below refuses to be written where 32 or 64
 * bits could overflow, a difference become negative, or a carried element not be tight.
 */
const LIMBS = 10;
const ten = <T>(write: (k: number) => T): T[] => Array.from({ length: LIMBS }, (_, k) => write(k));
const width = (k: number): bigint => (k % 2 === 0 ? 26n : 25n);
const maskOf = (k: number): bigint => 2n ** width(k) - 1n;
/** limbs of m p, each m times the limb of p */
const multipleOfP = (m: bigint, k: number): bigint => m * (maskOf(k) - (k === 0 ? 18n : 0n));

const TIGHT = ten((k) => (101n * 2n ** width(k)) / 100n);
const LOOSE = TIGHT.map((limb, k) => limb + multipleOfP(2n, k));

const WORD = 2n ** 32n;
const COLUMN = 2n ** 64n;

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`int25: ${what}`);
}

/** Two interleaved carry chains, then around the corner (2^255 = 19). */
const CHAIN: readonly number[] = [0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0];

class Int25 implements Field {
  readonly tight: readonly bigint[] = TIGHT;
  readonly loose: readonly bigint[] = LOOSE;
  /** Ten columns do not fit the registers even alone; V8 of Node 20 would spill worse in a long function. */
  readonly twin = 'call';
  /** the multiples of p that differences add, by their text */
  readonly #biases = new Map<string, string>();

  begin(body: Body): void {
    body.raw('const mask26: v128 = v128.load(MASK26);');
    body.raw('const mask25: v128 = v128.load(MASK25);');
    body.raw('const nineteen: v128 = v128.load(NINETEEN);');
  }

  product(body: Body, a: Element, b: Element): Wide {
    return this.#multiply(body, a, held(body, b), false);
  }

  square(body: Body, a: Element): Wide {
    const x = held(body, a);
    return this.#multiply(body, x, x, true);
  }

  #multiply(body: Body, a: Element, b: Element, square: boolean): Wide {
    const exchange = (x: string) => this.#exchange(body, x);
    /** m a in both arrangements, made when first needed */
    const multiples = new Map<number, { straight: string[]; exchanged: string[] }>();
    const multipleOfA = (factor: number) => {
      let made = multiples.get(factor);
      if (made === undefined) {
        require(a.bound.every((limb) => BigInt(factor) * limb < WORD), `${factor} a overflows`);
        const straight = a.vectors.map((x) => (factor === 1 ? x : body.set(`i32x4.shl(${x}, ${factor / 2})`)));
        made = { straight, exchanged: straight.map(exchange) };
        multiples.set(factor, made);
      }
      return made;
    };
    require(b.bound.every((limb) => 19n * limb < WORD), '19 b overflows');
    const by19 = b.vectors.map((x) => body.set(`i32x4.mul(${x}, nineteen)`));
    const columns: string[] = new Array(LIMBS);
    const bound: bigint[] = new Array(LIMBS).fill(0n);
    for (let k = 0; k < LIMBS; k++) {
      for (let i = 0; i < LIMBS; i++) {
        const j = (k - i + LIMBS) % LIMBS;
        if (square && j < i) continue;
        const odd = i % 2 === 1 && j % 2 === 1 ? 2 : 1; // 2^(ceil(25.5 i) + ceil(25.5 j)) is twice 2^ceil(25.5 (i+j))
        const factor = odd * (square && i !== j ? 2 : 1);
        const wrapped = i + j >= LIMBS;
        const { straight, exchanged } = multipleOfA(factor);
        const x = (i < 5 === j < 5 ? straight : exchanged)[i % 5];
        const y = (wrapped ? by19 : b.vectors)[j % 5];
        const term = body.set(`i64x2.extmul_${j < 5 ? 'low' : 'high'}_i32x4_u(${x}, ${y})`);
        columns[k] = columns[k] === undefined ? term : body.set(`i64x2.add(${columns[k]}, ${term})`);
        bound[k]! += BigInt(factor) * (wrapped ? 19n : 1n) * a.bound[i]! * b.bound[j]!;
      }
    }
    return checked({ columns, bound });
  }

  #exchange(body: Body, x: string): string {
    return body.set(`i64x2.shuffle(${x}, ${x}, 1, 0)`);
  }

  plus(body: Body, x: Wide, y: Wide): Wide {
    return checked({
      columns: x.columns.map((column, k) => body.set(`i64x2.add(${column}, ${y.columns[k]})`)),
      bound: x.bound.map((bound, k) => bound + y.bound[k]!),
    });
  }

  /** x + (m p - y), m large enough for no column to be negative */
  minus(body: Body, x: Wide, y: Wide): Wide {
    let m = 1n;
    while (y.bound.some((bound, k) => multipleOfP(m, k) < bound)) m *= 2n;
    const bias = this.#bias(ten((k) => multipleOfP(m, k)).flatMap((word) => [word, word]));
    return checked({
      columns: x.columns.map((column, k) => {
        const complement = body.set(`i64x2.sub(v128.load(${bias}, ${16 * k}), ${y.columns[k]})`);
        return body.set(`i64x2.add(${column}, ${complement})`);
      }),
      bound: x.bound.map((bound, k) => bound + multipleOfP(m, k)),
    });
  }

  finish(body: Body, x: Wide): Element {
    const h = [...x.columns];
    const bound = [...x.bound];
    for (const k of CHAIN) {
      const to = (k + 1) % LIMBS;
      let high = body.set(`i64x2.shr_u(${h[k]}, ${width(k)})`);
      if (k === 9) {
        const x16 = body.set(`i64x2.shl(${high}, 4)`);
        const x2 = body.set(`i64x2.add(${high}, ${high})`);
        high = body.set(`i64x2.add(i64x2.add(${x16}, ${x2}), ${high})`);
      }
      h[k] = body.set(`v128.and(${h[k]}, mask${width(k)})`);
      h[to] = body.set(`i64x2.add(${h[to]}, ${high})`);
      bound[to]! += (bound[k]! >> width(k)) * (k === 9 ? 19n : 1n);
      bound[k] = maskOf(k);
      require(bound[to]! < COLUMN, `column ${to} overflows in the carry`);
    }
    return tightened(pack(body, h), bound);
  }

  sum(body: Body, a: Element, b: Element): Element {
    return {
      vectors: a.vectors.map((x, i) => body.set(`i32x4.add(${x}, ${b.vectors[i]})`)),
      bound: a.bound.map((bound, k) => bound + b.bound[k]!),
    };
  }

  /** a + m p - b, m even and large enough for no limb to be negative */
  difference(body: Body, a: Element, b: Element): Element {
    let m = 2n;
    while (b.bound.some((bound, k) => multipleOfP(m, k) < bound)) m += 2n;
    const bias = this.#bias(packed(ten((k) => multipleOfP(m, k))));
    return {
      vectors: a.vectors.map((x, i) =>
        body.set(`i32x4.sub(i32x4.add(${x}, v128.load(${bias}, ${16 * i})), ${b.vectors[i]})`),
      ),
      bound: a.bound.map((bound, k) => bound + multipleOfP(m, k)),
    };
  }

  #bias(words: readonly bigint[]): string {
    const text = words.join();
    const name = this.#biases.get(text) ?? `BIAS_${this.#biases.size}`;
    this.#biases.set(text, name);
    return name;
  }

  /** One parallel carry. Vector i has limbs of both widths: the 25-bit one is doubled first, so that both shift by 26. */
  carry(body: Body, a: Element): Element {
    require(a.bound.every((limb) => 2n * limb < WORD), 'a limb overflows in a carry');
    const high = a.vectors.map((v, i) => {
      const narrow = i % 2 === 0 ? 'HIGH_HALF' : 'LOW_HALF';
      return body.set(`i32x4.shr_u(i32x4.add(${v}, v128.and(${v}, v128.load(${narrow}))), 26)`);
    });
    const wrapped = body.set(`i32x4.mul(${this.#exchange(body, high[4]!)}, v128.load(WRAP))`);
    const vectors = a.vectors.map((v, i) => {
      const low = body.set(`v128.and(${v}, v128.load(${i % 2 === 0 ? 'LIMBS_EVEN' : 'LIMBS_ODD'}))`);
      return body.set(`i32x4.add(${low}, ${i === 0 ? wrapped : high[i - 1]})`);
    });
    const bound = ten((k) => {
      const from = (k + LIMBS - 1) % LIMBS;
      return maskOf(k) + (a.bound[from]! >> width(from)) * (k === 0 ? 19n : 1n);
    });
    return tightened(vectors, bound);
  }

  negate(body: Body, a: Element): Element {
    const bias = this.#bias(packed(ten((k) => multipleOfP(2n, k))));
    require(a.bound.every((limb, k) => limb <= multipleOfP(2n, k)), 'only a tight element can be negated');
    const vectors = a.vectors.map((x, i) => body.set(`i32x4.sub(v128.load(${bias}, ${16 * i}), ${x})`));
    return this.carry(body, { vectors, bound: ten((k) => multipleOfP(2n, k)) });
  }

  negateIf(body: Body, a: Element, mask: string): Element {
    const minus = this.negate(body, a);
    return {
      vectors: a.vectors.map((x, i) => body.set(`v128.bitselect(${minus.vectors[i]}, ${x}, ${mask})`)),
      bound: TIGHT,
    };
  }

  freeze(body: Body, a: Element): string[] {
    require(a.bound.every((limb, k) => limb <= TIGHT[k]!), 'only a tight element can be frozen');
    this.begin(body);
    let limb = ['low', 'high'].flatMap((half) => a.vectors.map((v) => body.set(`i64x2.extend_${half}_i32x4_u(${v})`)));
    // Twice around: after the first the value is below 2^255 + 19 * 2, after the second below 2^255.
    for (let round = 0; round < 2; round++) limb = ripple(body, limb, true);
    // q = 1 if the value is at least p, found by the carry out of value + 19; value - q p = value + 19 q - q 2^255.
    let q = body.set(`i64x2.shr_u(i64x2.add(${limb[0]}, v128.load(NINETEEN_64)), 26)`);
    for (let k = 1; k < LIMBS; k++) q = body.set(`i64x2.shr_u(i64x2.add(${limb[k]}, ${q}), ${width(k)})`);
    limb[0] = body.set(`i64x2.add(${limb[0]}, i16x8.mul(${q}, v128.load(NINETEEN_64)))`);
    return ripple(body, limb, false);
  }

  maskOf(body: Body, mask64: string): string {
    return body.set(`i32x4.shuffle(${mask64}, ${mask64}, 0, 2, 0, 2)`);
  }

  fromWords(body: Body, w: readonly string[]): Element {
    this.begin(body);
    const bits = [
      w[0],
      `i64x2.shr_u(${w[0]}, 26)`,
      `v128.or(i64x2.shr_u(${w[0]}, 51), i64x2.shl(${w[1]}, 13))`,
      `i64x2.shr_u(${w[1]}, 13)`,
      `i64x2.shr_u(${w[1]}, 38)`,
      w[2],
      `i64x2.shr_u(${w[2]}, 25)`,
      `v128.or(i64x2.shr_u(${w[2]}, 51), i64x2.shl(${w[3]}, 13))`,
      `i64x2.shr_u(${w[3]}, 12)`,
      `i64x2.shr_u(${w[3]}, 38)`,
    ];
    const limb = bits.map((x, k) => body.set(`v128.and(${x}, mask${width(k)})`));
    return tightened(pack(body, limb), ten(maskOf));
  }

  toWords(body: Body, l: readonly string[]): string[] {
    return [
      `v128.or(v128.or(${l[0]}, i64x2.shl(${l[1]}, 26)), i64x2.shl(${l[2]}, 51))`,
      `v128.or(v128.or(i64x2.shr_u(${l[2]}, 13), i64x2.shl(${l[3]}, 13)), i64x2.shl(${l[4]}, 38))`,
      `v128.or(v128.or(${l[5]}, i64x2.shl(${l[6]}, 25)), i64x2.shl(${l[7]}, 51))`,
      `v128.or(v128.or(i64x2.shr_u(${l[7]}, 13), i64x2.shl(${l[8]}, 12)), i64x2.shl(${l[9]}, 38))`,
    ].map((word) => body.set(word));
  }

  swapLanes(body: Body, vector: string): string {
    return body.set(`i32x4.shuffle(${vector}, ${vector}, 1, 0, 3, 2)`);
  }

  readonly lane: LaneExpressions = {
    lanes: 'i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(x0), 1, x1), 3, x1)',
    lanesEqual: 'i32x4.eq(x, y)',
    maskOf0: 'i32x4.extract_lane(mask, 0)',
    maskOf1: 'i32x4.extract_lane(mask, 1)',
  };

  constants(): string {
    const halves = (low: bigint, high: bigint): bigint[] => [low | (low << 32n), high | (high << 32n)];
    const all = 2n ** 64n - 1n;
    return [
      parking(0),
      table('MASK26', [maskOf(0), maskOf(0)]),
      table('MASK25', [maskOf(1), maskOf(1)]),
      table('NINETEEN', halves(19n, 19n)),
      table('NINETEEN_64', [19n, 19n]),
      table('WRAP', halves(19n, 1n)),
      table('LIMBS_EVEN', halves(maskOf(0), maskOf(5))),
      table('LIMBS_ODD', halves(maskOf(1), maskOf(6))),
      table('LOW_HALF', [all, 0n]),
      table('HIGH_HALF', [0n, all]),
      ...[...this.#biases].map(([words, name]) => table(name, words.split(',').map(BigInt))),
      ...Object.entries(FIELD_CONSTANTS).map(([name, elements]) =>
        table(
          name,
          elements.flatMap((value) => packed(limbs(value))),
        ),
      ),
      table(
        'SMALL',
        SMALL.flatMap((k) => halves(k, k)),
      ),
    ].join('');
  }
}

function checked(x: Wide): Wide {
  for (const [k, bound] of x.bound.entries()) require(bound < COLUMN, `column ${k} overflows`);
  return x;
}

function tightened(vectors: readonly string[], bound: readonly bigint[]): Element {
  for (const [k, limb] of bound.entries()) require(limb <= TIGHT[k]!, `limb ${k} is not tight after a carry`);
  return { vectors, bound: TIGHT };
}

/** Ten vectors of 64-bit limbs as five of 32-bit ones. */
function pack(body: Body, limb: readonly string[]): string[] {
  return Array.from({ length: VECTORS }, (_, i) =>
    body.set(`i32x4.shuffle(${limb[i]}, ${limb[i + VECTORS]}, 0, 2, 4, 6)`),
  );
}

/** Ten limbs, both lanes alike, as the 64-bit words of five vectors. */
function packed(limb: readonly bigint[]): bigint[] {
  return Array.from({ length: VECTORS }, (_, i) => [limb[i]!, limb[i + VECTORS]!].map((x) => x | (x << 32n))).flat();
}

/** One sequential carry over 64-bit limbs; with `wrap` the carry out of the last, times 19, goes to the first. */
function ripple(body: Body, limb: readonly string[], wrap: boolean): string[] {
  const out = [...limb];
  for (let k = 0; k < LIMBS; k++) {
    const last = k === LIMBS - 1;
    const high = last && !wrap ? undefined : body.set(`i64x2.shr_u(${out[k]}, ${width(k)})`);
    out[k] = body.set(`v128.and(${out[k]}, mask${width(k)})`);
    if (!last) out[k + 1] = body.set(`i64x2.add(${out[k + 1]}, ${high})`);
    else if (wrap) out[0] = body.set(`i64x2.add(${out[0]}, i16x8.mul(${high}, v128.load(NINETEEN_64)))`);
  }
  return out;
}

function limbs(value: bigint): bigint[] {
  let rest = mod(value);
  return ten((k) => {
    const limb = rest & maskOf(k);
    rest >>= width(k);
    return limb;
  });
}

/** The field of the tier `extmul` as AssemblyScript. */
export function int25(): string {
  return writeField(
    'GF(2^255-19), 10 x 25.5 bits in 32-bit words; its bounds are checked by wasm/gen/int25.ts',
    new Int25(),
  );
}
