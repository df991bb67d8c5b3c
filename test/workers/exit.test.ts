import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { built } from './built.ts';

/** Runs a script in a Node of its own, which has to end by itself. */
function run(script: string): Promise<{ code: number | null; out: string }> {
  const preamble = `
    import { createPool, poolExecutor } from ${JSON.stringify(built('workers/index.js').href)};
    const terms = Array.from({ length: 64 }, (_, i) => ({ seed: new Uint8Array(32).fill(i), sign: 1 }));
    const plan = { suite: 'aes256ctr', terms };
  `;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', preamble + script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 50_000,
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });
}

describe('a process with a pool', () => {
  it('ends by itself although the pool was never closed', async () => {
    const script = `
      const executor = poolExecutor(createPool({ size: 2 }));
      await executor.mask(plan, new Uint32Array(100_000));
      console.log('masked');
    `;
    expect(await run(script)).toEqual({ code: 0, out: 'masked\n' });
  });

  it('lives until a job has ended, even if nothing else keeps it', async () => {
    const script = `
      const executor = poolExecutor(createPool({ size: 2 }));
      void executor.mask(plan, new Uint32Array(100_000)).then(() => console.log('masked'));
    `;
    expect(await run(script)).toEqual({ code: 0, out: 'masked\n' });
  });

  it('ends after a pool was closed in the middle of a job', async () => {
    const script = `
      const pool = createPool({ size: 2 });
      const masking = poolExecutor(pool).mask(plan, new Uint32Array(1_000_000));
      setTimeout(() => pool.close(), 1);
      await masking.catch((error) => console.log(error.message));
    `;
    expect(await run(script)).toEqual({ code: 0, out: 'the worker pool was closed\n' });
  });
});
