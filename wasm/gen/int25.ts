import { FIELD_CONSTANTS, mod } from './constants.ts';
import { type Body, fn, SMALL, table, VECTORS } from './emit.ts';

/**
 * GF(2^255-19) for two lanes at once on plain simd128: ten unsigned limbs of 26 and 25 bits in turn, 32-bit words, multiplied with
 * i64x2.extmul (32 x 32 -> 64). x = sum of x_k 2^ceil(25.5 k).
 *
 * Vector i holds limbs i and i+5 of both lanes: [x_i lane 0, x_i lane 1, x_(i+5) lane 0, x_(i+5) lane 1]; extmul_low multiplies the
 * former pair, extmul_high the latter; a copy with halves exchanged serves the mixed products.
 *
 * ## The bound
 *
 * Limb k is below A 2^w_k, where w_k = 26, 25, 26, ... and A tells how loose the element is:
 *
 *   tight: A = 1.01     loose: A = 3.02 (a + b, or a + 2p - b, of tight ones)
 *
 * The generator computes the worst case of every product, column and carry in integers and fails if 32 or 64 bits could overflow, a
 * subtraction go below zero, or a result not be tight (`checkBounds` below).
 */
const LIMBS = 10;
const width = (k: number): bigint => (k % 2 === 0 ? 26n : 25n);
const maskOf = (k: number): bigint => 2n ** width(k) - 1n;
/** Limbs of m p, each m times the limb of p. */
const multipleOfP = (m: bigint, k: number): bigint => m * (maskOf(k) - (k === 0 ? 18n : 0n));

/** The products of column k: a_i b_j times `factor`, times 19 if `wrapped`. */
interface Term {
  readonly i: number;
  readonly j: number;
  readonly factor: 1 | 2 | 4;
  readonly wrapped: boolean;
}

function columns(square: boolean): Term[][] {
  const out: Term[][] = Array.from({ length: LIMBS }, () => []);
  for (let i = 0; i < LIMBS; i++) {
    for (let j = square ? i : 0; j < LIMBS; j++) {
      const odd = i % 2 === 1 && j % 2 === 1 ? 2 : 1; // 2^(ceil(25.5 i) + ceil(25.5 j)) is twice 2^ceil(25.5 (i+j))
      const twice = square && i !== j ? 2 : 1;
      out[(i + j) % LIMBS]!.push({ i, j, factor: (odd * twice) as 1 | 2 | 4, wrapped: i + j >= LIMBS });
    }
  }
  return out;
}

/** Two interleaved carry chains, then around the corner (2^255 = 19). */
const CHAIN: readonly number[] = [0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0];

const TIGHT: bigint[] = Array.from({ length: LIMBS }, (_, k) => (101n * 2n ** width(k)) / 100n);
const LOOSE: bigint[] = TIGHT.map((limb, k) => limb + multipleOfP(2n, k));

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`int25: ${what}`);
}

function checkProduct(a: readonly bigint[], b: readonly bigint[], square: boolean): void {
  for (const [k, limb] of b.entries()) require(19n * limb < 2n ** 32n, `19 b_${k} overflows`);
  for (const [k, limb] of a.entries()) require((square ? 4n : 2n) * limb < 2n ** 32n, `multiple of a_${k} overflows`);
  const h = columns(square).map((terms) =>
    terms.reduce((sum, { i, j, factor, wrapped }) => sum + BigInt(factor) * (wrapped ? 19n : 1n) * a[i]! * b[j]!, 0n),
  );
  for (const k of CHAIN) {
    const to = (k + 1) % LIMBS;
    h[to]! += (h[k]! >> width(k)) * (k === 9 ? 19n : 1n);
    h[k] = maskOf(k);
    require(h[to]! < 2n ** 64n, `column ${to} overflows`);
  }
  for (const [k, limb] of h.entries()) require(limb <= TIGHT[k]!, `limb ${k} of a product is not tight`);
}

function checkCarry(x: readonly bigint[]): void {
  for (const [k, limb] of x.entries()) {
    require(2n * limb < 2n ** 32n, `limb ${k} overflows in a carry`);
    const from = (k + LIMBS - 1) % LIMBS;
    const out = maskOf(k) + (x[from]! >> width(from)) * (k === 0 ? 19n : 1n);
    require(out <= TIGHT[k]!, `limb ${k} is not tight after a carry`);
  }
}

function checkBounds(): void {
  checkProduct(TIGHT, LOOSE, false);
  checkProduct(LOOSE, TIGHT, false);
  checkProduct(TIGHT, TIGHT, true);
  checkCarry(LOOSE.map((limb) => 2n * limb)); // addCarry
  checkCarry(LOOSE.map((limb, k) => limb + multipleOfP(4n, k))); // subCarry
  for (let k = 0; k < LIMBS; k++) {
    require(TIGHT[k]! <= multipleOfP(2n, k), `2p - b is negative in limb ${k}`);
    require(LOOSE[k]! <= multipleOfP(4n, k), `4p - b is negative in limb ${k}`);
    require(2n * TIGHT[k]! <= LOOSE[k]!, `a sum is not loose in limb ${k}`);
  }
}

