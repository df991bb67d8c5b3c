import { describe, expect, it } from 'vitest';
import { SeededRng, uniformBelow } from '../../src/random/index.ts';
import { listenSecure, type SecureChannel } from '../../src/session/index.ts';
import { alice, bob, call, mallory, proxyTo, serve } from './websocket-fixtures.ts';

/** Frames whose bytes say where they belong. */
function numbered(i: number, bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes + 4).fill(i);
  new DataView(frame.buffer).setUint32(0, i);
  return frame;
}

async function sendAll(channel: SecureChannel, count: number, size: (i: number) => number): Promise<void> {
  for (let i = 0; i < count; i++) await channel.send(numbered(i, size(i)));
}

async function receiveAll(channel: SecureChannel, count: number, size: (i: number) => number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const frame = await channel.receive();
    expect(Buffer.compare(frame, numbered(i, size(i)))).toBe(0);
  }
}

describe('a secure channel', () => {
  it('carries frames both ways and says goodbye', async () => {
    const server = await serve();
    const b = await call(server.listener.url);
    const a = await server.channel();
    expect(a.peerKey).toEqual(bob.publicKey);
    expect(b.peerKey).toEqual(alice.publicKey);
    const large = new Uint8Array(9_000_000).fill(1);
    await b.send(Uint8Array.of(1, 2, 3));
    await b.send(new Uint8Array(0));
    const sent = b.send(large);
    expect(await a.receive()).toEqual(Uint8Array.of(1, 2, 3));
    expect(await a.receive()).toHaveLength(0);
    expect(Buffer.compare(await a.receive(), large)).toBe(0);
    await sent;
    await a.send(Uint8Array.of(9));
    await a.close();
    expect(await b.receive()).toEqual(Uint8Array.of(9));
    await expect(b.receive()).rejects.toMatchObject({ code: 'aborted', message: 'the peer has closed the channel' });
    await b.close();
    for (const bytes of [b.bytesSent, a.bytesReceived]) {
      expect(bytes).toBeGreaterThan(9_000_000);
      expect(bytes).toBeLessThan(9_100_000);
    }
    expect(a.reconnections).toBe(0);
    await server.listener.close();
  });

  it('closes from both sides at once', async () => {
    const server = await serve();
    const b = await call(server.listener.url);
    const a = await server.channel();
    await Promise.all([a.send(Uint8Array.of(1)), b.send(Uint8Array.of(2))]);
    await Promise.all([a.receive(), b.receive()]);
    await Promise.all([a.close(), b.close()]);
    await server.listener.close();
  });

  it('brings everything across a wire that is cut at random', async () => {
    for (const seed of [1, 2]) {
      const rng = new SeededRng(new Uint8Array(32).fill(seed));
      const server = await serve();
      const { proxy, url } = await proxyTo(server.listener);
      // Anywhere from within the TLS handshake to the middle of a large frame.
      proxy.cutAfter = [500_000, ...Array.from({ length: 9 }, () => uniformBelow(1_000_000, rng))];
      const b = await call(url);
      const a = await server.channel();
      const sizes = Array.from({ length: 60 }, () => uniformBelow(100_000, rng));
      const size = (i: number) => sizes[i]!;
      await Promise.all([sendAll(a, 60, size), sendAll(b, 60, size), receiveAll(a, 60, size), receiveAll(b, 60, size)]);
      expect(proxy.cuts).toBeGreaterThan(3);
      expect(b.reconnections).toBeGreaterThan(0);
      await Promise.all([a.close(), b.close()]);
      await proxy.close();
      await server.listener.close();
    }
  });

  it('notices that nothing is heard, on both sides, and goes on over a new connection', async () => {
    const deadlines = { idle: 150, handshake: 200 };
    const server = await serve({ deadlines });
    const { proxy, url } = await proxyTo(server.listener);
    const b = await call(url, { deadlines });
    const a = await server.channel();
    proxy.silent = true;
    await b.send(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 250));
    proxy.silent = false;
    expect(await a.receive()).toEqual(Uint8Array.of(1));
    expect(a.reconnections).toBeGreaterThan(0);
    await Promise.all([a.close(), b.close()]);
    await proxy.close();
    await server.listener.close();
  });

  it('stays open while nobody has anything to say', async () => {
    const deadlines = { idle: 60 };
    const server = await serve({ deadlines });
    const b = await call(server.listener.url, { deadlines });
    const a = await server.channel();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await b.send(Uint8Array.of(1));
    expect(await a.receive()).toEqual(Uint8Array.of(1));
    expect(a.reconnections).toBe(0);
    await Promise.all([a.close(), b.close()]);
    await server.listener.close();
  });

  it('gives up when the connection does not come back', async () => {
    const deadlines = { patience: 200, goodbye: 100 };
    const server = await serve({ deadlines });
    const { proxy, url } = await proxyTo(server.listener);
    const b = await call(url, { deadlines });
    const a = await server.channel();
    proxy.down = true;
    proxy.cut();
    await expect(a.receive()).rejects.toMatchObject({ code: 'timeout' });
    await expect(b.receive()).rejects.toThrow('the connection was lost and did not come back within 0.2 s');
    await Promise.all([a.close(), b.close()]);
    await proxy.close();
    await server.listener.close();
  });

  it('refuses frames beyond the limit of the phase, and says so on both sides', async () => {
    const server = await serve({ frameLimit: 1000 });
    const b = await call(server.listener.url);
    const a = await server.channel();
    await b.send(new Uint8Array(1000));
    expect(await a.receive()).toHaveLength(1000);
    a.limit(2000);
    await b.send(new Uint8Array(2000));
    expect(await a.receive()).toHaveLength(2000);
    const reading = expect(b.receive()).rejects.toThrow(
      'the peer refused a frame: a frame of 2010 bytes, at most 2009 allowed',
    );
    await b.send(new Uint8Array(2001));
    await expect(a.receive()).rejects.toMatchObject({ code: 'malformed' });
    await reading;
    await Promise.all([a.close(), b.close()]);
    await server.listener.close();
  });

  it('ends when it is called off, here or there', async () => {
    const server = await serve();
    const interrupt = new AbortController();
    const b = await call(server.listener.url, { signal: interrupt.signal });
    const a = await server.channel();
    const reading = expect(a.receive()).rejects.toThrow('the peer called off: interrupted');
    interrupt.abort();
    await expect(b.receive()).rejects.toMatchObject({ code: 'aborted' });
    await reading;
    const again = await call(server.listener.url);
    (await server.channel()).abort('the budget of this counterparty is spent');
    await expect(again.receive()).rejects.toThrow('the peer called off: the budget of this counterparty is spent');
    await again.close();
    await server.listener.close();
  });

  it('is closed while it is busy: the peer hears of it, and nothing hangs', async () => {
    const server = await serve({ deadlines: { goodbye: 100 } });
    const b = await call(server.listener.url);
    const a = await server.channel();
    // 8 MiB are under way and taken by nobody; the next frame waits.
    const results = Array.from({ length: 12 }, () => b.send(new Uint8Array(1_000_000)));
    const closing = a.close();
    const settled = await Promise.allSettled(results);
    expect(settled.slice(0, 8).map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
    await closing;
    await b.close();
    await server.listener.close();
  });

  it('closes the listener under open channels', async () => {
    const server = await serve();
    const b = await call(server.listener.url);
    await server.listener.close();
    await server.listener.close();
    await expect(b.receive()).rejects.toThrow('the peer called off: the server is closing');
    await expect(call(server.listener.url)).rejects.toThrow('nobody listens there');
  });
});

