/**
 * Plans on every core. A pool keeps workers (worker_threads in Node, Web Workers in browsers); its executor cuts a protocol's plans into jobs of some
 * milliseconds, deals them out and puts the results together. Bytes and errors are those of the inline executor.
 *
 *   await using pool = createPool();
 *   const executor = poolExecutor(pool);
 */
export { type PoolExecutorOptions, poolExecutor } from './executor.ts';
export type { JobInput, JobKind, JobKinds, JobOutput } from './jobs.ts';
export { createPool, type JobOptions, type PoolOptions, type PreparedJob, type WorkerPool } from './pool.ts';
export { PoolSealEngine } from './seal.ts';
export { hasThreads } from './thread.ts';
