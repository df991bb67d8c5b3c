import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { zeroVector } from '../../../src/math/index.ts';
import type { Party, RoundSpec } from '../../../src/protocols/index.ts';
import {
  AwaitingContributors,
  AwaitingHoldings,
  AwaitingPartialSums,
  AwaitingShares,
  decodeContributors,
  encodeContributors,
  encodeHoldings,
  frameOf,
  ReadyToShare,
  type ShareSumParameters,
  shareSumClient,
  shareSumRound,
  shareSumServer,
  TYPES,
} from '../../../src/protocols/share-sum/index.ts';
import { plainSum, play, type Sent, seeded, spec } from './harness.ts';

const shamir: ShareSumParameters = { mode: 'shamir', threshold: 2 };
const additive: ShareSumParameters = { mode: 'additive' };

async function refusal(action: () => unknown): Promise<ProtocolError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const flip = (message: Sent, at: number): Sent => {
  const frame = message.frame.slice();
  frame[at < 0 ? frame.length + at : at]! ^= 0x80;
  return { ...message, frame };
};

describe('a hostile client', () => {
  // Every field of the header and the body's kind; the payload itself is the client's to choose.
  const cases: [string, (message: Sent) => readonly Sent[], string][] = [
    ['another magic', (m) => [flip(m, 0)], 'malformed'],
    ['another version', (m) => [flip(m, 3)], 'unsupported-version'],
    ['another protocol', (m) => [flip(m, 4)], 'malformed'],
    ['another type', (m) => [flip(m, 5)], 'unexpected-message'],
    ['another session', (m) => [flip(m, 20)], 'wrong-session'],
    ['an unknown kind', (m) => [flip(m, 38)], 'malformed'],
    ['a truncated share', (m) => [{ ...m, frame: m.frame.slice(0, -1) }], 'malformed'],
    ['an extended share', (m) => [{ ...m, frame: new Uint8Array([...m.frame, 0]) }], 'malformed'],
    ['an empty frame', (m) => [{ ...m, frame: new Uint8Array(0) }], 'malformed'],
    ['two different shares', (m) => [m, flip(m, -1)], 'equivocation'],
  ];

  it.each(cases)('with %s is excluded, and the others are summed', async (_, mutate, code) => {
    for (const parameters of [additive, shamir]) {
      const result = await play(spec(4, 3), parameters, {
        network: (message) => (message.from === 'client-2' ? mutate(message) : true),
      });
      const { sum, survivors, dropped } = result.outcome!;
      expect(survivors).toEqual(['client-0', 'client-1', 'client-3']);
      expect(sum).toEqual(plainSum(result.spec, result.inputs, survivors));
      expect(dropped).toHaveLength(1);
      expect(dropped[0]).toMatchObject({ id: 'client-2', phase: 'Share' });
      expect((dropped[0]!.reason as ProtocolError).code).toBe(code);
    }
  });

  it('that sends a seed in place of a vector is excluded', async () => {
    const result = await play(spec(4, 3), additive, {
      network: (message) => {
        if (message.from !== 'client-1') return true;
        const seed = frameOf(shareSumRound(spec(4, 3), additive), TYPES.share, new Uint8Array(49));
        return message.frame.length > 38 + 49 || message.frame[38] === 1 ? [{ ...message, frame: seed }] : true;
      },
    });
    expect((result.outcome!.dropped[0]!.reason as ProtocolError).code).toBe('bad-share');
  });

  it('whose shares lie on no polynomial is noticed when more than t servers answer', async () => {
    const result = await play(spec(4, 3), shamir, {
      network: (message) => (message.from === 'client-2' && message.to === 'server-0' ? [flip(message, -1)] : true),
    });
    expect(result.errors.get('collector')?.code).toBe('bad-share');
    expect(result.errors.get('collector')?.culprits).toEqual([]); // a server may as well have lied
  });

  it('cannot speak for others or after the holdings are sent', async () => {
    const round = spec(2, 2);
    const server = shareSumServer(round, additive, { id: 'server-0' }, inlineExecutor);
    const stranger = await refusal(() => server.receive('mallory', new Uint8Array(40)));
    expect(stranger.code).toBe('unknown-party');
    expect(stranger.culprits).toEqual(['mallory']);
    expect(server.status.phase).toBe('Share');
    expect((await refusal(() => server.receive('server-1', new Uint8Array(40)))).code).toBe('unknown-party');
    expect(await server.deadline('Share')).toHaveLength(1);
    expect(await server.receive('client-0', new Uint8Array(1))).toEqual([]);
  });
});

