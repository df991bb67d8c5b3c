import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { SeededRng, uniformBelow } from '../../src/random/index.ts';
import { ReliableChannel } from '../../src/session/reliable.ts';
import type { Link, LinkListener } from '../../src/session/reliable-link.ts';
import { decodeReliable, encodeReliable, type ReliableMessage } from '../../src/session/reliable-messages.ts';
import { WINDOW } from '../../src/session/reliable-outbox.ts';
import { ManualClock, settled } from './fixtures.ts';

/** One end of a wire in memory. What is under way when it is cut is lost. */
class WireEnd implements Link {
  other!: WireEnd;
  readonly #queue: Uint8Array[] = [];
  #listener: LinkListener | undefined;
  #ended = false;
  cutWith: Error | undefined;
  maximum = 0;
  bytesSent = 0;
  bytesReceived = 0;

  send(message: Uint8Array): void {
    if (this.#ended) return;
    this.bytesSent += message.length;
    this.other.#queue.push(message.slice());
    setImmediate(() => this.other.#deliver());
  }

  #deliver(): void {
    if (this.#listener === undefined || this.#ended) return;
    const message = this.#queue.shift();
    if (message === undefined) return;
    this.bytesReceived += message.length;
    this.#listener.message(message);
  }

  limit(bytes: number): void {
    this.maximum = bytes;
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    for (let i = this.#queue.length; i > 0; i--) setImmediate(() => this.#deliver());
  }

  close(): void {
    setImmediate(() => {
      this.end(undefined);
      this.other.end(undefined);
    });
  }

  cut(error: Error): void {
    this.cutWith = error;
    this.end(error);
    this.other.end(new Error('cut'));
  }

  end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener?.closed(error);
  }
}

function wire(): [WireEnd, WireEnd] {
  const ends: [WireEnd, WireEnd] = [new WireEnd(), new WireEnd()];
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}

interface Pair {
  readonly a: ReliableChannel;
  readonly b: ReliableChannel;
  readonly clock: ManualClock;
  /** The wire of the moment. */
  readonly wire: () => [WireEnd, WireEnd];
  readonly join: () => void;
}

function pair(rejoin = true): Pair {
  const clock = new ManualClock();
  let now = wire();
  let wanted = 0;
  const join = () => {
    now = wire();
    const [left, right] = now;
    const [fromA, fromB] = [a.received, b.received];
    a.attach(left, fromB);
    b.attach(right, fromA);
  };
  const lost = () => {
    // Both ends notice; one of them brings the new wire.
    if (rejoin && wanted++ % 2 === 1) setImmediate(join);
  };
  const options = { peerKey: new Uint8Array(32), clock, frameLimit: 1000, patience: 60_000, goodbye: 5_000, lost };
  const a = new ReliableChannel({ ...options, ended: () => {} });
  const b = new ReliableChannel({ ...options, ended: () => {} });
  join();
  return { a, b, clock, wire: () => now, join };
}

/** A channel against a peer that says what the test says. */
function against(): {
  channel: ReliableChannel;
  say: (message: ReliableMessage) => void;
  heard: ReliableMessage[];
  end: WireEnd;
} {
  const [ours, theirs] = wire();
  const channel = new ReliableChannel({
    peerKey: new Uint8Array(32),
    clock: new ManualClock(),
    frameLimit: 1000,
    patience: 1000,
    goodbye: 1000,
    lost: () => {},
    ended: () => {},
  });
  const heard: ReliableMessage[] = [];
  theirs.listen({ message: (bytes) => heard.push(decodeReliable(bytes)), closed: () => {} });
  channel.attach(ours, 0);
  return { channel, say: (message) => theirs.send(encodeReliable(message)), heard, end: ours };
}

describe('a reliable channel', () => {
  it('brings every frame once and in order, however often the wire is cut', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const rng = new SeededRng(Uint8Array.from({ length: 32 }, (_, i) => seed + i));
      const { a, b, wire: current } = pair();
      const count = 60;
      const stream = async (channel: ReliableChannel, tag: number) => {
        for (let i = 0; i < count; i++) {
          await channel.send(Uint8Array.of(tag, i));
          if (uniformBelow(3, rng) === 0) await settled();
          if (uniformBelow(12, rng) === 0) current()[0].cut(new Error('by the test'));
        }
      };
      const drain = async (channel: ReliableChannel) => {
        const got: string[] = [];
        for (let i = 0; i < count; i++) got.push((await channel.receive()).join());
        return got;
      };
      const [fromB, fromA] = await Promise.all([drain(a), drain(b), stream(a, 1), stream(b, 2)]);
      expect(fromA).toEqual(Array.from({ length: count }, (_, i) => `1,${i}`));
      expect(fromB).toEqual(Array.from({ length: count }, (_, i) => `2,${i}`));
      expect(a.reconnections).toBe(b.reconnections);
      await Promise.all([a.close(), b.close()]);
    }
  });

  it('brings the last frame before the goodbye, over a wire that is cut in between', async () => {
    const { a, b, wire: current } = pair();
    await a.send(Uint8Array.of(7));
    const closing = a.close();
    current()[0].cut(new Error('by the test'));
    expect(await b.receive()).toEqual(Uint8Array.of(7));
    await closing;
    await expect(b.receive()).rejects.toMatchObject({ code: 'aborted' });
    await expect(b.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'aborted' });
    await b.close();
    await b.close();
  });

