import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { encodeReliable } from '../../src/session/reliable-messages.ts';
import { identityCredentials } from '../../src/session/tls.ts';
import { alice, bob, call, mallory, serve, type TestServer } from './websocket-fixtures.ts';

const quick = { handshake: 150, frame: 100, patience: 200, goodbye: 200 };
const UPGRADE = [
  'GET /subrosa HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: subrosa.1',
];

/** An ordinary certificate, of nobody, with its key. */
const P256 = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1Wp3lB1AacCohC1E
gpOiTXslEFLi430W4fwiPtYLObmhRANCAAT8kc9j61B6gmXBk/IrigQOHYBWiv5v
j7H3lE5rfyoTlO/AxrMTNwfNycV9kz513WOWIBwwUG5YBsIrKEP8HfHn
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUdrb/m9hqozR2pNJMP16ig51aPt8wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMjAyMjkzOVoYDzIxMjYxMDI5MDIy
OTM5WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAT8kc9j61B6gmXBk/IrigQOHYBWiv5vj7H3lE5rfyoTlO/AxrMTNwfNycV9kz51
3WOWIBwwUG5YBsIrKEP8HfHno1MwUTAdBgNVHQ4EFgQUiNinMBJbRS1bgW2Zlzqj
WkQmcOkwHwYDVR0jBBgwFoAUiNinMBJbRS1bgW2ZlzqjWkQmcOkwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBlsLncoHXMTwRiUkVDe89YXgc4YVaG
uiJCzxkwRjA2xwIhANr8dBp+43Sve7AcZDPvI5OYmCNXqYlyazfFFqZfdAa9
-----END CERTIFICATE-----
`,
};

/** A TLS connection that says what the test says. */
async function tls(server: TestServer, options: ConnectionOptions = identityCredentials(bob)): Promise<TLSSocket> {
  const { host, port } = server.listener.address;
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything the server says until it hangs up. */
async function rest(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
  return text;
}

/** A connection of bob's that has become a WebSocket. */
async function upgraded(server: TestServer): Promise<TLSSocket> {
  const socket = await tls(server);
  socket.write(`${UPGRADE.join('\r\n')}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain('101 Switching Protocols');
  return socket;
}

/** A frame of a client, masked with zeros. */
function frame(payload: Uint8Array, first = 0x82): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 255];
  return Buffer.from([first, ...size, 0, 0, 0, 0, ...payload]);
}

const hello = encodeReliable({ type: 'hello', session: new Uint8Array(32).fill(5) });

