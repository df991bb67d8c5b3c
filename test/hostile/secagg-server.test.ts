import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/index.ts';
import { AgreementKey, SigningKey } from '../../src/crypto/index.ts';
import { encodeFrame, PROTOCOLS, type RoundSpec } from '../../src/protocols/index.ts';
import type { SecaggParameters } from '../../src/protocols/secagg/index.ts';
import { Derivations } from '../../src/protocols/secagg/keys.ts';
import { MESSAGE } from '../../src/protocols/secagg/messages.ts';
import { resolveRound } from '../../src/protocols/secagg/round.ts';
import { rngFor, setup } from '../protocols/secagg/play.ts';
import { HostileServer } from './secagg-server.ts';
import { sightOf, visibleSums } from './secagg-sight.ts';

/**
 * A malicious server and its puppets against honest clients. After each attack the oracle looks at everything that was ever revealed: of no
 * client are both secrets known, no input can be unmasked alone, and whatever sum can be seen is one over many.
 */

/** Seven clients, the last of which belongs to the server; everybody is everybody's neighbour, k = 6, t = 4. */
const N = 7;
const ALL = [0, 1, 2, 3, 4, 5, 6];
const HONEST = [0, 1, 2, 3, 4, 5];
const VICTIM = 0;
const OTHERS = ALL.filter((u) => u !== VICTIM);

const parameters: SecaggParameters = {
  adversary: 'malicious-server',
  dropout: 0.15,
  corrupt: 0.15,
  suite: 'chacha20',
};
const from = (changes: Partial<RoundSpec> = {}, more: Partial<SecaggParameters> = {}) => {
  const all = setup({ clients: N, length: 2, minimumCohort: 4, parameters: { ...parameters, ...more } });
  return { ...all, spec: { ...all.spec, ...changes } };
};

/** A server at the point where everybody has done its part up to (and with) this message. */
async function until(message: keyof typeof MESSAGE, seed = 'hostile'): Promise<HostileServer> {
  const server = new HostileServer(from(), [6], seed);
  await server.start();
  if (message === 'AdvertiseKeys') return server;
  for (const u of HONEST) expect(await server.roster(u, ALL)).toBeUndefined();
  if (message === 'RevealNonce') return server;
  for (const u of HONEST) expect(await server.nonces(u, ALL)).toBeUndefined();
  if (message === 'ShareKeys') return server;
  for (const u of HONEST) expect(await server.shares(u, ALL)).toBeUndefined();
  return server;
}

/** Nobody's two secrets, nobody's input alone. */
function expectSecrecy(server: HostileServer, sums: readonly (readonly number[])[] = []): void {
  for (const [u, { knowsB, knowsS, seed, key }] of sightOf(server)) {
    expect(knowsB && knowsS, `client ${u}: ${seed.size} and ${key.size} shares`).toBe(false);
  }
  expect(visibleSums(server)).toEqual(sums);
}

const revealed = (server: HostileServer) => server.honest.filter((u) => server.said(u, 'UnmaskShares') !== undefined);

it('with a server that keeps to the protocol, the oracle sees the sum over everybody', async () => {
  const server = await until('MaskedInput');
  for (const u of HONEST) await server.survivors(u, ALL);
  for (const u of HONEST) expect(await server.signed(u)).toBeUndefined();
  expectSecrecy(server, [HONEST]);
});

it('the oracle sees a client unmasked when both kinds of shares are about', async () => {
  const server = await until('MaskedInput');
  for (const u of HONEST) await server.survivors(u, ALL);
  for (const u of HONEST) await server.signed(u);
  // What clients that answered twice would send: taken from a second run of the same clients, told another story.
  const second = await until('MaskedInput');
  for (const u of OTHERS.slice(0, 5)) await second.survivors(u, OTHERS);
  for (const u of OTHERS.slice(0, 5)) await second.signed(u);
  server.wire.push(...second.wire.filter(({ type }) => type === MESSAGE.UnmaskShares));
  expect(() => expectSecrecy(server)).toThrow(/client 0/);
  expect(visibleSums(server)).toContainEqual([VICTIM]);
});

