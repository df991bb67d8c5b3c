import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/bytes/index.ts';
import { SigningKey } from '../../../src/crypto/index.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { encodeFrame, FRAME_HEADER, PROTOCOLS } from '../../../src/protocols/index.ts';
import { ClientSet } from '../../../src/protocols/secagg/bitmap.ts';
import { type SecaggParameters, secaggClient, secaggServer } from '../../../src/protocols/secagg/index.ts';
import { Derivations } from '../../../src/protocols/secagg/keys.ts';
import { MESSAGE, type MessageName, PAIR_BYTES } from '../../../src/protocols/secagg/messages.ts';
import { resolveRound } from '../../../src/protocols/secagg/round.ts';
import { bodyOf, expectExact, id, play, rngFor, type Setup, setup, withBody } from './play.ts';

const curious = () => setup({ clients: 6, parameters: { dropout: 0.34 } });
const malicious = () =>
  setup({
    clients: 6,
    parameters: { adversary: 'malicious-server', dropout: 0.34 } satisfies Partial<SecaggParameters>,
  });
/** k = 5, t = 3. */
const N = 6;
const VICTIM = id(2);
const SET = 1;
const ENTRY = { curious: 64, malicious: 160 };

/** Plays a round in which one message to the victim arrives changed. */
function toVictim(from: Setup, message: MessageName, change: (frame: Uint8Array) => Uint8Array) {
  return play(from, (envelope, name) =>
    name === message && envelope.to === VICTIM ? [{ ...envelope, frame: change(envelope.frame) }] : [envelope],
  );
}

/** Plays a round in which one message of the victim arrives changed. */
function fromVictim(from: Setup, message: MessageName, change: (frame: Uint8Array) => Uint8Array) {
  return play(from, (envelope, name) =>
    name === message && envelope.from === VICTIM ? [{ ...envelope, frame: change(envelope.frame) }] : [envelope],
  );
}

/** The victim refuses with this code, reveals nothing from then on, and the round goes on without it. */
async function expectRefusal(
  from: Setup,
  message: MessageName,
  code: string,
  change: (frame: Uint8Array) => Uint8Array,
): Promise<void> {
  const played = await toVictim(from, message, change);
  expect(played.errors.get(VICTIM)).toMatchObject({ code, culprits: ['server'] });
  const victim = played.clients.get(VICTIM)!;
  expect(victim.status).toEqual({ phase: 'Failed', awaiting: [], needed: 0 });
  const at = played.sent.findIndex(({ to, frame }) => to === VICTIM && frame[5] === MESSAGE[message]);
  const after = played.sent
    .slice(at)
    .filter(({ from: sender, frame }) => sender === VICTIM && frame[5]! > MESSAGE[message]);
  expect(after).toEqual([]);
  for (const { from: sender, to, frame } of played.sent) {
    if (to === VICTIM) expect(await victim.receive(sender, frame)).toEqual([]);
  }
}

const flip =
  (at: number, bit = 1) =>
  (frame: Uint8Array) =>
    withBody(frame, (body) => {
      body[at]! ^= bit;
    });

