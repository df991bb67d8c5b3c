import { expect, it } from 'vitest';
import { supportsTier } from '../../src/kernels/index.ts';
import { createPool } from '../../src/workers/index.ts';
import { built } from './built.ts';

const entry = built('workers/node-worker.js');

it('workers run relaxed SIMD where the engine has it, on Node 20 only when asked to', async () => {
  const behindFlag = process.version.startsWith('v20.') && !supportsTier('fma');
  const tiers = async (relaxedSimd: boolean): Promise<readonly string[]> => {
    await using pool = createPool({ size: 1, entry, relaxedSimd });
    return await pool.run('ping', () => ({ input: undefined }));
  };
  const before = await tiers(false);
  expect(before.includes('fma')).toBe(supportsTier('fma'));
  const after = await tiers(true);
  expect(after.includes('fma')).toBe(supportsTier('fma'));
  if (behindFlag) expect([before.includes('fma'), after.includes('fma')]).toEqual([false, true]);
});
