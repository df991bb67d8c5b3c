import { ProtocolError } from '../errors.ts';
import { wordBytes } from '../kernels/index.ts';
import { type RingVector, zeroVector } from '../math/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import {
  type CiphertextSum,
  checkContribution,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  type ParameterSet,
  polynomialBytes,
  type SealEngine,
  type SumPlan,
  slicePlan,
  sliceUnit,
  wordsBefore,
} from '../seal/index.ts';
import type { SealJob, SealResult } from './jobs.ts';
import { inLanes } from './lanes.ts';
import type { PreparedJob, WorkerPool } from './pool.ts';

/** Coefficients in one job: some 10 to 30 ms of SEAL, after which an abort is noticed and somebody else has a turn. */
const COEFFICIENTS = 65_536;
/** Chunks of one job that expands seeds and adds. */
const ADD_CHUNKS = 64;

/** Chunks from .. to - 1, and the words of the vector in them. */
interface Part {
  readonly plan: SumPlan;
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/**
 * SEAL on the workers of a pool, one instance each. Vectors are cut by chunks; the parts do not depend on the number of workers, so that a seeded
 * generator gives the same noise on any.
 *
 * Where memory can be shared, a running sum moves into shared memory and workers add in place, and a key is lent to the workers and wiped when the
 * call ends; elsewhere both travel with every job, and the workers wipe the key. A worker whose SEAL threw is replaced; one that refused
 * a peer's bytes is not, because SEAL has not seen them.
 */
export class PoolSealEngine implements SealEngine {
  readonly #pool: WorkerPool;
  readonly #sharedMemory: boolean;
  /** Calls on one sum follow each other: two additions at once would lose words. */
  readonly #turns = new WeakMap<CiphertextSum, Promise<unknown>>();
  readonly #lost = new WeakSet<CiphertextSum>();
  /** For what needs no SEAL: it never loads one. */
  readonly #here = new InlineSealEngine();

  /** @param sharedMemory whether the platform lets threads share memory; same results either way */
  constructor(pool: WorkerPool, sharedMemory: boolean) {
    this.#pool = pool;
    this.#sharedMemory = sharedMemory;
  }

  get threads(): number {
    return this.#pool.size;
  }

  async generate(set: ParameterSet): Promise<{ secret: BigUint64Array; publicKey: BigUint64Array }> {
    const { keys } = await this.#run(() => ({ input: { op: 'generate', set: set.name } }), 0, undefined);
    return keys!;
  }

