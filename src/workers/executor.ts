import type { SealExecutor } from '../seal/index.ts';
import { spreadMask } from './mask.ts';
import { spreadPoints } from './points.ts';
import type { WorkerPool } from './pool.ts';
import { PoolSealEngine } from './seal.ts';

export interface PoolExecutorOptions {
  /**
   * Whether workers add masks in place, in shared memory, or get their part of the vector moved there and back. Default: shared where the
   * platform allows it (Node; browsers on cross-origin isolated pages). Same bytes either way.
   */
  readonly sharedMemory?: boolean;
}

/**
 * Runs plans on the workers of a pool. Bytes and errors are those of `inlineExecutor`; plans too small to gain run inline. Disposing the
 * executor closes the pool.
 *
 * Beyond the plan's inputs a mask holds two vectors at most (short vectors: one for each worker), a batch of points its result and a few
 * chunks. Homomorphic sums find SEAL on the workers in `seal`.
 */
export function poolExecutor(pool: WorkerPool, options: PoolExecutorOptions = {}): SealExecutor {
  const { sharedMemory = canShare() } = options;
  return {
    threads: pool.size,
    mask: (plan, into, signal) => spreadMask(pool, plan, into, sharedMemory, signal),
    points: (plan, signal) => spreadPoints(pool, plan, signal),
    seal: new PoolSealEngine(pool, sharedMemory),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** Browsers take shared memory away from pages that are not cross-origin isolated: by hiding it, or by refusing to post it. */
function canShare(): boolean {
  return (
    typeof SharedArrayBuffer === 'function' &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  );
}
