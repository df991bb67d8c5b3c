import type { Curve, CurveTier } from './curve.ts';
import {
  badPoint,
  checkSameCount,
  checkScalars,
  checkSecretScalar,
  checkSinglePoint,
  countOf,
  isZero,
  POINT_BYTES,
  SCALAR_BYTES,
  UNIFORM_BYTES,
} from './curve-checks.ts';
import { discreteLog } from './curve-log.ts';
import { type KernelExports, reserve } from './load.ts';

/** The exports of wasm/assembly/curve.ts; what they do is said there. */
export interface CurveExports extends KernelExports {
  room(): number;
  chunk(): number;
  input(): number;
  scalars(): number;
  output(): number;
  decode(intoQ: boolean, count: number, allowIdentity: boolean): number;
  map(pairs: number): void;
  recode(pairs: number): void;
  multiply(pairs: number, shared: boolean): void;
  clear(pairs: number): void;
  prepareGenerator(): void;
  prepareBase(): void;
  addMultiples(pairs: number, which: 0 | 1): void;
  add(pairs: number, negate: boolean): void;
  startTotal(): void;
  addToTotal(pairs: number): void;
  addProductsToTotal(pairs: number): void;
  takeTotal(): void;
  walk(pairs: number, more: boolean): void;
  encode(pairs: number): void;
  encodeDoubled(pairs: number): void;
  wipe(): void;
  fieldMul(r: number, a: number, b: number): void;
  fieldSqr(r: number, a: number): void;
  fieldCarry(r: number, a: number): void;
  fieldFromBytes(r: number, p0: number, p1: number): void;
  fieldToBytes(p0: number, p1: number, a: number): void;
  pointDouble(r: number, p: number, withT: boolean): void;
}

/** The curve over one WebAssembly instance. Not re-entrant, which synchronous code cannot be. */
export class WasmCurve implements Curve {
  readonly tier: CurveTier;
  readonly #wasm: CurveExports;
  readonly #chunk: number;
  readonly #memory: Uint8Array;
  #generatorReady = false;
  /** the base whose table is prepared */
  #base: Uint8Array | undefined;

  constructor(tier: CurveTier, wasm: CurveExports) {
    this.tier = tier;
    this.#wasm = wasm;
    this.#chunk = wasm.chunk();
    reserve(wasm.memory, wasm.base() + wasm.room());
    this.#memory = new Uint8Array(wasm.memory.buffer);
  }