describe('a client refuses a roster', () => {
  for (const [name, make, entry] of [
    ['curious', curious, ENTRY.curious],
    ['malicious', malicious, ENTRY.malicious],
  ] as const) {
    const key = (index: number) => SET + index * entry;
    it(`${name}: with its own keys altered, or missing`, async () => {
      await expectRefusal(make(), 'Roster', 'bad-key', flip(key(2)));
      await expectRefusal(make(), 'Roster', 'bad-key', flip(key(2) + 40));
      await expectRefusal(make(), 'Roster', 'bad-key', (frame) => {
        const body = bodyOf(frame);
        const rest = concatBytes(body.slice(0, key(2)), body.slice(key(3)));
        rest[0]! &= ~4;
        return concatBytes(frame.slice(0, FRAME_HEADER), rest);
      });
    });

    it(`${name}: with keys of low order, not canonical, or there twice`, async () => {
      const put = (index: number, value: Uint8Array) => (frame: Uint8Array) =>
        withBody(frame, (body) => body.set(value, key(index)));
      await expectRefusal(make(), 'Roster', 'bad-key', put(4, new Uint8Array(32)));
      await expectRefusal(make(), 'Roster', 'bad-key', put(4, new Uint8Array(32).fill(255)));
      await expectRefusal(make(), 'Roster', 'bad-key', (frame) =>
        withBody(frame, (body) => body.copyWithin(key(4), key(5), key(5) + 32)),
      );
    });

    it(`${name}: of fewer than the minimum cohort`, async () => {
      const from = make();
      const spec = { ...from.spec, minimumCohort: 5 };
      await expectRefusal({ ...from, spec }, 'Roster', 'weak-parameters', (frame) => {
        const body = bodyOf(frame).slice(0, key(4));
        body[0] = 0b1111;
        return concatBytes(frame.slice(0, FRAME_HEADER), body);
      });
    });
  }

  it('of so few that the policy allows no threshold', async () => {
    // With 4 of 20 corrupt, a server that shows 5 clients may own all the others.
    const from = setup({ clients: 20, parameters: { dropout: 0.1, corrupt: 0.2 } });
    const played = await toVictim(from, 'Roster', (frame) => {
      const body = bodyOf(frame).slice(0, 3 + 5 * 64);
      body.set([0b11111, 0, 0]);
      return concatBytes(frame.slice(0, FRAME_HEADER), body);
    });
    expect(played.errors.get(VICTIM)?.code).toBe('weak-parameters');
  });

  it('malicious: with keys that their owner did not sign', async () => {
    await expectRefusal(malicious(), 'Nonces', 'bad-commitment', flip(1 + 32 * 4));
    const from = malicious();
    const played = await toVictim(from, 'Roster', flip(SET + 4 * 160 + 97));
    expect(played.errors.get(VICTIM)).toMatchObject({ code: 'bad-signature', phase: 'RevealNonces' });
  });
});

describe('a client refuses nonces', () => {
  it('that do not open, of strangers, or without its own', async () => {
    await expectRefusal(malicious(), 'Nonces', 'bad-commitment', flip(SET + 5));
    await expectRefusal(malicious(), 'Nonces', 'bad-commitment', (frame) => {
      const body = bodyOf(frame);
      const rest = concatBytes(body.slice(0, SET + 64), body.slice(SET + 96));
      rest[0]! &= ~4;
      return concatBytes(frame.slice(0, FRAME_HEADER), rest);
    });
    // One client did not advertise: it is not in the roster, and a nonce of it is nobody's.
    const from = malicious();
    const played = await play(from, (envelope, name) => {
      if (name === 'AdvertiseKeys' && envelope.from === id(5)) return [];
      if (name !== 'Nonces' || envelope.to !== VICTIM) return [envelope];
      const body = concatBytes(bodyOf(envelope.frame), new Uint8Array(32));
      body[0]! |= 32;
      return [{ ...envelope, frame: concatBytes(envelope.frame.slice(0, FRAME_HEADER), body) }];
    });
    expect(played.errors.get(VICTIM)?.code).toBe('unknown-party');
  });
});

describe('a client and its shares', () => {
  it('refuses when fewer than t neighbours shared', async () => {
    await expectRefusal(curious(), 'EncryptedShares', 'below-threshold', (frame) => {
      const body = bodyOf(frame).slice(0, SET + 2 * PAIR_BYTES);
      body[0] = 0b11;
      return concatBytes(frame.slice(0, FRAME_HEADER), body);
    });
  });

  it.each([
    ['the box', 40],
    ['a tag', 3],
  ])('goes on when %s of one neighbour is bad, and says that it holds no share', async (_, offset) => {
    const from = curious();
    const played = await toVictim(from, 'EncryptedShares', flip(SET + offset));
    expectExact(from, played);
    expect(played.sum!.survivors).toHaveLength(N);
    const answer = played.sent.find(
      ({ from: sender, frame }) => sender === VICTIM && frame[5] === MESSAGE.UnmaskShares,
    )!;
    expect(bodyOf(answer.frame)[0]).toBe(0b11110);
  });
});