/** A server that holds the shares of clients 0, 1 and 2 of 4, and what it sent. */
async function loadedServer(minimumCohort = 2): Promise<Party<void>> {
  const round = spec(4, 3, { minimumCohort });
  const server = shareSumServer(round, shamir, { id: 'server-1' }, inlineExecutor);
  for (const id of ['client-0', 'client-1', 'client-2']) {
    const client = shareSumClient(round, shamir, { id }, zeroVector(32, 7), inlineExecutor, seeded(4));
    const mine = (await client.start()).find(({ to }) => to === 'server-1')!;
    await server.receive(id, mine.frame);
  }
  await server.deadline('Share');
  return server;
}

describe('a client that crashes while it shares, and begins again with fresh randomness', () => {
  const again = (round: RoundSpec, parameters: ShareSumParameters) =>
    shareSumClient(round, parameters, { id: 'client-2' }, zeroVector(32, 7), inlineExecutor, seeded(99)).start();

  it.each([
    ['additive', additive],
    ['Shamir', shamir],
  ] as const)('is not in the sum when servers hold shares of both (%s)', async (_, parameters) => {
    const second = await again(spec(4, 3), parameters);
    const result = await play(spec(4, 3), parameters, {
      network: (message) => {
        if (message.from !== 'client-2' || message.to === 'server-0') return true;
        return [{ ...message, frame: second.find(({ to }) => to === message.to)!.frame }];
      },
    });
    const { sum, survivors, dropped } = result.outcome!;
    expect(survivors).toEqual(['client-0', 'client-1', 'client-3']);
    expect(sum).toEqual(plainSum(result.spec, result.inputs, survivors));
    expect(dropped).toMatchObject([{ id: 'client-2', phase: 'Share', reason: { code: 'equivocation', culprits: [] } }]);
  });

  it('is in the sum when all shares are of the second sharing', async () => {
    const second = await again(spec(4, 3), additive);
    const result = await play(spec(4, 3), additive, {
      network: (message) =>
        message.from === 'client-2' ? [{ ...message, frame: second.find(({ to }) => to === message.to)!.frame }] : true,
    });
    expect(result.outcome!.survivors).toHaveLength(4);
  });
});

