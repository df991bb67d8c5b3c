import { describe, expect, inject, it } from 'vitest';
import { createPool, poolExecutor } from '../../src/workers/index.ts';
import { executorConformance } from '../conformance/executor.ts';

/** The worker scripts are found and compiled by the development server, as a bundler would. */
executorConformance('two Web Workers', () => poolExecutor(createPool({ size: 2 })));
executorConformance('two Web Workers, memory moved', () =>
  poolExecutor(createPool({ size: 2 }), { sharedMemory: false }),
);

describe('Web Workers', () => {
  it('have shared memory on isolated pages only', () => {
    expect(globalThis.crossOriginIsolated).toBe(inject('isolated'));
    expect(typeof SharedArrayBuffer === 'function').toBe(inject('isolated'));
  });

  it('that cannot be loaded say so, and the pool goes on trying', async () => {
    await using pool = createPool({ size: 1, entry: new URL('/no/such/worker.js', location.href) });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(pool.run('ping', () => ({ input: undefined }))).rejects.toThrow(
        /^a worker died while it ran a ping job/,
      );
    }
  });

  it('that throw out of turn are replaced', async () => {
    const script = 'setTimeout(() => { throw new Error("out of the blue"); }, 50);';
    const entry = new URL(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    await using pool = createPool({ size: 1, entry });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(pool.run('ping', () => ({ input: undefined }))).rejects.toThrow(/out of the blue/);
    }
  });

  it('close in the middle of a job', async () => {
    const pool = createPool({ size: 2 });
    const terms = Array.from({ length: 4_000 }, (_, i) => ({ seed: new Uint8Array(32).fill(i), sign: 1 as const }));
    const masking = poolExecutor(pool).mask({ suite: 'chacha20', terms }, new Uint32Array(100_000));
    setTimeout(() => void pool.close(), 20);
    await expect(masking).rejects.toThrow('the worker pool was closed');
  });
});