describe('survivors', () => {
  it('the victim dropped for the others, alive for itself', async () => {
    const server = await until('MaskedInput');
    for (const u of HONEST) expect(await server.survivors(u, u === VICTIM ? ALL : OTHERS)).toBeUndefined();
    for (const u of HONEST) await server.signed(u);
    expect(server.refusals.get(VICTIM)).toBe('inconsistent-survivors');
    // The others treat it as dropped: its mask key is open, its self mask is not.
    expect(sightOf(server).get(VICTIM)).toMatchObject({ knowsB: false, knowsS: true });
    expectSecrecy(server, [[1, 2, 3, 4, 5]]);
  });

  it('the victim alive for some, dropped for others: at most one set has enough signatures', async () => {
    for (const [split, answering, sums] of [
      [1, [0, 2, 3, 4, 5], [HONEST]],
      [2, [0, 3, 4, 5], [HONEST]],
      [3, [], []],
      [4, [1, 2, 3, 4], [[1, 2, 3, 4, 5]]],
      [5, [1, 2, 3, 4, 5], [[1, 2, 3, 4, 5]]],
    ] as const) {
      const server = await until('MaskedInput');
      for (const u of HONEST) await server.survivors(u, u !== VICTIM && u <= split ? OTHERS : ALL);
      for (const u of HONEST) await server.signed(u);
      expect(revealed(server)).toEqual(answering);
      expectSecrecy(server, sums);
    }
  });

  it('asked for twice, after the signature and after the shares', async () => {
    const server = await until('MaskedInput');
    for (const u of HONEST) await server.survivors(u, ALL);
    expect(await server.survivors(1, OTHERS)).toBe('equivocation');
    for (const u of HONEST) await server.signed(u);
    for (const u of HONEST) {
      if (u !== 1) expect(await server.survivors(u, OTHERS)).toBe('already-revealed');
      expect(await server.signed(u)).toBeUndefined();
    }
    expect(server.wire.filter(({ type }) => type === MESSAGE.UnmaskShares)).toHaveLength(5);
    expectSecrecy(server, [HONEST]);
  });

  it('few, without the receiver, or of strangers', async () => {
    const server = await until('MaskedInput');
    expect(await server.survivors(0, [0, 1, 2])).toBe('below-minimum-cohort');
    expect(await server.survivors(1, [0, 1, 2, 3])).toBe('below-threshold');
    expect(await server.survivors(2, [0, 1, 3, 4, 5, 6])).toBe('inconsistent-survivors');
    expect(await server.tell(3, 'Survivors', Uint8Array.of(0xff))).toBe('malformed');
    expectSecrecy(server);
  });

  it('overlapping sets that differ by one client each never give two sums', async () => {
    // The difference of the sums over two sets is somebody's input.
    for (const [a, b] of [
      [ALL, OTHERS],
      [ALL.filter((u) => u !== 1), OTHERS],
    ] as const) {
      for (let split = 0; split <= 6; split++) {
        const server = await until('MaskedInput');
        for (const u of HONEST) await server.survivors(u, (u < split && a.includes(u)) || !b.includes(u) ? a : b);
        for (const u of HONEST) if (server.said(u, 'ConsistencyCheck')) await server.signed(u);
        expect(visibleSums(server).length).toBeLessThanOrEqual(1);
        for (const sum of visibleSums(server)) expect(sum.length).toBeGreaterThanOrEqual(4);
        expectSecrecy(server, visibleSums(server));
      }
    }
  });
});

describe('signatures', () => {
  it('fewer than t, one of them several times, or of the wrong signer', async () => {
    const signed = async (change: (all: Map<number, Uint8Array>) => Map<number, Uint8Array>) => {
      const server = await until('MaskedInput');
      for (const u of HONEST) await server.survivors(u, ALL);
      const code = await server.signed(
        VICTIM,
        change(new Map([...server.signatures(VICTIM)].filter(([v]) => v !== VICTIM))),
      );
      expect(revealed(server)).toEqual([]);
      return code;
    };
    expect(await signed((all) => new Map([...all].slice(0, 3)))).toBe('inconsistent-survivors');
    expect(await signed(() => new Map())).toBe('inconsistent-survivors');
    expect(await signed((all) => new Map([...all.keys()].map((v) => [v, all.get(6)!])))).toBe('bad-signature');
    expect(await signed((all) => new Map([...all].slice(0, 3)).set(5, all.get(4)!))).toBe('bad-signature');
    // Five good ones do not make up for one that is not.
    expect(await signed((all) => new Map(all).set(6, new Uint8Array(64)))).toBe('bad-signature');
  });

  it('of another round, and of another view', async () => {
    const server = await until('MaskedInput');
    for (const u of HONEST) await server.survivors(u, ALL);
    const last = new Derivations(resolveRound(from({ round: 0 }).spec, from().parameters));
    const { view, survivors } = server.shown.get(VICTIM)!;
    const identities = [...from().identities.values()];
    const sign = (derive: Derivations, seen: Uint8Array) =>
      new Map(
        OTHERS.map((v) => [
          v,
          new SigningKey(identities[v]!.secretKey!).sign(derive.survivors(seen, survivors!.bytes)),
        ]),
      );
    const one = await until('MaskedInput');
    for (const u of HONEST) await one.survivors(u, ALL);
    expect(await server.signed(VICTIM, sign(last, view!))).toBe('bad-signature');
    expect(await one.signed(VICTIM, sign(one.derive, new Uint8Array(32)))).toBe('bad-signature');
  });
});

