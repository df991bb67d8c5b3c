import { describe, expect, it } from 'vitest';
import type { Adversary } from '../../../src/protocols/secagg/index.ts';
import type { MessageName } from '../../../src/protocols/secagg/messages.ts';
import { expectExact, id, play, setup } from './play.ts';

const CLIENT_MESSAGES: Record<Adversary, readonly MessageName[]> = {
  'honest-but-curious': ['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'UnmaskShares'],
  'malicious-server': ['AdvertiseKeys', 'RevealNonce', 'ShareKeys', 'MaskedInput', 'ConsistencyCheck', 'UnmaskShares'],
};

describe.each(Object.keys(CLIENT_MESSAGES) as Adversary[])('%s', (adversary) => {
  const sparse = { 'honest-but-curious': { k: 6, t: 3 }, 'malicious-server': { k: 6, t: 4 } }[adversary];

  it.each([3, 4, 5, 8, 12])('sums %i clients exactly', async (clients) => {
    const from = setup({ clients, parameters: { adversary, dropout: clients === 3 ? 0 : 0.25 } });
    const played = await play(from);
    expectExact(from, played);
    expect(played.sum!.survivors).toHaveLength(clients);
    expect(played.server.status).toEqual({ phase: 'Done', awaiting: [], needed: 0 });
    for (const client of played.clients.values()) expect(client.status.phase).toBe('Done');
  });

  it.each([8, 20, 32, 40, 64])('sums in Z_2^%i, with both suites', async (bits) => {
    for (const suite of ['aes256ctr', 'chacha20'] as const) {
      const from = setup({ clients: 5, bits, length: 33, parameters: { adversary, dropout: 0.25, suite } });
      expectExact(from, await play(from));
    }
  });

  describe.each(CLIENT_MESSAGES[adversary])('without %s of some', (message) => {
    it.each([
      ['complete graph', 9, {}],
      ['sparse graph', 12, sparse],
    ] as const)('%s', async (_, clients, degree) => {
      const from = setup({ clients, parameters: { adversary, dropout: 0.34, ...degree } });
      const silent = [id(1), id(4)];
      const played = await play(from, (envelope, name) =>
        name === message && silent.includes(envelope.from) ? [] : [envelope],
      );
      expectExact(from, played);
      const late = message === 'UnmaskShares' || message === 'ConsistencyCheck';
      expect(played.sum!.survivors).toHaveLength(late ? clients : clients - 2);
      const phase = message === 'RevealNonce' ? 'RevealNonces' : message;
      expect(played.sum!.dropped).toEqual(late ? [] : silent.map((name) => ({ id: name, phase })));
    });
  });

  it('sums when one drops in every phase', async () => {
    const from = setup({ clients: 14, parameters: { adversary, dropout: 0.45 } });
    const leaves = new Map(CLIENT_MESSAGES[adversary].map((name, i) => [id(i), name]));
    const gone = new Set<string>();
    const played = await play(from, (envelope, name) => {
      if (leaves.get(envelope.from) === name) gone.add(envelope.from);
      return gone.has(envelope.from) ? [] : [envelope];
    });
    expectExact(from, played);
  });

  it('fails below the threshold, and nothing is revealed', async () => {
    const from = setup({ clients: 6, parameters: { adversary, dropout: 0.34 } });
    const silent = [id(0), id(2), id(3)];
    const played = await play(from, (envelope, name) =>
      name === 'MaskedInput' && silent.includes(envelope.from) ? [] : [envelope],
    );
    expect(played.sum).toBeUndefined();
    expect(played.server.status.phase).toBe('Failed');
    expect(played.errors.get('server')).toMatchObject({ code: 'below-threshold', phase: 'MaskedInput' });
    expect(played.sent.filter(({ frame }) => frame[5]! > 7)).toEqual([]);
  });

  it('fails below the minimum cohort', async () => {
    const from = setup({ clients: 6, minimumCohort: 5, parameters: { adversary, dropout: 0.34 } });
    for (const message of ['AdvertiseKeys', 'ShareKeys', 'MaskedInput'] as const) {
      const played = await play(from, (envelope, name) =>
        name === message && envelope.from < id(2) ? [] : [envelope],
      );
      expect(played.errors.get('server')?.code).toBe('below-minimum-cohort');
    }
  });

  it('ignores every frame that comes twice', async () => {
    const from = setup({ clients: 6, parameters: { adversary, dropout: 0.34 } });
    expectExact(from, await play(from, (envelope) => [envelope, envelope]));
  });
});
