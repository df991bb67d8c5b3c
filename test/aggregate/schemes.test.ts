import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { prepareRound } from '../../src/aggregate/index.ts';
import { utf8 } from '../../src/bytes/index.ts';
import {
  additiveShares,
  createAggregator,
  fixedPoint,
  memoryNetwork,
  pairwiseMasks,
  plaintext,
  type Round,
  type Scheme,
} from '../../src/index.ts';
import type { Outgoing } from '../../src/protocols/index.ts';
import { plainSum, toBigInts } from '../conformance/play.ts';

/** Nearest rounding, so that the test can encode again what the clients encoded. */
const encoding = fixedPoint({ clip: { l2: 4 }, bits: 16, rotate: true, rounding: 'nearest', weights: { max: 100 } });

const ids = ['ada', 'ben', 'cleo', 'dan', 'eva', 'finn'];
const update = (i: number) => Float64Array.from({ length: 20 }, (_, j) => Math.sin(i + 3 * j) / 2);

function makeRound(number: number, helpers: string[] = []): Round {
  return { task: 'schemes', number, model: update(99), dimension: 20, server: 'server', clients: ids, helpers };
}

/** Plays a round in which some clients leave when they enter a phase, and some helpers never come. */
async function playRound(scheme: Scheme, round: Round, leavers: Record<string, string> = {}, absent: string[] = []) {
  const network = memoryNetwork();
  await using aggregator = await createAggregator({ scheme, encoding, deadlines: { server: 150, helper: 150 } });
  const helpers = (round.helpers ?? []).map((helper) => String(helper)).filter((id) => !absent.includes(id));
  const others = [
    ...helpers.map((id) => aggregator.assist(round, network.transport(id))),
    ...ids.map((id, i) => {
      const leave = new AbortController();
      return aggregator.contribute(round, update(i), network.transport(id), {
        weight: 10 + i,
        signal: leave.signal,
        onStatus: ({ phase }) => {
          if (leavers[id] === phase) leave.abort(new Error('left'));
        },
      });
    }),
  ];
  const settled = Promise.allSettled(others);
  const result = await aggregator.collect(round, network.transport('server'));
  return { result, others: await settled, network };
}

/** The mean and the exact words, computed in the open. */
function expected(round: Round, survivors: readonly string[]) {
  const { codec } = prepareRound(round, encoding);
  const inputs = new Map(ids.map((id, i) => [id, codec.encode(update(i), { weight: 10 + i })]));
  const weight = survivors.reduce((sum, id) => sum + 10 + ids.indexOf(id), 0);
  const mean = Array.from(
    { length: 20 },
    (_, j) => survivors.reduce((sum, id) => sum + (10 + ids.indexOf(id)) * update(ids.indexOf(id))[j]!, 0) / weight,
  );
  return { exact: plainSum(inputs, survivors), mean, weight };
}

function expectRight(round: Round, result: Awaited<ReturnType<typeof playRound>>['result']): void {
  const { exact, mean, weight } = expected(round, result.survivors);
  expect(toBigInts(result.exact)).toEqual(exact);
  expect(result.weight).toBeCloseTo(weight, 9);
  const { of, value: bound } = result.report.encoding.errorBound;
  expect(of).toBe('l2');
  expect(Math.hypot(...mean.map((value, j) => result.mean[j]! - value))).toBeLessThanOrEqual(bound / weight);
}

const curious = { adversary: 'honest-but-curious', dropout: 0.34, corrupt: 0.17 } as const;

