import {
  addWords,
  inlineExecutor,
  MASK_BLOCK,
  type MaskPlan,
  type MaskTerm,
  type RingWords,
  wordBytes,
} from '../kernels/index.ts';
import { inLanes } from './lanes.ts';
import type { PreparedJob, WorkerPool } from './pool.ts';

/** Plans with less keystream than this, about 2 ms of it, run inline. */
export const INLINE_KEYSTREAM: number = 2 ** 23;

/** Keystream of one job: some 6 ms of AES, 20 ms of ChaCha20, after which an abort is noticed and somebody else has a turn. */
const JOB_KEYSTREAM = 2 ** 25;

/** A range is no shorter than this, or seeking in every keystream would cost more than the keystream. */
const MIN_RANGE = 2 ** 17;

/** Ranges start at multiples of this many bytes: a cache line and a block of either cipher. */
const ALIGN = 64;

/** A range of words, and every `groups`-th term from `group` on. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly group: number;
  readonly groups: number;
}

/**
 * Adds a plan's keystreams to a vector, which is cut into ranges of words: each is worked on by one worker at a time, for all terms, a
 * job of some terms after the other. Vectors too short for a range per worker are cut by terms as well.
 *
 * What a worker sums up starts from zero and is added to the vector here, while the workers go on: the vector itself, which may be a
 * client's update, never leaves this thread, and nobody waits for copies of it.
 */
export async function spreadMask(
  pool: WorkerPool,
  plan: MaskPlan,
  into: RingWords,
  zeros: SpareZeros,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { suite, terms } = plan;
  const small = terms.length * into.byteLength < INLINE_KEYSTREAM;
  // A malformed term is found by the executor that defines what happens then.
  if (small || !terms.every(isTerm)) return await inlineExecutor.mask(plan, into, signal);
  signal?.throwIfAborted();

  const parts = cut(into, terms.length, pool.size);
  await inLanes(parts.length, 2 * pool.size, async (index) => {
    const { start, end, group, groups } = parts[index]!;
    const mine = groups === 1 ? terms : terms.filter((_, t) => t % groups === group);
    const range = into.subarray(start, end);
    const atOnce = Math.max(1, Math.floor(JOB_KEYSTREAM / range.byteLength));
    // Taken when the first job starts, so that a plan that waits for others holds nothing.
    let sum: RingWords | undefined;
    for (let t = 0; t < mine.length; t += atOnce) {
      const some = mine.slice(t, t + atOnce);
      const prepare = (): PreparedJob<'mask'> => {
        const words = sum ?? zeros.take(range);
        const { seeds, signs } = packTerms(some);
        return {
          input: { suite, seeds, signs, words, from: start },
          transfer: [seeds.buffer, words.buffer as ArrayBuffer],
        };
      };
      sum = await pool.run('mask', prepare, { bytes: range.byteLength + 33 * some.length, signal, ahead: true });
    }
    addWords(range, sum!); // every group has terms
    zeros.give(sum!);
  });
}

/**
 * Memory for sums, zeroed, which the plans of an executor use one after the other. New memory would be cleared and mapped by the system page by
 * page, at each of which all cores of the process wait for each other.
 */
export class SpareZeros {
  readonly #most: number;
  readonly #spare: RingWords[] = [];

  /** @param most how many vectors are kept at most */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param like has the length and the word width */
  take(like: RingWords): RingWords {
    const { length, BYTES_PER_ELEMENT: width } = like;
    const at = this.#spare.findIndex((words) => words.length === length && words.BYTES_PER_ELEMENT === width);
    if (at >= 0) return this.#spare.splice(at, 1)[0]!;
    const words = width === 4 ? new Uint32Array(length) : new BigUint64Array(length);
    // Written before it is read: pages that are read first are mapped twice.
    wordBytes(words).fill(0);
    return words;
  }

  /** Overwrites the sum of masks, which is as secret as they are. */
  give(words: RingWords): void {
    wordBytes(words).fill(0);
    this.#spare.push(words);
    if (this.#spare.length > this.#most) this.#spare.shift();
  }
}

function isTerm({ seed, sign }: MaskTerm): boolean {
  return seed.length === 32 && (sign === 1 || sign === -1);
}

/** Copies of the seeds in a buffer of their own, to be moved to the worker and wiped there. */
function packTerms(terms: readonly MaskTerm[]): { seeds: Uint8Array<ArrayBuffer>; signs: Int8Array } {
  const seeds = new Uint8Array(32 * terms.length);
  for (const [i, { seed }] of terms.entries()) seeds.set(seed, 32 * i);
  return { seeds, signs: Int8Array.from(terms, ({ sign }) => sign) };
}

/** Ranges of a vector, several for each worker when they stay long enough; and by terms, when there are fewer ranges than workers. */
function cut(vector: RingWords, terms: number, workers: number): Part[] {
  const { length, byteLength, BYTES_PER_ELEMENT: width } = vector;
  const most = Math.max(1, Math.floor(byteLength / MIN_RANGE));
  const rounds = Math.max(1, Math.round(byteLength / (workers * MASK_BLOCK)));
  const ranges = Math.min(most, workers * rounds);
  const groups = Math.min(terms, Math.ceil(workers / ranges));
  const aligned = ALIGN / width;
  const step = Math.ceil(length / ranges / aligned) * aligned;
  const parts: Part[] = [];
  for (let start = 0; start < length; start += step) {
    for (let group = 0; group < groups; group++) {
      parts.push({ start, end: Math.min(length, start + step), group, groups });
    }
  }
  return parts;
}