describe.each([
  ['curious', curious],
  ['malicious', malicious],
] as const)('a client refuses survivors (%s)', (_, make) => {
  const survivors =
    (...indices: number[]) =>
    (frame: Uint8Array) =>
      withBody(frame, (body) => body.set(ClientSet.of(N, indices).bytes));

  it('without itself', () => expectRefusal(make(), 'Survivors', 'inconsistent-survivors', survivors(0, 1, 3, 4, 5)));

  it('of fewer than t neighbours', () => expectRefusal(make(), 'Survivors', 'below-threshold', survivors(1, 2, 3)));

  it('below the minimum cohort', () => {
    const from = make();
    const spec = { ...from.spec, minimumCohort: 6 };
    return expectRefusal({ ...from, spec }, 'Survivors', 'below-minimum-cohort', survivors(0, 1, 2, 3, 4));
  });

  it('beyond the cohort', () => expectRefusal(make(), 'Survivors', 'malformed', flip(0, 0x80)));

  it('who had not shared their keys, or not even joined', async () => {
    for (const missing of ['ShareKeys', 'AdvertiseKeys'] as const) {
      const played = await play(make(), (envelope, name) => {
        if (name === missing && envelope.from === id(5)) return [];
        if (name !== 'Survivors' || envelope.to !== VICTIM) return [envelope];
        return [{ ...envelope, frame: flip(0, 32)(envelope.frame) }];
      });
      expect(played.errors.get(VICTIM)).toMatchObject({ code: 'inconsistent-survivors', culprits: ['server'] });
    }
  });
});

describe('a client reveals one kind of share', () => {
  it('of each neighbour: whichever set comes, a second one finds nothing', async () => {
    const from = curious();
    const played = await play(from);
    const victim = played.clients.get(VICTIM)!;
    const request = played.sent.find(({ to, frame }) => to === VICTIM && frame[5] === MESSAGE.Survivors)!;
    expect(await victim.receive('server', request.frame)).toEqual([]);
    const other = flip(0, 32)(request.frame);
    await expect(victim.receive('server', other)).rejects.toMatchObject({
      code: 'already-revealed',
      culprits: ['server'],
    });
    expect(victim.status.phase).toBe('Done');
    expect(await victim.receive('server', request.frame)).toEqual([]);
  });

  it('malicious: a second set before it reveals is equivocation', async () => {
    const played = await play(malicious(), (envelope, name) =>
      name === 'Survivors' && envelope.to === VICTIM
        ? [envelope, { ...envelope, frame: flip(0, 32)(envelope.frame) }]
        : [envelope],
    );
    expect(played.errors.get(VICTIM)).toMatchObject({ code: 'equivocation', phase: 'ConsistencyCheck' });
  });

  it('malicious: a set other than the one it signed, too few signatures, wrong ones', async () => {
    await expectRefusal(malicious(), 'SignedSurvivors', 'inconsistent-survivors', flip(0, 32));
    await expectRefusal(malicious(), 'SignedSurvivors', 'bad-signature', flip(2 + 5));
    await expectRefusal(malicious(), 'SignedSurvivors', 'inconsistent-survivors', (frame) => {
      const body = bodyOf(frame).slice(0, 2 + 2 * 64);
      body[1] = 0b11;
      return concatBytes(frame.slice(0, FRAME_HEADER), body);
    });
    // A signature of the right neighbour on something else.
    const from = malicious();
    const round = resolveRound(from.spec, from.parameters);
    const forged = new SigningKey(from.identities.get(id(0))!.secretKey!).sign(
      new Derivations(round).survivors(new Uint8Array(32), new Uint8Array([63])),
    );
    await expectRefusal(from, 'SignedSurvivors', 'bad-signature', (frame) =>
      withBody(frame, (body) => body.set(forged, 2)),
    );
  });
});

describe('a server that shows different survivors to different clients', () => {
  it('gets signatures that do not add up, and not one share', async () => {
    for (const split of [1, 2, 3]) {
      const from = malicious();
      const played = await play(from, (envelope, name) =>
        name === 'Survivors' && envelope.to < id(3)
          ? [
              {
                ...envelope,
                frame: withBody(envelope.frame, (body) => body.fill(0b11_1111 & ~(8 << (split - 1)))),
              },
            ]
          : [envelope],
      );
      // Three signed one set and three the other: nobody has t = 3 neighbours that signed its own.
      expect(played.sum).toBeUndefined();
      expect(played.errors.get('server')).toMatchObject({ code: 'below-threshold' });
      expect(played.sent.filter(({ frame }) => frame[5] === MESSAGE.UnmaskShares)).toEqual([]);
    }
  });
});

