import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { built } from './built.ts';

/**
 * Takes back the masks of n = 1000 clients with k = 96 neighbours of whom a tenth dropped out, 9,500 over 2^20 words, and samples what the process
 * holds beyond the plan and the vector: what the system has given it, and what V8 counts as array buffers.
 */
const SCRIPT = `
import { createPool, poolExecutor } from ${JSON.stringify(built('workers/index.js').href)};
import { inlineExecutor } from ${JSON.stringify(built('kernels/index.js').href)};
const words = 2 ** 20;
const where = process.argv[1];
const executor = where === 'inline' ? inlineExecutor : poolExecutor(createPool({ size: Number(where) }));
const terms = Array.from({ length: 9_500 }, (_, i) => ({ seed: new Uint8Array(32).fill(i), sign: i % 2 ? 1 : -1 }));
const into = new Uint32Array(words).fill(1);
// Kernels compiled, heaps grown: what stays is not this plan's.
await executor.mask({ suite: 'aes256ctr', terms: terms.slice(0, 500) }, into);
const held = () => [process.memoryUsage().rss, process.memoryUsage().arrayBuffers];
const before = held();
let most = before;
const timer = setInterval(() => { most = held().map((bytes, i) => Math.max(bytes, most[i])); }, 20);
await executor.mask({ suite: 'aes256ctr', terms }, into);
clearInterval(timer);
console.log(JSON.stringify(most.map((bytes, i) => (bytes - before[i]) / (4 * words))));
await executor[Symbol.asyncDispose]();
`;

it.each(['inline', '1', '2'])('nine thousand masks take less than six vectors of memory: %s', (where) => {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, where], { encoding: 'utf8' });
  const [resident, arrayBuffers] = JSON.parse(out) as [number, number];
  expect(resident).toBeLessThan(6);
  expect(arrayBuffers).toBeLessThan(6);
});