  async encrypt(plan: SumPlan, key: EncryptionKey, input: RingVector, signal?: AbortSignal): Promise<Uint8Array> {
    const { mode } = key;
    const out = new Uint8Array(plan.bytes);
    const size = plan.bytes / plan.chunks;
    await this.#withKey(mode === 'public' ? key.publicKey : key.secret, async (lend) => {
      await this.#spread(plan, chunksOf(plan), async ({ plan: part, from, start, end }) => {
        const prepare = (): PreparedJob<'seal'> => {
          const words = input.words.slice(start, end);
          const [lent, moved] = lend();
          const job: SealJob = { op: 'encrypt', plan: part, mode, key: lent, input: { bits: input.bits, words } };
          return { input: job, transfer: [words.buffer as ArrayBuffer, ...moved] };
        };
        const done = await this.#run(prepare, part.bytes + wordBytes(input.words.subarray(start, end)).length, signal);
        out.set(done.part!, from * size);
      });
    });
    return out;
  }

  async add(plan: SumPlan, sum: CiphertextSum, contribution: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkContribution(plan, contribution);
    await this.#inTurn(sum, async () => {
      signal?.throwIfAborted();
      if (this.#sharedMemory) sum.share();
      // Adding takes hardly longer than the copies that would bring it to another thread; expanding seeds does.
      if (plan.set.keys === 'threshold') return await this.#addHere(plan, sum, contribution, signal);
      const added = new Set<number>();
      try {
        await this.#spread(plan, ADD_CHUNKS, async (part, index) => {
          await this.#addPart('add', plan, sum, contribution, part, signal);
          added.add(index);
        });
      } catch (error) {
        if (!this.#lost.has(sum)) {
          await this.#spread(plan, ADD_CHUNKS, async (part, index) => {
            if (added.has(index)) await this.#addPart('subtract', plan, sum, contribution, part, undefined);
          });
        }
        throw error;
      }
    });
  }

  async #addHere(plan: SumPlan, sum: CiphertextSum, contribution: Uint8Array, signal?: AbortSignal): Promise<void> {
    try {
      await this.#here.add(plan, sum, contribution, signal);
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#lost.add(sum);
      throw error;
    }
  }

  async #addPart(
    op: 'add' | 'subtract',
    plan: SumPlan,
    sum: CiphertextSum,
    contribution: Uint8Array,
    { plan: part, from, to }: Part,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const size = plan.bytes / plan.chunks;
    const view = wordsOf(plan, sum, from, to);
    const prepare = (): PreparedJob<'seal'> => {
      const [words, moved] = loan(view);
      const bytes = contribution.slice(from * size, to * size);
      return {
        input: { op, plan: part, words, contribution: bytes },
        transfer: [bytes.buffer as ArrayBuffer, ...moved],
      };
    };
    const { part: back } = await this.#run(prepare, part.bytes + view.byteLength, signal).catch((error: unknown) => {
      // Whoever refuses a contribution leaves the words as they were; nobody knows what an unfinished job has left of shared ones.
      if (!(error instanceof ProtocolError)) this.#lost.add(sum);
      throw error;
    });
    if (back !== undefined) wordBytes(view).set(back);
  }

  async partial(
    plan: SumPlan,
    sum: CiphertextSum,
    share: BigUint64Array,
    rng: Rng,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const size = polynomialBytes(plan.set);
    const out = new Uint8Array(plan.chunks * size);
    await this.#withSum('partial', plan, sum, share, rng, signal, ({ from }, bytes) => out.set(bytes, from * size));
    return out;
  }

  async open(
    plan: SumPlan,
    sum: CiphertextSum,
    secret: BigUint64Array,
    rng: Rng,
    signal?: AbortSignal,
  ): Promise<RingVector> {
    const result = zeroVector(plan.bits, plan.length);
    await this.#withSum('open', plan, sum, secret, rng, signal, (part, bytes) => place(result, part, bytes));
    return result;
  }

  async combine(
    plan: SumPlan,
    sum: CiphertextSum,
    partials: readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<RingVector> {
    const size = polynomialBytes(plan.set);
    for (const { length } of partials) {
      if (length === plan.chunks * size) continue;
      throw new ProtocolError('malformed', `partial decryption: found ${length} bytes, expected ${plan.chunks * size}`);
    }
    const result = zeroVector(plan.bits, plan.length);
    await this.#inTurn(sum, () =>
      this.#spread(plan, chunksOf(plan), async (part) => {
        const { from, to } = part;
        const view = wordsOf(plan, sum, from, to);
        const prepare = (): PreparedJob<'seal'> => {
          const [words, moved] = loan(view);
          const parts = partials.map((bytes) => bytes.slice(from * size, to * size));
          const transfer = [...parts.map(({ buffer }) => buffer as ArrayBuffer), ...moved];
          return { input: { op: 'combine', plan: part.plan, words, partials: parts }, transfer };
        };
        const bytes = view.byteLength + partials.length * (to - from) * size;
        place(result, part, (await this.#run(prepare, bytes, signal)).part!);
      }),
    );
    return result;
  }

  /** The two operations that need a secret and noise. */
  async #withSum(
    op: 'partial' | 'open',
    plan: SumPlan,
    sum: CiphertextSum,
    secret: BigUint64Array,
    rng: Rng,
    signal: AbortSignal | undefined,
    take: (part: Part, bytes: Uint8Array) => void,
  ): Promise<void> {
    await this.#inTurn(sum, () =>
      this.#withKey(secret, async (lend) => {
        // Workers draw from the operating system themselves; another generator gives each part a seed, in order.
        const seeds = rng === csprng ? undefined : parts(plan, chunksOf(plan)).map(() => rng.fill(new Uint8Array(32)));
        await this.#spread(plan, chunksOf(plan), async (part, index) => {
          const view = wordsOf(plan, sum, part.from, part.to);
          const prepare = (): PreparedJob<'seal'> => {
            const [words, movedWords] = loan(view);
            const [key, movedKey] = lend();
            const seed = seeds?.[index];
            const transfer = [...movedWords, ...movedKey, ...(seed === undefined ? [] : [seed.buffer as ArrayBuffer])];
            return { input: { op, plan: part.plan, words, key, seed }, transfer };
          };
          take(part, (await this.#run(prepare, 2 * view.byteLength, signal)).part!);
        });
      }),
    );
  }

  /** Lends a key to every job of one call, and takes it back. */
  async #withKey<T>(key: BigUint64Array, work: (lend: () => Loan) => Promise<T>): Promise<T> {
    if (!this.#sharedMemory) return await work(() => loan(key));
    const shared = new BigUint64Array(new SharedArrayBuffer(key.byteLength));
    shared.set(key);
    try {
      return await work(() => loan(shared));
    } finally {
      shared.fill(0n);
    }
  }

  async #inTurn<T>(sum: CiphertextSum, work: () => T | Promise<T>): Promise<T> {
    const before = this.#turns.get(sum);
    const mine = (async () => {
      await before?.catch(() => {});
      if (this.#lost.has(sum)) throw new Error('this sum was lost when something could not be added to it');
      return await work();
    })();
    this.#turns.set(sum, mine);
    return await mine;
  }

  async #spread(plan: SumPlan, most: number, task: (part: Part, index: number) => Promise<void>): Promise<void> {
    const all = parts(plan, most);
    await inLanes(all.length, 2 * this.#pool.size, (index) => task(all[index]!, index));
  }

  async #run(prepare: () => PreparedJob<'seal'>, bytes: number, signal: AbortSignal | undefined): Promise<SealResult> {
    const result = await this.#pool.run('seal', prepare, { bytes, signal, recycleOnError: true });
    if (result.refused !== undefined) throw new ProtocolError(result.refused.code, result.refused.message);
    return result;
  }

  /** The pool belongs to somebody else; nothing is kept between calls. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

function chunksOf({ set }: SumPlan): number {
  return Math.max(2, COEFFICIENTS / set.degree);
}

function parts(plan: SumPlan, most: number): Part[] {
  const unit = sliceUnit(plan);
  const step = Math.ceil(most / unit) * unit;
  const all: Part[] = [];
  for (let from = 0; from < plan.chunks; from += step) {
    const to = Math.min(plan.chunks, from + step);
    all.push({ plan: slicePlan(plan, from, to), from, to, start: wordsBefore(plan, from), end: wordsBefore(plan, to) });
  }
  return all;
}

/** Both polynomials of the chunks from .. to - 1. */
function wordsOf(plan: SumPlan, sum: CiphertextSum, from: number, to: number): BigUint64Array {
  const size = 2 * dataPrimes(plan.set).length * plan.set.degree;
  return sum.words.subarray(from * size, to * size);
}

type Loan = readonly [words: BigUint64Array, transfer: readonly ArrayBuffer[]];

/** Shared memory as it is; a copy to be moved of any other. */
function loan(words: BigUint64Array): Loan {
  if (!(words.buffer instanceof ArrayBuffer)) return [words, []];
  const copy = words.slice();
  return [copy, [copy.buffer as ArrayBuffer]];
}

/** Puts the words of a part, as bytes, into the vector. */
function place({ words }: RingVector, { start, end }: Part, bytes: Uint8Array): void {
  wordBytes(words.subarray(start, end)).set(bytes);
}