describe('rounds through the aggregator', () => {
  it.each([
    ['plaintext', plaintext(), []],
    ['pairwise masks', pairwiseMasks(curious), []],
    ['additive shares', additiveShares(), ['mercury', 'venus']],
    ['Shamir shares', additiveShares({ mode: 'shamir', threshold: 2 }), ['mercury', 'venus', 'mars']],
  ] as const)('%s: everybody stays', async (_, scheme, helpers) => {
    const round = makeRound(1, [...helpers]);
    const { result, others } = await playRound(scheme, round);
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 'fulfilled'));
    expect(result.survivors).toEqual(ids);
    expectRight(round, result);
  });

  it('pairwise masks: one leaves after ShareKeys, one after MaskedInput', async () => {
    const scheme = pairwiseMasks(curious);
    const round = makeRound(2);
    const phases = new Set<string>();
    const network = memoryNetwork();
    await using watcher = await createAggregator({ scheme, encoding });
    const all = ids.map((id, i) =>
      watcher.contribute(round, update(i), network.transport(id), {
        weight: 10 + i,
        onStatus: ({ phase }) => phases.add(phase),
      }),
    );
    await watcher.collect(round, network.transport('server'));
    await Promise.all(all);
    expect([...phases]).toEqual(['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'Done']);

    const next = makeRound(3);
    const { result, others } = await playRound(scheme, next, { ben: 'ShareKeys', eva: 'MaskedInput' });
    // ben's input never came; eva's did, and is in the sum.
    expect(result.dropped).toMatchObject([{ id: 'ben', phase: 'MaskedInput' }]);
    expect(result.survivors).toEqual(['ada', 'cleo', 'dan', 'eva', 'finn']);
    expect(others.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(2);
    expectRight(next, result);
    expect(result.report).toMatchObject({
      scheme: 'pairwise-masks',
      parameters: { k: 5, complete: true, adversary: 'honest-but-curious' },
      dropped: [{ id: 'ben', phase: 'MaskedInput' }],
    });
  });

  it('pairwise masks: one sends a bad share, and is named by the report of a round that succeeds', async () => {
    const scheme = pairwiseMasks(curious);
    const UNMASK_SHARES = 11;
    const spoil = (out: Outgoing[]) =>
      out.map(({ to, frame }) =>
        frame[5] === UNMASK_SHARES ? { to, frame: frame.with(-1, frame.at(-1)! ^ 1) } : { to, frame },
      );
    const spoiling: Scheme = {
      ...scheme,
      client: (spec, me, input, ...rest) => {
        const party = scheme.client(spec, me, input, ...rest);
        if (me.id !== 'dan') return party;
        return {
          id: party.id,
          start: async () => spoil(await party.start()),
          receive: async (from, frame) => spoil(await party.receive(from, frame)),
          deadline: async (phase) => spoil(await party.deadline(phase)),
          get status() {
            return party.status;
          },
          get outcome() {
            return party.outcome;
          },
        };
      },
    };
    const round = makeRound(7);
    const { result } = await playRound(spoiling, round);
    expect(result.survivors).toEqual(ids);
    expectRight(round, result);
    expect(result.report.dropped).toEqual([]);
    expect(result.report.blamed).toEqual([{ id: 'dan', reason: 'bad-share' }]);
    const { result: good } = await playRound(scheme, makeRound(8));
    expect(good.report).not.toHaveProperty('blamed');
  });

  it('pairwise masks against a malicious server: identity keys in the roster, secret keys with their owners', async () => {
    const keys = new Map(ids.map((id) => [id, sha256(utf8(id))]));
    const clients = ids.map((id) => ({ id, key: ed25519.getPublicKey(keys.get(id)!) }));
    const round: Round = { ...makeRound(6), clients };
    const network = memoryNetwork();
    const scheme = pairwiseMasks({ adversary: 'malicious-server', dropout: 0, corrupt: 0.17 });
    await using aggregator = await createAggregator({ scheme, encoding });
    const all = ids.map((id, i) =>
      aggregator.contribute({ ...round, me: { id, secretKey: keys.get(id)! } }, update(i), network.transport(id), {
        weight: 10 + i,
      }),
    );
    const result = await aggregator.collect(round, network.transport('server'));
    await Promise.all(all);
    expectRight(round, result);
    const keyless = aggregator.contribute({ ...round, number: 7 }, update(0), network.transport('ada'), { weight: 1 });
    await expect(keyless).rejects.toThrow(/needs its secret key/);
  });

  it('Shamir shares: a helper never comes', async () => {
    const round = makeRound(4, ['mercury', 'venus', 'mars']);
    const { result } = await playRound(additiveShares({ mode: 'shamir', threshold: 2 }), round, {}, ['venus']);
    expect(result.survivors).toEqual(ids);
    expectRight(round, result);
    expect(result.report.parameters).toMatchObject({ mode: 'shamir', servers: 3, threshold: 2 });
  });

  it('additive shares: a helper never comes', async () => {
    const round = makeRound(5, ['mercury', 'venus']);
    await expect(playRound(additiveShares(), round, {}, ['venus'])).rejects.toMatchObject({ code: 'below-threshold' });
  });
});