function limbs(value: bigint): bigint[] {
  let rest = mod(value);
  return Array.from({ length: LIMBS }, (_, k) => {
    const limb = rest & maskOf(k);
    rest >>= width(k);
    return limb;
  });
}

/** Ten limbs as five vectors of two 64-bit words. */
function packed(limb: readonly bigint[]): bigint[] {
  return Array.from({ length: VECTORS }, (_, i) => [limb[i]!, limb[i + 5]!].map((x) => x | (x << 32n))).flat();
}

const ALL = 2n ** 64n - 1n;

function carryChain(body: Body, columnsIn: readonly string[]): string[] {
  const h = [...columnsIn];
  for (const k of CHAIN) {
    const high = body.set(`i64x2.shr_u(${h[k]}, ${width(k)})`);
    h[k] = body.set(`v128.and(${h[k]}, ${width(k) === 26n ? 'mask26' : 'mask25'})`);
    h[(k + 1) % LIMBS] = body.set(`i64x2.add(${h[(k + 1) % LIMBS]}, ${k === 9 ? times19(body, high) : high})`);
  }
  return Array.from({ length: VECTORS }, (_, i) => body.set(`i32x4.shuffle(${h[i]}, ${h[i + 5]}, 0, 2, 4, 6)`));
}

function times19(body: Body, x: string): string {
  const x16 = body.set(`i64x2.shl(${x}, 4)`);
  const x2 = body.set(`i64x2.add(${x}, ${x})`);
  return body.set(`i64x2.add(i64x2.add(${x16}, ${x2}), ${x})`);
}

function loadMasks(body: Body): void {
  body.raw('const mask26: v128 = v128.load(MASK26);');
  body.raw('const mask25: v128 = v128.load(MASK25);');
}

/** a times b, or a squared when b is left out. */
function multiply(body: Body, a: readonly string[], b?: readonly string[]): string[] {
  body.raw('const nineteen: v128 = v128.load(NINETEEN);');
  const right = b ?? a;
  const by19 = right.map((x) => body.set(`i32x4.mul(${x}, nineteen)`));
  const exchange = (x: string) => body.set(`i64x2.shuffle(${x}, ${x}, 1, 0)`);
  const scaled: Record<number, string[]> = { 1: [...a] };
  scaled[2] = a.map((x) => body.set(`i32x4.shl(${x}, 1)`));
  if (b === undefined) scaled[4] = a.map((x) => body.set(`i32x4.shl(${x}, 2)`));
  const exchanged: Record<number, string[]> = {};
  for (const [factor, vectors] of Object.entries(scaled)) exchanged[Number(factor)] = vectors.map(exchange);
  const sums = columns(b === undefined).map((terms) => {
    let sum: string | undefined;
    for (const { i, j, factor, wrapped } of terms) {
      const sameHalf = i < 5 === j < 5;
      const x = (sameHalf ? scaled : exchanged)[factor]![i % 5];
      const y = (wrapped ? by19 : right)[j % 5];
      const term = body.set(`i64x2.extmul_${j < 5 ? 'low' : 'high'}_i32x4_u(${x}, ${y})`);
      sum = sum === undefined ? term : body.set(`i64x2.add(${sum}, ${term})`);
    }
    return sum!;
  });
  return carryChain(body, sums);
}

/** One parallel carry. Vector i has limbs of both widths: the 25-bit one is doubled first, so that both shift by 26. */
function carry(body: Body, x: readonly string[]): string[] {
  const high = x.map((v, i) => {
    const narrow = i % 2 === 0 ? 'HIGH_HALF' : 'LOW_HALF';
    return body.set(`i32x4.shr_u(i32x4.add(${v}, v128.and(${v}, v128.load(${narrow}))), 26)`);
  });
  const wrapped = body.set(`i32x4.mul(i64x2.shuffle(${high[4]}, ${high[4]}, 1, 0), v128.load(WRAP))`);
  return x.map((v, i) => {
    const low = body.set(`v128.and(${v}, v128.load(${i % 2 === 0 ? 'LIMBS_EVEN' : 'LIMBS_ODD'}))`);
    return body.set(`i32x4.add(${low}, ${i === 0 ? wrapped : high[i - 1]})`);
  });
}

const sum = (body: Body, a: readonly string[], b: readonly string[]): string[] =>
  a.map((x, i) => body.set(`i32x4.add(${x}, ${b[i]})`));

