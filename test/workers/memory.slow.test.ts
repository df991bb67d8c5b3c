import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { built } from './built.ts';

/** Takes back 9,500 masks over 2^20 words on two workers, and samples what the process holds. */
const SCRIPT = `
import { createPool, poolExecutor } from ${JSON.stringify(built('workers/index.js').href)};
const words = 2 ** 20;
const pool = createPool({ size: 2 });
const executor = poolExecutor(pool, { sharedMemory: process.argv[1] === 'shared' });
const terms = Array.from({ length: 9_500 }, (_, i) => ({ seed: new Uint8Array(32).fill(i), sign: i % 2 ? 1 : -1 }));
const into = new Uint32Array(words);
// Kernels compiled, heaps grown: what stays is not this plan's.
await executor.mask({ suite: 'aes256ctr', terms: terms.slice(0, 500) }, into);
const held = () => process.memoryUsage().rss;
const before = held();
let most = before;
const timer = setInterval(() => { most = Math.max(most, held()); }, 20);
await executor.mask({ suite: 'aes256ctr', terms }, into);
clearInterval(timer);
console.log((most - before) / (4 * words));
`;

it.each(['shared', 'moved'])('nine thousand masks take less than six vectors of memory, %s', (how) => {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, how], { encoding: 'utf8' });
  expect(Number(out)).toBeLessThan(6);
});
