import { Body, fn, VECTORS } from './emit.ts';
import { type Field, inMemory, type LaneExpressions, load, store, type Wide } from './field.ts';

const rab = 'r: usize, a: usize, b: usize';
const ra = 'r: usize, a: usize';

/** The whole of assembly/curve/field.ts for one representation. */
export function writeField<W extends Wide>(header: string, field: Field<W>): string {
  const { tight, loose, twin } = field;
  // `mul` may be called with one loose factor: both ways are checked, one is written.
  for (const [a, b] of [
    [tight, loose],
    [loose, tight],
  ] as const) {
    const trial = new Body();
    field.finish(trial, field.product(trial, load(trial, 'a', a), load(trial, 'b', b)));
  }
  const functions = [
    fn('mul', { twin, parameters: rab, comment: 'r = a b; tight. At most one of them loose.' }, (body) => {
      field.begin(body);
      const a = load(body, 'a', loose);
      store(body, 'r', field.finish(body, field.product(body, a, inMemory('b', tight))));
    }),
    fn('sqr', { twin, parameters: ra, comment: 'r = a^2; tight, of tight.' }, (body) => {
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
    fn('addCarry', { twin, parameters: rab, comment: 'r = a + b; tight, of tight or loose.' }, (body) => {
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
    ...laneFunctions(field.lane),
    ...wideFunctions(field),
  ];
  return [`// Generated: ${header}\n`, field.constants(), ...functions].join('\n');
}

function laneFunctions(lane: LaneExpressions): string[] {
  const one = (name: keyof LaneExpressions, parameters: string, returns: 'v128' | 'i32', comment: string): string =>
    fn(name, { inline: true, parameters, returns, comment }, (body) => body.raw(`return ${lane[name]};`));
  return [
    one('lanes', 'x0: i32, x1: i32', 'v128', 'A small integer per lane, or a mask: -1 for true, 0 for false.'),
    one('lanesEqual', 'x: v128, y: v128', 'v128', 'Mask of the lanes in which two `lanes` agree.'),
    one('maskOf0', 'mask: v128', 'i32', 'Lane 0 of a mask: -1 or 0.'),
    one('maskOf1', 'mask: v128', 'i32', 'Lane 1 of a mask: -1 or 0.'),
  ];
}

/**
 * Products before their carries, and the sums and differences of them that the group law needs (assembly/curve/point.ts). Carrying
 * once after the sum saves carries, and leaves every factor of the next product tight. They are functions of their own, called
 * through memory: together they fit the instruction cache, and each is short enough for the register allocators of all engines,
 * which one long unrolled function is not.
 */
function wideFunctions<W extends Wide>(field: Field<W>): string[] {
  const { tight, loose, twin } = field;
  const product = field.product(new Body(), load(new Body(), 'a', loose), load(new Body(), 'b', tight));
  const square = field.square(new Body(), load(new Body(), 'a', tight));
  const loadWide = (body: Body, pointer: string, like: W): W => ({
    ...like,
    columns: like.columns.map((_, k) => body.set(`v128.load(${pointer}, ${16 * k})`)),
  });
  const storeWide = (body: Body, pointer: string, x: Wide): void => {
    for (const [k, column] of x.columns.entries()) body.raw(`v128.store(${pointer}, ${column}, ${16 * k});`);
  };
  return [
    fn('mulWide', { twin, parameters: rab, comment: 'r = a b, not carried. At most one of them loose.' }, (body) => {
      field.begin(body);
      storeWide(body, 'r', field.product(body, load(body, 'a', loose), inMemory('b', tight)));
    }),
    fn('sqrWide', { twin, parameters: ra, comment: 'r = a^2, not carried; of tight.' }, (body) => {
      field.begin(body);
      storeWide(body, 'r', field.square(body, inMemory('a', tight)));
    }),
    fn(
      'carryPair',
      {
        twin,
        parameters: 's: usize, d: usize, x: usize, y: usize',
        comment: 's = x + y and d = x - y, tight, of two results of mulWide.',
      },
      (body) => {
        field.begin(body);
        const x = loadWide(body, 'x', product);
        const y = loadWide(body, 'y', product);
        store(body, 's', field.finish(body, field.plus(body, x, y)));
        store(body, 'd', field.finish(body, field.minus(body, x, y)));
      },
    ),
    fn(
      'carrySquares',
      {
        twin,
        parameters: 'e: usize, f: usize, g: usize, h: usize, a: usize, b: usize, c: usize, d: usize',
        comment: 'h = a + b, g = b - a, f = 2c - g and e = d - h, tight, of four results of sqrWide.',
      },
      (body) => {
        field.begin(body);
        const a = loadWide(body, 'a', square);
        const b = loadWide(body, 'b', square);
        const c = loadWide(body, 'c', square);
        const h = field.plus(body, a, b);
        store(body, 'h', field.finish(body, h));
        const g = field.minus(body, b, a);
        store(body, 'g', field.finish(body, g));
        store(body, 'f', field.finish(body, field.minus(body, field.plus(body, c, c), g)));
        store(body, 'e', field.finish(body, field.minus(body, loadWide(body, 'd', square), h)));
      },
    ),
    fn('mulTwice', { twin, parameters: rab, comment: 'r = 2 a b; tight, of tight.' }, (body) => {
      field.begin(body);
      const x = field.product(body, load(body, 'a', tight), inMemory('b', tight));
      store(body, 'r', field.finish(body, field.plus(body, x, x)));
    }),
  ];
}
