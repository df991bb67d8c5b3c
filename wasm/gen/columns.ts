import { type Body, bitsOf, VECTORS } from './emit.ts';
import type { Wide } from './field.ts';

/** The two constants of the exact product of doubles; fma51.ts says how it works. */
export const C1: number = 1.5 * 2 ** 103;
export const C2: number = 1.5 * 2 ** 52;

export const five = <T>(write: (k: number) => T): T[] => Array.from({ length: VECTORS }, (_, k) => write(k));

/** What one product adds to its two columns at most. */
const LO = 2n ** 50n;
const HI = 2n ** 51n;

export interface Folded extends Wide {
  /** what the columns exceed their true values by, modulo 2^64 */
  readonly offset: readonly bigint[];
}

/** Columns 0..9 while a product is being collected. */
export class Columns {
  readonly #body: Body;
  readonly #sum: (string | undefined)[] = [];
  readonly #offset: bigint[] = new Array(10).fill(0n);
  readonly #bound: bigint[] = new Array(10).fill(0n);

  constructor(body: Body) {
    this.#body = body;
  }

  /** Adds the exact product x y at column k: lo to k, hi to k + 1. */
  multiply(k: number, x: string, y: string): void {
    const hi = this.#body.set(`f64x2.relaxed_madd(${x}, ${y}, c1)`);
    const rest = this.#body.set(`f64x2.sub(c12, ${hi})`);
    const lo = this.#body.set(`f64x2.relaxed_madd(${x}, ${y}, ${rest})`);
    this.#add(k + 1, hi, bitsOf(C1), HI);
    this.#add(k, lo, bitsOf(C2), LO);
  }

  #add(k: number, value: string, offset: bigint, bound: bigint): void {
    const sum = this.#sum[k];
    this.#sum[k] = sum === undefined ? value : this.#body.set(`i64x2.add(${sum}, ${value})`);
    this.#offset[k]! += offset;
    this.#bound[k]! += bound;
  }

  /**
   * Stores column `k`, which is complete, until it is folded. V8 of Node 20 orders the operations of a block by its own taste, all
   * columns at once, and spills what does not fit its registers; but it keeps loads and stores in order, and what a store needs
   * stands before the loads that follow it. This and loading the second factor anew for each column keeps the columns apart.
   */
  park(k: number): void {
    this.#body.raw(`v128.store(PARKED, ${this.#sum[k]}, ${16 * k});`);
    this.#sum[k] = `v128.load(PARKED, ${16 * k})`;
  }

  /** column k + 19 column (k + 5) */
  fold(): Folded {
    const columns = five((k) => {
      const x = this.#sum[k + 5]!;
      const x16 = this.#body.set(`i64x2.shl(${x}, 4)`);
      const x2 = this.#body.set(`i64x2.add(${x}, ${x})`);
      const x3 = this.#body.set(`i64x2.add(${x2}, ${x})`);
      const low = this.#body.set(`i64x2.add(${this.#sum[k]}, ${x3})`);
      return this.#body.set(`i64x2.add(${low}, ${x16})`);
    });
    return {
      columns,
      offset: five((k) => this.#offset[k]! + 19n * this.#offset[k + 5]!),
      bound: five((k) => this.#bound[k]! + 19n * this.#bound[k + 5]!),
    };
  }
}
