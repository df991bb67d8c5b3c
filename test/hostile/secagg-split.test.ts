import { expect, it } from 'vitest';
import { SeededRng, shuffle } from '../../src/random/index.ts';
import { setup } from '../protocols/secagg/play.ts';
import { HostileServer } from './secagg-server.ts';
import { sightOf, visibleSums } from './secagg-sight.ts';

/**
 * What docs/spec/secagg.md section 8 says of sparse graphs: a malicious server that finds enough of its puppets next to each other in two
 * places of the ring can show the arc between them and the rest two survivor sets, each signed by t neighbours of everybody it asks. With
 * these signatures alone it would see the sum over the arc. The quorum of all clients, which two sets cannot both have, is what stops it.
 *
 * Here the server has the luck that chance seldom gives: the ring is known before it is said whose the clients are.
 */
const N = 100;
const [K, T, CORRUPT, HALF] = [32, 22, 10, 16];
/** More than (n + corrupt) / 2. */
const QUORUM = 56;
/** The arc: honest clients at places 0 .. ARC - 1 of the ring. */
const ARC = 45;
/** Puppets beyond either end of the arc, in steps away from it. */
const PUPPETS = [2, 5, 9, 12, 15];

it('a lucky server cannot cut a ring by showing its parts two survivor sets', { timeout: 300_000 }, async () => {
  const made = setup({
    clients: N,
    length: 1,
    minimumCohort: 50,
    parameters: { adversary: 'malicious-server', corrupt: CORRUPT / N, dropout: 0.25, suite: 'chacha20', k: K, t: T },
  });
  const all = Array.from({ length: N }, (_, u) => u);

  // The ring: the same whoever owns the clients.
  const first = new HostileServer(made, []);
  await first.start();
  for (const u of all) await first.roster(u, all);
  await first.nonces(0, all);
  const ring = shuffle([...all], new SeededRng(first.shown.get(0)!.view!));
  const place = new Map(ring.map((u, at) => [u, at]));
  /** Steps beyond the nearer end of the arc; 0 and less inside. */
  const beyond = (u: number) => {
    const at = place.get(u)!;
    return at < ARC ? -Math.min(at, ARC - 1 - at) : Math.min(at - (ARC - 1), N - at);
  };

  const puppets = all.filter((u) => PUPPETS.includes(beyond(u)));
  expect(puppets).toHaveLength(CORRUPT);
  const server = new HostileServer(made, puppets);
  const { honest } = server;
  await server.start();
  for (const u of honest) expect(await server.roster(u, all)).toBeUndefined();
  for (const u of honest) expect(await server.nonces(u, all)).toBeUndefined();

  const arc = honest.filter((u) => beyond(u) <= 0);
  const rest = honest.filter((u) => beyond(u) > 1);
  const given = honest.filter((u) => beyond(u) === 1); // both sides are told that these dropped
  // The arc does not mask with the rest; the rest does with the arc, which hides its own inputs only.
  for (const u of honest) {
    const senders = arc.includes(u) ? all.filter((v) => !rest.includes(v)) : all;
    expect(await server.shares(u, senders)).toBeUndefined();
  }
  const forArc = all.filter((v) => !(honest.includes(v) && beyond(v) > 0 && beyond(v) <= HALF));
  const forRest = all.filter((v) => !given.includes(v));
  const ask = async (who: readonly number[], set: readonly number[]) => {
    for (const u of who) expect(await server.survivors(u, set)).toBeUndefined();
  };
  await ask(
    arc.filter((u) => beyond(u) <= -1),
    forArc,
  );
  await ask(rest, forRest);
  // Those at the ends have too few signatures of their own side, and are not asked.
  const answering = [...arc.filter((u) => beyond(u) <= -3), ...rest.filter((u) => beyond(u) >= 8)];
  for (const u of answering) {
    // The attack is complete but for the quorum: everybody that is asked is given t signatures of neighbours.
    const { neighbours, t } = server.shown.get(u)!;
    const signatures = server.signatures(u);
    expect(neighbours!.filter((v) => signatures.has(v)).length).toBeGreaterThanOrEqual(t!);
    expect(signatures.size).toBeLessThan(QUORUM);
    expect(await server.signed(u, signatures)).toBe('inconsistent-survivors');
  }

  for (const { knowsB, knowsS } of sightOf(server).values()) expect(knowsB && knowsS).toBe(false);
  expect(visibleSums(server)).toEqual([]);
});