describe('a client refuses frames', () => {
  it('of another session, version, protocol, phase, or sender', async () => {
    const change = (at: number) => (frame: Uint8Array) => frame.with(at, frame[at]! ^ 0x40);
    await expectRefusal(curious(), 'Survivors', 'wrong-session', change(20));
    await expectRefusal(curious(), 'Survivors', 'unsupported-version', change(3));
    await expectRefusal(curious(), 'Survivors', 'malformed', change(4));
    await expectRefusal(curious(), 'Survivors', 'unexpected-message', change(5));
    const from = curious();
    const client = secaggClient(from.spec, from.parameters, { id: VICTIM }, from.inputs.get(VICTIM)!, inlineExecutor);
    await client.start();
    const { session } = resolveRound(from.spec, from.parameters);
    const early = encodeFrame(PROTOCOLS.secagg, MESSAGE.Survivors, session, new Uint8Array(1));
    await expect(client.receive(id(0), early)).rejects.toMatchObject({ code: 'unknown-party' });
    expect(client.status.phase).toBe('AdvertiseKeys');
    await expect(client.receive('server', early)).rejects.toMatchObject({ code: 'unexpected-message' });
    expect(client.status.phase).toBe('Failed');
  });

  it('before it has started, and does not start after that', async () => {
    const from = curious();
    const client = secaggClient(from.spec, from.parameters, { id: VICTIM }, from.inputs.get(VICTIM)!, inlineExecutor);
    const { session } = resolveRound(from.spec, from.parameters);
    const early = encodeFrame(PROTOCOLS.secagg, MESSAGE.Roster, session, new Uint8Array(1));
    await expect(client.receive('server', early)).rejects.toMatchObject({ code: 'unexpected-message' });
    expect(await client.start()).toEqual([]);
    await expect(client.start()).rejects.toThrow(TypeError);
    expect(client.status.phase).toBe('Failed');
  });

  it('gives up at its deadline', async () => {
    const from = curious();
    const client = secaggClient(from.spec, from.parameters, { id: VICTIM }, from.inputs.get(VICTIM)!, inlineExecutor);
    await client.start();
    await expect(client.deadline('AdvertiseKeys')).rejects.toMatchObject({ code: 'timeout' });
    expect(client.status.phase).toBe('Failed');
    expect(await client.deadline('AdvertiseKeys')).toEqual([]);
  });
});

