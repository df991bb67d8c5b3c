import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import {
  type Channel,
  memorySource,
  type PsiParameters,
  receive,
  runReceiver,
  runSender,
  send,
} from '../../../src/protocols/psi/index.ts';
import { SeededRng } from '../../../src/random/index.ts';

/**
 * Every frame of every reveal changed on its way: at the header, the sequence number, inside an item, at the end. Both parties must end, and
 * none of them with a wrong result: each has the right one or a ProtocolError, and whoever was lied to never the former with the other party believing
 * something else.
 */
const rng = (seed: number) => new SeededRng(new Uint8Array(32).fill(seed));
const left = Array.from({ length: 11 }, (_, i) => `user${i}`);
const right = Array.from({ length: 9 }, (_, i) => `user${2 * i}`);
const values = right.map((_, i) => i);
const common = left.filter((id) => right.includes(id));
const base = { normalisation: 'exact/1', maximumSize: 20, chunk: 4 } as const;
const reveals: readonly PsiParameters[] = [
  { ...base, reveal: 'members' },
  { ...base, reveal: 'members', mutual: true },
  { ...base, reveal: 'count' },
  { ...base, reveal: 'sum', valueBits: 6 },
  { ...base, reveal: 'frequency', buckets: [1, 4] },
];

type Tamper = (frame: Uint8Array, index: number, from: 'receiver' | 'sender') => readonly Uint8Array[];

class Gone extends Error {}

/** Both ends of a channel. When one party ends, the other's reads fail: a cut connection. */
function channels(tamper: Tamper) {
  const ends = { receiver: endpoint(), sender: endpoint() };
  let index = 0;
  const make = (me: 'receiver' | 'sender', peer: 'receiver' | 'sender'): Channel => ({
    async send(frame) {
      for (const sent of tamper(frame, index++, me)) ends[peer].push(sent);
    },
    receive: () => ends[me].pull(),
  });
  return {
    receiver: make('receiver', 'sender'),
    sender: make('sender', 'receiver'),
    close: () => Object.values(ends).map((end) => end.close()),
  };
}

function endpoint() {
  const queue: Uint8Array[] = [];
  let waiting: { resolve: (frame: Uint8Array) => void; reject: (error: Error) => void } | undefined;
  let closed = false;
  return {
    push(frame: Uint8Array) {
      if (waiting) waiting.resolve(frame);
      else queue.push(frame);
      waiting = undefined;
    },
    pull: () =>
      new Promise<Uint8Array>((resolve, reject) => {
        const frame = queue.shift();
        if (frame) resolve(frame);
        else if (closed) reject(new Gone('the peer is gone'));
        else waiting = { resolve, reject };
      }),
    close() {
      closed = true;
      waiting?.reject(new Gone('the peer is gone'));
    },
  };
}

async function play(parameters: PsiParameters, tamper: Tamper, theirs: PsiParameters = parameters) {
  const { receiver, sender, close } = channels(tamper);
  const settle = async <T>(run: Promise<T>): Promise<T | Error> => {
    try {
      return await run;
    } catch (error) {
      close();
      return error as Error;
    }
  };
  const wantsValues = parameters.reveal === 'sum' || parameters.reveal === 'frequency';
  return Promise.all([
    settle(runReceiver(parameters, memorySource(left, 'rows'), receiver, { rng: rng(1) })),
    settle(
      runSender(theirs, memorySource(right, 'shuffled', wantsValues ? values : undefined, rng(3)), sender, {
        rng: rng(2),
      }),
    ),
  ]);
}

const codeOf = (outcome: unknown) =>
  outcome instanceof ProtocolError ? outcome.code : outcome instanceof Gone ? 'gone' : outcome;

async function frameLengths(parameters: PsiParameters): Promise<number[]> {
  const lengths: number[] = [];
  const outcome = await play(parameters, (frame) => {
    lengths.push(frame.length);
    return [frame];
  });
  for (const party of outcome) expect(party).not.toBeInstanceOf(Error);
  return lengths;
}

describe.each(reveals)('a hostile network, $reveal $mutual', (parameters) => {
  it('every frame changed, cut, extended, repeated or lost ends in a ProtocolError or the truth', async () => {
    const lengths = await frameLengths(parameters);
    const changes: ((frame: Uint8Array) => Uint8Array[])[] = [
      ...[0, 3, 4, 5, 6, 38, 41, 45].map((at) => (frame: Uint8Array) => {
        const out = frame.slice();
        out[Math.min(at, out.length - 1)]! ^= 1;
        return [out];
      }),
      (frame) => {
        const out = frame.slice();
        out[out.length - 1]! ^= 0x40;
        return [out];
      },
      (frame) => [frame.subarray(0, -1)],
      (frame) => [Uint8Array.from([...frame, 0])],
      (frame) => [frame, frame],
    ];
    for (let target = 0; target < lengths.length; target++) {
      for (const [which, change] of changes.entries()) {
        const outcome = await play(parameters, (frame, index) => (index === target ? change(frame) : [frame]));
        for (const party of outcome) {
          const label = `frame ${target}, change ${which}`;
          if (party instanceof Error)
            expect(party instanceof ProtocolError || party instanceof Gone, `${label}: ${party.stack}`).toBe(true);
        }
        const [receiver] = outcome;
        if (!(receiver instanceof Error) && receiver.result.count !== undefined) {
          expect(receiver.result.count, `frame ${target}, change ${which}`).toBe(common.length);
        }
        // Whoever notices, the run does not end well for both, unless the change undid itself (a frame repeated after the end).
        if (which < changes.length - 1)
          expect(
            outcome.some((party) => party instanceof Error),
            `frame ${target}, change ${which}`,
          ).toBe(true);
      }
    }
  }, 120_000);
});

