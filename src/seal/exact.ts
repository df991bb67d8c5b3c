import type { RingVector } from '../math/index.ts';
import { halves, invert, multiply, type SmallPrime, smallPrime } from './modular.ts';
import { dataPrimes } from './parameters.ts';
import type { SumPlan } from './plan.ts';

/**
 * BFV's encoding with coefficient packing: a word m modulo t = 2^plainBits becomes the coefficient round(q m / t) modulo q, and a
 * decrypted coefficient x becomes round(t x / q) modulo t (Fan and Vercauteren, ePrint 2012/144, section 4, plaintext scaled by q/t).
 * SEAL's own BFV context of this build takes no power of two as t; the sum needs nothing of it but this encoding.
 */
export class ExactEncoding {
  readonly #plan: SumPlan;
  readonly #primes: readonly SmallPrime[];
  /** 1/t modulo each prime. */
  readonly #inverseT: readonly number[];
  /** (q/p)^-1 modulo each prime p. */
  readonly #inverseRest: readonly number[];
  /** q modulo t. */
  readonly #modulus: number;

  constructor(plan: SumPlan) {
    this.#plan = plan;
    const primes = dataPrimes(plan.set);
    const q = primes.reduce((product, prime) => product * prime, 1n);
    const t = 1n << BigInt(plan.plainBits);
    this.#primes = primes.map(smallPrime);
    this.#inverseT = primes.map((prime) => Number(invert(t, prime)));
    this.#inverseRest = primes.map((prime) => Number(invert(q / prime, prime)));
    this.#modulus = Number(q % t);
  }

  /** The residues of chunk `chunk` of a contribution, in coefficient form. Positions past the end hold 0. */
  encode(input: RingVector, chunk: number): BigUint64Array {
    const { set, plainBits } = this.#plan;
    const limbs = this.#limbs(input, chunk);
    const out = new BigUint64Array(this.#primes.length * set.degree);
    const words = halves(out);
    const half = 2 ** (plainBits - 1);
    const mask = 2 ** plainBits - 1;
    for (let i = 0; i < limbs.length; i++) {
      // v = (q m + t/2 - r) / t with r = (q m + t/2) mod t, and q m is 0 modulo every prime: v = (t/2 - r) / t there.
      const r = ((Math.imul(this.#modulus, limbs[i]!) + half) & mask) >>> 0;
      const rest = half - r;
      for (let j = 0; j < this.#primes.length; j++) {
        const prime = this.#primes[j]!;
        const value = multiply(rest < 0 ? rest + prime.value : rest, this.#inverseT[j]!, prime);
        const at = 2 * (j * set.degree + i);
        words[at] = value;
        words[at + 1] = value / 2 ** 32;
      }
    }
    return out;
  }

  /** Limbs of the words of a chunk, least significant first; those of Z_{2^plainBits} they become. */
  #limbs(input: RingVector, chunk: number): Uint32Array {
    const { limbs, limbBits, bits, length, set } = this.#plan;
    const start = chunk * set.degree;
    const count = Math.min(set.degree, length * limbs - start);
    const out = new Uint32Array(count);
    const wide = input.words instanceof BigUint64Array ? halves(input.words) : undefined;
    const narrow = wide === undefined ? (input.words as Uint32Array) : undefined;
    for (let i = 0; i < count; i++) {
      const word = Math.floor((start + i) / limbs);
      const from = ((start + i) % limbs) * limbBits;
      const width = Math.min(limbBits, bits - from);
      const low = narrow === undefined ? wide![2 * word]! : narrow[word]!;
      const high = narrow === undefined ? wide![2 * word + 1]! : 0;
      const shifted =
        from >= 32 ? high >>> (from - 32) : from === 0 ? low : ((low >>> from) | (high << (32 - from))) >>> 0;
      out[i] = width >= 32 ? shifted : width <= 0 ? 0 : (shifted & (2 ** width - 1)) >>> 0;
    }
    return out;
  }

  /** Adds the decrypted coefficients of chunk `chunk` into the words of the sum. */
  decodeInto(sum: RingVector, chunk: number, coefficients: BigUint64Array): void {
    const { set, limbs, limbBits, plainBits, length } = this.#plan;
    const words = halves(coefficients);
    const start = chunk * set.degree;
    const count = Math.min(set.degree, length * limbs - start);
    const t = 2 ** plainBits;
    for (let i = 0; i < count; i++) {
      // x/q modulo 1 is the sum over the primes of [x (q/p)^-1]_p / p.
      let part = 0;
      for (let j = 0; j < this.#primes.length; j++) {
        const prime = this.#primes[j]!;
        const at = 2 * (j * set.degree + i);
        const residue = words[at]! + 2 ** 32 * words[at + 1]!;
        part += multiply(residue, this.#inverseRest[j]!, prime) / prime.value;
      }
      part -= Math.floor(part);
      const limb = Math.round(part * t) % t;
      const word = Math.floor((start + i) / limbs);
      const from = ((start + i) % limbs) * limbBits;
      addAt(sum, word, limb, from);
    }
  }
}

/** words[word] += limb * 2^from, wrapping at the word width. */
function addAt({ words }: RingVector, word: number, limb: number, from: number): void {
  if (words instanceof Uint32Array) {
    if (from < 32) words[word] = words[word]! + ((limb << from) >>> 0);
  } else {
    words[word] = BigInt.asUintN(64, words[word]! + (BigInt(limb) << BigInt(from)));
  }
}