/** a + m p - b */
const difference = (body: Body, a: readonly string[], b: readonly string[], multiple: 'P2' | 'P4'): string[] =>
  a.map((x, i) => body.set(`i32x4.sub(i32x4.add(${x}, v128.load(${multiple}, ${16 * i})), ${b[i]})`));

const negative = (body: Body, a: readonly string[]): string[] =>
  carry(
    body,
    a.map((x, i) => body.set(`i32x4.sub(v128.load(P2, ${16 * i}), ${x})`)),
  );

/** Both lanes' canonical limbs as 64-bit integers, from a tight element. */
function freeze(body: Body, pointer: string): string[] {
  loadMasks(body);
  body.raw('const nineteen: v128 = v128.load(NINETEEN_64);');
  const vectors = body.loadAll(pointer);
  let limb = ['low', 'high'].flatMap((half) => vectors.map((v) => body.set(`i64x2.extend_${half}_i32x4_u(${v})`)));
  // Twice around: after the first the value is below 2^255 + 19 * 2, after the second below 2^255.
  for (let round = 0; round < 2; round++) limb = ripple(body, limb, true);
  // q = 1 if the value is at least p, found by the carry out of value + 19; value - q p = value + 19 q - q 2^255.
  let q = body.set(`i64x2.shr_u(i64x2.add(${limb[0]}, nineteen), 26)`);
  for (let k = 1; k < LIMBS; k++) q = body.set(`i64x2.shr_u(i64x2.add(${limb[k]}, ${q}), ${width(k)})`);
  limb[0] = body.set(`i64x2.add(${limb[0]}, i16x8.mul(${q}, nineteen))`);
  return ripple(body, limb, false);
}

function ripple(body: Body, limb: readonly string[], wrap: boolean): string[] {
  const out = [...limb];
  for (let k = 0; k < LIMBS; k++) {
    const high = k < LIMBS - 1 || wrap ? body.set(`i64x2.shr_u(${out[k]}, ${width(k)})`) : undefined;
    out[k] = body.set(`v128.and(${out[k]}, ${width(k) === 26n ? 'mask26' : 'mask25'})`);
    if (k < LIMBS - 1) out[k + 1] = body.set(`i64x2.add(${out[k + 1]}, ${high})`);
    else if (high !== undefined) out[0] = body.set(`i64x2.add(${out[0]}, i16x8.mul(${high}, nineteen))`);
  }
  return out;
}

