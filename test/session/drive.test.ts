import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { drive, memoryNetwork, PhaseMeter, type Transport } from '../../src/session/index.ts';
import { frame, Greeter, ManualClock, SESSION, settled } from './fixtures.ts';

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
}

describe('drive', () => {
  it('carries two parties through their round', async () => {
    const network = memoryNetwork();
    const [a, b] = await Promise.all([
      drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION }),
      drive(new Greeter('b', ['a']), network.transport('b'), { session: SESSION }),
    ]);
    expect(a).toEqual(['b: hello from b']);
    expect(b).toEqual(['a: hello from a']);
  });

  it('hands over one frame at a time', async () => {
    const network = memoryNetwork();
    const peers = Array.from({ length: 20 }, (_, i) => `peer-${i}`);
    for (const peer of peers) await network.transport(peer).send('a', frame('hi'));
    const heard = await drive(new Greeter('a', peers), network.transport('a'), { session: SESSION });
    expect(heard).toEqual(peers.map((peer) => `${peer}: hi`));
  });

  it('says when the time for a phase is up, and goes on with who is there', async () => {
    const network = memoryNetwork();
    const clock = new ManualClock();
    const done = drive(new Greeter('a', ['b', 'c'], 1), network.transport('a'), {
      session: SESSION,
      deadlines: { Other: 1, default: 1000 },
      clock,
    });
    await network.transport('b').send('a', frame('hi'));
    await settled();
    await clock.advance(999);
    expect(clock.armed).toBe(1);
    await clock.advance(1);
    expect(await done).toEqual(['b: hi']);
    expect(clock.armed).toBe(0);
  });

  it('ends in a timeout when the party can do nothing with its deadline', async () => {
    const network = memoryNetwork();
    const clock = new ManualClock();
    const done = failure(
      drive(new Greeter('a', ['b', 'c']), network.transport('a'), { session: SESSION, deadlines: 50, clock }),
    );
    await settled();
    await clock.advance(50);
    const error = await done;
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'timeout', phase: 'Greet' });
    expect((error as Error).message).toContain('"b", "c"');
  });

  it('waits for ever in a phase without a deadline', async () => {
    const network = memoryNetwork();
    const clock = new ManualClock();
    const running = drive(new Greeter('a', ['b']), network.transport('a'), {
      session: SESSION,
      deadlines: { Other: 1 },
      clock,
    });
    await settled();
    expect(clock.armed).toBe(0);
    await network.transport('b').send('a', frame('hi'));
    expect(await running).toHaveLength(1);
  });

  it("rejects with the party's own error, and goes on after a frame it merely refuses", async () => {
    const network = memoryNetwork();
    await network.transport('b').send('a', frame('odd'));
    await network.transport('b').send('a', frame('fail'));
    const error = await failure(drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION }));
    expect(error).toMatchObject({ code: 'malformed', message: 'cannot go on', culprits: ['b'] });
  });

  it('can be called off: before the start, while it waits, and from onStatus', async () => {
    const network = memoryNetwork();
    const early = failure(
      drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION, signal: AbortSignal.abort() }),
    );
    expect(await early).toMatchObject({ code: 'aborted', phase: 'Greet' });
    expect(network.meter.total).toBe(0);

    const controller = new AbortController();
    const waiting = failure(
      drive(new Greeter('b', ['a']), network.transport('b'), { session: SESSION, signal: controller.signal }),
    );
    await settled();
    controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ code: 'aborted', cause: new Error('enough') });

    const leaving = new AbortController();
    const left = failure(
      drive(new Greeter('c', ['a']), network.transport('c'), {
        session: SESSION,
        signal: leaving.signal,
        onStatus: () => leaving.abort(),
      }),
    );
    expect(await left).toMatchObject({ code: 'aborted' });
    expect(network.meter.party('c').framesUp, 'what it had to say before it left is sent').toBe(1);
  });

  it('ends when the transport closes, and leaves it open otherwise', async () => {
    const network = memoryNetwork();
    const running = failure(drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION }));
    await settled();
    await network.transport('a').close();
    expect(await running).toMatchObject({ code: 'aborted', phase: 'Greet' });

    await network.transport('c').send('b', frame('hi'));
    const transport = network.transport('b');
    await drive(new Greeter('b', ['c']), transport, { session: SESSION });
    await expect(transport.send('c', frame('again'))).resolves.toBeUndefined();
  });

  it('is not held up by a peer that cannot be reached', async () => {
    const network = memoryNetwork();
    const inner = network.transport('a');
    const clock = new ManualClock();
    const flaky: Transport = {
      me: 'a',
      send: (to, bytes) =>
        to === 'b'
          ? Promise.reject(new Error('unreachable'))
          : to === 'c'
            ? new Promise(() => {})
            : inner.send(to, bytes),
      frames: () => inner.frames(),
      close: () => inner.close(),
    };
    const running = drive(new Greeter('a', ['b', 'c', 'd'], 1), flaky, { session: SESSION, deadlines: 10, clock });
    await network.transport('d').send('a', frame('hi'));
    await settled();
    await clock.advance(10); // the phase is over; c's frames are still on their way
    await clock.advance(10);
    expect(await running).toEqual(['d: hi']);
    expect(clock.armed).toBe(0);
  });

  it('counts bytes and frames by phase', async () => {
    const network = memoryNetwork();
    const meter = new PhaseMeter();
    await network.transport('b').send('a', frame('hi'));
    await drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION, meter });
    const [greet, ...rest] = meter.phases;
    expect(rest).toEqual([]);
    expect(greet).toMatchObject({ phase: 'Greet', framesUp: 2, framesDown: 1, down: frame('hi').length });
    expect(meter.total.up).toBe(network.meter.party('a').up);
    expect(meter.total.busyMs).toBeGreaterThanOrEqual(0);
  });
});