describe('a hostile collector', () => {
  const ask = (clients: number[], minimumCohort = 2) => {
    const round = shareSumRound(spec(4, 3, { minimumCohort }), shamir);
    return frameOf(round, TYPES.contributors, encodeContributors(round, { clients }));
  };

  it('gets one sum, and the same request is not answered again', async () => {
    const server = await loadedServer();
    expect(await server.receive('collector', ask([0, 1]))).toHaveLength(1);
    expect(server.status.phase).toBe('Done');
    expect(await server.receive('collector', ask([0, 1]))).toEqual([]);
    const error = await refusal(() => server.receive('collector', ask([0, 1, 2])));
    expect(error).toMatchObject({ code: 'already-revealed', culprits: ['collector'] });
    expect(server.status.phase).toBe('Done');
  });

  it.each([
    ['too few contributors', ask([0]), 'below-minimum-cohort'],
    ['no contributors', ask([]), 'below-minimum-cohort'],
    ['a contributor whose share is not held', ask([0, 1, 3]), 'inconsistent-survivors'],
    [
      'a client that does not exist',
      frameOf(shareSumRound(spec(4, 3), shamir), TYPES.contributors, new Uint8Array([0x13])),
      'malformed',
    ],
    [
      'a longer bitmap',
      frameOf(shareSumRound(spec(4, 3), shamir), TYPES.contributors, new Uint8Array([3, 0])),
      'malformed',
    ],
    [
      'another type',
      frameOf(shareSumRound(spec(4, 3), shamir), TYPES.partialSum, new Uint8Array([3])),
      'unexpected-message',
    ],
    ['another session', ask([0, 1], 3), 'wrong-session'],
  ])('that asks with %s is refused, for good', async (_, frame, code) => {
    const server = await loadedServer();
    const error = await refusal(() => server.receive('collector', frame));
    expect(error).toMatchObject({ code, culprits: ['collector'] });
    expect(server.status.phase).toBe('Failed');
    expect((await refusal(() => server.receive('collector', ask([0, 1])))).code).toBe('aborted');
    expect(await server.receive('client-3', ask([0, 1]))).toEqual([]);
  });

  it('that asks before the holdings are sent is refused', async () => {
    const server = shareSumServer(spec(4, 3), shamir, { id: 'server-1' }, inlineExecutor);
    expect((await refusal(() => server.receive('collector', ask([0, 1])))).code).toBe('unexpected-message');
    expect(server.status.phase).toBe('Failed');
  });

  it('that falls silent times out', async () => {
    const server = await loadedServer();
    await server.deadline('Share'); // late: ignored
    await server.deadline('Holdings');
    expect((await refusal(() => server.deadline('Contributors'))).code).toBe('timeout');
  });

  it('that asks two halves of the servers for two sets opens neither', async () => {
    // With t of k > k / 2 the two sets of answers cannot both reach t.
    const round = shareSumRound(spec(4, 3), shamir);
    const result = await play(spec(4, 3), shamir, {
      network: (message) => {
        if (message.to !== 'server-2' || message.frame[5] !== TYPES.contributors) return true;
        const { clients } = decodeContributors(round, message.frame.subarray(38));
        const fewer = encodeContributors(round, { clients: clients.slice(1) });
        return [{ ...message, frame: frameOf(round, TYPES.contributors, fewer) }];
      },
    });
    // The honest collector notices the foreign set and goes on with the other two.
    expect(result.outcome!.survivors).toHaveLength(4);
    expect(result.outcome!.sum).toEqual(plainSum(result.spec, result.inputs, result.outcome!.survivors));
  });
});

describe('a hostile server', () => {
  const mutations: [string, number, (message: Sent) => readonly Sent[]][] = [];
  for (const [name, type] of [
    ['Holdings', TYPES.holdings],
    ['PartialSum', TYPES.partialSum],
  ] as const) {
    for (const at of [0, 3, 4, 5, 20]) mutations.push([`${name} with byte ${at} changed`, type, (m) => [flip(m, at)]]);
    mutations.push([`a truncated ${name}`, type, (m) => [{ ...m, frame: m.frame.slice(0, -1) }]]);
    mutations.push([`an extended ${name}`, type, (m) => [{ ...m, frame: new Uint8Array([...m.frame, 0]) }]]);
  }
  mutations.push(['two different Holdings', TYPES.holdings, (m) => [m, { ...m, frame: change(m.frame, 38, 1) }]]);
  mutations.push(['Holdings with a client that does not exist', TYPES.holdings, (m) => [flip(m, 38)]]);
  mutations.push(['a PartialSum over another set', TYPES.partialSum, (m) => [flip(m, 40)]]);

  it.each(mutations)('with %s is excluded', async (_, type, mutate) => {
    const network = (message: Sent) =>
      message.from === 'server-1' && message.frame[5] === type ? mutate(message) : true;
    const survived = await play(spec(4, 3), shamir, { network });
    expect(survived.outcome!.sum).toEqual(plainSum(survived.spec, survived.inputs, survived.outcome!.survivors));
    expect(survived.outcome!.survivors).toHaveLength(4);
    const stopped = await play(spec(4, 3), additive, { network });
    expect(stopped.outcome).toBeUndefined();
    expect(stopped.errors.get('collector')).toMatchObject({ code: 'below-threshold', culprits: ['server-1'] });
    expect(stopped.errors.get('collector')!.cause).toBeInstanceOf(ProtocolError);
  });

  it('with a wrong sum is noticed when more than t answer', async () => {
    const result = await play(spec(4, 3), shamir, {
      network: (m) => (m.from === 'server-1' && m.frame[5] === TYPES.partialSum ? [flip(m, -1)] : true),
    });
    expect(result.outcome).toBeUndefined();
    expect(result.errors.get('collector')?.code).toBe('bad-share');
  });

  it('that was not asked has nothing to add', async () => {
    // server-2 lost its shares, is not chosen, and sends a sum nevertheless.
    const result = await play(spec(4, 3), shamir, {
      network: (m) => {
        if (m.to === 'server-2' && m.from.startsWith('client')) return false;
        if (m.from === 'server-1' && m.frame[5] === TYPES.partialSum) return [{ ...m, from: 'server-2' }, m];
        return true;
      },
    });
    expect(result.outcome!.sum).toEqual(plainSum(result.spec, result.inputs, result.outcome!.survivors));
  });

  it('that reports nothing costs nothing', async () => {
    const round = shareSumRound(spec(4, 3), shamir);
    const empty = frameOf(round, TYPES.holdings, encodeHoldings(round, { held: new Map(), excluded: new Map() }));
    const result = await play(spec(4, 3), shamir, {
      network: (m) => (m.from === 'server-0' && m.frame[5] === TYPES.holdings ? [{ ...m, frame: empty }] : true),
    });
    expect(result.outcome!.survivors).toHaveLength(4);
  });
});

