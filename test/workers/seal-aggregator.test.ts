import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type * as Subrosa from '../../src/index.ts';
import { built } from './built.ts';

/** The package as it is built, so that the pool that an aggregator makes finds its worker script. */
const { bfvSum, ckksSum, createAggregator, fixedPoint, memoryNetwork } = (await import(
  built('index.js').href
)) as typeof Subrosa;

it.each([
  ['bfv', 'auto'],
  ['ckks', 2],
] as const)('a round of %s on workers (%s): the mean, and SEAL on the workers', async (arithmetic, workers) => {
  const dimension = 30_000;
  const clients = ['ada', 'bo', 'cy'];
  const helpers = ['x', 'y'];
  const updates = clients.map((_, c) =>
    Float32Array.from({ length: dimension }, (_, i) => ((i * (c + 1)) % 97) / 97 - 0.5),
  );
  const round = { task: 'demo', dimension, server: 'server', clients, helpers, number: 1, model: new Float32Array(3) };
  const network = memoryNetwork();
  let started = 0;
  const count = (): void => void started++;
  process.on('worker', count);
  try {
    await using aggregator = await createAggregator({
      scheme: arithmetic === 'ckks' ? ckksSum() : bfvSum(),
      encoding: fixedPoint({ clip: { value: 1 }, bits: 20, rounding: 'nearest' }),
      workers,
    });
    const parts = [
      ...clients.map((id, i) => aggregator.contribute(round, updates[i]!, network.transport(id))),
      ...helpers.map((id) => aggregator.assist(round, network.transport(id))),
    ];
    const { mean, survivors } = await aggregator.collect(round, network.transport('server'));
    await Promise.all(parts);
    expect(survivors).toEqual(clients);
    const wrong = mean.findIndex((value, i) => {
      const expected = updates.reduce((sum, update) => sum + update[i]!, 0) / clients.length;
      return !(Math.abs(value - expected) < 1e-4);
    });
    expect(wrong).toBe(-1);
    expect(started).toBeGreaterThan(0);
  } finally {
    process.off('worker', count);
  }
});

it('a process whose pool has encrypted ends by itself', () => {
  const script = `
    import { createPool, poolExecutor } from ${JSON.stringify(built('workers/index.js').href)};
    import { parameterSet } from ${JSON.stringify(built('seal/index.js').href)};
    const { seal } = poolExecutor(createPool({ size: 1 }));
    const { secret } = await seal.generate(parameterSet('exact'));
    console.log(secret.length);
  `;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect(out).toBe('2048\n');
});