  it('says when it does not know whether the last frames arrived', async () => {
    const { a, clock, wire: current } = pair(false);
    await a.send(Uint8Array.of(7));
    current()[0].cut(new Error('by the test'));
    const closing = a.close();
    await Promise.all([clock.advance(5_000), expect(closing).rejects.toThrow('closed with 1 frames')]);
    expect(clock.armed).toBe(1); // b still waits
  });

  it('closes soon when only the goodbye is not confirmed and the peer is gone', async () => {
    const { a, clock, wire: current } = pair(false);
    current()[0].cut(new Error('by the test'));
    const closing = a.close();
    await clock.advance(1_000);
    await closing;
  });

  it('lets go of a wire that does not come back', async () => {
    const { a, b, clock, wire: current } = pair(false);
    const reading = expect(a.receive()).rejects.toMatchObject({ code: 'timeout' });
    await b.send(Uint8Array.of(1));
    current()[1].cut(new Error('by the test'));
    await clock.advance(60_000);
    await reading;
    await expect(a.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'timeout' });
    await a.close();
    expect(clock.armed).toBe(0);
  });

  it('waits when too much is under way, and goes on when the peer takes it', async () => {
    const { a, b } = pair();
    let sent = 0;
    const frame = new Uint8Array(WINDOW / 4);
    const sending = (async () => {
      for (let i = 0; i < 12; i++) {
        await a.send(frame);
        sent += 1;
      }
    })();
    await settled();
    expect(sent).toBe(3); // each costs a little more than its bytes
    await b.receive();
    await settled();
    expect(sent).toBe(4);
    for (let i = 0; i < 11; i++) await b.receive();
    await sending;
  });

  it('carries a frame larger than the window, alone', async () => {
    const { a, b } = pair();
    const large = new Uint8Array(WINDOW + 1).fill(3);
    await a.send(large);
    const second = a.send(Uint8Array.of(1));
    expect(await b.receive()).toHaveLength(large.length);
    await second;
    expect(await b.receive()).toEqual(Uint8Array.of(1));
  });

  it('tells the peer why it gives up, and believes none of the words', async () => {
    const { a, b } = pair();
    const reading = b.receive();
    a.abort(`budget\u001b[31m spent\n${'x'.repeat(500)}`);
    await expect(reading).rejects.toThrow(/^the peer called off: budget \[31m spent x{100,}$/);
    await expect(a.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'aborted' });
    await expect(a.receive()).rejects.toMatchObject({ code: 'aborted' });
  });

  it('hands out what came before the peer gave up', async () => {
    const { a, b } = pair();
    await a.send(Uint8Array.of(1));
    await settled();
    a.abort('enough');
    await settled();
    expect(await b.receive()).toEqual(Uint8Array.of(1));
    await expect(b.receive()).rejects.toThrow('enough');
  });

  it('passes its limit on, to new wires too', async () => {
    const { a, wire: current } = pair();
    a.limit(5000);
    expect(current()[0].maximum).toBe(5009);
    current()[0].cut(new Error('by the test'));
    await settled();
    expect(current()[0].maximum).toBe(5009);
    a.limit(1);
    expect(current()[0].maximum).toBe(512);
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 32]) expect(() => a.limit(wrong)).toThrow(RangeError);
  });

  it('drops repetitions', async () => {
    const { channel, say } = against();
    say({ type: 'data', sequence: 0, frame: Uint8Array.of(1) });
    say({ type: 'data', sequence: 0, frame: Uint8Array.of(1) });
    say({ type: 'data', sequence: 1, frame: Uint8Array.of(2) });
    expect([...(await channel.receive()), ...(await channel.receive())]).toEqual([1, 2]);
  });

  const wrongs: Record<string, ReliableMessage[]> = {
    'a gap': [{ type: 'data', sequence: 1, frame: Uint8Array.of(1) }],
    'a frame after the last': [
      { type: 'finish', sequence: 0 },
      { type: 'data', sequence: 1, frame: Uint8Array.of(1) },
    ],
    'an acknowledgement of what was not sent': [{ type: 'acknowledge', received: 1, taken: 0 }],
    'more taken than received': [{ type: 'acknowledge', received: 0, taken: 1 }],
    'a second greeting': [{ type: 'hello', session: new Uint8Array(32) }],
    'a welcome': [{ type: 'welcome', token: new Uint8Array(32), received: 0 }],
    'more than the window': Array.from({ length: 9 }, (_, sequence) => {
      return { type: 'data', sequence, frame: new Uint8Array(WINDOW / 8) };
    }),
  };
  it.each(Object.entries(wrongs))('refuses %s, and tells the peer', async (_, messages) => {
    const { channel, say, heard } = against();
    for (const message of messages) say(message);
    for (let i = 0; i < 5; i++) await settled();
    expect(channel.error).toBeInstanceOf(ProtocolError);
    expect(heard.at(-1)).toMatchObject({ type: 'abort', reason: 'called-off' });
  });

  it('refuses an acknowledgement that takes something back', async () => {
    const { channel, say } = against();
    await channel.send(Uint8Array.of(1));
    say({ type: 'acknowledge', received: 1, taken: 1 });
    say({ type: 'acknowledge', received: 0, taken: 0 });
    await settled();
    expect(channel.error?.message).toContain('an acknowledgement of 0 received');
  });

  it('refuses a peer that comes back with more than was sent', () => {
    const { channel } = against();
    channel.attach(wire()[0], 3);
    expect(channel.error).toMatchObject({ code: 'malformed' });
  });
});

