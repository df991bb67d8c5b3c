import { type Body, VECTORS } from './emit.ts';

/**
 * A field element: five vectors, and a bound on the absolute value of each limb. The vectors are names, or, for an element that is
 * still in memory (`inMemory`), expressions that load them.
 */
export interface Element {
  readonly vectors: readonly string[];
  readonly bound: readonly bigint[];
  readonly inMemory?: true;
}

/** A product before its carries: columns, in whatever form the tier keeps them. Sums of products are taken here, where they are cheap. */
export interface Wide {
  readonly columns: readonly string[];
  readonly bound: readonly bigint[];
}

/** A small integer, or a mask, per lane, in the arrangement of the tier's vectors: AssemblyScript expressions. */
export interface LaneExpressions {
  /** of the i32 x0 and x1 */
  readonly lanes: string;
  /** mask of the lanes in which x and y agree */
  readonly lanesEqual: string;
  /** lane 0, and lane 1, of `mask` as an i32 */
  readonly maskOf0: string;
  readonly maskOf1: string;
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
  /** whether a doubling is one long function, or calls its steps */
  readonly twin: 'expand' | 'call';
  /** Loads what products and `finish` need into locals: once per function. */
  begin(body: Body): void;
  /** `b` may still be in memory: then its vectors are loaded where they are used */
  product(body: Body, a: Element, b: Element): W;
  /** `a` may still be in memory */
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
  readonly lane: LaneExpressions;
  /** all constants, those of the operations written so far included */
  constants(): string;
}

export function inMemory(pointer: string, bound: readonly bigint[]): Element {
  return {
    vectors: Array.from({ length: VECTORS }, (_, i) => `v128.load(${pointer}, ${16 * i})`),
    bound,
    inMemory: true,
  };
}

export function load(body: Body, pointer: string, bound: readonly bigint[]): Element {
  return held(body, inMemory(pointer, bound));
}

/** The element with every vector in a local. */
export function held(body: Body, a: Element): Element {
  return a.inMemory ? { vectors: a.vectors.map((vector) => body.set(vector)), bound: a.bound } : a;
}

export function store(body: Body, pointer: string, element: Element): void {
  for (const [i, vector] of element.vectors.entries()) body.raw(`v128.store(${pointer}, ${vector}, ${16 * i});`);
}
