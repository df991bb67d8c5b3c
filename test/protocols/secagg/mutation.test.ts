import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { type Executor, inlineExecutor } from '../../../src/kernels/index.ts';
import { FRAME_HEADER, type Party } from '../../../src/protocols/index.ts';
import { type Adversary, secaggClient, secaggServer } from '../../../src/protocols/secagg/index.ts';
import { MESSAGE } from '../../../src/protocols/secagg/messages.ts';
import { type Envelope, id, type Played, plainSum, play, rngFor, type Setup, setup, words } from './play.ts';

/**
 * Messages of a round changed on their way, one at a time. Whatever arrives, the round ends: in the exact sum over the survivors that the
 * server declares, or in a typed error, and no client reveals both shares of anybody.
 *
 * One thing cannot be noticed: a masked input that is changed is another input, as if the client had chosen it. Those are excepted, and must
 * be off by what was changed alone.
 */
const MODELS: readonly Adversary[] = ['honest-but-curious', 'malicious-server'];
const make = (adversary: Adversary, seed?: string): Setup =>
  setup({
    clients: 4,
    bits: 13,
    length: 3,
    parameters: { adversary, dropout: 0.25 },
    ...(seed === undefined ? {} : { seed }),
  });

/** `play` throws whatever is not a ProtocolError, so that reaching this is half of the test. */
function expectSumOrError(from: Setup, played: Played, anyInput = false): void {
  const { phase } = played.server.status;
  if (played.sum === undefined) {
    expect(phase).toBe('Failed');
    expect(played.errors.get('server')).toBeInstanceOf(ProtocolError);
    return;
  }
  expect(phase).toBe('Done');
  expect(played.sum.survivors.length).toBeGreaterThanOrEqual(from.spec.minimumCohort);
  if (anyInput) return;
  expect(words(played.sum.sum)).toEqual(plainSum(from, played.sum.survivors));
}

/** A round, and the UnmaskShares that each client itself sent: one at most. */
async function expectOneReveal(run: (note: (envelope: Envelope) => void) => Promise<Played>): Promise<Played> {
  const reveals = new Map<string, number>();
  const played = await run(({ from, frame }) => {
    if (from !== 'server' && frame[5] === MESSAGE.UnmaskShares) reveals.set(from, (reveals.get(from) ?? 0) + 1);
  });
  for (const count of reveals.values()) expect(count).toBe(1);
  return played;
}

/** Every byte in the nightly mode, a sample otherwise. */
const nightly = process.env['SUBROSA_NIGHTLY'] === '1';

/** The messages of an undisturbed round that one client sends and receives, each with its number in the round. */
async function messagesOf(from: Setup, client = id(1)): Promise<[target: number, envelope: Envelope][]> {
  return [...(await play(from)).sent.entries()].filter(([, e]) => nightly || e.from === client || e.to === client);
}

/** Plays again and puts something else in the place of the message with this number. */
function replace(from: Setup, target: number, by: (envelope: Envelope) => readonly Envelope[]): Promise<Played> {
  return expectOneReveal((note) => {
    let sent = -1;
    return play(from, (envelope) => {
      note(envelope);
      return ++sent === target ? by(envelope) : [envelope];
    });
  });
}

/** Whether somebody's masked input is not what it sent: the sum is then another one. */
const isInput = (frame: Uint8Array) => frame[5] === MESSAGE.MaskedInput;

