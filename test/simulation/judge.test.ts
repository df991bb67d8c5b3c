/** Who judges the judges: the simulation must find faults that are put there on purpose. */
import { describe, expect, it } from 'vitest';
import { pairwiseMasks, plaintext, type Scheme } from '../../src/aggregate/index.ts';
import { toHex } from '../../src/bytes/index.ts';
import { addInto, copyVector, zeroVector } from '../../src/math/index.ts';
import { type Case, makeCase, type Played, play } from '../conformance/play.ts';
import { playOut, type Run, type Subject, simulate } from './scenario.ts';
import { secaggOracle } from './secagg-oracle.ts';
import { SUBJECTS } from './subjects.ts';

function broken(change: (scheme: Scheme) => Partial<Scheme>): Subject {
  return {
    name: 'broken',
    scheme: () => ({ ...plaintext(), ...change(plaintext()) }),
    smallest: 3,
    largest: 3,
  };
}

async function firstFault(subject: Subject): Promise<string> {
  for (let number = 0; number < 50; number++) {
    try {
      await simulate(subject, number);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return 'none';
}

describe('the simulation', () => {
  it.each(SUBJECTS.map(({ subject }) => [subject.name, subject] as const))(
    'replays %s to the byte',
    async (_, subject) => {
      const wire = async () =>
        (await playOut(subject, 4)).sent.map(({ from, to, frame }) => `${from} ${to} ${toHex(frame)}`);
      const first = await wire();
      expect(first.length).toBeGreaterThan(2);
      expect(await wire()).toEqual(first);
    },
  );

  it('finds a sum that is off by one', async () => {
    const fault = await firstFault(
      broken((scheme) => ({
        server(spec, executor) {
          const party = scheme.server(spec, executor);
          return {
            id: party.id,
            start: () => party.start(),
            receive: (from, frame) => party.receive(from, frame),
            deadline: (phase) => party.deadline(phase),
            get status() {
              return party.status;
            },
            get outcome() {
              const { outcome } = party;
              if (outcome === undefined) return undefined;
              const sum = copyVector(outcome.sum);
              const one = zeroVector(sum.bits, sum.words.length);
              new Uint8Array(one.words.buffer)[0] = 1;
              addInto(sum, one);
              return { ...outcome, sum };
            },
          };
        },
      })),
    );
    expect(fault).toMatch(/is not exact/);
  });

  it('finds a party that throws anything but a ProtocolError', async () => {
    const fault = await firstFault(
      broken((scheme) => ({
        server: (spec, executor) =>
          Object.assign(scheme.server(spec, executor), { receive: () => Promise.reject(new TypeError('oops')) }),
      })),
    );
    expect(fault).toBe('oops');
  });

  it('finds a party that never ends', async () => {
    const fault = await firstFault(
      broken((scheme) => ({
        server(spec, executor) {
          const party = scheme.server(spec, executor);
          let turn = 0;
          const deadline = async () => {
            turn += 1;
            return [];
          };
          return Object.assign(
            Object.create(party, {
              status: { get: () => ({ phase: `phase ${turn}`, awaiting: [], needed: 0 }) },
            }),
            { id: party.id, start: async () => [], receive: async () => [], deadline },
          );
        },
      })),
    );
    expect(fault).toMatch(/still not over/);
  });
});

describe('the secrecy oracle of pairwise masks', () => {
  const parameters = { adversary: 'honest-but-curious', dropout: 0.3, corrupt: 0.15, suite: 'chacha20' } as const;
  const scheme = pairwiseMasks(parameters);
  const round: Case = makeCase('oracle', { clients: 6 });
  const asRun = (...played: Played[]): Run => ({
    seed: 'oracle:0',
    subject: { name: 'oracle', scheme: () => scheme, smallest: 6, largest: 6 },
    scheme,
    round,
    faults: { drop: 0, duplicate: 0, delay: 1, late: 0, long: 0, crash: 0, restart: 0 },
    corrupt: new Set(),
    sent: played.flatMap(({ hops }) => hops.map((hop) => ({ ...hop, life: 0, intended: hop.frame }))),
    endings: [],
  });

  it('is content with a round, with and without dropouts', async () => {
    secaggOracle(asRun(await play(scheme, round)), parameters);
    const dropout = await play(scheme, round, {
      tamper: (hop) => (hop.from === 'client-3' && hop.step > 1 ? [] : [hop]),
    });
    expect(dropout.sum?.survivors).not.toContain('client-3');
    secaggOracle(asRun(dropout), parameters);
  });

  it('sees both kinds of shares of one client', async () => {
    // The same keys twice: once client-3 survives, once it does not. Together the two rounds give it away.
    const survives = await play(scheme, round);
    const drops = await play(scheme, round, {
      tamper: (hop) => (hop.from === 'client-3' && hop.step > 1 ? [] : [hop]),
    });
    expect(() => secaggOracle(asRun(survives, drops), parameters)).toThrow(
      /client-3: \d shares of the self-mask secret/,
    );
  });

  it('sees one mask over two inputs', async () => {
    const once = await play(scheme, round);
    const inputs = new Map(round.inputs).set('client-2', round.inputs.get('client-4')!);
    const again = await play(scheme, { ...round, inputs });
    expect(() => secaggOracle(asRun(once, again), parameters)).toThrow('client-2 sent 2 different masked inputs');
  });
});