describe('rosters', () => {
  it('made up for neighbours: the keys are not signed by them', async () => {
    const server = await until('AdvertiseKeys');
    const rng = rngFor('forger');
    const [box, mask] = [AgreementKey.generate(rng), AgreementKey.generate(rng)];
    const nonce = new Uint8Array(32).fill(9);
    const forged = server.forge(1, box, mask, nonce, SigningKey.generate(rng));
    expect(await server.roster(VICTIM, ALL, new Map([[1, forged]]))).toBeUndefined();
    for (const u of OTHERS.slice(0, 5)) await server.roster(u, ALL);
    expect(await server.nonces(VICTIM, ALL, new Map([[1, nonce]]))).toBe('bad-signature');
    expect(server.said(VICTIM, 'ShareKeys')).toBeUndefined();
  });

  it('with the keys of a client under the name of another, or a puppet under the name of an honest one', async () => {
    const server = await until('AdvertiseKeys');
    expect(await server.roster(0, ALL, new Map([[1, server.entry(2)]]))).toBe('bad-key');
    expect(
      await server.roster(
        1,
        ALL,
        new Map([
          [2, server.entry(6)],
          [6, server.entry(2)],
        ]),
      ),
    ).toBeUndefined();
    expect(await server.nonces(1, ALL)).toBe('bad-commitment');
  });

  it('that leave everybody honest but the victim out, or fill up with puppets', async () => {
    const server = await until('AdvertiseKeys');
    expect(await server.roster(VICTIM, [VICTIM, 6])).toBe('weak-parameters');
    expect(await server.roster(1, [0, 1, 2])).toBe('weak-parameters');
    expect(await server.roster(2, [0, 1, 3, 4, 5, 6])).toBe('bad-key');
    expectSecrecy(server);
  });

  it('of an earlier run of the same session: own keys are not the ones just drawn', async () => {
    const [first, second] = [await until('AdvertiseKeys', 'first'), await until('AdvertiseKeys', 'second')];
    expect(await second.roster(VICTIM, ALL, new Map(HONEST.map((u) => [u, first.entry(u)])))).toBe('bad-key');
  });

  it('different ones for different clients: boxes do not open, signatures do not count', async () => {
    for (const missing of [1, 5]) {
      const server = await until('AdvertiseKeys');
      const fewer = ALL.filter((u) => u !== missing);
      for (const u of HONEST) await server.roster(u, u === VICTIM ? fewer : ALL);
      for (const u of HONEST) await server.nonces(u, u === VICTIM ? fewer : ALL);
      for (const u of HONEST) await server.shares(u, ALL);
      for (const u of HONEST) await server.survivors(u, u === VICTIM ? fewer : ALL);
      for (const u of HONEST) await server.signed(u);
      expect(server.said(VICTIM, 'UnmaskShares')).toBeUndefined();
      expect(sightOf(server).get(VICTIM)).toMatchObject({ knowsB: false, knowsS: false });
      // The others took the victim's input for one of the sum, and nobody holds a share of it.
      expectSecrecy(server);
    }
  });
});

describe('nonces', () => {
  it('other than committed to, left out down to a weak cohort, or different for different clients', async () => {
    const server = await until('RevealNonce');
    expect(await server.nonces(0, ALL, new Map([[6, new Uint8Array(32)]]))).toBe('bad-commitment');
    expect(await server.nonces(1, [1, 2, 6])).toBe('weak-parameters');
    expect(
      await server.nonces(
        2,
        OTHERS.filter((u) => u !== 2),
      ),
    ).toBe('bad-commitment');
    const split = await until('RevealNonce');
    const fewer = ALL.filter((u) => u !== 5);
    for (const u of HONEST) await split.nonces(u, u < 3 ? fewer : ALL);
    for (const u of HONEST) await split.shares(u, ALL);
    for (const u of HONEST) await split.survivors(u, u < 3 ? fewer : ALL);
    for (const u of HONEST) if (split.said(u, 'ConsistencyCheck')) await split.signed(u);
    expect(revealed(split)).toEqual([]);
    expectSecrecy(split);
  });

  it('a puppet that opens its nonce to some only gains nothing: the others do not sign with them', async () => {
    const server = await until('RevealNonce');
    for (const u of HONEST) await server.nonces(u, u % 2 === 0 ? ALL : HONEST);
    for (const u of HONEST) await server.shares(u, ALL);
    for (const u of HONEST) await server.survivors(u, HONEST);
    for (const u of HONEST) if (server.said(u, 'ConsistencyCheck')) await server.signed(u);
    expect(revealed(server)).toEqual([]);
    expectSecrecy(server);
  });
});

