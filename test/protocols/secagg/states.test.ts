import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/index.ts';
import { ClientSet } from '../../../src/protocols/secagg/bitmap.ts';
import { AwaitingNonces, AwaitingShares, join } from '../../../src/protocols/secagg/client-states.ts';
import { Nonces, Roster, type UnmaskShares } from '../../../src/protocols/secagg/messages.ts';
import { resolveRound } from '../../../src/protocols/secagg/round.ts';
import { open } from '../../../src/protocols/secagg/server-join.ts';
import { CollectingShareKeys } from '../../../src/protocols/secagg/server-states.ts';
import { CollectingUnmaskShares } from '../../../src/protocols/secagg/server-unmask.ts';
import { id, rngFor, setup } from './play.ts';

/** Five clients and a server, honest-but-curious, up to the masked inputs. */
function upToMasked() {
  const { spec, parameters, inputs } = setup({ clients: 5, parameters: { dropout: 0.4 } });
  const round = resolveRound(spec, parameters);
  const keys = open(round);
  const joined = round.members.map((member, i) => {
    const [state, message] = join(round, member, rngFor(`states/${i}`));
    keys.receive(i, message);
    return state;
  });
  const [collecting, roster] = keys.close();
  const sharing = collecting as CollectingShareKeys;
  const waiting = joined.map((state, i) => {
    const [next, message] = state.receive(roster);
    sharing.receive(i, message as never);
    return next as AwaitingShares;
  });
  const [masked, outbox] = sharing.close();
  const works = waiting.map((state, i) => state.receive(outbox.get(i)!, inputs.get(id(i))!));
  return { round, keys, joined, roster, sharing, waiting, masked, outbox, works, inputs };
}

describe('client states', () => {
  it('throw a TypeError on reuse', () => {
    const { joined, roster, waiting, outbox, inputs, works } = upToMasked();
    expect(() => joined[0]!.receive(roster)).toThrow(/AwaitingRoster was already used/);
    expect(() => waiting[0]!.receive(outbox.get(0)!, inputs.get(id(0))!)).toThrow(TypeError);
    const [awaiting] = works[0]!;
    const set = ClientSet.of(5, [0, 1, 2, 3, 4]);
    awaiting.receive({ set });
    expect(() => awaiting.receive({ set })).toThrow(/AwaitingSurvivors was already used/);
    expect(() => awaiting.receive({ set: ClientSet.of(5, [0, 1, 2, 3]) })).toThrow(TypeError);
  });

  it('are spent by an error, too: a refused survivor set gets no second try', () => {
    const { works } = upToMasked();
    const [awaiting] = works[1]!;
    expect(() => awaiting.receive({ set: ClientSet.of(5, [0]) })).toThrow(
      expect.objectContaining({ code: 'inconsistent-survivors' }),
    );
    expect(() => awaiting.receive({ set: ClientSet.of(5, [0, 1, 2, 3, 4]) })).toThrow(TypeError);
  });

  it('do not change the input, and hand out a mask plan instead of computing it', () => {
    const { works, inputs } = upToMasked();
    const [, { plan, words }] = works[2]!;
    expect(words).toEqual(inputs.get(id(2)));
    expect(words.words).not.toBe(inputs.get(id(2))!.words);
    expect(plan.terms.map(({ sign }) => sign)).toEqual([1, -1, -1, 1, 1]);
    expect(new Set(plan.terms.map(({ seed }) => toHex(seed))).size).toBe(5);
  });

  it('agree on the seed of every pair, and on no two', () => {
    const { works } = upToMasked();
    const seeds = works.map(([, { plan }]) => plan.terms.map(({ seed }) => toHex(seed)));
    const place = (of: number, among: number) => 1 + (of < among ? of : of - 1);
    for (let u = 0; u < 5; u++) {
      for (let v = 0; v < 5; v++) if (u !== v) expect(seeds[u]![place(v, u)]).toBe(seeds[v]![place(u, v)]);
    }
    expect(new Set(seeds.flat()).size).toBe(5 + 10);
  });

  it('reveal the seed share of a survivor and the key share of a dropout: t of them, and none of the other kind', () => {
    const all = upToMasked();
    const answers = (indices: number[]) =>
      upToMasked().works.map(([state], i) =>
        indices.includes(i) ? (state.receive({ set: ClientSet.of(5, indices) })[1] as UnmaskShares) : undefined,
      );
    const [without, full] = [answers([0, 1, 2, 3]), answers([0, 1, 2, 3, 4])];
    for (let i = 0; i < 4; i++) {
      const [a, b] = [without[i]!.shares, full[i]!.shares];
      expect(a.length).toBe(4 * 32);
      expect(toHex(a.subarray(0, 96))).toBe(toHex(b.subarray(0, 96)));
      expect(toHex(a.subarray(96))).not.toBe(toHex(b.subarray(96)));
    }
    expect(all.round.n).toBe(5);
  });

  it('do not print', () => {
    const { works, waiting, joined } = upToMasked();
    for (const state of [works[0]![0], waiting[0], joined[0]]) {
      expect(JSON.stringify(state)).toMatch(/^\{("degree":4)?\}$/);
      expect(inspect(state, { depth: 9, showHidden: true })).not.toMatch(/Uint8Array/);
    }
  });

  it('against a malicious server: nothing is shared before all nonces are open', () => {
    const { spec, parameters, identities } = setup({
      clients: 4,
      parameters: { adversary: 'malicious-server', dropout: 0.25 },
    });
    const round = resolveRound(spec, parameters);
    const keys = open(round);
    const states = round.members.map((member, i) => {
      const [state, message] = join(round, identities.get(member.id)!, rngFor(`nonces/${i}`));
      keys.receive(i, message);
      return state;
    });
    const [collecting, roster] = keys.close();
    expect(roster).toBeInstanceOf(Roster);
    const nexts = states.map((state, i) => {
      const [next, message] = state.receive(roster);
      expect(next).toBeInstanceOf(AwaitingNonces);
      collecting.receive(i, message as never);
      return next as AwaitingNonces;
    });
    const [, nonces] = collecting.close();
    expect(nonces).toBeInstanceOf(Nonces);
    for (const next of nexts) {
      expect(next.receive(nonces as Nonces)[0]).toBeInstanceOf(AwaitingShares);
      expect(() => next.receive(nonces as Nonces)).toThrow(TypeError);
    }
  });
});

describe('server states', () => {
  it('are closed once', () => {
    const { keys, sharing, masked } = upToMasked();
    expect(() => keys.close()).toThrow(/already closed/);
    expect(() => sharing.close()).toThrow(TypeError);
    expect(sharing).toBeInstanceOf(CollectingShareKeys);
    for (let i = 0; i < 5; i++) masked.receive(i, { words: new Uint32Array(5) });
    const [unmask] = masked.close();
    expect(() => masked.close()).toThrow(TypeError);
    expect(() => masked.receive(0, { words: new Uint32Array(5) })).toThrow(TypeError);
    expect(unmask).toBeInstanceOf(CollectingUnmaskShares);
    expect(() => (unmask as CollectingUnmaskShares).close()).toThrow(
      expect.objectContaining({ code: 'below-threshold' }),
    );
    expect(() => (unmask as CollectingUnmaskShares).close()).toThrow(TypeError);
  });
});