describe.each(MODELS)('%s: one message changed on its way', (adversary) => {
  const from = make(adversary);

  it('a bit', async () => {
    for (const [target, { frame }] of await messagesOf(from)) {
      const step = nightly ? 1 : Math.max(13, Math.floor(frame.length / 9));
      for (let at = target % step; at < frame.length; at += step) {
        const played = await replace(from, target, (envelope) => [
          { ...envelope, frame: frame.with(at, frame[at]! ^ (1 << ((at + target) % 8))) },
        ]);
        expectSumOrError(from, played, at >= FRAME_HEADER && isInput(frame));
      }
    }
  }, 3_600_000);

  it('its length', async () => {
    for (const [target, { frame }] of await messagesOf(from)) {
      const cuts = [0, 5, 38, frame.length - 32, frame.length - 1].filter((at) => at >= 0 && at < frame.length);
      const changed = [
        ...cuts.map((at) => frame.slice(0, at)),
        ...[1, 32].map((more) => Uint8Array.from([...frame, ...new Uint8Array(more)])),
      ];
      for (const other of changed) {
        const played = await replace(from, target, (envelope) => [{ ...envelope, frame: other }]);
        expectSumOrError(from, played);
      }
    }
  }, 120_000);

  it('its sender, its receiver, or its place in the order', async () => {
    const other = id(3);
    const redirected = (e: Envelope) => (e.from === 'server' ? { ...e, to: other } : { ...e, from: other });
    const ways: readonly ((envelope: Envelope) => readonly Envelope[])[] = [
      (e) => [redirected(e)],
      (e) => [e, redirected(e)],
      (e) => [{ ...e, from: e.to, to: e.from }, e],
      (e) => [e, e, e],
      () => [],
    ];
    for (const [target, { frame }] of await messagesOf(from)) {
      for (const [i, way] of ways.entries())
        expectSumOrError(from, await replace(from, target, way), i < 2 && isInput(frame));
    }
  }, 3_600_000);

  it('by one of another client, of another session, or of another run of the same session', async () => {
    const other = make(adversary, 'other');
    const all = [
      (await play(from)).sent,
      (await play({ ...other, spec: { ...other.spec, round: 2 } })).sent,
      (await play(from, undefined, { seed: 'another run' })).sent,
    ];
    for (const [target, message] of await messagesOf(from)) {
      for (const sent of all) {
        const { frame } = sent.find((m) => m.frame[5] === message.frame[5] && !sameEnds(m, message))!;
        expectSumOrError(from, await replace(from, target, (e) => [{ ...e, frame }]), isInput(frame));
        expectSumOrError(from, await replace(from, target, (e) => [e, { ...e, frame }]));
        expectSumOrError(from, await replace(from, target, (e) => [{ ...e, frame }, e]), isInput(frame));
      }
    }
  }, 3_600_000);

  it('order, loss and repetition of all at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(99)), async (stream) => {
        const held: Envelope[] = [];
        const network = (envelope: Envelope) => {
          const { value } = stream.next();
          if (value < 5) return [];
          if (value < 15) return [envelope, envelope];
          if (value < 30) {
            held.push(envelope);
            return [];
          }
          return value < 60 ? [envelope, ...held.splice(0)] : [envelope];
        };
        const played = await expectOneReveal((note) =>
          play(from, (envelope) => {
            note(envelope);
            return network(envelope);
          }),
        );
        expectSumOrError(from, played);
      }),
      { numRuns: 40 },
    );
  });
});

const sameEnds = (a: Envelope, b: Envelope) => a.from === b.from && a.to === b.to;

