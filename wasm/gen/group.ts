import { type Body, fn, VECTORS } from './emit.ts';
import { type Field, load, store, type Wide } from './field.ts';

/**
 * The group law of edwards25519 (a = -1) in extended coordinates. The formulas are complete: no special cases, hence no branches.
 *
 * Sums of products are taken before the carries ("wide"), which saves carries and leaves every factor tight. The steps are functions
 * of their own, called through memory: together they fit the instruction cache, and each is short enough for the register allocators
 * of all engines, which one long unrolled function is not.
 */
export function writeGroup<W extends Wide>(field: Field<W>): string[] {
  const trial = { bound: field.tight, vectors: Array.from({ length: VECTORS }, () => 'x') };
  let product: W | undefined;
  let square: W | undefined;
  const wide = (body: Body, pointer: string, like: W): W => ({
    ...like,
    columns: like.columns.map((_, k) => body.set(`v128.load(${pointer}, ${16 * k})`)),
  });
  const storeWide = (body: Body, pointer: string, x: Wide): void => {
    for (const [k, column] of x.columns.entries()) body.raw(`v128.store(${pointer}, ${column}, ${16 * k});`);
  };
  void trial;
  return [
    fn(
      'mulWide',
      { parameters: 'r: usize, a: usize, b: usize', comment: 'r = a b, not carried; at most one of them loose.' },
      (body) => {
        field.begin(body);
        product = field.product(body, load(body, 'a', field.loose), load(body, 'b', field.tight));
        storeWide(body, 'r', product);
      },
    ),
    fn('sqrWide', { parameters: 'r: usize, a: usize', comment: 'r = a^2, not carried; of tight.' }, (body) => {
      field.begin(body);
      square = field.square(body, load(body, 'a', field.tight));
      storeWide(body, 'r', square);
    }),
    fn(
      'carryMulPair',
      { parameters: 's: usize, d: usize, x: usize, y: usize', comment: 's = x + y and d = x - y of products; tight.' },
      (body) => {
        field.begin(body);
        const x = wide(body, 'x', product!);
        const y = wide(body, 'y', product!);
        store(body, 's', field.finish(body, field.plus(body, x, y)));
        store(body, 'd', field.finish(body, field.minus(body, x, y)));
      },
    ),
    fn(
      'carrySqrs',
      {
        parameters: 'h: usize, g: usize, f: usize, a: usize, b: usize, c: usize',
        comment: 'h = a + b, g = b - a, f = 2c - g of squares; tight.',
      },
      (body) => {
        field.begin(body);
        const a = wide(body, 'a', square!);
        const b = wide(body, 'b', square!);
        const c = wide(body, 'c', square!);
        store(body, 'h', field.finish(body, field.plus(body, a, b)));
        const g = field.minus(body, b, a);
        store(body, 'g', field.finish(body, g));
        store(body, 'f', field.finish(body, field.minus(body, field.plus(body, c, c), g)));
      },
    ),
    fn('mulTwice', { parameters: 'r: usize, a: usize, b: usize', comment: 'r = 2 a b; tight.' }, (body) => {
      field.begin(body);
      const x = field.product(body, load(body, 'a', field.tight), load(body, 'b', field.tight));
      store(body, 'r', field.finish(body, field.plus(body, x, x)));
    }),
  ];
}
