import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { built } from './built.ts';

/** Sums on two workers, and the memory of the process, WebAssembly of all threads included, every 500 ciphertexts. */
const SCRIPT = `
import { createPool, poolExecutor } from ${JSON.stringify(built('workers/index.js').href)};
import { csprng } from ${JSON.stringify(built('random/index.js').href)};
import { CiphertextSum, parameterSet, planSum } from ${JSON.stringify(built('seal/index.js').href)};
const set = parameterSet('exact');
const base = { set, arithmetic: 'bfv', clients: 10, bits: 16, rounds: 1, statisticalSecurity: 40, decryptors: 1, threshold: 1 };
const plan = planSum({ ...base, length: 250 * 2048 });
const { seal } = poolExecutor(createPool({ size: 2 }));
const { secret } = await seal.generate(set);
const input = { bits: 16, words: new Uint32Array(plan.length).fill(99) };
const held = [];
for (let i = 0; i < 40; i++) {
  const sum = new CiphertextSum(plan);
  await seal.add(plan, sum, await seal.encrypt(plan, { mode: 'shared', secret }, input));
  const { words } = await seal.open(plan, sum, secret, csprng);
  if (words.some((word) => word !== 99)) throw new Error('wrong sum');
  globalThis.gc();
  if (i % 2 === 1) held.push(process.memoryUsage().rss / 2 ** 20);
}
console.log(JSON.stringify(held));
`;

it('ten thousand ciphertexts on workers take the memory of the first ones', () => {
  const args = ['--expose-gc', '--input-type=module', '-e', SCRIPT];
  const held = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as number[];
  expect(held).toHaveLength(20);
  // A leak of one ciphertext object in each encryption would be 32 KiB x 9,000: 280 MiB.
  expect(Math.min(...held.slice(15)) - Math.max(...held.slice(0, 3))).toBeLessThan(48);
});