describe('shares', () => {
  it('kept from the victim, garbled, or told of to one side only', async () => {
    const told = async (tell: (server: HostileServer, u: number) => Promise<unknown>) => {
      const server = await until('ShareKeys');
      for (const u of HONEST) await tell(server, u);
      for (const u of HONEST) if (server.said(u, 'MaskedInput')) await server.survivors(u, ALL);
      for (const u of HONEST) if (server.said(u, 'ConsistencyCheck')) await server.signed(u);
      return server;
    };
    const few = await told((server, u) => server.shares(u, u === VICTIM ? [1, 2, 3] : ALL));
    expect(few.refusals.get(VICTIM)).toBe('below-threshold');
    expectSecrecy(few, visibleSums(few));
    // Its shares reach nobody: nobody can open its self mask, and it is in no sum.
    const garbled = await told((server, u) => server.shares(u, ALL, [VICTIM]));
    expect(sightOf(garbled).get(VICTIM)).toMatchObject({ knowsB: false, knowsS: false });
    expectSecrecy(garbled);
    // The victim is told that 1 had not shared, and does not mask with it; 1 masks with the victim.
    const oneSided = await told((server, u) => server.shares(u, u === VICTIM ? ALL.filter((v) => v !== 1) : ALL));
    expect(oneSided.refusals.get(VICTIM)).toBe('inconsistent-survivors');
    expectSecrecy(oneSided, visibleSums(oneSided));
  });

  it('swapped between owners, holders and runs do not open', async () => {
    const [server, other] = [await until('ShareKeys'), await until('ShareKeys', 'another run')];
    const pairs = (u: number, s: HostileServer) => s.said(u, 'ShareKeys')!.slice(32);
    // To the victim: what 2 made for 1, what 1 made for the victim under the name of 2, and boxes of another run.
    const stolen = [pairs(1, server).subarray(112, 224), pairs(1, server).subarray(0, 112)];
    const foreign = [3, 4, 5].map((v) => pairs(v, other).subarray(0, 112));
    server.shown.get(VICTIM)!.senders = [1, 2, 3, 4, 5];
    expect(
      await server.tell(VICTIM, 'EncryptedShares', concatBytes(Uint8Array.of(31), ...stolen, ...foreign)),
    ).toBeUndefined();
    for (const u of HONEST) if (u !== VICTIM) await server.shares(u, ALL);
    for (const u of HONEST) await server.survivors(u, HONEST);
    for (const u of HONEST) await server.signed(u);
    expect(server.said(VICTIM, 'UnmaskShares')).toEqual(Uint8Array.of(0));
    expectSecrecy(server, visibleSums(server));
  });
});

it('weaker parameters, another round, another model: another session, in which nothing of this one counts', async () => {
  const server = await until('RevealNonce');
  for (const stranger of [
    from({}, { corrupt: 0 }),
    from({}, { sigma: 20 }),
    from({ round: 2 }),
    from({ context: new Uint8Array(32) }),
    from({ minimumCohort: 3 }),
  ]) {
    const other = new HostileServer(stranger, [6], 'another session');
    await other.start();
    const frame = encodeFrame(PROTOCOLS.secagg, MESSAGE.Roster, server.round.session, new Uint8Array(1));
    await expect(other.clients.get(1)!.receive('server', frame)).rejects.toMatchObject({ code: 'wrong-session' });
    // The same, relabelled: keys and nonces of the others' session beside the victim's own keys.
    const borrowed = HONEST.slice(1);
    const keys = new Map(borrowed.map((u) => [u, server.entry(u)]));
    const nonces = new Map(borrowed.map((u) => [u, server.said(u, 'RevealNonce')!]));
    expect(await other.roster(VICTIM, ALL, keys)).toBeUndefined();
    expect(await other.nonces(VICTIM, ALL, nonces)).toBe('bad-commitment');
    expect(other.said(VICTIM, 'ShareKeys')).toBeUndefined();
  }
});