  hashToGroup(uniform: Uint8Array): Uint8Array {
    const n = countOf(uniform, UNIFORM_BYTES, 'uniform bytes');
    return this.#batches(n, (from, count, pairs) => {
      this.#put(uniform, from, count, UNIFORM_BYTES, this.#wasm.input());
      this.#wasm.map(pairs);
      this.#wasm.encode(pairs);
    });
  }

  checkPoints(points: Uint8Array): void {
    const n = countOf(points, POINT_BYTES, 'points');
    for (let from = 0; from < n; from += this.#chunk)
      this.#decode(points, from, Math.min(this.#chunk, n - from), n, false);
  }

  multiply(points: Uint8Array, scalar: Uint8Array): Uint8Array {
    const n = countOf(points, POINT_BYTES, 'points');
    return this.#byShared(n, scalar, (from, count) => this.#decode(points, from, count, n, false));
  }

  hashAndMultiply(uniform: Uint8Array, scalar: Uint8Array): Uint8Array {
    const n = countOf(uniform, UNIFORM_BYTES, 'uniform bytes');
    return this.#byShared(n, scalar, (from, count, pairs) => {
      this.#put(uniform, from, count, UNIFORM_BYTES, this.#wasm.input());
      this.#wasm.map(pairs);
    });
  }

  multiplyEach(points: Uint8Array, scalars: Uint8Array): Uint8Array {
    const n = countOf(points, POINT_BYTES, 'points');
    checkSameCount(n, checkScalars(scalars), 'points and scalars');
    return this.#secret(() =>
      this.#batches(n, (from, count, pairs) => {
        this.#decode(points, from, count, n, false);
        this.#recode(scalars, from, count, pairs);
        this.#wasm.multiply(pairs, false);
        this.#wasm.encodeDoubled(pairs);
      }),
    );
  }

  multiplyBase(scalars: Uint8Array, base?: Uint8Array): Uint8Array {
    const which = base === undefined ? this.#prepareGenerator() : this.#prepareBase(base);
    return this.#secret(() =>
      this.#batches(checkScalars(scalars), (from, count, pairs) => {
        this.#wasm.clear(pairs);
        this.#recode(scalars, from, count, pairs);
        this.#wasm.addMultiples(pairs, which);
        this.#wasm.encodeDoubled(pairs);
      }),
    );
  }

  multiplyBases(left: Uint8Array, right: Uint8Array, base: Uint8Array): Uint8Array {
    const n = checkScalars(left);
    checkSameCount(n, checkScalars(right), 'scalars');
    const generator = this.#prepareGenerator();
    const other = this.#prepareBase(base);
    return this.#secret(() =>
      this.#batches(n, (from, count, pairs) => {
        this.#wasm.clear(pairs);
        this.#recode(left, from, count, pairs);
        this.#wasm.addMultiples(pairs, generator);
        this.#recode(right, from, count, pairs);
        this.#wasm.addMultiples(pairs, other);
        this.#wasm.encodeDoubled(pairs);
      }),
    );
  }

  add(left: Uint8Array, right: Uint8Array): Uint8Array {
    return this.#combine(left, right, false);
  }

  subtract(left: Uint8Array, right: Uint8Array): Uint8Array {
    return this.#combine(left, right, true);
  }

  sum(points: Uint8Array): Uint8Array {
    const n = countOf(points, POINT_BYTES, 'points');
    return this.#total(n, false, (from, count, pairs) => {
      this.#decode(points, from, count, n, false);
      this.#wasm.addToTotal(pairs);
    });
  }

  multiScalar(points: Uint8Array, scalars: Uint8Array): Uint8Array {
    const n = countOf(points, POINT_BYTES, 'points');
    checkSameCount(n, checkScalars(scalars), 'points and scalars');
    return this.#secret(() =>
      this.#total(n, true, (from, count, pairs) => {
        this.#decode(points, from, count, n, false);
        this.#recode(scalars, from, count, pairs);
        this.#wasm.addProductsToTotal(pairs);
      }),
    );
  }

  discreteLog(points: Uint8Array, bound: number): number[] {
    return discreteLog(this, points, bound, (start, next, twice, take) => this.#walk(start, next, twice, take));
  }

  /** Decodes one batch into P (or Q), the identity refused. */
  #decode(points: Uint8Array, from: number, count: number, total: number, intoQ: boolean): void {
    this.#put(points, from, count, POINT_BYTES, this.#wasm.input());
    const bad = this.#wasm.decode(intoQ, count, false);
    if (bad < 0) return;
    const index = from + bad;
    throw badPoint(index, total, isZero(points.subarray(POINT_BYTES * index, POINT_BYTES * (index + 1))));
  }

  /** Copies items [from, from + count) to `at`, and zeros for the missing one of an odd batch. */
  #put(bytes: Uint8Array, from: number, count: number, size: number, at: number): void {
    this.#memory.set(bytes.subarray(size * from, size * (from + count)), at);
    this.#memory.fill(0, at + size * count, at + size * (count + (count & 1)));
  }

  #recode(scalars: Uint8Array, from: number, count: number, pairs: number): void {
    this.#put(scalars, from, count, SCALAR_BYTES, this.#wasm.scalars());
    this.#wasm.recode(pairs);
  }

  /** Runs `step` on batches; each leaves its encodings at output(). */
  #batches(n: number, step: (from: number, count: number, pairs: number) => void): Uint8Array {
    const out = new Uint8Array(POINT_BYTES * n);
    for (let from = 0; from < n; from += this.#chunk) {
      const count = Math.min(this.#chunk, n - from);
      step(from, count, (count + 1) >> 1);
      const at = this.#wasm.output();
      out.set(this.#memory.subarray(at, at + POINT_BYTES * count), POINT_BYTES * from);
    }
    return out;
  }

  #byShared(n: number, scalar: Uint8Array, fill: (from: number, count: number, pairs: number) => void): Uint8Array {
    checkSecretScalar(scalar);
    return this.#secret(() => {
      this.#memory.set(scalar, this.#wasm.scalars());
      this.#memory.set(scalar, this.#wasm.scalars() + SCALAR_BYTES);
      this.#wasm.recode(1);
      return this.#batches(n, (from, count, pairs) => {
        fill(from, count, pairs);
        this.#wasm.multiply(pairs, true);
        this.#wasm.encodeDoubled(pairs);
      });
    });
  }

  #combine(left: Uint8Array, right: Uint8Array, negate: boolean): Uint8Array {
    const n = countOf(left, POINT_BYTES, 'points');
    checkSameCount(n, countOf(right, POINT_BYTES, 'points'), 'points');
    return this.#batches(n, (from, count, pairs) => {
      this.#decode(left, from, count, n, false);
      this.#decode(right, from, count, n, true);
      this.#wasm.add(pairs, negate);
      this.#wasm.encode(pairs);
    });
  }

  #total(n: number, doubled: boolean, step: (from: number, count: number, pairs: number) => void): Uint8Array {
    this.#wasm.startTotal();
    for (let from = 0; from < n; from += this.#chunk) {
      const count = Math.min(this.#chunk, n - from);
      step(from, count, (count + 1) >> 1);
    }
    this.#wasm.takeTotal();
    if (doubled) this.#wasm.encodeDoubled(1);
    else this.#wasm.encode(1);
    const at = this.#wasm.output();
    return this.#memory.slice(at, at + POINT_BYTES);
  }

  #secret<T>(compute: () => T): T {
    try {
      return compute();
    } finally {
      this.#wasm.wipe();
    }
  }

  #prepareGenerator(): 0 {
    if (!this.#generatorReady) this.#wasm.prepareGenerator();
    this.#generatorReady = true;
    return 0;
  }

  #prepareBase(base: Uint8Array): 1 {
    checkSinglePoint(base, 'base');
    if (this.#base?.every((byte, i) => byte === base[i])) return 1;
    this.#base = undefined;
    const twice = new Uint8Array(2 * POINT_BYTES);
    twice.set(base);
    twice.set(base, POINT_BYTES);
    this.#put(twice, 0, 2, POINT_BYTES, this.#wasm.input());
    if (this.#wasm.decode(false, 2, false) >= 0) throw badPoint(0, 1, isZero(base));
    this.#wasm.prepareBase();
    this.#base = base.slice();
    return 1;
  }

  /**
   * Encodings of twice start, start + q, start + 2q, ... in batches, until `take` says to stop.
   * @param next start + q
   * @param twice 2q
   * @param take gets the encodings and the index of the first; true to stop
   */
  #walk(
    start: Uint8Array,
    next: Uint8Array,
    twice: Uint8Array,
    take: (encodings: Uint8Array, first: number) => boolean,
  ): void {
    const wasm = this.#wasm;
    for (const [intoQ, p0, p1] of [
      [true, twice, twice],
      [false, start, next],
    ] as const) {
      this.#memory.set(p0, wasm.input());
      this.#memory.set(p1, wasm.input() + POINT_BYTES);
      const bad = wasm.decode(intoQ, 2, true);
      if (bad >= 0) throw badPoint(bad, 1, false);
    }
    const pairs = this.#chunk / 2;
    for (let first = 0; ; first += this.#chunk) {
      wasm.walk(pairs, first > 0);
      wasm.encodeDoubled(pairs);
      const at = wasm.output();
      if (take(this.#memory.subarray(at, at + POINT_BYTES * this.#chunk), first)) return;
    }
  }
}
