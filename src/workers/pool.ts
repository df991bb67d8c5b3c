import { type Remote, transfer, wrap } from 'comlink';
import { enableRelaxedSimd } from '../kernels/index.ts';
import { AbortCalls } from './abort.ts';
import { registerErrorTransfer } from './error-transfer.ts';
import type { JobInput, JobKind, JobOutput } from './jobs.ts';
import type { WorkerApi } from './serve.ts';
import { hardwareThreads, hasThreads, startThread, type Thread } from './thread.ts';

export interface PoolOptions {
  /** How many workers, 1 .. 64, or `auto` (the default): one for every thread that the machine runs at once, at most 16. */
  readonly size?: number | 'auto';
  /**
   * The most bytes that jobs in flight may hold together, inputs and results; further jobs wait. A job larger than that runs alone. Default 256 MiB.
   * Limits that the platform sets on a worker's heap do not count array buffers, so this is the limit that holds.
   */
  readonly byteBudget?: number;
  /**
   * Lets the workers, and the whole process, use relaxed SIMD on Node 20, which has it behind a flag: see `enableRelaxedSimd`. Point batches run
   * about twice as fast. Elsewhere it changes nothing. Default false: a library does not change flags of the process unasked.
   */
  readonly relaxedSimd?: boolean;
  /**
   * The worker script, for an application whose bundler moved it: `subrosa/workers/node-worker` or `subrosa/workers/web-worker`. Default: the one beside
   * this module, which bundlers that know `new Worker(new URL(...))` find by themselves.
   */
  readonly entry?: URL;
}

/** A job as it is handed to a worker. */
export interface PreparedJob<K extends JobKind> {
  readonly input: JobInput<K>;
  /** Buffers to move to the worker: they are detached here. Secrets always move, so that no copy stays behind. */
  readonly transfer?: readonly Transferable[];
}

export interface JobOptions {
  /** When it fires, a waiting job is dropped; one that was sent goes on, its result is dropped, and the caller hears of it at once. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes of input and result together, for the byte budget. */
  readonly bytes?: number;
  /** Replaces the worker by a fresh one when this job throws: for code that an exception leaves damaged. Such a job is never sent ahead. */
  readonly recycleOnError?: boolean;
  /**
   * Lets the job be sent to a worker that still runs one other job of this kind of option, so that the worker goes from one to the next without
   * waiting for this thread. For jobs of some milliseconds. When the worker dies, both fail. Default false.
   */
  readonly ahead?: boolean;
}

/** A persistent set of workers. They start with the first job and do not keep the process alive while idle. */
export interface WorkerPool extends AsyncDisposable {
  readonly size: number;
  /**
   * Runs a job on the next free worker, in the order of the calls.
   * @param prepare called when a worker is free (see `ahead`), so that a waiting job holds no memory
   * @throws what the job threw, with its class, `code`, `phase`, `culprits` and `cause`
   * @throws the signal's reason
   * @throws {Error} when the worker dies while it runs the job (`cause` says why; the next job gets a fresh worker), or the pool is closed
   */
  run<K extends JobKind>(kind: K, prepare: () => PreparedJob<K>, options?: JobOptions): Promise<JobOutput<K>>;
  /** Starts every worker now and waits until all answer. Otherwise the first jobs wait for that, some 40 ms. */
  ready(): Promise<void>;
  /** Rejects what is waiting or running and stops the workers. Also what `await using` calls. */
  close(): Promise<void>;
}

/**
 * Makes a pool of workers over worker_threads (Node) or Web Workers (browsers). Each worker takes the best tier of every kernel; the environment
 * variable SUBROSA_TIER caps workers as well, `forceTier` the calling thread only.
 * @throws {RangeError} for a size or byte budget out of range
 * @throws {TypeError} when the platform has no threads
 */
export function createPool(options: PoolOptions = {}): WorkerPool {
  const { size = 'auto', byteBudget = 2 ** 28 } = options;
  const count = size === 'auto' ? Math.min(16, hardwareThreads()) : size;
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw new RangeError(`a pool has 1 .. 64 workers, found ${String(size)}`);
  }
  if (!(byteBudget > 0)) throw new RangeError(`byteBudget: expected a positive number, found ${byteBudget}`);
  if (!hasThreads()) throw new TypeError('this platform has neither worker_threads nor Web Workers');
  if (options.relaxedSimd === true) enableRelaxedSimd();
  registerErrorTransfer();
  return new ThreadPool(count, byteBudget, options.entry);
}

interface Job {
  readonly kind: JobKind;
  readonly prepare: () => PreparedJob<JobKind>;
  readonly bytes: number;
  readonly recycleOnError: boolean;
  readonly ahead: boolean;
  readonly signal: AbortSignal | undefined;
  /** Settle the caller's promise, once. */
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** A place for a worker. The thread in it may be none yet, or a later one than the last time. */
interface Slot {
  thread: Thread | undefined;
  remote: Remote<WorkerApi> | undefined;
  /** Sent to it and not answered: at most one, or two that may be sent ahead. */
  readonly jobs: Job[];
}

class ThreadPool implements WorkerPool {
  readonly size: number;
  readonly #byteBudget: number;
  readonly #entry: URL | undefined;
  readonly #slots: Slot[];
  readonly #waiting: Job[] = [];
  readonly #aborts = new AbortCalls();
  #bytesInFlight = 0;
  #closing: Promise<void> | undefined;

  constructor(size: number, byteBudget: number, entry: URL | undefined) {
    this.size = size;
    this.#byteBudget = byteBudget;
    this.#entry = entry;
    this.#slots = Array.from({ length: size }, () => ({ thread: undefined, remote: undefined, jobs: [] }));
  }