function change(frame: Uint8Array, at: number, mask: number): Uint8Array {
  const out = frame.slice();
  out[at]! ^= mask;
  return out;
}

describe('states', () => {
  const round = shareSumRound(spec(3, 3), shamir);

  it('are spent by one use', async () => {
    const ready = new ReadyToShare(round, 0, seeded(1));
    await ready.receive(zeroVector(32, 7), inlineExecutor);
    await expect(ready.receive(zeroVector(32, 7), inlineExecutor)).rejects.toThrow(/already used/);
    const shares = new AwaitingShares(round);
    const [awaiting] = shares.receive(
      new Map([
        [0, { tag: new Uint8Array(16), kind: 'seed', seed: new Uint8Array(32) }],
        [1, { tag: new Uint8Array(16), kind: 'seed', seed: new Uint8Array(32) }],
      ]),
      new Map(),
    );
    expect(() => shares.receive(new Map(), new Map())).toThrow(TypeError);
    awaiting.receive({ clients: [0, 1] });
    expect((await refusal(() => awaiting.receive({ clients: [0, 1] }))).code).toBe('already-revealed');
    const holdings = new AwaitingHoldings(round);
    expect((await refusal(() => holdings.receive(new Map()))).code).toBe('below-threshold');
    expect(() => holdings.receive(new Map())).toThrow(TypeError);
    const sums = new AwaitingPartialSums(round, { clients: [0, 1], servers: [0, 1] });
    expect((await refusal(() => sums.receive(new Map()))).code).toBe('below-threshold');
    expect(() => sums.receive(new Map())).toThrow(TypeError);
  });

  it('are spent by a refused request too', async () => {
    const awaiting = new AwaitingContributors(round, new Map());
    expect((await refusal(() => awaiting.receive({ clients: [0] }))).code).toBe('below-minimum-cohort');
    expect((await refusal(() => awaiting.receive({ clients: [0, 1] }))).code).toBe('already-revealed');
  });

  it('and clients start once and await nothing', async () => {
    const client = shareSumClient(spec(3, 3), shamir, { id: 'client-1' }, zeroVector(32, 7), inlineExecutor);
    expect(await client.start()).toHaveLength(3);
    await expect(client.start()).rejects.toThrow(TypeError);
    expect((await refusal(() => client.receive('collector', new Uint8Array(40)))).code).toBe('unexpected-message');
    expect(await client.deadline('Share')).toEqual([]);
    expect(client.status.phase).toBe('Done');
  });

  it('refuse parties that are not in the round, and inputs of another shape', () => {
    const input = zeroVector(32, 7);
    expect(() => shareSumClient(spec(3, 3), shamir, { id: 'server-0' }, input, inlineExecutor)).toThrow(/not a client/);
    expect(() => shareSumServer(spec(3, 3), shamir, { id: 'client-0' }, inlineExecutor)).toThrow(/not a helper/);
    expect(() => shareSumClient(spec(3, 3), shamir, { id: 'client-0' }, zeroVector(32, 8), inlineExecutor)).toThrow(
      RangeError,
    );
    expect(() => shareSumClient(spec(3, 3), shamir, { id: 'client-0' }, zeroVector(33, 7), inlineExecutor)).toThrow(
      RangeError,
    );
  });
});
