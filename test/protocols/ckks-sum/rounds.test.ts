import { afterAll, describe, expect, it } from 'vitest';
import { bfvSum, ckksSum, createAggregator } from '../../../src/aggregate/index.ts';
import { fixedPoint } from '../../../src/encoding/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { SharedKey } from '../../../src/protocols/ckks-sum/index.ts';
import { TYPES } from '../../../src/protocols/ckks-sum/messages.ts';
import type { Outgoing } from '../../../src/protocols/index.ts';
import { InlineSealEngine } from '../../../src/seal/index.ts';
import { memoryNetwork } from '../../../src/session/index.ts';
import { type Hop, makeCase, play } from '../../conformance/play.ts';
import { expectExact } from '../../conformance/scheme.ts';

const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const typeOf = ({ frame }: Outgoing) => frame[5];
const round = (more: Partial<Parameters<typeof makeCase>[1]> = {}) =>
  makeCase('rounds', { clients: 5, helpers: 5, bits: 20, length: 7, minimumCohort: 3, ...more });
const scheme = (more: Parameters<typeof bfvSum>[0] = {}) => bfvSum({ engine, threshold: 3, ...more });

/** Nobody hears `ids` from message type `type` on. */
const silentFrom = (type: number, ...ids: string[]) => ({
  tamper: (hop: Hop) => (ids.includes(hop.from) && typeOf(hop)! >= type ? [] : [hop]),
});

/** Changes one byte of every frame of this type from `id`, before its end. */
const spoil = (type: number, id: string, fromEnd = 1) => ({
  tamper: (hop: Hop) => {
    if (hop.from !== id || typeOf(hop) !== type) return [hop];
    const at = hop.frame.length - fromEnd;
    return [{ ...hop, frame: hop.frame.with(at, hop.frame[at]! ^ 1) }];
  },
});

describe('decryptors that vanish', () => {
  it.each([
    ['before they commit', TYPES.keyCommit],
    ['before they reveal', TYPES.keyReveal],
    ['before they confirm', TYPES.keyConfirm],
    ['before they are ready', TYPES.ready],
  ])('two of five, %s: the sum is found', async (_, type) => {
    const from = round();
    const played = await play(scheme(), from, silentFrom(type, 'helper-1', 'helper-4'));
    expectExact(from, played);
    expect(played.sum!.survivors).toHaveLength(5);
  });

  it.each([
    ['before they commit', TYPES.keyCommit, 'KeyCommit'],
    ['before they reveal', TYPES.keyReveal, 'KeyReveal'],
    ['before they confirm', TYPES.keyConfirm, 'KeyConfirm'],
    ['before they are ready', TYPES.ready, 'Ready'],
  ])('three of five, %s: a clear error and nothing decrypted', async (_, type, phase) => {
    const played = await play(scheme(), round(), silentFrom(type, 'helper-0', 'helper-1', 'helper-4'));
    expect(played.sum).toBeUndefined();
    expect(played.errors.get('server')).toMatchObject({ code: 'below-threshold', phase });
    expect(played.hops.some((hop) => typeOf(hop) === TYPES.partial)).toBe(false);
  });

  it('one that was chosen and vanishes ends the round: nothing is decrypted twice', async () => {
    const played = await play(scheme(), round(), silentFrom(TYPES.partial, 'helper-0'));
    expect(played.errors.get('server')).toMatchObject({ code: 'below-threshold', phase: 'Partial' });
    expect(played.hops.filter((hop) => typeOf(hop) === TYPES.partial)).toHaveLength(3);
  });

  it('exactly t decrypt, however many are ready', async () => {
    const { hops } = await play(scheme(), round());
    expect(hops.filter((hop) => typeOf(hop) === TYPES.ready)).toHaveLength(5);
    expect(hops.filter((hop) => typeOf(hop) === TYPES.partial)).toHaveLength(3);
  });
});

describe('decryptors that cheat', () => {
  it.each([
    ['another public share than committed to', TYPES.keyReveal, 20_000 + 5 * 35_856, 'bad-commitment'],
    ['a share that does not open', TYPES.keyReveal, 1, undefined],
    ['another key', TYPES.keyConfirm, 64 + 1, 'key-mismatch'],
    ['a bad signature', TYPES.keyConfirm, 1, 'bad-signature'],
    ['another sum', TYPES.ready, 64 + 1, 'inconsistent-survivors'],
    ['a commitment that it did not sign', TYPES.keyCommit, 64 + 1, 'bad-signature'],
  ] as const)('%s', async (_, type, fromEnd, code) => {
    const from = round();
    const played = await play(scheme(), from, spoil(type, 'helper-0', fromEnd));
    if (code === undefined) {
      // Every share is dealt to somebody: the one that cannot open it leaves, and says who dealt it.
      const errors = [...played.errors.values()].filter((error) => error instanceof ProtocolError);
      expect(errors).toContainEqual(expect.objectContaining({ code: 'bad-share', culprits: ['helper-0'] }));
    } else {
      expectExact(from, played);
    }
  });
});

