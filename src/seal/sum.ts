import { ProtocolError } from '../errors.ts';
import { addResidues, subtractResidues } from './modular.ts';
import { packResidues, unpackResidues } from './pack.ts';
import { dataPrimes, polynomialBytes } from './parameters.ts';
import type { SumPlan } from './plan.ts';

/** The sum of ciphertexts so far: data residues in NTT form, chunk by chunk, first polynomial before second. */
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
    if (!(this.#words.buffer instanceof ArrayBuffer)) return;
    const shared = new BigUint64Array(new SharedArrayBuffer(this.#words.byteLength));
    shared.set(this.#words);
    this.#words = shared;
  }

  /** The first (0) or second (1) polynomial of a chunk, as a view. */
  polynomial(chunk: number, which: 0 | 1): BigUint64Array {
    const at = (2 * chunk + which) * this.#polynomial;
    return this.words.subarray(at, at + this.#polynomial);
  }

  /**
   * Adds a public-key contribution, chunk by chunk, so that a long one needs no memory of its own.
   * @throws {ProtocolError} `malformed` or `bad-ciphertext`; what was added before the fault was found is taken away again
   */
  add(contribution: Uint8Array): void {
    const { set, chunks } = this.#plan;
    const primes = dataPrimes(set);
    const residues = this.#residues(contribution);
    for (let chunk = 0; chunk < chunks; chunk++) {
      try {
        addResidues(this.pair(chunk), residues(chunk), primes, set.degree);
      } catch (error) {
        for (let done = 0; done < chunk; done++) subtractResidues(this.pair(done), residues(done), primes, set.degree);
        throw error;
      }
    }
  }

  /** Takes a public-key contribution away again that was added before. */
  subtract(contribution: Uint8Array): void {
    const { set, chunks } = this.#plan;
    const residues = this.#residues(contribution);
    for (let chunk = 0; chunk < chunks; chunk++)
      subtractResidues(this.pair(chunk), residues(chunk), dataPrimes(set), set.degree);
  }

  /** The checked words of a contribution, by chunk. */
  #residues(contribution: Uint8Array): (chunk: number) => BigUint64Array {
    const { set, chunks, bytes, firstChunk = 0 } = this.#plan;
    checkContribution(this.#plan, contribution);
    const size = bytes / chunks;
    return (chunk) =>
      unpackResidues(
        contribution.subarray(chunk * size, (chunk + 1) * size),
        dataPrimes(set),
        set.degree,
        2,
        `chunk ${firstChunk + chunk}`,
      );
  }

  /** Both polynomials of a chunk, as a view. */
  pair(chunk: number): BigUint64Array {
    const at = 2 * chunk * this.#polynomial;
    return this.words.subarray(at, at + 2 * this.#polynomial);
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
