import { describe, expect, it } from 'vitest';
import {
  type Aggregator,
  type AggregatorOptions,
  createAggregator,
  type Executor,
  fixedPoint,
  inlineExecutor,
  memoryNetwork,
  ProtocolError,
  pairwiseMasks,
  plaintext,
  type Round,
} from '../../src/index.ts';

const round: Round = {
  task: 'test',
  number: 0,
  model: new Float64Array([1, 2]),
  dimension: 2,
  server: 'server',
  clients: ['a', 'b', 'c', 'd'],
};

function make(more: Partial<AggregatorOptions> = {}): Promise<Aggregator> {
  return createAggregator({
    scheme: plaintext(),
    encoding: fixedPoint({ clip: { value: 1 }, rounding: 'nearest' }),
    ...more,
  });
}

describe('createAggregator', () => {
  it('sums what the clients contribute, weighted', async () => {
    const network = memoryNetwork();
    await using aggregator = await make({
      encoding: fixedPoint({ clip: { value: 1 }, rounding: 'nearest', weights: { max: 1000 } }),
    });
    const parts = ['a', 'b', 'c', 'd'].map((id, i) =>
      aggregator.contribute(round, Float32Array.of(i / 4, -1), network.transport(id), { weight: 100 * (i + 1) }),
    );
    const result = await aggregator.collect(round, network.transport('server'));
    const participation = await Promise.all(parts);
    expect(result.weight).toBeCloseTo(1000, 6);
    expect(result.count).toBe(4);
    expect(result.mean[0]).toBeCloseTo((0 * 100 + 0.25 * 200 + 0.5 * 300 + 0.75 * 400) / 1000, 3);
    expect(result.sum[1]).toBeCloseTo(-1000, 6);
    expect(result.exact.words.length).toBeGreaterThan(2);
    expect(result.saturated).toBe(0);
    expect(participation[0]!.traffic.total.up).toBe(network.meter.party('a').up);
    expect(result.report.traffic.total.down).toBe(network.meter.party('server').down);
  });

  it('reports what happened, in JSON', async () => {
    const network = memoryNetwork();
    await using aggregator = await make({ deadlines: { server: 20 } });
    const parts = ['a', 'c', 'd'].map((id) => aggregator.contribute(round, [2, -3], network.transport(id)));
    const { report, dropped, saturated } = await aggregator.collect(round, network.transport('server'));
    await Promise.all(parts);
    expect(dropped).toEqual([{ id: 'b', phase: 'Input' }]);
    expect(saturated).toBe(6);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      scheme: 'plaintext',
      learns: { clients: 'nothing' },
      task: 'test',
      round: 0,
      clients: 4,
      minimumCohort: 3,
      survivors: ['a', 'c', 'd'],
      dropped: [{ id: 'b', phase: 'Input' }],
      encoding: {
        name: 'fixed-point',
        saturated: 6,
        clip: { value: 1 },
        errorBound: { of: 'coordinate', value: 1.5 / (2 ** 15 - 1) }, // half a step from each of three
      },
    });
  });

  it('runs many rounds over the same transports', async () => {
    const network = memoryNetwork();
    await using aggregator = await make();
    for (let number = 0; number < 5; number++) {
      const parts = ['a', 'b', 'c', 'd'].map((id) =>
        aggregator.contribute({ ...round, number }, [number / 10, 0], network.transport(id)),
      );
      const { mean } = await aggregator.collect({ ...round, number }, network.transport('server'));
      await Promise.all(parts);
      expect(mean[0]).toBeCloseTo(number / 10, 3);
    }
  });

  it('plays a round once per party', async () => {
    const network = memoryNetwork();
    await using aggregator = await make();
    await aggregator.contribute(round, [0, 0], network.transport('a'));
    await expect(aggregator.contribute(round, [0, 1], network.transport('a'))).rejects.toThrow(/already played/);
    await expect(
      aggregator.contribute({ ...round, task: 'other' }, [0, 1], network.transport('a')),
    ).resolves.toBeDefined();
    await expect(aggregator.contribute({ ...round, number: 1 }, [0, 1], network.transport('a'))).resolves.toBeDefined();
    await expect(aggregator.contribute(round, [0, 1], network.transport('b'))).resolves.toBeDefined();
  });

  it('does not count a round whose arguments were refused', async () => {
    const network = memoryNetwork();
    await using aggregator = await make();
    await expect(aggregator.contribute(round, [Number.NaN, 0], network.transport('a'))).rejects.toThrow(RangeError);
    await expect(aggregator.contribute(round, [0, 0, 0], network.transport('a'))).rejects.toThrow(RangeError);
    expect(network.meter.total).toBe(0);
    await expect(aggregator.contribute(round, [0, 0], network.transport('a'))).resolves.toBeDefined();
  });

  it('keeps clients apart who hold another model, encoding or dimension', async () => {
    const network = memoryNetwork();
    await using aggregator = await make({ deadlines: { server: 20 }, minimumCohort: 2 });
    await using coarse = await make({ encoding: fixedPoint({ clip: { value: 2 }, rounding: 'nearest' }) });
    await Promise.all([
      aggregator.contribute(round, [0.5, 0.5], network.transport('a')),
      aggregator.contribute(round, [0.5, 0.5], network.transport('b')),
      aggregator.contribute({ ...round, model: new Float64Array([1, 3]) }, [1, 1], network.transport('c')),
      coarse.contribute(round, [1, 1], network.transport('d')),
    ]);
    const { survivors, mean } = await aggregator.collect(round, network.transport('server'));
    expect(survivors).toEqual(['a', 'b']);
    expect(mean[0]).toBeCloseTo(0.5, 3);
  });

  it('refuses a sum over fewer than the minimum cohort', async () => {
    const network = memoryNetwork();
    await using aggregator = await make({ deadlines: { server: 20 }, minimumCohort: 3 });
    await aggregator.contribute(round, [0, 0], network.transport('a'));
    await aggregator.contribute(round, [0, 0], network.transport('b'));
    await expect(aggregator.collect(round, network.transport('server'))).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'below-minimum-cohort',
    });
  });

  it('can be called off, by signal and by closing', async () => {
    const network = memoryNetwork();
    const aggregator = await make();
    const controller = new AbortController();
    const one = aggregator.collect(round, network.transport('server'), { signal: controller.signal });
    controller.abort();
    await expect(one).rejects.toMatchObject({ code: 'aborted' });
    const two = aggregator.collect({ ...round, number: 1 }, network.transport('server'));
    await Promise.all([expect(two).rejects.toBeInstanceOf(ProtocolError), aggregator[Symbol.asyncDispose]()]);
    await expect(aggregator.collect({ ...round, number: 2 }, network.transport('server'))).rejects.toThrow(/closed/);
  });

  it('closed while it computes, it says so, whatever the executor throws', async () => {
    const network = memoryNetwork();
    const workers: Executor = {
      ...inlineExecutor,
      async mask() {
        await aggregator[Symbol.asyncDispose]();
        throw new Error('the pool was closed');
      },
    };
    const scheme = pairwiseMasks({ adversary: 'honest-but-curious', dropout: 0, corrupt: 0 });
    const aggregator = await make({ scheme, workers });
    const ended = await Promise.allSettled([
      aggregator.collect(round, network.transport('server')),
      ...round.clients.map((id) => aggregator.contribute(round, [0, 0], network.transport(String(id)))),
    ]);
    for (const result of ended) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
  });

  it.each([
    ['no scheme', {}, /^scheme: expected a Scheme/],
    ['no encoding', { scheme: plaintext() }, /^encoding: expected an Encoding/],
  ])('refuses options with %s', async (_, options, message) => {
    await expect(createAggregator(options as AggregatorOptions)).rejects.toThrow(message);
  });

  it.each([null, {}, 'many'])('refuses %j as workers', async (workers) => {
    await expect(make({ workers: workers as unknown as Executor })).rejects.toThrow(/^workers: found/);
  });

  it('closes an executor of its own, not one it was given', async () => {
    let closed = 0;
    const workers: Executor = {
      ...inlineExecutor,
      async [Symbol.asyncDispose]() {
        closed += 1;
      },
    };
    const aggregator = await make({ workers });
    await aggregator[Symbol.asyncDispose]();
    expect(closed).toBe(0);
  });

  it('makes a pool of workers on request, and closes it', async () => {
    const network = memoryNetwork();
    await using aggregator = await make({
      scheme: pairwiseMasks({ adversary: 'honest-but-curious', dropout: 0, corrupt: 0 }),
      workers: 'auto',
    });
    const parts = ['a', 'b', 'c', 'd'].map((id) => aggregator.contribute(round, [0.5, 0], network.transport(id)));
    const { mean } = await aggregator.collect(round, network.transport('server'));
    await Promise.all(parts);
    expect(mean[0]).toBeCloseTo(0.5, 3);
  });

  it('refuses options that cannot work', async () => {
    await expect(make({ privacy: { epsilon: 1 } as never })).rejects.toThrow(/differential privacy is not part of/);
    await expect(make({ workers: 'many' as never })).rejects.toThrow(/workers: found "many"/);
    await expect(make({ workers: 0 })).rejects.toThrow(new RangeError('a pool has 1 .. 64 workers, found 0'));
    const network = memoryNetwork();
    await using aggregator = await make({ minimumCohort: 5 });
    await expect(aggregator.contribute(round, [0, 0], network.transport('a'))).rejects.toThrow(/minimumCohort 5/);
    await using other = await make();
    await expect(other.contribute(round, [0, 0], network.transport('z'))).rejects.toThrow(/"z" is not a client/);
    await expect(other.collect(round, network.transport('a'))).rejects.toThrow(/"a" is not a server/);
    await expect(other.assist(round, network.transport('a'))).rejects.toThrow(/has no helpers/);
    await expect(other.contribute({ ...round, me: { id: 'b' } }, [0, 0], network.transport('a'))).rejects.toThrow(
      /round.me/,
    );
    await expect(other.contribute({ ...round, model: [1] as never }, [0, 0], network.transport('a'))).rejects.toThrow(
      TypeError,
    );
    await expect(
      other.contribute({ ...round, clients: ['a', 'a', 'b'] }, [0, 0], network.transport('a')),
    ).rejects.toThrow(/listed twice/);
  });
});
