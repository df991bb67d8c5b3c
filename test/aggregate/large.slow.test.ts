import { expect, it } from 'vitest';
import { prepareRound } from '../../src/aggregate/index.ts';
import { createAggregator, fixedPoint, memoryNetwork, pairwiseMasks, type Round } from '../../src/index.ts';
import { plainSum, toBigInts } from '../conformance/play.ts';
import { ManualClock } from '../session/fixtures.ts';

it('a thousand clients in one process, 10,000 values, a tenth leaves', async () => {
  const ids = Array.from({ length: 1000 }, (_, i) => `client-${i}`);
  const dimension = 10_000;
  const round: Round = {
    task: 'large',
    number: 1,
    model: new Float32Array(dimension),
    dimension,
    server: 'server',
    clients: ids,
  };
  const encoding = fixedPoint({ clip: { value: 1 }, bits: 16, rounding: 'nearest' });
  const update = (i: number) => Float32Array.from({ length: dimension }, (_, j) => ((i * 31 + j) % 201) / 100 - 1);
  const network = memoryNetwork();
  const clock = new ManualClock();
  await using aggregator = await createAggregator({
    scheme: pairwiseMasks({ adversary: 'honest-but-curious', dropout: 0.1, corrupt: 0.05 }),
    encoding,
    clock,
  });
  const left = new Set(ids.filter((_, i) => i % 10 === 3));
  const masked = new Set<string>();
  const clients = ids.map((id, i) => {
    const leave = new AbortController();
    return aggregator.contribute(round, update(i), network.transport(id), {
      signal: leave.signal,
      onStatus({ phase }) {
        if (phase === 'ShareKeys' && left.has(id)) leave.abort(new Error('left'));
        // Everybody who stays has sent its input: the server may stop waiting for the others.
        if (phase === 'MaskedInput' && masked.add(id).size === 900) setTimeout(() => clock.advance(120_000), 100);
      },
    });
  });
  const settled = Promise.allSettled(clients);
  const result = await aggregator.collect(round, network.transport('server'));
  expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(100);
  expect(result.survivors).toHaveLength(900);
  expect(result.dropped.every(({ id, phase }) => left.has(id) && phase === 'MaskedInput')).toBe(true);
  const { codec } = prepareRound(round, encoding);
  const inputs = new Map(ids.map((id, i) => [id, codec.encode(update(i))]));
  expect(toBigInts(result.exact)).toEqual(plainSum(inputs, result.survivors));
});
