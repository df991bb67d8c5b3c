import type { Rng } from '../random/index.ts';

/**
 * An exact sampler of the discrete Gaussian over the integers, Pr[e] proportional to exp(-e^2 / (2 sigma^2)), sigma = 2^m.
 *
 * Karney, "Sampling exactly from the normal distribution" (ACM TOMS 42, 2016), Algorithm D. Write |e| = sigma (k + x) with an integer k
 * and x = j / sigma in [0, 1); then exp(-(k+x)^2/2) = exp(-k/2) exp(-k(k-1)/2) exp(-x(2k+x)/2), and each factor is a coin that
 * von Neumann's comparisons of uniform deviates toss exactly. A deviate is a list of 32-bit digits that grows only when a
 * comparison asks for more: no floating point and no rounding anywhere. Its running time depends on the sample.
 */
export class DiscreteGaussian {
  readonly #source: Words;
  readonly #log2Sigma: number;

  /** @param log2Sigma m, 0 .. 46: samples are exact as doubles, |e| < 2^53 */
  constructor(log2Sigma: number, rng: Rng) {
    if (!Number.isInteger(log2Sigma) || log2Sigma < 0 || log2Sigma > 46)
      throw new RangeError(`sigma = 2^${log2Sigma}: expected an exponent in 0 .. 46`);
    this.#log2Sigma = log2Sigma;
    this.#source = new Words(rng);
  }

  /** `length` independent samples. */
  fill(length: number): Float64Array {
    const out = new Float64Array(length);
    for (let i = 0; i < length; i++) out[i] = this.sample();
    return out;
  }

  sample(): number {
    const m = this.#log2Sigma;
    for (;;) {
      const k = this.#geometric();
      if (!this.#accepts(k * (k - 1))) continue;
      const negative = (this.#source.next() & 1) === 1;
      const high = m > 32 ? this.#source.bits(m - 32) : 0;
      const low = this.#source.bits(Math.min(m, 32));
      const j = high * 2 ** 32 + low;
      if (k === 0 && j === 0 && negative) continue; // zero once, not twice
      if (!this.#bernoulli(k, fraction(j, m))) continue;
      const magnitude = k * 2 ** m + j;
      return negative ? -magnitude : magnitude;
    }
  }

  /** k with probability (1 - exp(-1/2)) exp(-k/2). */
  #geometric(): number {
    let k = 0;
    while (this.#expHalf()) k++;
    return k;
  }

  /** True with probability exp(-times/2). */
  #accepts(times: number): boolean {
    for (let i = 0; i < times; i++) if (!this.#expHalf()) return false;
    return true;
  }

  /** True with probability exp(-1/2): a run of coins of chance 1/(2K), K = 1, 2, ..., ends at an odd K. */
  #expHalf(): boolean {
    let K = 1;
    while (this.#source.below(2 * K) === 0) K++;
    return K % 2 === 1;
  }

  /** True with probability exp(-x(2k+x)/2): k + 1 coins of exp(-x(2k+x)/(2k+2)). */
  #bernoulli(k: number, x: readonly [number, number]): boolean {
    for (let i = 0; i <= k; i++) if (!this.#coin(k, x)) return false;
    return true;
  }

  /**
   * Karney's Algorithm B. A falling run x > z1 > z2 > ... in which each step also passes a coin of chance c = (2k+x)/(2k+2) has length n
   * with probability (cx)^n/n! - (cx)^(n+1)/(n+1)!; even lengths add up to exp(-cx).
   */
  #coin(k: number, x: readonly [number, number]): boolean {
    let previous: number[] | undefined;
    for (let n = 0; ; n++) {
      const z: number[] = [];
      const falls = previous === undefined ? this.#below(z, x) : this.#less(z, previous);
      if (!falls || !this.#chance(k, x)) return n % 2 === 0;
      previous = z;
    }
  }

  /** True with probability (2k + x) / (2k + 2). */
  #chance(k: number, x: readonly [number, number]): boolean {
    const c = this.#source.below(2 * k + 2);
    return c < 2 * k || (c === 2 * k && this.#below([], x));
  }

  /** z < x for a fresh deviate z and the exact binary fraction x. */
  #below(z: number[], x: readonly [number, number]): boolean {
    for (let i = 0; i < 2; i++) {
      z[i] ??= this.#source.next();
      if (z[i] !== x[i]) return z[i]! < x[i]!;
    }
    return false; // equal so far, and z goes on where x ends
  }

  /** a < b for two deviates. */
  #less(a: number[], b: number[]): boolean {
    for (let i = 0; ; i++) {
      a[i] ??= this.#source.next();
      b[i] ??= this.#source.next();
      if (a[i] !== b[i]) return a[i]! < b[i]!;
    }
  }
}

/** j / 2^m as two 32-bit digits of a binary fraction. */
function fraction(j: number, m: number): readonly [number, number] {
  if (m <= 32) return [j * 2 ** (32 - m), 0];
  const high = Math.floor(j / 2 ** (m - 32));
  return [high, (j - high * 2 ** (m - 32)) * 2 ** (64 - m)];
}

/** Uniform 32-bit words out of blocks of an Rng. */
class Words {
  readonly #rng: Rng;
  readonly #bytes = new Uint8Array(16_384);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  #at = this.#words.length;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  next(): number {
    if (this.#at === this.#words.length) {
      this.#rng.fill(this.#bytes);
      this.#at = 0;
    }
    const word = this.#words[this.#at]!;
    this.#words[this.#at++] = 0; // used once
    return word;
  }

  /** @param count 0 .. 32 */
  bits(count: number): number {
    return count === 0 ? 0 : this.next() >>> (32 - count);
  }

  /** Uniform in [0, bound), by rejection. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const word = this.next();
      if (word < limit) return word % bound;
    }
  }
}