describe('refusals', () => {
  const pass: Tamper = (frame) => [frame];
  const members = reveals[0]!;

  it.each([
    ['another reveal', { ...base, reveal: 'count' }],
    ['mutual on one side', { ...base, reveal: 'members', mutual: true }],
    ['mixed normalisation versions', { ...base, reveal: 'members', normalisation: 'exact/2' }],
    ['a set beyond the agreed maximum', { ...base, reveal: 'members', maximumSize: 10 }],
  ] as const)('%s', async (_, theirs) => {
    const outcome = await play(members, pass, theirs);
    expect(outcome.map(codeOf)).toContain('policy');
    for (const party of outcome) expect(party).toBeInstanceOf(Error);
  });

  it('other buckets', async () => {
    const outcome = await play(reveals[4]!, pass, { ...base, reveal: 'frequency', buckets: [1, 5] });
    expect(outcome.map(codeOf)).toContain('policy');
  });

  const editChunk = (type: number, edit: (items: Uint8Array) => void): Tamper => {
    let done = false;
    return (frame) => {
      if (done || frame[5] !== type) return [frame];
      done = true;
      const out = frame.slice();
      edit(out.subarray(42));
      return [out];
    };
  };

  it.each([
    ['Blinded', 2, 0],
    ['SenderSet', 4, 1],
  ] as const)('%s: identity, non-canonical and duplicate elements', async (_, type, liar) => {
    const victim = 1 - liar;
    const outcomes = async (edit: (items: Uint8Array) => void) =>
      codeOf((await play(members, editChunk(type, edit)))[victim]);
    expect(await outcomes((items) => items.fill(0, 0, 32))).toBe('identity-element');
    expect(await outcomes((items) => items.fill(255, 0, 32))).toBe('not-canonical');
    expect(await outcomes((items) => items.copyWithin(32, 0, 32))).toBe('duplicate-element');
  });

  it('repeated and unsorted tokens', async () => {
    const count = reveals[2]!;
    const repeat = await play(
      members,
      editChunk(3, (items) => items.copyWithin(6, 0, 6)),
    );
    expect(codeOf(repeat[0])).toBe('duplicate-element');
    const unsorted = await play(
      count,
      editChunk(3, (items) => {
        const first = items.slice(0, 6);
        items.copyWithin(0, 6, 12);
        items.set(first, 6);
      }),
    );
    expect(codeOf(unsorted[0])).toBe('not-canonical');
  });

  it('chunks that would not fit in the memory of the sender', () => {
    const asked: PsiParameters = {
      ...base,
      reveal: 'frequency',
      buckets: Array.from({ length: 64 }, (_, i) => i + 1),
      maximumSize: 100_000,
      chunk: 65_536,
    };
    const [, hello] = receive(asked, 10);
    const [sender] = send({ ...asked, chunk: 128 }, 20_000);
    expect(() => sender.receive(hello)).toThrow(/chunks of 65536 elements with 64 ciphertexts/);
    const [small] = send({ ...asked, chunk: 128 }, 1000);
    expect(small.receive(hello).agreement.chunk).toBe(65_536);
  });

  it('values outside the agreed range are the caller\u2019s mistake', async () => {
    const parameters: PsiParameters = { ...base, reveal: 'sum', valueBits: 2 };
    const [, sender] = await play(parameters, pass);
    expect(sender).toBeInstanceOf(RangeError);
  });

  it('a sum that does not decode', async () => {
    let shifted = false;
    const outcome = await play(reveals[3]!, (frame, _, from) => {
      // The sender opens something else than it was asked for: swap in an element of its own set.
      if (from === 'sender' && frame[5] === 4) stolen ??= frame.slice(42, 74);
      if (frame[5] !== 7 || stolen === undefined) return [frame];
      shifted = true;
      const out = frame.slice();
      out.set(stolen, 38);
      return [out];
    });
    expect(shifted).toBe(true);
    expect(codeOf(outcome[0])).toBe('overflow');
  });
  let stolen: Uint8Array | undefined;
});