describe('a peer that was restarted', () => {
  it('is told by a server that has forgotten the session', async () => {
    const first = await serve();
    const { proxy, url } = await proxyTo(first.listener);
    const b = await call(url);
    await first.channel();
    const { port } = first.listener.address;
    proxy.down = true;
    proxy.cut();
    await first.listener.close();
    const second = await serve({ port });
    proxy.down = false;
    await expect(b.receive()).rejects.toMatchObject({ code: 'wrong-session' });
    expect((await second.refused()).message).toContain('does not know this session');
    await b.close();
    await proxy.close();
    await second.listener.close();
  });

  it('takes the place of what it was', async () => {
    const server = await serve();
    const b = await call(server.listener.url);
    const a = await server.channel();
    const again = await call(server.listener.url);
    const fresh = await server.channel();
    await expect(a.receive()).rejects.toThrow('it was started again');
    await expect(b.receive()).rejects.toThrow('the same identity has begun another session');
    await again.send(Uint8Array.of(1));
    expect(await fresh.receive()).toEqual(Uint8Array.of(1));
    await Promise.all([fresh.close(), again.close(), a.close(), b.close()]);
    await server.listener.close();
  });
});

describe('identities', () => {
  it('a stranger is turned away, and both sides know why', async () => {
    const server = await serve();
    await expect(call(server.listener.url, { identity: mallory })).rejects.toMatchObject({
      code: 'unknown-party',
      message: `the server does not accept our identity ${mallory}: it has to be pinned over there`,
    });
    expect((await server.refused()).message).toBe(`a peer with the identity ${mallory}, which is not pinned here`);
    await server.listener.close();
  });

  it('a server that is somebody else gets nothing', async () => {
    const server = await serve({ identity: mallory });
    await expect(call(server.listener.url)).rejects.toMatchObject({
      code: 'bad-key',
      message: expect.stringContaining(`the server is ${mallory}, expected ${alice}`),
    });
    await server.listener.close();
  });

  it('a question instead of a list decides by key', async () => {
    const asked: string[] = [];
    const server = await serve({
      peers: (key) => {
        asked.push(Buffer.from(key).toString('hex'));
        return asked.length > 1;
      },
    });
    await expect(call(server.listener.url)).rejects.toMatchObject({ code: 'unknown-party' });
    const b = await call(server.listener.url);
    expect(asked).toEqual(Array(2).fill(Buffer.from(bob.publicKey).toString('hex')));
    await (await server.channel()).close();
    await b.close();
    await server.listener.close();
  });
});

