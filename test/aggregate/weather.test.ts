/**
 * The whole stack in bad weather: aggregator, drive, inbox and transports that lose, repeat and reorder frames. The simulation drives parties alone, many
 * more of them; this is what an application runs.
 */
import { describe, expect, it } from 'vitest';
import { prepareRound } from '../../src/aggregate/index.ts';
import {
  additiveShares,
  createAggregator,
  fixedPoint,
  type MemoryNetwork,
  memoryNetwork,
  ProtocolError,
  pairwiseMasks,
  plaintext,
  type Round,
  type Transport,
} from '../../src/index.ts';
import { type Rng, uniformBelow } from '../../src/random/index.ts';
import { plainSum, seeded, toBigInts } from '../conformance/play.ts';
import { ManualClock, settled } from '../session/fixtures.ts';

const encoding = fixedPoint({ clip: { value: 1 }, bits: 12, rounding: 'nearest' });
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Loses, repeats and holds back frames; what is held back goes out after a later frame, out of order. */
function faulty(network: MemoryNetwork, id: string, rng: Rng): Transport {
  const inner = network.transport(id);
  const held: [string, Uint8Array][] = [];
  return {
    me: id,
    async send(to, frame) {
      const dice = uniformBelow(20, rng);
      if (dice === 0) return;
      if (dice === 1) {
        held.push([to, frame]);
        return;
      }
      await inner.send(to, frame);
      if (dice === 2) await inner.send(to, frame);
      if (dice < 8) for (const [late, old] of held.splice(0)) await inner.send(late, old);
    },
    frames: () => inner.frames(),
    close: () => inner.close(),
  };
}

const schemes = [
  ['plaintext', plaintext(), []],
  ['Shamir shares', additiveShares({ mode: 'shamir', threshold: 2 }), ['x', 'y', 'z']],
  ['pairwise masks', pairwiseMasks({ adversary: 'honest-but-curious', dropout: 0.34, corrupt: 0.1 }), []],
] as const;

describe.each(schemes)('%s through the whole stack', (name, scheme, helpers) => {
  it('ends in the exact sum or a ProtocolError, twelve rounds over the same transports', async () => {
    const rng = seeded(`weather/${name}`);
    const network = memoryNetwork();
    const clock = new ManualClock();
    const transports = new Map([...ids, ...helpers, 'server'].map((id) => [id, faulty(network, id, rng)]));
    await using aggregator = await createAggregator({ scheme, encoding, clock, minimumCohort: 3, rng });
    let exact = 0;
    for (let number = 0; number < 12; number++) {
      const round: Round = {
        task: 'weather',
        number,
        model: Uint8Array.of(number),
        dimension: 4,
        server: 'server',
        clients: ids,
        helpers,
      };
      const update = (i: number) => [0.1 * i, -0.2, number / 20, 0.05 * i];
      const others = [
        ...helpers.map((id) => aggregator.assist(round, transports.get(id)!)),
        ...ids.map((id, i) => aggregator.contribute(round, update(i), transports.get(id)!)),
      ];
      const all = Promise.allSettled([aggregator.collect(round, transports.get('server')!), ...others]);
      let over = false;
      void all.then(() => {
        over = true;
      });
      for (await settled(); !over; await settled()) await clock.advanceToNext();
      const [collected, ...rest] = await all;
      for (const end of [collected!, ...rest]) {
        if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ProtocolError);
      }
      if (collected!.status !== 'fulfilled') continue;
      exact += 1;
      const result = collected!.value as Awaited<ReturnType<typeof aggregator.collect>>;
      const { codec } = prepareRound(round, encoding);
      const inputs = new Map(ids.map((id, i) => [id, codec.encode(update(i))]));
      expect(toBigInts(result.exact)).toEqual(plainSum(inputs, result.survivors));
    }
    expect(exact).toBeGreaterThan(2);
    expect(clock.armed).toBe(0);
  });
});