describe('a server that cheats', () => {
  const decryptorRefuses = async (
    type: number,
    change: (frame: Uint8Array) => Uint8Array,
    code: string,
    more: Parameters<typeof bfvSum>[0] = {},
  ) => {
    const played = await play(scheme(more), round(), {
      tamper: (hop) => (hop.from === 'server' && typeOf(hop) === type ? [{ ...hop, frame: change(hop.frame) }] : [hop]),
    });
    for (const { id } of round().spec.helpers) {
      expect(played.helpers.get(id)!.status.phase).toBe('Failed');
      expect(played.errors.get(id)).toMatchObject({ code, culprits: expect.arrayContaining([expect.any(String)]) });
    }
    expect(played.sum).toBeUndefined();
    expect(played.hops.some((hop) => typeOf(hop) === TYPES.partial)).toBe(false);
  };
  const body = 38;
  const upload = 64 + 2 * ((4096 * 70) / 8);

  it('asks for the sum of fewer than the minimum cohort: of one client, say', async () => {
    const one = (frame: Uint8Array) => {
      const out = frame.slice(0, body + 4 + 4 + upload);
      new DataView(out.buffer).setUint32(body, 1, true);
      return out;
    };
    await decryptorRefuses(TYPES.contributors, one, 'below-minimum-cohort');
  });

  it('passes one upload off as three', async () => {
    const thrice = (frame: Uint8Array) => {
      const out = frame.slice(0, body + 4 + 3 * (4 + upload));
      const view = new DataView(out.buffer);
      view.setUint32(body, 3, true);
      for (const i of [1, 2]) {
        out.copyWithin(body + 4 + i * (4 + upload), body + 4, body + 4 + 4 + upload);
        view.setUint32(body + 4 + i * (4 + upload), i, true);
      }
      return out;
    };
    await decryptorRefuses(TYPES.contributors, thrice, 'bad-signature');
  });

  it('changes an upload, or a digest', async () => {
    await decryptorRefuses(TYPES.contributors, (f) => f.with(f.length - 1, f[f.length - 1]! ^ 1), 'bad-signature');
    await decryptorRefuses(TYPES.contributors, (f) => f.with(body + 10, f[body + 10]! ^ 1), 'bad-signature', {
      check: 'sum',
    });
  });

  it('tells decryptors to decrypt different sums, or in smaller number than agreed', async () => {
    await decryptorRefuses(TYPES.decrypt, (f) => f.with(f.length - 1, f[f.length - 1]! ^ 1), 'bad-signature');
    const two = (f: Uint8Array) => f.slice(0, body + 1 + 2 * 65).with(body, 2);
    await decryptorRefuses(TYPES.decrypt, two, 'weak-parameters');
  });

  it('gives clients a key of its own', async () => {
    const from = round();
    const played = await play(scheme(), from, {
      tamper: (hop) =>
        typeOf(hop) === TYPES.jointKey && hop.to.startsWith('client')
          ? [{ ...hop, frame: hop.frame.with(5000, hop.frame[5000]! ^ 1) }]
          : [hop],
    });
    for (const { id } of from.spec.clients) expect(played.errors.get(id)).toMatchObject({ code: 'bad-signature' });
    expect(played.hops.some((hop) => typeOf(hop) === TYPES.upload)).toBe(false);
  });

  it('says two things at once', async () => {
    const played = await play(scheme(), round(), {
      tamper: (hop) =>
        typeOf(hop) === TYPES.contributors ? [hop, { ...hop, frame: hop.frame.with(50, hop.frame[50]! ^ 1) }] : [hop],
    });
    for (const { id } of round().spec.helpers)
      expect(played.errors.get(id)).toMatchObject({ code: 'equivocation', culprits: ['server'] });
  });
});