describe('many sessions on one transport', () => {
  const other = new Uint8Array(32).fill(9);

  it('keeps frames that come before their round begins', async () => {
    const network = memoryNetwork();
    await network.transport('b').send('a', frame('early', other));
    await network.transport('b').send('a', frame('now'));
    const transport = network.transport('a');
    expect(await drive(new Greeter('a', ['b']), transport, { session: SESSION })).toEqual(['b: now']);
    expect(await drive(new Greeter('a', ['b']), transport, { session: other })).toEqual(['b: early']);
  });

  it('runs two rounds at once, and drops frames of ended ones', async () => {
    const network = memoryNetwork();
    const transport = network.transport('a');
    const first = drive(new Greeter('a', ['b']), transport, { session: SESSION });
    const second = drive(new Greeter('a', ['b']), transport, { session: other });
    await network.transport('b').send('a', frame('two', other));
    expect(await second).toEqual(['b: two']);
    await network.transport('b').send('a', frame('two again', other));
    await network.transport('b').send('a', frame('one'));
    expect(await first).toEqual(['b: one']);
    await expect(drive(new Greeter('a', ['b']), transport, { session: other })).rejects.toThrow(TypeError);
  });

  it('does not let a peer fill the memory with rounds that never begin', async () => {
    const network = memoryNetwork();
    const flood = (i: number) => new Uint8Array(32).fill(100 + i);
    for (let i = 0; i < 40; i++) await network.transport('b').send('a', frame('flood', flood(i)));
    await network.transport('c').send('a', frame('hi', flood(30)));
    await network.transport('b').send('a', frame('now'));
    const transport = network.transport('a');
    await drive(new Greeter('a', ['b']), transport, { session: SESSION });
    const heard = async (i: number) => {
      const party = new Greeter('a', ['b', 'c'], 0);
      const clock = new ManualClock();
      const done = drive(party, transport, { session: flood(i), deadlines: 1, clock });
      await settled();
      await clock.advance(1);
      return await done;
    };
    expect(await heard(0)).toEqual(['b: flood']);
    expect(await heard(30), "b's allowance was used up, c's was not").toEqual(['c: hi']);
  });

  it('drops frames too short to be of any session', async () => {
    const network = memoryNetwork();
    await network.transport('b').send('a', new Uint8Array(10));
    await network.transport('b').send('a', frame('hi'));
    expect(await drive(new Greeter('a', ['b']), network.transport('a'), { session: SESSION })).toEqual(['b: hi']);
  });
});
