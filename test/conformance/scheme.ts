import { describe, expect, it } from 'vitest';
import type { Scheme } from '../../src/aggregate/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { inlineExecutor } from '../../src/kernels/index.ts';
import { copyVector, type RingVector } from '../../src/math/index.ts';
import type { Party, PartyId, RoundSpec } from '../../src/protocols/index.ts';
import { type Case, type Hop, makeCase, makeParties, type Played, plainSum, play, toBigInts } from './play.ts';

export interface SchemeUnderTest {
  /** A fresh scheme fit for cohorts of this size; a third of the cohort may drop out. */
  readonly scheme: (clients: number) => Scheme;
  /** Helpers the scheme needs; default 0. */
  readonly helpers?: number;
  /** The smallest cohort it runs with; default 2. */
  readonly smallest?: number;
  /** The widest words it carries; default 64. */
  readonly mostBits?: number;
  /** Whether it hands mask plans to the executor; default false. */
  readonly usesExecutor?: boolean;
}

/** What every scheme promises, whoever wrote it. */
export function schemeConformance(name: string, under: SchemeUnderTest): void {
  const { helpers = 0, smallest = 2, mostBits = 64, usesExecutor = false } = under;
  const round = (clients: number, more: Partial<RoundSpec> & { seed?: string } = {}): Case =>
    makeCase(more.seed ?? name, {
      clients,
      helpers,
      ...(more.bits === undefined ? {} : { bits: more.bits }),
      ...(more.length === undefined ? {} : { length: more.length }),
      ...(more.round === undefined ? {} : { round: more.round }),
      minimumCohort: more.minimumCohort ?? Math.max(2, Math.floor(clients / 2)),
    });

  /** Exact, or as close as the scheme promises. */
  const expectSum = (from: Case, played: Pick<Played, 'sum'>): void => {
    expectExact(from, played, under.scheme(from.spec.clients.length).errorBound?.(from.spec));
  };

  describe(`${name}: a scheme`, () => {
    describe('computes the exact sum', () => {
      const shapes: readonly (readonly [clients: number, length: number, bits: number])[] = [
        [smallest, 1, 8],
        [3, 1, 64],
        [3, 2, 33],
        [4, 17, 9],
        [5, 1000, 31],
        [6, 64, 32],
        [7, 129, 48],
        [9, 3, 63],
      ];
      it.each(shapes.filter(([, , bits]) => bits <= mostBits))(
        'of %i clients, %i words of %i bits',
        async (clients, length, bits) => {
          const from = round(clients, { length, bits });
          const played = await play(under.scheme(clients), from);
          expect(played.errors).toEqual(new Map());
          expectSum(from, played);
          expect(played.sum?.survivors).toHaveLength(clients);
          expect(played.sum?.dropped).toEqual([]);
        },
      );

      it('of inputs that are all zero, or all ones, and leaves them as they were', async () => {
        const from = round(4, { length: 9, bits: 20 });
        const inputs = new Map<PartyId, RingVector>();
        for (const [i, { id }] of from.spec.clients.entries()) {
          inputs.set(id, { bits: 20, words: new Uint32Array(9).fill(i % 2 === 0 ? 0 : 2 ** 20 - 1) });
        }
        const before = new Map([...inputs].map(([id, input]) => [id, copyVector(input)]));
        const played = await play(under.scheme(4), { ...from, inputs });
        expectSum({ ...from, inputs }, played);
        expect(played.sum?.survivors).toHaveLength(4);
        expect(inputs).toEqual(before);
      });
    });

    it('names its round by 32 bytes that depend on the whole spec, in any order of clients', () => {
      const scheme = under.scheme(4);
      const { spec } = round(4);
      const id = scheme.session(spec);
      expect(id).toHaveLength(32);
      expect(scheme.session({ ...spec, clients: [...spec.clients].reverse() })).toEqual(id);
      const others: RoundSpec[] = [
        { ...spec, round: 2 },
        { ...spec, task: 'other' },
        { ...spec, length: spec.length + 1 },
        { ...spec, bits: spec.bits + 1 },
        { ...spec, minimumCohort: 3 },
        { ...spec, context: new Uint8Array(32) },
      ];
      for (const other of others) expect(scheme.session(other)).not.toEqual(id);
    });

    it('bears that session in every frame', async () => {
      const from = round(4);
      const scheme = under.scheme(4);
      const { hops } = await play(scheme, from);
      expect(hops.length).toBeGreaterThanOrEqual(4);
      for (const { frame } of hops) expect(frame.subarray(6, 38)).toEqual(scheme.session(from.spec));
    });

    it('refuses a spec that is not one, a stranger, and an input of another shape', () => {
      const scheme = under.scheme(4);
      const { spec, identities, inputs } = round(4);
      expect(() => scheme.check(spec)).not.toThrow();
      expect(() => scheme.check({ ...spec, minimumCohort: 1 })).toThrow(RangeError);
      expect(() => scheme.check({ ...spec, clients: spec.clients.slice(0, 1) })).toThrow(RangeError);
      const me = identities.get('client-0')!;
      const input = inputs.get('client-0')!;
      expect(() => scheme.client(spec, { ...me, id: 'stranger' }, input, inlineExecutor)).toThrow(RangeError);
      const short = { bits: input.bits, words: input.words.slice(1) };
      expect(() => scheme.client(spec, me, short, inlineExecutor)).toThrow(RangeError);
      expect(() => scheme.client(spec, me, { bits: 16, words: new Uint32Array(5) }, inlineExecutor)).toThrow(
        RangeError,
      );
    });

    describe('survives dropouts', () => {
      it('after every message a client sends', async () => {
        const clients = 6;
        const honest = await play(under.scheme(clients), round(clients));
        const steps = 1 + Math.max(...honest.hops.filter(({ from }) => from === 'client-1').map(({ step }) => step));
        expect(steps).toBeGreaterThanOrEqual(1);
        for (let after = 0; after < steps; after++) {
          const from = round(clients, { seed: `${name}/drop/${after}` });
          const played = await play(under.scheme(clients), from, {
            tamper: (hop) => (hop.from === 'client-1' && hop.step >= after ? [] : [hop]),
          });
          expectSum(from, played);
          expect(played.sum!.survivors.length).toBeGreaterThanOrEqual(clients - 1);
          if (after === 0) expect(played.sum!.dropped.map(({ id }) => id)).toEqual(['client-1']);
          for (const { phase } of played.sum!.dropped) expect(played.phases).toContain(phase);
        }
      });

      it('of two clients at different times', async () => {
        const from = round(7);
        const played = await play(under.scheme(7), from, {
          tamper: (hop) =>
            (hop.from === 'client-2' && hop.step >= 0) || (hop.from === 'client-5' && hop.step >= 1) ? [] : [hop],
        });
        expectSum(from, played);
        expect(played.sum!.survivors).not.toContain('client-2');
      });

      it('down to the minimum cohort, and refuses to go below it', async () => {
        const from = round(6, { minimumCohort: 5 });
        const silence = (...ids: string[]) => ({ tamper: (hop: Hop) => (ids.includes(hop.from) ? [] : [hop]) });
        const enough = await play(under.scheme(6), from, silence('client-0'));
        expectSum(from, enough);
        expect(enough.sum!.survivors).toHaveLength(5);
        const few = await play(under.scheme(6), from, silence('client-0', 'client-3'));
        expect(few.sum).toBeUndefined();
        expect(few.server.status.phase).toBe('Failed');
        const error = few.errors.get('server');
        expect(error).toBeInstanceOf(ProtocolError);
        expect(['below-minimum-cohort', 'below-threshold']).toContain((error as ProtocolError).code);
      });
    });

    describe('does not trust the network', () => {
      it('ignores retransmissions of every frame', async () => {
        const from = round(5);
        const played = await play(under.scheme(5), from, { tamper: (hop) => [hop, hop, hop] });
        expectSum(from, played);
        expect(played.sum?.survivors).toHaveLength(5);
      });

      const hostile: readonly (readonly [what: string, mutate: (frame: Uint8Array) => Uint8Array])[] = [
        ['an empty frame', () => new Uint8Array(0)],
        ['a frame cut in the header', (frame) => frame.slice(0, 20)],
        ['a frame cut by a byte', (frame) => frame.slice(0, -1)],
        ['a byte left over', (frame) => Uint8Array.from([...frame, 0])],
        ['a body of nothing', (frame) => frame.slice(0, 38)],
        ['an unknown version', (frame) => frame.with(3, 9)],
        ['another protocol', (frame) => frame.with(4, 200)],
        ['an unknown type', (frame) => frame.with(5, 250)],
        ['another session', (frame) => frame.with(17, frame[17]! ^ 1)],
      ];
      it.each(hostile)('goes on without a client that sends %s', async (_what, mutate) => {
        const from = round(6);
        const scheme = under.scheme(6);
        const first = await play(scheme, from, {
          tamper: (hop) => (hop.from === 'client-4' ? [{ ...hop, frame: mutate(hop.frame) }] : [hop]),
        });
        expectSum(from, first);
        expect(first.sum!.survivors).not.toContain('client-4');
      });

      it('is not impressed by strangers', async () => {
        const from = round(5);
        const parties = makeParties(under.scheme(5), from);
        const frames = (await play(under.scheme(5), from)).hops.map(({ frame }) => frame);
        await parties.server.start();
        const before = parties.server.status;
        for (const frame of frames) await settle(parties.server.receive('stranger', frame));
        expect(parties.server.status).toEqual(before);
      });

      it('keeps the frames of one round out of another', async () => {
        const seed = `${name}/rounds`;
        const old = (await play(under.scheme(5), round(5, { seed, round: 1 }))).hops;
        const from = round(5, { seed, round: 2 });
        const scheme = under.scheme(5);
        const played = await play(scheme, from, {
          tamper: (hop) => {
            const stale = old.find((o) => o.from === hop.from && o.to === hop.to && o.step === hop.step);
            return hop.from === 'client-0' && stale !== undefined ? [stale] : [hop];
          },
        });
        expectSum(from, played);
        expect(played.sum!.survivors).not.toContain('client-0');
      });
    });

    describe('keeps the contract of a party', () => {
      it('has no outcome before the end, and a status that says what is missing', async () => {
        const from = round(5);
        const known = new Set([from.spec.server, ...from.spec.clients, ...from.spec.helpers].map(({ id }) => id));
        const played = await play(under.scheme(5), from, {
          observe: ({ server, clients, helpers: others }) => {
            for (const party of [server, ...clients.values(), ...others.values()]) expectStatus(party, known);
          },
        });
        expect(played.phases.at(-1)).toBe('Done');
        expect(new Set(played.phases).size, 'no phase is entered twice').toBe(played.phases.length);
        for (const party of [played.server, ...played.clients.values(), ...played.helpers.values()]) {
          expect(party.status).toEqual({ phase: 'Done', awaiting: [], needed: 0 });
        }
      });

      it('starts once', async () => {
        const { server, clients, helpers: others } = makeParties(under.scheme(4), round(4));
        for (const party of [server, ...clients.values(), ...others.values()]) {
          const spoke = (await party.start()).length > 0;
          if (spoke) await expect(party.start()).rejects.toThrow(TypeError);
          else expect(await party.start().catch(() => [])).toEqual([]);
        }
      });

      it('ignores deadlines of phases it is not in, and frames after the end', async () => {
        const from = round(5);
        const played = await play(under.scheme(5), from);
        for (const party of [played.server, ...played.clients.values(), ...played.helpers.values()]) {
          for (const phase of [...played.phases, 'NoSuchPhase']) expect(await party.deadline(phase)).toEqual([]);
          for (const { from: sender, to, frame } of played.hops) {
            if (to === party.id) await settle(party.receive(sender, frame));
          }
          expect(party.status.phase).toBe('Done');
        }
        expectSum(from, played);
      });

      it('reveals nothing after a failure', async () => {
        const from = round(5, { minimumCohort: 5 });
        const played = await play(under.scheme(5), from, {
          tamper: (hop) => (hop.from === 'client-0' ? [] : [hop]),
        });
        expect(played.server.status.phase).toBe('Failed');
        for (const { from: sender, to, frame } of played.hops) {
          if (to === 'server') expect(await settle(played.server.receive(sender, frame))).toEqual([]);
        }
        expect(played.server.outcome).toBeUndefined();
      });

      it.runIf(usesExecutor)('leaves the heavy arithmetic to the executor it was given', async () => {
        const from = round(5);
        let terms = 0;
        const played = await play(under.scheme(5), from, {
          executor: {
            ...inlineExecutor,
            mask(plan, into, signal) {
              terms += plan.terms.length;
              return inlineExecutor.mask(plan, into, signal);
            },
          },
        });
        expectSum(from, played);
        expect(terms).toBeGreaterThan(0);
      });

      it('says who learns what', () => {
        const { name: found, learns } = under.scheme(4);
        expect(found).toMatch(/^[a-z][a-z-]*$/);
        for (const sentence of [learns.server, learns.clients]) expect(sentence.length).toBeGreaterThan(5);
      });
    });
  });
}