describe('a server excludes', () => {
  const cases: readonly (readonly [
    what: string,
    model: () => Setup,
    message: MessageName,
    code: string,
    change: (frame: Uint8Array) => Uint8Array,
  ])[] = [
    ['keys of low order', curious, 'AdvertiseKeys', 'bad-key', (f) => withBody(f, (b) => b.fill(0, 0, 32))],
    ['one key for both', curious, 'AdvertiseKeys', 'bad-key', (f) => withBody(f, (b) => b.copyWithin(32, 0, 32))],
    ['unsigned keys', malicious, 'AdvertiseKeys', 'bad-signature', flip(33)],
    ['another nonce', malicious, 'RevealNonce', 'bad-commitment', flip(0)],
    ['a short body', curious, 'ShareKeys', 'malformed', (f) => f.slice(0, -1)],
    ['a vector of another size', curious, 'MaskedInput', 'malformed', (f) => concatBytes(f, new Uint8Array(4))],
    ['another session', curious, 'MaskedInput', 'wrong-session', (f) => f.with(9, f[9]! ^ 1)],
    [
      'a message of another phase',
      curious,
      'MaskedInput',
      'unexpected-message',
      (f) => f.with(5, MESSAGE.UnmaskShares),
    ],
  ];
  it.each(cases)('who sends %s', async (_, model, message, code, change) => {
    const from = model();
    const played = await fromVictim(from, message, change);
    expectExact(from, played);
    const phase = message === 'RevealNonce' ? 'RevealNonces' : message;
    expect(played.sum!.dropped).toMatchObject([{ id: VICTIM, phase, reason: { code, culprits: [VICTIM] } }]);
  });

  it("who copies another client's key", async () => {
    let copied: Uint8Array | undefined;
    const from = curious();
    const played = await play(from, (envelope, name) => {
      if (name !== 'AdvertiseKeys') return [envelope];
      if (envelope.from === id(1)) copied = bodyOf(envelope.frame).slice(0, 32);
      if (envelope.from !== VICTIM) return [envelope];
      return [{ ...envelope, frame: withBody(envelope.frame, (body) => body.set(copied!, 32)) }];
    });
    expectExact(from, played);
    expect(played.sum!.dropped).toMatchObject([{ id: VICTIM, reason: { code: 'bad-key' } }]);
  });

  it('who says two things: before its input is in it drops out, afterwards the input stays', async () => {
    for (const [message, survivors] of [
      ['ShareKeys', N - 1],
      ['MaskedInput', N],
      ['UnmaskShares', N],
    ] as const) {
      const from = curious();
      const played = await play(from, (envelope, name) =>
        name === message && envelope.from === VICTIM
          ? [envelope, { ...envelope, frame: flip(bodyOf(envelope.frame).length - 1)(envelope.frame) }]
          : [envelope],
      );
      expectExact(from, played);
      expect(played.sum!.survivors).toHaveLength(survivors);
      if (survivors < N) expect(played.sum!.dropped).toMatchObject([{ reason: { code: 'equivocation' } }]);
    }
  });

  it('who reveals a share other than the one dealt, and sums without it', async () => {
    for (const model of [curious, malicious]) {
      const from = model();
      expectExact(from, await fromVictim(from, 'UnmaskShares', flip(5)));
    }
  });

  it('who signs another survivor set', async () => {
    const from = malicious();
    expectExact(from, await fromVictim(from, 'ConsistencyCheck', flip(5)));
  });

  it('nobody for the frame of a stranger', async () => {
    const from = curious();
    const server = secaggServer(from.spec, from.parameters, inlineExecutor);
    const before = server.status;
    await expect(server.receive('stranger', new Uint8Array(3))).rejects.toMatchObject({ code: 'unknown-party' });
    expect(server.status).toEqual(before);
  });
});

describe('a dealer', () => {
  it('of shares that do not fit its commitment is named, and the sum is not made up', async () => {
    const from = curious();
    const played = await fromVictim(from, 'ShareKeys', flip(0));
    expect(played.errors.get('server')).toMatchObject({ code: 'key-mismatch', culprits: [VICTIM], phase: 'Unmask' });
    expect(played.sum).toBeUndefined();
  });
});

describe('the caller', () => {
  it('cannot start a round whose parameters do not fit', () => {
    const { spec, parameters, identities, inputs } = malicious();
    const me = identities.get(VICTIM)!;
    const input = inputs.get(VICTIM)!;
    const client = (change: { spec?: object; parameters?: object; me?: object; input?: object }) => () =>
      secaggClient(
        { ...spec, ...change.spec },
        { ...parameters, ...change.parameters },
        { ...me, ...change.me },
        { ...input, ...change.input },
        inlineExecutor,
        rngFor('caller'),
      );
    expect(client({})).not.toThrow();
    expect(client({ me: { id: 'stranger' } })).toThrow(/not among the clients/);
    expect(client({ me: { secretKey: new Uint8Array(32) } })).toThrow(/does not belong to the key in the roster/);
    expect(client({ input: { words: new Uint32Array(4) } })).toThrow(RangeError);
    expect(client({ parameters: { t: 4 } })).toThrow(/both k and t/);
    expect(client({ parameters: { k: 5, t: 2 } })).toThrow(/at least 3 is needed/);
    expect(client({ parameters: { k: 3, t: 3 } })).toThrow(/even/);
    expect(client({ parameters: { dropout: 0.9 } })).toThrow(/no parameters exist/);
    expect(client({ parameters: { suite: 'rot13' } })).toThrow(TypeError);
    expect(client({ spec: { clients: spec.clients.map((member) => ({ id: member.id })) } })).toThrow(/no identity key/);
    const { key } = spec.clients[0]!;
    expect(client({ spec: { clients: spec.clients.map((member) => ({ ...member, key: key! })) } })).toThrow(
      /one identity key/,
    );
    expect(() => secaggServer(spec, parameters, inlineExecutor, { id: 'other' })).toThrow(RangeError);
  });
});
