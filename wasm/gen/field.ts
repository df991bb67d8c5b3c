import { Body, fn, VECTORS } from './emit.ts';
import { writeGroup } from './group.ts';

/** A field element in registers: five named vectors, and a bound on the absolute value of each limb. */
export interface Element {
  readonly vectors: readonly string[];
  readonly bound: readonly bigint[];
}

/** A product before its carries: columns, in whatever form the tier keeps them. Sums of products are taken here, where they are cheap. */
export interface Wide {
  readonly columns: readonly string[];
  readonly bound: readonly bigint[];
}

/**
 * One representation of GF(2^255-19), two lanes at once. Every operation checks, while the code is being written, that no value its
 * operands' bounds allow can overflow; a bound that does not hold stops the build.
 */
export interface Field<W extends Wide = Wide> {
  /** the result of every `finish`, `carry` and `negate`, and what is stored in memory between functions unless said otherwise */
  readonly tight: readonly bigint[];
  /** the sum or difference of two tight elements */
  readonly loose: readonly bigint[];
  /** Loads what products and `finish` need into locals: once per function. */
  begin(body: Body): void;
  product(body: Body, a: Element, b: Element): W;
  square(body: Body, a: Element): W;
  plus(body: Body, x: W, y: W): W;
  minus(body: Body, x: W, y: W): W;
  /** carries: tight */
  finish(body: Body, x: W): Element;
  sum(body: Body, a: Element, b: Element): Element;
  difference(body: Body, a: Element, b: Element): Element;
  /** tight, of anything loose or a little looser */
  carry(body: Body, a: Element): Element;
  negate(body: Body, a: Element): Element;
  negateIf(body: Body, a: Element, mask: string): Element;
  /** canonical limbs as 64-bit integers, one vector per limb */
  freeze(body: Body, a: Element): string[];
  /** the vector of 64-bit masks as the mask that `select` takes for this tier's vectors */
  maskOf(body: Body, mask64: string): string;
  /** 4 vectors of 64-bit words, lane 0 and 1; the top bit is ignored */
  fromWords(body: Body, words: readonly string[]): Element;
  toWords(body: Body, limbs: readonly string[]): string[];
  swapLanes(body: Body, vector: string): string;
  /** `lanes`, `lanesEqual`, `maskOf0` and `maskOf1`: a small integer or a mask per lane */
  readonly laneFunctions: string;
  /** all constants, those of the operations written so far included */
  constants(): string;
}

export function load(body: Body, pointer: string, bound: readonly bigint[]): Element {
  return { vectors: Array.from({ length: VECTORS }, (_, i) => body.set(`v128.load(${pointer}, ${16 * i})`)), bound };
}

export function loadAt(body: Body, pointer: string, offset: number, bound: readonly bigint[]): Element {
  return {
    vectors: Array.from({ length: VECTORS }, (_, i) => body.set(`v128.load(${pointer}, ${offset + 16 * i})`)),
    bound,
  };
}

export function store(body: Body, pointer: string, element: Element, offset = 0): void {
  for (const [i, vector] of element.vectors.entries())
    body.raw(`v128.store(${pointer}, ${vector}, ${offset + 16 * i});`);
}

const rab = 'r: usize, a: usize, b: usize';
const ra = 'r: usize, a: usize';

