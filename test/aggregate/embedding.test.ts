import { expect, it } from 'vitest';
import { createAggregator, fixedPoint, memoryNetwork, plaintext } from '../../src/index.ts';

it('is twelve lines to embed', async () => {
  const cohort = { task: 'demo', dimension: 3, server: 'server', clients: ['ada', 'grace', 'mary'] };
  const round = { ...cohort, number: 1, model: new Float32Array(3) };
  const network = memoryNetwork();
  await using aggregator = await createAggregator({
    scheme: plaintext(),
    encoding: fixedPoint({ clip: { l2: 4 }, bits: 16, weights: { max: 100 } }),
  });

  const clients = cohort.clients.map((id, i) =>
    aggregator.contribute(round, [i, 0.5, -1], network.transport(id), { weight: 10 * (i + 1) }),
  );
  const { mean, weight, survivors } = await aggregator.collect(round, network.transport('server'));
  await Promise.all(clients);

  expect(weight).toBeCloseTo(60, 2);
  expect(survivors).toEqual(['ada', 'grace', 'mary']);
  expect(mean[0]).toBeCloseTo(80 / 60, 2);
  expect(mean[1]).toBeCloseTo(0.5, 2);
  expect(mean[2]).toBeCloseTo(-1, 2);
});