  run<K extends JobKind>(kind: K, prepare: () => PreparedJob<K>, options: JobOptions = {}): Promise<JobOutput<K>> {
    const { signal, bytes = 0, recycleOnError = false, ahead = false } = options;
    return new Promise((resolve, reject) => {
      this.#refuseIfClosed();
      signal?.throwIfAborted();
      let deaf = (): void => {};
      const job: Job = {
        kind,
        prepare,
        bytes,
        recycleOnError,
        ahead: ahead && !recycleOnError,
        signal,
        resolve: (value) => {
          deaf();
          resolve(value as JobOutput<K>);
        },
        reject: (reason) => {
          deaf();
          reject(reason);
        },
      };
      if (signal !== undefined) deaf = this.#aborts.add(signal, () => this.#abort(job, signal.reason));
      this.#waiting.push(job);
      this.#dispatch();
    });
  }

  async ready(): Promise<void> {
    this.#refuseIfClosed();
    // A busy worker has started already.
    const idle = this.#slots.filter(({ jobs }) => jobs.length === 0);
    await Promise.all(
      idle.map((slot) => {
        return new Promise<unknown>((resolve, reject) => {
          const prepare = (): PreparedJob<'ping'> => ({ input: undefined });
          this.#start(slot, {
            kind: 'ping',
            prepare,
            bytes: 0,
            recycleOnError: false,
            ahead: false,
            signal: undefined,
            resolve,
            reject,
          });
        });
      }),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #abort(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    job.reject(reason);
    this.#dispatch(); // the next one may be small enough for the byte budget
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw new TypeError('this worker pool is closed');
  }

  /** Hands waiting jobs to free workers, first come first served. */
  #dispatch(): void {
    for (;;) {
      const job = this.#waiting[0];
      if (job?.signal?.aborted) {
        this.#waiting.shift(); // its rejection is on the way
        continue;
      }
      if (job === undefined) return;
      const slot = this.#place(job);
      if (slot === undefined) return;
      if (this.#bytesInFlight > 0 && this.#bytesInFlight + job.bytes > this.#byteBudget) return;
      this.#waiting.shift();
      this.#start(slot, job);
    }
  }

  /** A free worker; for a job that may be sent ahead, else one that runs a single job of that sort. */
  #place(job: Job): Slot | undefined {
    // A worker that has started is better than a place without one.
    const free = this.#slots.filter(({ jobs }) => jobs.length === 0);
    const slot = free.find(({ thread }) => thread !== undefined) ?? free[0];
    if (slot !== undefined || !job.ahead) return slot;
    return this.#slots.find(({ jobs }) => jobs.length === 1 && jobs[0]!.ahead);
  }

  #start(slot: Slot, job: Job): void {
    slot.jobs.push(job);
    this.#bytesInFlight += job.bytes;
    let answer: Promise<unknown>;
    try {
      const remote = this.#remote(slot);
      const { input, transfer: buffers = [] } = job.prepare();
      slot.thread?.hold();
      // comlink moves what is registered for an argument, by its identity: hence the object around the input.
      answer = remote.run(transfer({ kind: job.kind, input }, [...buffers]));
    } catch (error) {
      // Later, as every other outcome: a caller in a loop must not re-enter.
      answer = Promise.reject(error);
    }
    const { thread } = slot;
    answer.then(
      (value) => this.#settle(slot, thread, job, () => job.resolve(value)),
      (error: unknown) =>
        this.#settle(slot, thread, job, () => {
          job.reject(error);
          if (job.recycleOnError) this.#empty(slot);
        }),
    );
  }

  /** Takes a job that has ended out of its slot, unless the worker died before and it was taken out then. */
  #settle(slot: Slot, thread: Thread | undefined, job: Job, tell: () => void): void {
    const at = slot.jobs.indexOf(job);
    if (at < 0) return;
    slot.jobs.splice(at, 1);
    this.#bytesInFlight -= job.bytes;
    if (slot.jobs.length === 0) thread?.release();
    tell();
    this.#dispatch();
  }

  #remote(slot: Slot): Remote<WorkerApi> {
    if (slot.remote !== undefined) return slot.remote;
    const thread = startThread(this.#entry, (reason) => this.#died(slot, thread, reason));
    slot.thread = thread;
    slot.remote = wrap<WorkerApi>(thread.endpoint);
    return slot.remote;
  }

  #died(slot: Slot, thread: Thread, reason: Error): void {
    if (slot.thread !== thread) return;
    slot.thread = undefined;
    slot.remote = undefined;
    for (const job of [...slot.jobs]) {
      const error = new Error(`a worker died while it ran a ${job.kind} job: ${reason.message}`, { cause: reason });
      this.#settle(slot, undefined, job, () => job.reject(error));
    }
  }

  /** Stops the worker of a slot; the next job there starts a fresh one. */
  #empty(slot: Slot): void {
    const { thread } = slot;
    slot.thread = undefined;
    slot.remote = undefined;
    void thread?.terminate().catch(() => {});
  }

  async #close(): Promise<void> {
    const error = new Error('the worker pool was closed');
    for (const job of this.#waiting.splice(0)) job.reject(error);
    const threads: Thread[] = [];
    for (const slot of this.#slots) {
      for (const job of slot.jobs.splice(0)) job.reject(error);
      if (slot.thread !== undefined) threads.push(slot.thread);
      slot.thread = undefined;
      slot.remote = undefined;
    }
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
