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

/** Keystream of one job: some 20 ms, after which an abort is noticed and somebody else has a turn. */
const JOB_KEYSTREAM = 2 ** 26;

/** A range is no shorter than this, or seeking in every keystream would cost more than the keystream. */
const MIN_RANGE = 2 ** 17;

/** Ranges start at multiples of this many bytes: a cache line and a block of either cipher. */
const ALIGN = 64;

/** A range of words, and every `groups`-th term from `group` on. Group 0 starts from the vector itself, the others from zero. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly group: number;
  readonly groups: number;
}

/**
 * Adds a plan's keystreams to a vector, which is cut into ranges of words: each is worked on by one worker at a time, for all terms, a
 * job of some terms after the other. Vectors too short for a range per worker are cut by terms as well, and the sums added up.
 */
export async function spreadMask(
  pool: WorkerPool,
  plan: MaskPlan,
  into: RingWords,
  sharedMemory: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { suite, terms } = plan;
  const small = terms.length * into.byteLength < INLINE_KEYSTREAM;
  // A malformed term is found by the executor that defines what happens then.
  if (small || !terms.every(isTerm)) return await inlineExecutor.mask(plan, into, signal);
  signal?.throwIfAborted();

  const parts = cut(into, terms.length, pool.size);
  const done: RingWords[] = [];
  await inLanes(parts.length, 2 * pool.size, async (index) => {
    const { start, end, group, groups } = parts[index]!;
    const mine = groups === 1 ? terms : terms.filter((_, t) => t % groups === group);
    const rangeBytes = (end - start) * into.BYTES_PER_ELEMENT;
    const atOnce = Math.max(1, Math.floor(JOB_KEYSTREAM / rangeBytes));
    // Made when the first job starts, so that a plan that waits for others holds nothing.
    let words: RingWords | undefined;
    for (let t = 0; t < mine.length; t += atOnce) {
      const some = mine.slice(t, t + atOnce);
      const prepare = (): PreparedJob<'mask'> => {
        words ??= copyOf(into.subarray(start, end), group === 0, sharedMemory);
        const { seeds, signs } = packTerms(some);
        const moved = sharedMemory ? [seeds.buffer] : [seeds.buffer, words.buffer as ArrayBuffer];
        return { input: { suite, seeds, signs, words, from: start }, transfer: moved };
      };
      words = (await pool.run('mask', prepare, { bytes: rangeBytes + 33 * some.length, signal })) ?? words;
    }
    done[index] = words!; // every group has terms
  });
  for (const [index, { start, end, group }] of parts.entries()) {
    const range = into.subarray(start, end);
    if (group === 0) wordBytes(range).set(wordBytes(done[index]!));
    else addWords(range, done[index]!);
  }
}

function isTerm({ seed, sign }: MaskTerm): boolean {
  return seed.length === 32 && (sign === 1 || sign === -1);
}

/** A copy of the words, or as many zeros, in memory of its own. */
function copyOf(words: RingWords, filled: boolean, shared: boolean): RingWords {
  const buffer = shared ? new SharedArrayBuffer(words.byteLength) : new ArrayBuffer(words.byteLength);
  const copy = words instanceof Uint32Array ? new Uint32Array(buffer) : new BigUint64Array(buffer);
  if (filled) wordBytes(copy).set(wordBytes(words));
  return copy;
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
