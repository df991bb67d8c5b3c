export { type PoolExecutorOptions, poolExecutor } from './executor.ts';
export type { JobInput, JobKind, JobKinds, JobOutput } from './jobs.ts';
export { createPool, type JobOptions, type PoolOptions, type PreparedJob, type WorkerPool } from './pool.ts';
export { hasThreads } from './thread.ts';