describe.each(MODELS)('%s: arbitrary frames', (adversary) => {
  const from = make(adversary);

  it('make no party throw anything but a ProtocolError', async () => {
    const honest = (await play(from)).sent;
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.nat(honest.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
        .map(([i, changes, cut]) => {
          const bytes = honest[i]!.frame.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          return cut % 3 === 0 ? bytes.slice(0, cut % bytes.length) : bytes;
        }),
    );
    const sender = fc.constantFrom('server', id(0), id(1), id(3), 'mallory', '__proto__', 'constructor', '');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(sender, frame), { maxLength: 12 }), async (messages) => {
        const me = from.identities.get(id(2))!;
        const client = secaggClient(
          from.spec,
          from.parameters,
          me,
          from.inputs.get(me.id)!,
          inlineExecutor,
          rngFor('play/c0002'),
        );
        const parties: Party<unknown>[] = [secaggServer(from.spec, from.parameters, inlineExecutor), client];
        for (const party of parties) {
          await party.start();
          for (const [peer, bytes] of messages) {
            await party.receive(peer, bytes).catch((error) => expect(error).toBeInstanceOf(ProtocolError));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('before the start, after the end, or in the buffer of a transport that uses it again, do no harm', async () => {
    const me = from.identities.get(id(2))!;
    const early = secaggClient(from.spec, from.parameters, me, from.inputs.get(me.id)!, inlineExecutor);
    const honest = (await play(from)).sent;
    for (const { frame } of honest) {
      await early.receive('server', frame).catch((error) => expect(error).toBeInstanceOf(ProtocolError));
    }
    const played = await play(from);
    for (const { from: sender, to, frame } of played.sent) {
      const party: Party<unknown> = to === 'server' ? played.server : played.clients.get(to)!;
      expect(await party.receive(sender, frame)).toEqual([]);
    }
    expectSumOrError(from, played);
  });
});

describe.each(MODELS)('%s: calls that overlap while masks are computed', (adversary) => {
  /** An executor that computes when it is told to. */
  function paused(): { executor: Executor; go: () => void } {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const mask: Executor['mask'] = async (plan, words) => {
      await gate;
      await inlineExecutor.mask(plan, words);
    };
    return { executor: { ...inlineExecutor, mask }, go };
  }

  it('a client that was stopped meanwhile sends no input', async () => {
    const from = make(adversary);
    const me = from.identities.get(id(1))!;
    const { executor, go } = paused();
    const client = secaggClient(
      from.spec,
      from.parameters,
      me,
      from.inputs.get(me.id)!,
      executor,
      rngFor('play/c0001'),
    );
    await client.start();
    const { sent } = await play(from);
    const frames = sent.filter(({ to, frame }) => to === me.id && frame[5]! <= MESSAGE.EncryptedShares);
    const last = frames.pop()!;
    for (const { frame } of frames) await client.receive('server', frame);
    const masking = client.receive('server', last.frame);
    expect(await client.receive('server', last.frame)).toEqual([]);
    const early = last.frame.with(5, MESSAGE.Survivors);
    await expect(client.receive('server', early)).rejects.toMatchObject({ code: 'unexpected-message' });
    go();
    expect(await masking).toEqual([]);
    expect(client.status.phase).toBe('Failed');
  });

  it('a server that has what it needs hears nobody', async () => {
    const from = make(adversary);
    const { sent } = await play(from);
    const { executor, go } = paused();
    const server = secaggServer(from.spec, from.parameters, executor);
    const frames = sent.filter(({ to }) => to === 'server');
    const last = frames.pop()!;
    for (const { from: sender, frame } of frames) await server.receive(sender, frame);
    const finishing = server.receive(last.from, last.frame);
    expect(await server.receive(last.from, last.frame)).toEqual([]);
    expect(await server.receive(last.from, last.frame.with(last.frame.length - 1, last.frame.at(-1)! ^ 1))).toEqual([]);
    expect(await server.deadline('Unmask')).toEqual([]);
    go();
    await finishing;
    expect(server.status.phase).toBe('Done');
    expect(words(server.outcome!.sum)).toEqual(plainSum(from, server.outcome!.survivors));
  });
});

describe.each(MODELS)('%s: a transport that uses its buffers again', (adversary) => {
  it.each(['to clients', 'to the server'])('changes nothing: %s', async (direction) => {
    const from = make(adversary);
    const played = await reusing(from, direction === 'to clients');
    expect([...played.errors.values()].map(String)).toEqual([]);
    expect(played.sum?.survivors).toHaveLength(4);
    expect(words(played.sum!.sum)).toEqual(plainSum(from, played.sum!.survivors));
  });
});

/** A round in which the bytes of each frame are overwritten once `receive` has come back. */
async function reusing(from: Setup, toClients: boolean): Promise<Pick<Played, 'errors' | 'sum'>> {
  const { spec, parameters, identities, inputs } = from;
  const server = secaggServer(spec, parameters, inlineExecutor);
  const parties = new Map<string, Party<unknown>>([['server', server]]);
  for (const [name, me] of identities) {
    parties.set(name, secaggClient(spec, parameters, me, inputs.get(name)!, inlineExecutor, rngFor(name)));
  }
  const errors = new Map<string, ProtocolError>();
  const queue: Envelope[] = [];
  for (const [name, party] of parties) {
    for (const out of await party.start()) queue.push({ from: name, ...out });
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { from: sender, to, frame } = next;
    const buffer = frame.slice();
    try {
      for (const out of await parties.get(to)!.receive(sender, buffer)) queue.push({ from: to, ...out });
    } catch (error) {
      errors.set(to, error as ProtocolError);
    }
    if (toClients === (to !== 'server')) buffer.fill(0xff);
  }
  return { errors, sum: server.outcome };
}