describe('clients that cheat', () => {
  it.each([
    ['an upload changed on its way', 1, 'bad-signature'],
    ['a signature changed on its way', 2 * ((4096 * 70) / 8) + 1, 'bad-signature'],
  ])('%s', async (_, fromEnd, code) => {
    const from = round();
    const played = await play(scheme(), from, spoil(TYPES.upload, 'client-2', fromEnd));
    expectExact(from, played);
    expect(played.sum!.dropped).toEqual([
      { id: 'client-2', phase: 'Upload', reason: expect.objectContaining({ code, culprits: ['client-2'] }) },
    ]);
  });
});

describe('a shared key', async () => {
  const sharedKey = await SharedKey.generate('exact', engine);
  const shared = bfvSum({ engine, sharedKey });
  const from = round({ helpers: 0 });

  it('lets another client open the sum when the first is silent, three in all', async () => {
    const one = await play(shared, from, silentFrom(TYPES.opened, 'client-0'));
    expectExact(from, one);
    expect(one.phases).toEqual(['Upload', 'Open', 'OpenAgain', 'Done']);
    const all = await play(shared, from, silentFrom(TYPES.opened, 'client-0', 'client-1', 'client-2'));
    expect(all.errors.get('server')).toMatchObject({ code: 'below-threshold', phase: 'OpenLast' });
  });

  it('opens no sum of too few, and none it is not in', async () => {
    const open = (first: number, count: number) => ({
      tamper: (hop: Hop) => {
        if (typeOf(hop) !== TYPES.open) return [hop];
        const cut = hop.frame.slice(4 * (5 - count));
        cut.set(hop.frame.subarray(0, 42));
        const view = new DataView(cut.buffer);
        view.setUint32(38, count, true);
        for (let i = 0; i < count; i++) view.setUint32(42 + 4 * i, first + i, true);
        return [{ ...hop, frame: cut }];
      },
    });
    const few = await play(shared, from, open(0, 2));
    expect(few.errors.get('client-0')).toMatchObject({ code: 'below-minimum-cohort' });
    const others = await play(shared, from, open(1, 4));
    expect(others.errors.get('client-0')).toMatchObject({ code: 'inconsistent-survivors' });
  });

  it('stays with the clients: the server has its name only', async () => {
    const blind = bfvSum({ engine, sharedKey: { set: 'exact', id: sharedKey.id } });
    expect(blind.session(from.spec)).toEqual(shared.session(from.spec));
    const played = await play({ ...shared, server: blind.server }, from);
    expectExact(from, played);
    const [me, input] = [from.identities.get('client-0')!, from.inputs.get('client-0')!];
    expect(() => blind.client(from.spec, me, input, undefined as never)).toThrow('the shared key itself');
    expect(shared.learns.clients).toMatch(/reads every contribution/);
  });
});

describe('in the aggregator', () => {
  it.each([
    ['ckks', () => ckksSum({ engine, threshold: 2 })],
    ['bfv', () => bfvSum({ engine, threshold: 2 })],
  ])('%s: weighted means with clipping, rounding and a client that drops out', async (_, make) => {
    const round = {
      task: 'means',
      number: 0,
      model: new Uint8Array(4),
      dimension: 3,
      server: 'server',
      clients: ['a', 'b', 'c', 'd'],
      helpers: ['x', 'y', 'z'],
    };
    const network = memoryNetwork();
    await using aggregator = await createAggregator({
      scheme: make(),
      encoding: fixedPoint({ clip: { value: 1 }, bits: 16, rounding: 'nearest', weights: { max: 100 } }),
      deadlines: { server: 2000 },
    });
    const others = [
      ...round.helpers.map((id) => aggregator.assist(round, network.transport(id))),
      ...['a', 'b', 'c'].map((id, i) =>
        aggregator.contribute(round, [0.5, -1, i / 4], network.transport(id), { weight: 10 * (i + 1) }),
      ),
    ];
    const { mean, count, weight, report } = await aggregator.collect(round, network.transport('server'));
    await Promise.all(others);
    expect(count).toBe(3);
    expect(weight).toBeCloseTo(60, 1);
    expect(mean[0]).toBeCloseTo(0.5, 2);
    expect(mean[1]).toBeCloseTo(-1, 2);
    expect(mean[2]).toBeCloseTo((0 * 10 + 0.25 * 20 + 0.5 * 30) / 60, 2);
    expect(report.parameters).toMatchObject({ keys: 'threshold', threshold: 2, decryptors: 3, check: 'uploads' });
    await expect(
      aggregator.contribute({ ...round, number: 1 }, [0, Number.NaN, 0], network.transport('a'), { weight: 1 }),
    ).rejects.toThrow('index 1');
  });
});
