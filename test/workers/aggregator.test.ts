import { expect, it } from 'vitest';
import type * as Subrosa from '../../src/index.ts';
import { built } from './built.ts';

/** The package as it is built, so that the pool that an aggregator makes finds its worker script. */
const { createAggregator, fixedPoint, memoryNetwork, pairwiseMasks } = (await import(
  built('index.js').href
)) as typeof Subrosa;

it.each(['auto', 2] as const)(
  'a round on workers (%s) ends in the sum of a round without, bit for bit',
  async (workers) => {
    const dimension = 300_000;
    const clients = Array.from({ length: 8 }, (_, i) => `client ${i}`);
    const updates = clients.map((_, c) =>
      Float32Array.from({ length: dimension }, (_, i) => ((i * (c + 1)) % 97) / 97 - 0.5),
    );
    const round = { task: 'demo', dimension, server: 'server', clients, number: 1, model: new Float32Array(3) };
    const sums: unknown[] = [];
    for (const where of [workers, 'inline'] as const) {
      const network = memoryNetwork();
      await using aggregator = await createAggregator({
        scheme: pairwiseMasks({ adversary: 'honest-but-curious', dropout: 0, corrupt: 0 }),
        encoding: fixedPoint({ clip: { value: 1 }, bits: 24, rounding: 'nearest' }),
        workers: where,
      });
      const parts = clients.map((id, i) => aggregator.contribute(round, updates[i]!, network.transport(id)));
      const { exact, survivors } = await aggregator.collect(round, network.transport('server'));
      await Promise.all(parts);
      expect(survivors).toEqual(clients);
      sums.push(exact);
    }
    expect(sums[0]).toEqual(sums[1]);
  },
);
