import { ProtocolError } from '../errors.ts';
import {
  addPackedResidues,
  addSeed,
  packedResidueBytes,
  subtractPackedResidues,
  subtractSeed,
} from '../kernels/index.ts';
import { notBelow, packResidues, unpackResidues } from './pack.ts';
import { dataPrimes, polynomialBytes, SEED_BYTES } from './parameters.ts';
import type { SumPlan } from './plan.ts';

/**
 * The sum of ciphertexts so far: data residues in NTT form, chunk by chunk, first polynomial before second. Ciphertexts are added word by word
 * modulo the primes, which is what SEAL's evaluator does; SEAL itself is not needed.
 */
export class CiphertextSum {
  #words: BigUint64Array;
  readonly #plan: SumPlan;
  readonly #polynomial: number;

  constructor(plan: SumPlan, words?: BigUint64Array) {
    this.#plan = plan;
    this.#polynomial = dataPrimes(plan.set).length * plan.set.degree;
    const length = 2 * plan.chunks * this.#polynomial;
    if (words !== undefined && words.length !== length)
      throw new RangeError(`a sum of ${words.length} words, expected ${length}`);
    this.#words = words ?? new BigUint64Array(length);
  }

  get words(): BigUint64Array {
    return this.#words;
  }

  /** Moves the words to shared memory, where several threads can work on them. Views taken before keep the old words. */
  share(): void {
    const words = this.#words;
    if (!(words.buffer instanceof ArrayBuffer)) return;
    this.#words = new BigUint64Array(new SharedArrayBuffer(words.byteLength));
    this.#words.set(words);
  }

  /** The first (0) or second (1) polynomial of a chunk, as a view. */
  polynomial(chunk: number, which: 0 | 1): BigUint64Array {
    const at = (2 * chunk + which) * this.#polynomial;
    return this.#words.subarray(at, at + this.#polynomial);
  }

  /** Both polynomials of a chunk, as a view. */
  pair(chunk: number): BigUint64Array {
    return this.#words.subarray(2 * chunk * this.#polynomial, 2 * (chunk + 1) * this.#polynomial);
  }

  /**
   * Adds a contribution.
   * @throws {ProtocolError} `malformed` or `bad-ciphertext`; what was added before the fault was found is taken away again
   */
  add(contribution: Uint8Array): void {
    for (const _ of this.adding(contribution));
  }

  /** {@link CiphertextSum.add} with a pause after every chunk. Who does not go on to the end has lost the sum. */
  *adding(contribution: Uint8Array): Generator<void, void> {
    const { set, chunks, firstChunk = 0 } = this.#plan;
    const primes = dataPrimes(set);
    checkContribution(this.#plan, contribution);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const bad = addPackedResidues(this.#packedWords(chunk), this.#packed(contribution, chunk), primes, set.degree);
      if (bad >= 0) {
        for (let done = 0; done < chunk; done++) this.#subtractPacked(contribution, done);
        throw notBelow(`chunk ${firstChunk + chunk}`, bad, set.degree);
      }
      yield;
    }
    if (set.keys === 'threshold') return;
    for (let chunk = 0; chunk < chunks; chunk++) {
      addSeed(this.polynomial(chunk, 1), this.#seed(contribution, chunk), primes, set.degree);
      yield;
    }
  }

  /** Takes a contribution away again that was added before. */
  subtract(contribution: Uint8Array): void {
    const { set, chunks } = this.#plan;
    checkContribution(this.#plan, contribution);
    for (let chunk = 0; chunk < chunks; chunk++) {
      this.#subtractPacked(contribution, chunk);
      if (set.keys === 'shared')
        subtractSeed(this.polynomial(chunk, 1), this.#seed(contribution, chunk), dataPrimes(set), set.degree);
    }
  }

  #subtractPacked(contribution: Uint8Array, chunk: number): void {
    const { set } = this.#plan;
    subtractPackedResidues(this.#packedWords(chunk), this.#packed(contribution, chunk), dataPrimes(set), set.degree);
  }

  /** The words of a chunk that travel packed: with a shared key only the first polynomial; a seed stands for the second. */
  #packedWords(chunk: number): BigUint64Array {
    return this.#plan.set.keys === 'shared' ? this.polynomial(chunk, 0) : this.pair(chunk);
  }

  #packed(contribution: Uint8Array, chunk: number): Uint8Array {
    const { set, bytes, chunks } = this.#plan;
    const size = bytes / chunks;
    const packed = packedResidueBytes(dataPrimes(set), set.degree, set.keys === 'shared' ? 1 : 2);
    return contribution.subarray(chunk * size, chunk * size + packed);
  }

  #seed(contribution: Uint8Array, chunk: number): Uint8Array {
    const { bytes, chunks } = this.#plan;
    const end = (chunk + 1) * (bytes / chunks);
    return contribution.subarray(end - SEED_BYTES, end);
  }
}

/** @throws {ProtocolError} `malformed` unless it has exactly the plan's bytes */
export function checkContribution({ bytes }: SumPlan, contribution: Uint8Array): void {
  if (contribution.length !== bytes)
    throw new ProtocolError('malformed', `contribution: found ${contribution.length} bytes, expected ${bytes}`);
}

/** Bytes of a whole sum on the wire: both polynomials, whatever the key mode. */
export function sumBytes(plan: SumPlan): number {
  return plan.chunks * 2 * polynomialBytes(plan.set);
}

export function packSum(plan: SumPlan, sum: CiphertextSum): Uint8Array {
  return packResidues(sum.words, dataPrimes(plan.set), plan.set.degree);
}

/** @throws {ProtocolError} `malformed` or `bad-ciphertext` */
export function unpackSum(plan: SumPlan, bytes: Uint8Array): CiphertextSum {
  const { set, chunks } = plan;
  return new CiphertextSum(plan, unpackResidues(bytes, dataPrimes(set), set.degree, 2 * chunks, 'sum of ciphertexts'));
}