describe('arguments', () => {
  it('that cannot work are refused before anything is opened', async () => {
    const wrong = (url: string) => expect(call(url)).rejects.toThrow(TypeError);
    for (const url of ['', 'ws://h:1', 'wss://h:1/x', 'wss://u@h:1', 'wss://h:1/?q', 'localhost:7000'])
      await wrong(url);
    await expect(call('wss://127.0.0.1:1', { peerKey: new Uint8Array(31) })).rejects.toThrow('31 bytes');
    await expect(call('wss://127.0.0.1:1', { frameLimit: -1 })).rejects.toThrow(RangeError);
    await expect(call('wss://127.0.0.1:1', { deadlines: { idle: 0 } })).rejects.toThrow('deadlines.idle of 0 ms');
    await expect(serve({ peers: [new Uint8Array(32)] })).rejects.toThrow('small order');
  });

  it('a port in use is one line', async () => {
    const { listener } = await serve();
    const { port } = listener.address;
    const options = { port, identity: bob, peers: [], onChannel: () => {} };
    await expect(listenSecure(options)).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is in use`);
    await expect(listenSecure({ ...options, host: '192.0.2.1' })).rejects.toThrow('not an address of this machine');
    await listener.close();
  });

  it('a server that is not there yet can be waited for', async () => {
    const { listener } = await serve();
    const { port } = listener.address;
    await listener.close();
    const url = listener.url;
    await expect(call(url)).rejects.toThrow(
      `cannot connect to 127.0.0.1:${port}: connection refused, nobody listens there`,
    );
    await expect(call(url, { wait: 120 })).rejects.toThrow('nobody listens there');
    const calling = call(url, { wait: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 120));
    const later = await serve({ port });
    const b = await calling;
    await (await later.channel()).close();
    await b.close();
    await later.listener.close();
  });

  it('calling off ends the waiting', async () => {
    const { listener } = await serve();
    await listener.close();
    const interrupt = new AbortController();
    const calling = call(listener.url, { wait: 10_000, signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 20);
    await expect(calling).rejects.toMatchObject({ code: 'aborted' });
    await expect(call(listener.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});
