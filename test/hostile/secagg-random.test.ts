import { describe, expect, it } from 'vitest';
import type { SecaggParameters } from '../../src/protocols/secagg/index.ts';
import { uniformBelow } from '../../src/random/index.ts';
import { rngFor, setup } from '../protocols/secagg/play.ts';
import { HostileServer } from './secagg-server.ts';
import { sightOf, visibleSums } from './secagg-sight.ts';

const parameters: SecaggParameters = {
  adversary: 'malicious-server',
  dropout: 0.15,
  corrupt: 0.15,
  suite: 'chacha20',
};

/** A server that draws by lot what it tells to whom, in every phase. `SUBROSA_NIGHTLY=1` draws longer. */
describe.each([
  ['complete graph', 7, [6], {}],
  ['complete graph, two puppets', 9, [3, 8], { corrupt: 0.25, dropout: 0.1 }],
  ['sparse graph', 14, [5], { corrupt: 0.08, dropout: 0.3, k: 8, t: 5 }],
] as const)('whatever a server tells to whom: %s', (_, clients, corrupt, more) => {
  it('reveals nobody', async () => {
    let seen = 0;
    for (let run = 0; run < (process.env['SUBROSA_NIGHTLY'] === '1' ? 2_000 : 25); run++) {
      const rng = rngFor(`whim ${run}`);
      const chance = (percent: number) => uniformBelow(100, rng) < percent;
      const made = setup({ clients, length: 1, minimumCohort: 4, parameters: { ...parameters, ...more } });
      const server = new HostileServer(made, corrupt, `run ${run}`);
      const everybody = Array.from({ length: clients }, (_, u) => u);
      // A few stories, and each client is told one of them or a variation; mostly the first, so that rounds get somewhere.
      const stories = (of: readonly number[], percent: number) => {
        const some = [of, of.filter(() => !chance(percent)), of.filter(() => !chance(percent))];
        return (u: number) => [...new Set([...some[chance(80) ? 1 : uniformBelow(3, rng)]!, u])].sort((a, b) => a - b);
      };
      await server.start();
      const present = chance(70) ? () => everybody : stories(everybody, 5);
      for (const u of server.honest) await server.roster(u, present(u));
      const opened = chance(70) ? () => everybody : stories(everybody, 5);
      for (const u of server.honest) {
        const { roster } = server.shown.get(u)!;
        if (server.said(u, 'RevealNonce'))
          await server.nonces(
            u,
            opened(u).filter((v) => roster!.present.includes(v)),
          );
      }
      const shared = stories(everybody, 60 / clients);
      for (const u of server.honest) {
        if (server.said(u, 'ShareKeys'))
          await server.shares(
            u,
            shared(u),
            everybody.filter(() => chance(3)),
          );
      }
      // Now and then it is after client 0: everybody else is said to have dropped, but for the receiver and a few more.
      const few = stories([0, ...corrupt, ...everybody.filter(() => chance(30))], 0);
      const alive = chance(30) ? few : stories(everybody, 80 / clients);
      for (const u of server.honest) {
        // What the victim would refuse is left out of its story.
        const { senders, neighbours } = server.shown.get(u)!;
        const hidden = neighbours?.filter((v) => !senders?.includes(v)) ?? [];
        if (server.said(u, 'MaskedInput'))
          await server.survivors(
            u,
            alive(u).filter((v) => !hidden.includes(v)),
          );
      }
      for (const u of server.honest) if (server.said(u, 'ConsistencyCheck')) await server.signed(u);
      const sums = visibleSums(server);
      seen += sums.length;
      for (const { knowsB, knowsS } of sightOf(server).values()) expect(knowsB && knowsS).toBe(false);
      const { k, t } = { k: clients - 1, t: Number.MAX_SAFE_INTEGER, ...more };
      if (k === clients - 1) expect(sums.length).toBeLessThanOrEqual(1);
      for (const sum of sums) {
        // Section 8: each input is masked by at least 2t - k - c honest others in the same sum.
        const least = k === clients - 1 ? 3 : 2 * t - k - corrupt.length + 1;
        expect(sum.length, `run ${run}`).toBeGreaterThanOrEqual(least);
      }
    }
    expect(seen).toBeGreaterThan(0);
  }, 3_600_000);
});
