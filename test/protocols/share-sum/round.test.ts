import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ShareSumParameters, TYPES } from '../../../src/protocols/share-sum/index.ts';
import { plainSum, play, type Result, type Sent, spec } from './harness.ts';

const modes: { readonly name: string; readonly servers: number; readonly parameters: ShareSumParameters }[] = [
  { name: 'additive, 2 servers', servers: 2, parameters: { mode: 'additive' } },
  { name: 'additive, 4 servers, chacha20', servers: 4, parameters: { mode: 'additive', suite: 'chacha20' } },
  { name: 'shamir 2 of 3', servers: 3, parameters: { mode: 'shamir', threshold: 2 } },
  { name: 'shamir 3 of 5, chacha20', servers: 5, parameters: { mode: 'shamir', threshold: 3, suite: 'chacha20' } },
  { name: 'shamir 4 of 4', servers: 4, parameters: { mode: 'shamir', threshold: 4 } },
];

function expectExact({ spec, inputs, outcome }: Result): void {
  expect(outcome).toBeDefined();
  const { sum, survivors, dropped } = outcome!;
  expect(sum).toEqual(plainSum(spec, inputs, survivors));
  expect([...survivors, ...dropped.map(({ id }) => id)].sort()).toEqual(spec.clients.map(({ id }) => id).sort());
  expect(survivors.length).toBeGreaterThanOrEqual(spec.minimumCohort);
}

const isFrom = (id: string) => (message: Sent) => message.from !== id;

describe.each(modes)('share-sum, $name', ({ servers, parameters }) => {
  it('gives the sum exactly, for every ring', async () => {
    for (const bits of [8, 13, 32, 33, 57, 64]) {
      const result = await play(spec(5, servers, { bits, length: 10 }), parameters, { seed: bits });
      expectExact(result);
      expect(result.outcome!.survivors).toHaveLength(5);
      expect(result.errors.size).toBe(0);
      for (const party of result.parties.values())
        expect(party.status).toEqual({ phase: 'Done', awaiting: [], needed: 0 });
    }
  });

  it('gives the sum over those whose shares arrived', async () => {
    const result = await play(spec(6, servers), parameters, {
      network: ({ from }) => from !== 'client-1' && from !== 'client-4',
    });
    expectExact(result);
    expect(result.outcome!.survivors).toEqual(['client-0', 'client-2', 'client-3', 'client-5']);
    expect(result.outcome!.dropped).toEqual([
      { id: 'client-1', phase: 'Share' },
      { id: 'client-4', phase: 'Share' },
    ]);
  });

  it('never adds up different sets when shares reach some servers only', async () => {
    const k = servers;
    const t = parameters.mode === 'shamir' ? parameters.threshold : k;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 6 * k, maxLength: 6 * k }), fc.nat(1000), async (dice, seed) => {
        let i = 0;
        const result = await play(spec(6, k), parameters, {
          seed,
          network: ({ to }) => !to.startsWith('server') || dice[i++ % dice.length]! % 5 !== 0,
        });
        if (result.outcome !== undefined) expectExact(result);
        else {
          const codes = [...result.errors.values()].map(({ code }) => code);
          expect(codes.some((code) => code === 'below-minimum-cohort' || code === 'below-threshold')).toBe(true);
        }
        expect(t).toBeLessThanOrEqual(k);
      }),
      { numRuns: 25 },
    );
  });

  it('is deaf to repeated messages', async () => {
    const result = await play(spec(4, servers), parameters, { network: (message) => [message, message, message] });
    expectExact(result);
    expect(result.outcome!.survivors).toHaveLength(4);
    expect(result.errors.size).toBe(0);
  });

  it('fails below the minimum cohort', async () => {
    const round = spec(4, servers, { minimumCohort: 3 });
    const result = await play(round, parameters, { network: ({ from }) => from !== 'client-0' && from !== 'client-1' });
    expect(result.outcome).toBeUndefined();
    expect(result.errors.get('collector')?.code).toBe('below-minimum-cohort');
    for (const { to, frame } of result.transcript) {
      if (to.startsWith('server')) expect(frame[5]).toBe(TYPES.share);
    }
  });
});

describe('crashed servers', () => {
  it('stop an additive round', async () => {
    for (const type of [TYPES.holdings, TYPES.partialSum]) {
      const result = await play(
        spec(4, 3),
        { mode: 'additive' },
        {
          network: ({ from, frame }) => !(from === 'server-1' && frame[5] === type),
        },
      );
      expect(result.outcome).toBeUndefined();
      expect(result.errors.get('collector')?.code).toBe('below-threshold');
    }
  });

  it('are survived in Shamir mode, whichever they are and whenever they crash', async () => {
    for (const server of ['server-0', 'server-1', 'server-2']) {
      for (const type of [TYPES.holdings, TYPES.partialSum]) {
        const result = await play(
          spec(5, 3, { bits: 64 }),
          { mode: 'shamir', threshold: 2 },
          {
            network: ({ from, frame }) => !(from === server && frame[5]! >= type) && from !== 'client-2',
          },
        );
        expectExact(result);
        expect(result.outcome!.survivors).toEqual(['client-0', 'client-1', 'client-3', 'client-4']);
      }
    }
  });

  it('are survived up to k - t of them', async () => {
    const crash = (names: string[]) =>
      play(spec(4, 5), { mode: 'shamir', threshold: 3 }, { network: ({ from }) => !names.includes(from) });
    expectExact(await crash(['server-1', 'server-4']));
    const result = await crash(['server-0', 'server-1', 'server-4']);
    expect(result.outcome).toBeUndefined();
    expect(result.errors.get('collector')?.code).toBe('below-threshold');
    expect(result.errors.get('server-2')?.code).toBe('timeout');
  });

  it('that lost their shares cost no contributors', async () => {
    const result = await play(
      spec(5, 3),
      { mode: 'shamir', threshold: 2 },
      {
        network: ({ from, to }) => !(to === 'server-1' && from.startsWith('client')),
      },
    );
    expectExact(result);
    expect(result.outcome!.survivors).toHaveLength(5);
  });
});

describe('a client that leaves while it sends', () => {
  it('is in the sum when t servers have its share, and not otherwise', async () => {
    let sent = 0;
    const parameters = { mode: 'shamir', threshold: 2 } as const;
    const only = (many: number) => (message: Sent) => isFrom('client-3')(message) || ++sent <= many;
    const two = await play(spec(4, 3), parameters, { network: only(2) });
    expectExact(two);
    expect(two.outcome!.survivors).toHaveLength(4);
    sent = 0;
    const one = await play(spec(4, 3), parameters, { network: only(1) });
    expectExact(one);
    expect(one.outcome!.survivors).toHaveLength(3);
  });
});

describe('what travels', () => {
  it('is a seed to t - 1 servers and a vector to the others, in turn', async () => {
    const round = spec(3, 3, { length: 1000 });
    for (const [parameters, vectors] of [
      [{ mode: 'additive' }, 1],
      [{ mode: 'shamir', threshold: 2 }, 2],
    ] as const) {
      const { transcript } = await play(round, parameters);
      const perServer = new Map<string, number>();
      for (const { from, to, frame } of transcript) {
        if (!from.startsWith('client')) continue;
        expect([38 + 49, 38 + 17 + 4000]).toContain(frame.length);
        if (frame.length > 100) perServer.set(to, (perServer.get(to) ?? 0) + 1);
      }
      expect([...perServer.values()]).toEqual([vectors, vectors, vectors]);
    }
  });
});