const counts = fc.maxSafeNat();
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const messages: fc.Arbitrary<ReliableMessage> = fc.oneof(
  fc.record({ type: fc.constant('data' as const), sequence: counts, frame: fc.uint8Array() }),
  fc.record({ type: fc.constant('acknowledge' as const), received: counts, taken: counts }),
  fc.record({ type: fc.constant('finish' as const), sequence: counts }),
  fc.record({
    type: fc.constant('abort' as const),
    reason: fc.constantFrom('called-off' as const, 'unknown-session' as const, 'replaced' as const),
    text: fc.string({ maxLength: 60, unit: 'binary' }),
  }),
  fc.record({ type: fc.constant('hello' as const), session: bytes32 }),
  fc.record({
    type: fc.constant('hello' as const),
    session: bytes32,
    resume: fc.record({ token: bytes32, received: counts }),
  }),
  fc.record({ type: fc.constant('welcome' as const), token: bytes32, received: counts }),
);

describe('transport messages', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeReliable(encodeReliable(message))).toEqual(message);
      }),
    );
  });

  it('have one length', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, at) => {
        const encoded = encodeReliable(message);
        if (message.type !== 'data') {
          expect(() => decodeReliable(encoded.subarray(0, at % encoded.length))).toThrow(ProtocolError);
          expect(() => decodeReliable(new Uint8Array([...encoded, 0]))).toThrow(ProtocolError);
        }
      }),
    );
  });

  it('survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        try {
          decodeReliable(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it('are refused by version, kind and range', () => {
    const hello = encodeReliable({ type: 'hello', session: new Uint8Array(32) });
    const changed = (at: number, byte: number) => hello.map((old, i) => (i === at ? byte : old));
    expect(() => decodeReliable(changed(4, 2))).toThrow('transport version 2, expected 1');
    expect(() => decodeReliable(changed(1, 0))).toThrow('not a subrosa greeting');
    expect(() => decodeReliable(changed(37, 2))).toThrow('a greeting of kind 2');
    expect(() => decodeReliable(changed(0, 9))).toThrow('kind 9');
    expect(() => decodeReliable(Uint8Array.of(4, 3, 0))).toThrow('reason');
    expect(() => decodeReliable(new Uint8Array(9).fill(255, 1).fill(3, 0, 1))).toThrow('2^53');
    const long = encodeReliable({ type: 'abort', reason: 'called-off', text: 'ü'.repeat(300) });
    expect(decodeReliable(long)).toMatchObject({ text: 'ü'.repeat(127) });
  });
});
