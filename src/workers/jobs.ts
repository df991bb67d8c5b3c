import type { ErrorCode } from '../errors.ts';
import type { PointPlan, RingWords, Suite, Tier } from '../kernels/index.ts';
import type { RingVector } from '../math/index.ts';
import type { SetName, SumPlan } from '../seal/index.ts';

/**
 * What a worker can be asked to do, by name. A new kind of job is one more line here and one more handler in handlers.ts; pool and endpoints
 * do not change.
 */
export interface JobKinds {
  /** Says that the worker has started, and which tiers of the kernels it runs. */
  ping: { readonly input: undefined; readonly output: readonly Tier[] };
  mask: { readonly input: MaskJob; readonly output: MaskResult };
  points: { readonly input: PointsJob; readonly output: PointsResult };
  seal: { readonly input: SealJob; readonly output: SealResult };
}

export type JobKind = keyof JobKinds & string;
export type JobInput<K extends JobKind> = JobKinds[K]['input'];
export type JobOutput<K extends JobKind> = JobKinds[K]['output'];

/** Sums up some keystreams over a range of a vector. */
export interface MaskJob {
  readonly suite: Suite;
  /** 32 bytes a term; wiped by the worker */
  readonly seeds: Uint8Array;
  /** +1 or -1 a term */
  readonly signs: Int8Array;
  /** Zeros, or the sum of the terms before: memory of the job's own, which comes back with the result. */
  readonly words: RingWords;
  /** Index of the first word in the vector. */
  readonly from: number;
}

/** The range's words, with these keystreams added. */
export type MaskResult = RingWords;

/** A chunk of a batch. Its buffers belong to the worker, which wipes the secret ones. */
export type PointsJob = PointPlan;

/** The points, or where in the chunk the first bad one is. */
export type PointsResult = { readonly points: Uint8Array } | { readonly bad: BadPoint };

export interface BadPoint {
  readonly row: number;
  /** 0, except for `sum` */
  readonly column: number;
  readonly identity: boolean;
}

/**
 * Some chunks of a homomorphic sum; `plan` is of those chunks alone. `words` of a running sum and `key` are shared memory, or memory of the worker's
 * own: it then sends the sum's words back, and wipes the key.
 */
export type SealJob =
  | { readonly op: 'generate'; readonly set: SetName }
  | {
      readonly op: 'encrypt';
      readonly plan: SumPlan;
      readonly mode: 'public' | 'shared';
      readonly key: BigUint64Array;
      /** wiped by the worker */
      readonly input: RingVector;
    }
  | {
      readonly op: 'add' | 'subtract';
      readonly plan: SumPlan;
      readonly words: BigUint64Array;
      readonly contribution: Uint8Array;
    }
  | {
      readonly op: 'combine';
      readonly plan: SumPlan;
      readonly words: BigUint64Array;
      readonly partials: readonly Uint8Array[];
    }
  | {
      readonly op: 'partial' | 'open';
      readonly plan: SumPlan;
      readonly words: BigUint64Array;
      readonly key: BigUint64Array;
      /** of the noise; default: the worker draws from the operating system */
      readonly seed: Uint8Array | undefined;
    };

export interface SealRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface SealResult {
  readonly keys?: { readonly secret: BigUint64Array; readonly publicKey: BigUint64Array };
  /** Bytes, or the bytes of words. */
  readonly part?: Uint8Array;
  /** A peer's bytes were refused before SEAL saw them. */
  readonly refused?: SealRefusal;
}

/** What a handler returns: the result, and the buffers to move rather than copy. */
export interface Done<T> {
  readonly value: T;
  readonly transfer?: readonly Transferable[];
}

export type JobHandler<K extends JobKind> = (input: JobInput<K>) => Done<JobOutput<K>> | Promise<Done<JobOutput<K>>>;

export type JobHandlers = { readonly [K in JobKind]: JobHandler<K> };
