import { ProtocolError } from '../errors.ts';
import { addWords, subtractWords } from '../kernels/index.ts';
import { addResidues, reduceSmall, smallTerms, subtractResidues } from './modular.ts';
import { packResidues, unpackResidues } from './pack.ts';
import { dataPrimes, polynomialBytes } from './parameters.ts';
import type { SumPlan } from './plan.ts';

/** The sum of ciphertexts so far: data residues in NTT form, chunk by chunk, first polynomial before second. */
export class CiphertextSum {
  #words: BigUint64Array;
  /**
   * How many canonical residues a word is the plain sum of. Small primes leave room above them, so that most additions need no reduction: it is done
   * when somebody reads the words. A sum over words that somebody else has too is always reduced.
   */
  #terms = 1;
  readonly #most: number;
  #alone: boolean;
  readonly #plan: SumPlan;
  readonly #polynomial: number;

  constructor(plan: SumPlan, words?: BigUint64Array) {
    this.#plan = plan;
    this.#polynomial = dataPrimes(plan.set).length * plan.set.degree;
    const length = 2 * plan.chunks * this.#polynomial;
    if (words !== undefined && words.length !== length)
      throw new RangeError(`a sum of ${words.length} words, expected ${length}`);
    this.#words = words ?? new BigUint64Array(length);
    this.#alone = words === undefined;
    this.#most = smallTerms(dataPrimes(plan.set));
  }

  /** Canonical residues. */
  get words(): BigUint64Array {
    if (this.#terms > 1) reduceSmall(this.#words, dataPrimes(this.#plan.set), this.#plan.set.degree);
    this.#terms = 1;
    return this.#words;
  }

  /** Moves the words to shared memory, where several threads can work on them. Views taken before keep the old words. */
  share(): void {
    this.#alone = false;
    const { words } = this;
    if (!(words.buffer instanceof ArrayBuffer)) return;
    this.#words = new BigUint64Array(new SharedArrayBuffer(words.byteLength));
    this.#words.set(words);
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
    const later = this.#alone && this.#most >= 16;
    const words = later && this.#terms < this.#most ? this.#words : this.words;
    const pair = (chunk: number) => words.subarray(this.#at(chunk), this.#at(chunk + 1));
    for (let chunk = 0; chunk < chunks; chunk++) {
      try {
        if (later) addWords(pair(chunk), residues(chunk));
        else addResidues(pair(chunk), residues(chunk), primes, set.degree);
      } catch (error) {
        for (let done = 0; done < chunk; done++) {
          if (later) subtractWords(pair(done), residues(done));
          else subtractResidues(pair(done), residues(done), primes, set.degree);
        }
        throw error;
      }
    }
    if (later) this.#terms++;
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
    return this.words.subarray(this.#at(chunk), this.#at(chunk + 1));
  }

  /** Where the words of a chunk begin. */
  #at(chunk: number): number {
    return 2 * chunk * this.#polynomial;
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
