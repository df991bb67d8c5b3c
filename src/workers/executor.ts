import type { SealExecutor } from '../seal/index.ts';
import { SpareZeros, spreadMask } from './mask.ts';
import { spreadPoints } from './points.ts';
import type { WorkerPool } from './pool.ts';
import { PoolSealEngine } from './seal.ts';

export interface PoolExecutorOptions {
  /**
   * Whether workers find the running sum of a homomorphic round in shared memory, or get its chunks moved there and back. Default: shared where
   * the platform allows it (Node; browsers on cross-origin isolated pages). Same bytes either way. Masks and points always move: that is as fast.
   */
  readonly sharedMemory?: boolean;
}

/**
 * Runs plans on the workers of a pool. Bytes and errors are those of `inlineExecutor`; plans too small to gain run inline. Disposing the
 * executor closes the pool.
 *
 * Beyond the plan's inputs a mask holds two ranges of some 512 KiB for each worker, however long the vector (kept for the next), a batch of points
 * its result and a few chunks. Homomorphic sums find SEAL on the workers in `seal`.
 */
export function poolExecutor(pool: WorkerPool, options: PoolExecutorOptions = {}): SealExecutor {
  const { sharedMemory = canShare() } = options;
  const zeros = new SpareZeros(2 * pool.size);
  return {
    threads: pool.size,
    mask: (plan, into, signal) => spreadMask(pool, plan, into, zeros, signal),
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
