import { describe, expect, it } from 'vitest';
import { expectExact, id, play, setup } from './play.ts';

/** 40 clients, a sparse graph by hand; those who never advertise leave so few that the graph is complete. */
const parameters = { adversary: 'malicious-server', dropout: 0.4, corrupt: 0, k: 30, t: 16 } as const;
const round = () => setup({ clients: 40, parameters });

describe('a sparse cohort that has become complete', () => {
  it('still sums when the quorum of the first cohort is there', async () => {
    const from = round();
    const absent = new Set(Array.from({ length: 12 }, (_, i) => id(3 * i)));
    const played = await play(from, (envelope, name) =>
      name === 'AdvertiseKeys' && absent.has(envelope.from) ? [] : [envelope],
    );
    expect(played.sum?.survivors).toHaveLength(28);
    expectExact(from, played);
  });

  it('refuses below the quorum: a small group must not believe to be everybody', async () => {
    const from = round();
    const absent = new Set(Array.from({ length: 20 }, (_, i) => id(i)));
    const played = await play(from, (envelope, name) =>
      name === 'AdvertiseKeys' && absent.has(envelope.from) ? [] : [envelope],
    );
    expect(played.sum).toBeUndefined();
    for (const [, error] of played.errors)
      expect(['weak-parameters', 'below-threshold', 'below-minimum-cohort', 'timeout']).toContain(error.code);
  });
});