function constants(): string {
  const halves = (low: bigint, high: bigint): bigint[] => [low | (low << 32n), high | (high << 32n)];
  const multiple = (m: bigint): bigint[] => packed(Array.from({ length: LIMBS }, (_, k) => multipleOfP(m, k)));
  return [
    table('MASK26', [maskOf(0), maskOf(0)]),
    table('MASK25', [maskOf(1), maskOf(1)]),
    table('NINETEEN', halves(19n, 19n)),
    table('NINETEEN_64', [19n, 19n]),
    table('WRAP', halves(19n, 1n)),
    table('LIMBS_EVEN', halves(maskOf(0), maskOf(5))),
    table('LIMBS_ODD', halves(maskOf(1), maskOf(6))),
    table('LOW_HALF', [ALL, 0n]),
    table('HIGH_HALF', [0n, ALL]),
    table('P2', multiple(2n)),
    table('P4', multiple(4n)),
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

/** The field as AssemblyScript. Its functions are those of every tier (fma51.ts exports the same). */
export function int25(): string {
  checkBounds();
  const rab = 'r: usize, a: usize, b: usize';
  const ra = 'r: usize, a: usize';
  return [
    '// Generated by wasm/gen/int25.ts: GF(2^255-19), two lanes, 10 x 25.5 bits in 32-bit words. Layout and bounds are there.\n',
    constants(),
    fn('mul', { parameters: rab, comment: 'r = a b; tight. At most one of them loose.' }, (body) => {
      loadMasks(body);
      const a = body.loadAll('a');
      body.storeAll('r', multiply(body, a, body.loadAll('b')));
    }),
    fn('sqr', { parameters: ra, comment: 'r = a^2; tight, of tight.' }, (body) => {
      loadMasks(body);
      body.storeAll('r', multiply(body, body.loadAll('a')));
    }),
    fn('sqrN', { parameters: `${ra}, n: i32`, comment: 'r = a^(2^n), n >= 1; tight, of tight.' }, (body) => {
      loadMasks(body);
      const x = body.loadAll('a');
      body.raw(x.map((name, i) => `let x${i}: v128 = ${name};`).join(' '));
      body.raw('do {');
      const y = multiply(
        body,
        x.map((_, i) => `x${i}`),
      );
      body.raw(y.map((name, i) => `x${i} = ${name};`).join(' '));
      body.raw('} while (--n);');
      body.storeAll(
        'r',
        x.map((_, i) => `x${i}`),
      );
    }),
    fn('add', { parameters: rab, comment: 'r = a + b; loose, of tight.' }, (body) => {
      body.storeAll('r', sum(body, body.loadAll('a'), body.loadAll('b')));
    }),
    fn('sub', { parameters: rab, comment: 'r = a - b; loose, of tight.' }, (body) => {
      body.storeAll('r', difference(body, body.loadAll('a'), body.loadAll('b'), 'P2'));
    }),
    fn('addCarry', { parameters: rab, comment: 'r = a + b; tight, of tight or loose.' }, (body) => {
      body.storeAll('r', carry(body, sum(body, body.loadAll('a'), body.loadAll('b'))));
    }),
    fn('subCarry', { parameters: rab, comment: 'r = a - b; tight, of tight or loose.' }, (body) => {
      body.storeAll('r', carry(body, difference(body, body.loadAll('a'), body.loadAll('b'), 'P4')));
    }),
    fn('neg', { parameters: ra, comment: 'r = -a; tight, of tight.' }, (body) => {
      body.storeAll('r', negative(body, body.loadAll('a')));
    }),
    fn(
      'negIf',
      { parameters: `${ra}, mask: v128`, comment: 'r = mask ? -a : a per lane; tight, of tight.' },
      (body) => {
        const a = body.loadAll('a');
        const minus = negative(body, a);
        body.storeAll(
          'r',
          a.map((x, i) => body.set(`v128.bitselect(${minus[i]}, ${x}, mask)`)),
        );
      },
    ),
    fn(
      'isNegative',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes whose canonical value is odd; of tight.' },
      (body) => {
        const odd = body.set(`i64x2.neg(v128.and(${freeze(body, 'a')[0]}, i64x2.splat(1)))`);
        body.raw(`return i32x4.shuffle(${odd}, ${odd}, 0, 2, 0, 2);`);
      },
    ),
    fn(
      'isZero',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes that are zero; of tight.' },
      (body) => {
        const any = freeze(body, 'a').reduce((x, y) => body.set(`v128.or(${x}, ${y})`));
        const zero = body.set(`i64x2.eq(${any}, i64x2.splat(0))`);
        body.raw(`return i32x4.shuffle(${zero}, ${zero}, 0, 2, 0, 2);`);
      },
    ),
    fn(
      'fromBytes',
      {
        parameters: 'r: usize, p0: usize, p1: usize',
        comment: 'r = bits 0..254 of the 32 bytes at p0 (lane 0) and p1 (lane 1), little endian; tight.',
      },
      (body) => {
        loadMasks(body);
        const w = [0, 8, 16, 24].map((at) =>
          body.set(`i64x2.replace_lane(i64x2.splat(load<i64>(p0, ${at})), 1, load<i64>(p1, ${at}))`),
        );
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
        const l = bits.map((x, k) => body.set(`v128.and(${x}, ${width(k) === 26n ? 'mask26' : 'mask25'})`));
        body.storeAll(
          'r',
          Array.from({ length: VECTORS }, (_, i) => body.set(`i32x4.shuffle(${l[i]}, ${l[i + 5]}, 0, 2, 4, 6)`)),
        );
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
          `v128.or(v128.or(${l[0]}, i64x2.shl(${l[1]}, 26)), i64x2.shl(${l[2]}, 51))`,
          `v128.or(v128.or(i64x2.shr_u(${l[2]}, 13), i64x2.shl(${l[3]}, 13)), i64x2.shl(${l[4]}, 38))`,
          `v128.or(v128.or(${l[5]}, i64x2.shl(${l[6]}, 25)), i64x2.shl(${l[7]}, 51))`,
          `v128.or(v128.or(i64x2.shr_u(${l[7]}, 13), i64x2.shl(${l[8]}, 12)), i64x2.shl(${l[9]}, 38))`,
        ].map((word) => body.set(word));
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
        const first = body.set('i32x4.replace_lane(i32x4.splat(x0), 1, x1)');
        body.raw(`return i32x4.replace_lane(${first}, 3, x1);`);
      },
    ),
    fn(
      'lanesEqual',
      { parameters: 'x: v128, y: v128', returns: 'v128', comment: 'Mask of the lanes in which two `lanes` agree.' },
      (body) => {
        body.raw('return i32x4.eq(x, y);');
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
        body.raw('return i32x4.extract_lane(mask, 1);');
      },
    ),
    fn('swapLanes', { parameters: ra, comment: 'r = a with its lanes exchanged.' }, (body) => {
      body.storeAll(
        'r',
        body.loadAll('a').map((x) => body.set(`i32x4.shuffle(${x}, ${x}, 1, 0, 3, 2)`)),
      );
    }),
  ].join('\n');
}