/** The sum is that of the declared survivors, and everybody is either a survivor or dropped. */
export function expectExact({ spec, inputs }: Case, { sum }: Pick<Played, 'sum'>, errorBound = 0): void {
  expect(sum).toBeDefined();
  const { survivors, dropped } = sum!;
  const expected = plainSum(inputs, survivors);
  if (errorBound === 0) expect(toBigInts(sum!.sum)).toEqual(expected);
  for (const [i, word] of toBigInts(sum!.sum).entries()) {
    const error = Number(BigInt.asIntN(spec.bits, word - expected[i]!));
    expect(Math.abs(error)).toBeLessThanOrEqual(errorBound);
  }
  expect(sum!.sum.bits).toBe(spec.bits);
  expect(survivors.length).toBeGreaterThanOrEqual(spec.minimumCohort);
  expect([...survivors, ...dropped.map(({ id }) => id)].sort()).toEqual(spec.clients.map(({ id }) => id).sort());
  expect(survivors).toEqual([...survivors].sort());
}

function expectStatus(party: Party<unknown>, known: ReadonlySet<PartyId>): void {
  const { phase, awaiting, needed } = party.status;
  expect(phase).not.toBe('');
  expect(new Set(awaiting).size).toBe(awaiting.length);
  for (const id of awaiting) expect(known).toContain(id);
  expect(needed).toBeGreaterThanOrEqual(0);
  expect(needed).toBeLessThanOrEqual(awaiting.length);
  if (phase !== 'Done') expect(party.outcome).toBeUndefined();
  else expect(awaiting).toEqual([]);
}

/** A peer's frame may be ignored or refused, never crash: what it sends out, or nothing when it refuses. */
async function settle(reply: Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  try {
    return await reply;
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return [];
  }
}