describe('a server against those who are not peers', () => {
  it('takes no certificate but an Ed25519 one, and no older TLS', async () => {
    const server = await serve({ deadlines: quick });
    const bare = await tls(server, {});
    expect(await rest(bare)).toContain('403 Forbidden');
    expect((await server.refused()).message).toBe('the peer showed no certificate');

    const other = await tls(server, P256);
    expect(await rest(other)).toContain('403 Forbidden');
    expect((await server.refused()).message).toBe('a certificate with a key of kind ec, expected ed25519');
    await expect(
      tls(server, { ...identityCredentials(bob), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    ).rejects.toThrow();
    await server.refused();
    await server.listener.close();
  });

  it('cannot be shown the certificate of another identity: the handshake needs its key', async () => {
    const server = await serve({ deadlines: quick });
    const { key } = identityCredentials(mallory);
    const { cert } = identityCredentials(bob);
    await expect(tls(server, { key: key!, cert: cert! })).rejects.toThrow('key values mismatch');
    await server.listener.close();
  });

  it('does not listen to plain HTTP, garbage or silence', async () => {
    const server = await serve({ deadlines: quick });
    const { host, port } = server.listener.address;
    for (const words of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0000\u0001garbage\r\n\r\n', '']) {
      const socket = connectTcp(port, host);
      socket.on('error', () => {});
      socket.resume();
      if (words !== '') socket.write(words);
      const [error] = await Promise.all([server.refused(), once(socket, 'close')]);
      expect(error).toBeInstanceOf(Error);
    }
    await server.listener.close();
  });

  it('hangs up on a peer that does not greet, at whatever point it stops', async () => {
    const server = await serve({ deadlines: quick });
    const silent = await tls(server);
    await rest(silent);
    expect((await server.refused()).message).toBe('no greeting within 150 ms');
    const half = await tls(server);
    half.write('GET /subrosa HT');
    await rest(half);
    expect((await server.refused()).message).toBe('no greeting within 150 ms');
    const open = await upgraded(server);
    await rest(open);
    expect((await server.refused()).message).toMatch(/no greeting|left before/);
    await server.listener.close();
  });

  it.each([
    ['another path', UPGRADE.with(0, 'GET /other HTTP/1.1'), '404 Not Found'],
    ['another subprotocol', UPGRADE.with(6, 'Sec-WebSocket-Protocol: subrosa.9'), '400 Bad Request'],
    ['an HTTP request', ['GET /subrosa HTTP/1.1', 'Host: x'], '426 Upgrade Required'],
    ['something else than HTTP', ['hello there'], ''],
  ])('refuses %s', async (_, lines, status) => {
    const server = await serve({ deadlines: quick });
    const socket = await tls(server);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    expect(await rest(socket)).toContain(status);
    expect(await server.refused()).toBeInstanceOf(Error);
    await server.listener.close();
  });

  it.each([
    [
      'a greeting of another version',
      frame(hello.map((byte, i) => (i === 4 ? 2 : byte))),
      'transport version 2, expected 1',
    ],
    ['a frame before the greeting', frame(encodeReliable({ type: 'finish', sequence: 0 })), 'finish before a greeting'],
    ['noise', frame(new Uint8Array(40)), 'kind 0'],
    ['text', frame(hello, 0x81), 'kind 1, expected binary'],
    ['a fragment', frame(hello, 0x02), 'fragment'],
    ['a greeting that is too long', frame(new Uint8Array(600)), 'a frame of 600 bytes, at most 512'],
    ['a frame without a mask', Buffer.from([0x82, 1, 0]), 'not masked'],
  ])('refuses %s', async (_, bytes, message) => {
    const server = await serve({ deadlines: quick });
    const socket = await upgraded(server);
    socket.write(bytes);
    expect((await server.refused()).message).toContain(message);
    await rest(socket);
    await server.listener.close();
  });

  it('cuts off half a frame that does not go on, and takes the peer back', async () => {
    const server = await serve({ deadlines: quick });
    const socket = await upgraded(server);
    socket.write(frame(hello));
    const channel = await server.channel();
    const whole = frame(encodeReliable({ type: 'data', sequence: 0, frame: new Uint8Array(500) }));
    socket.write(whole.subarray(0, 100));
    await rest(socket);
    await expect(channel.receive()).rejects.toThrow('the peer began a frame and did not end it');
    await server.listener.close();
  });

  it('gives a session to nobody but the identity that opened it', async () => {
    const server = await serve({ deadlines: quick, peers: [bob.publicKey, mallory.publicKey] });
    const first = await upgraded(server);
    first.write(frame(hello));
    const [welcome] = (await once(first, 'data')) as [Buffer];
    const token = new Uint8Array(welcome.subarray(3, 35));
    const channel = await server.channel();
    const resume = frame(
      encodeReliable({ type: 'hello', session: hello.slice(5, 37), resume: { token, received: 0 } }),
    );

    const thief = await tls(server, identityCredentials(mallory));
    thief.write(`${UPGRADE.join('\r\n')}\r\n\r\n`);
    await once(thief, 'data');
    thief.write(resume);
    await rest(thief);
    expect(await server.refused()).toMatchObject({ code: 'wrong-session' });

    const forger = await upgraded(server);
    const forged = { token: token.map((byte) => byte ^ 1), received: 0 };
    forger.write(frame(encodeReliable({ type: 'hello', session: hello.slice(5, 37), resume: forged })));
    await rest(forger);
    expect(await server.refused()).toMatchObject({ code: 'wrong-session' });

    const owner = await upgraded(server);
    owner.write(resume);
    await once(owner, 'data');
    expect(channel.reconnections).toBe(1);
    const twice = await upgraded(server);
    twice.write(frame(hello));
    expect((await server.refused()).message).toBe('a session id used twice');
    channel.abort('enough');
    await server.listener.close();
  });

  it('has room for so many connections', async () => {
    const server = await serve({ deadlines: quick, maxConnections: 1 });
    const socket = await tls(server);
    await expect(call(server.listener.url, { deadlines: quick })).rejects.toThrow();
    socket.destroy();
    await server.listener.close();
  });
});

describe('a client against servers that are not peers', () => {
  it.each([
    ['plain HTTP', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP status 200'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n', 'HTTP status 302'],
    ['noise', 'noise\r\n\r\n', 'Parse Error'],
    ['silence', '', 'no answer from'],
  ])('gives up on %s', async (_, words, message) => {
    const server = createServer(
      { ...identityCredentials(alice), requestCert: true, rejectUnauthorized: false },
      (socket) => {
        socket.on('error', () => {});
        socket.resume();
        if (words !== '') socket.write(words);
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(call(`wss://127.0.0.1:${port}`, { deadlines: quick })).rejects.toThrow(message);
    server.close();
  });
});

describe('a process', () => {
  it('ends by itself when its channels are closed', async () => {
    const script = `
      import { connectSecure, IdentityKey, listenSecure } from ${JSON.stringify(new URL('../../dist/session/index.js', import.meta.url).href)};
      const [a, b] = [IdentityKey.generate(), IdentityKey.generate()];
      const listener = await listenSecure({ port: 0, identity: a, peers: [b.publicKey], onChannel: async (channel) => {
        await channel.send(await channel.receive());
        await channel.close();
        await listener.close();
      } });
      const channel = await connectSecure({ url: listener.url, identity: b, peerKey: a.publicKey });
      await channel.send(Uint8Array.of(4, 2));
      console.log((await channel.receive()).join());
      await channel.close();
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      timeout: 20_000,
    });
    expect(stdout).toBe('4,2\n');
  });
});