/** The whole of assembly/curve/field.ts for one representation. */
export function writeField<W extends Wide>(header: string, field: Field<W>): string {
  const { tight, loose } = field;
  // `mul` may be called with one loose factor: both ways are checked, one is written.
  for (const [a, b] of [
    [tight, loose],
    [loose, tight],
  ] as const) {
    const trial = new Body();
    field.finish(trial, field.product(trial, load(trial, 'a', a), load(trial, 'b', b)));
  }
  const functions = [
    fn('mul', { parameters: rab, comment: 'r = a b; tight. At most one of them loose.' }, (body) => {
      field.begin(body);
      const a = load(body, 'a', loose);
      store(body, 'r', field.finish(body, field.product(body, a, load(body, 'b', tight))));
    }),
    fn('sqr', { parameters: ra, comment: 'r = a^2; tight, of tight.' }, (body) => {
      field.begin(body);
      store(body, 'r', field.finish(body, field.square(body, load(body, 'a', tight))));
    }),
    fn('sqrN', { parameters: `${ra}, n: i32`, comment: 'r = a^(2^n), n >= 1; tight, of tight.' }, (body) => {
      field.begin(body);
      const names = Array.from({ length: VECTORS }, (_, i) => `x${i}`);
      const assign = (vectors: readonly string[], prefix: string) =>
        body.raw(vectors.map((vector, i) => `${prefix}${names[i]} = ${vector};`).join(' '));
      assign(load(body, 'a', tight).vectors, 'let ');
      body.raw('do {');
      assign(field.finish(body, field.square(body, { vectors: names, bound: tight })).vectors, '');
      body.raw('} while (--n);');
      store(body, 'r', { vectors: names, bound: tight });
    }),
    fn('add', { parameters: rab, comment: 'r = a + b; loose, of tight.' }, (body) => {
      store(body, 'r', field.sum(body, load(body, 'a', tight), load(body, 'b', tight)));
    }),
    fn('sub', { parameters: rab, comment: 'r = a - b; loose, of tight.' }, (body) => {
      store(body, 'r', field.difference(body, load(body, 'a', tight), load(body, 'b', tight)));
    }),
    fn('addCarry', { parameters: rab, comment: 'r = a + b; tight, of tight or loose.' }, (body) => {
      store(body, 'r', field.carry(body, field.sum(body, load(body, 'a', loose), load(body, 'b', loose))));
    }),
    fn('subCarry', { parameters: rab, comment: 'r = a - b; tight, of tight or loose.' }, (body) => {
      store(body, 'r', field.carry(body, field.difference(body, load(body, 'a', loose), load(body, 'b', loose))));
    }),
    fn('carry', { parameters: ra, comment: 'r = a; tight, of tight or loose.' }, (body) => {
      store(body, 'r', field.carry(body, load(body, 'a', loose)));
    }),
    fn('neg', { parameters: ra, comment: 'r = -a; tight, of tight.' }, (body) => {
      store(body, 'r', field.negate(body, load(body, 'a', tight)));
    }),
    fn(
      'negIf',
      { parameters: `${ra}, mask: v128`, comment: 'r = mask ? -a : a per lane; tight, of tight.' },
      (body) => {
        store(body, 'r', field.negateIf(body, load(body, 'a', tight), 'mask'));
      },
    ),
    fn(
      'isNegative',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes whose canonical value is odd; of tight.' },
      (body) => {
        const low = field.freeze(body, load(body, 'a', tight))[0];
        body.raw(`return ${field.maskOf(body, body.set(`i64x2.neg(v128.and(${low}, i64x2.splat(1)))`))};`);
      },
    ),
    fn(
      'isZero',
      { parameters: 'a: usize', returns: 'v128', comment: 'Mask of the lanes that are zero; of tight.' },
      (body) => {
        const any = field.freeze(body, load(body, 'a', tight)).reduce((x, y) => body.set(`v128.or(${x}, ${y})`));
        body.raw(`return ${field.maskOf(body, body.set(`i64x2.eq(${any}, i64x2.splat(0))`))};`);
      },
    ),
    fn(
      'fromBytes',
      {
        parameters: 'r: usize, p0: usize, p1: usize',
        comment: 'r = bits 0..254 of the 32 bytes at p0 (lane 0) and p1 (lane 1), little endian; tight.',
      },
      (body) => {
        const words = [0, 8, 16, 24].map((at) =>
          body.set(`i64x2.replace_lane(i64x2.splat(load<i64>(p0, ${at})), 1, load<i64>(p1, ${at}))`),
        );
        store(body, 'r', field.fromWords(body, words));
      },
    ),
    fn(
      'toBytes',
      {
        parameters: 'p0: usize, p1: usize, a: usize',
        comment: 'The canonical 32 bytes of lane 0 to p0, of lane 1 to p1; of tight.',
      },
      (body) => {
        const words = field.toWords(body, field.freeze(body, load(body, 'a', tight)));
        for (const [k, word] of words.entries()) {
          body.raw(`store<i64>(p0, i64x2.extract_lane(${word}, 0), ${8 * k});`);
          body.raw(`store<i64>(p1, i64x2.extract_lane(${word}, 1), ${8 * k});`);
        }
      },
    ),
    fn('swapLanes', { parameters: ra, comment: 'r = a with its lanes exchanged.' }, (body) => {
      const a = load(body, 'a', tight);
      store(body, 'r', { ...a, vectors: a.vectors.map((vector) => field.swapLanes(body, vector)) });
    }),
    field.laneFunctions,
    ...writeGroup(field),
  ];
  return [`// Generated: ${header}\n`, field.constants(), ...functions].join('\n');
}
