import { describe, expect, it } from 'vitest';
import { connectSecure, IdentityKey, listenSecure, type SecureChannel } from '../../src/session/index.ts';

const alice = IdentityKey.generate();
const bob = IdentityKey.generate();

async function pair(): Promise<{ a: SecureChannel; b: SecureChannel; close: () => Promise<void> }> {
  let arrived: (channel: SecureChannel) => void = () => {};
  const incoming = new Promise<SecureChannel>((resolve) => {
    arrived = resolve;
  });
  const listener = await listenSecure({ port: 0, identity: alice, peers: [bob.publicKey], onChannel: arrived });
  const b = await connectSecure({ url: listener.url, identity: bob, peerKey: alice.publicKey });
  return { a: await incoming, b, close: () => listener.close() };
}

describe('a secure channel', () => {
  it('carries frames both ways and says goodbye', async () => {
    const { a, b, close } = await pair();
    expect(a.peerKey).toEqual(bob.publicKey);
    expect(b.peerKey).toEqual(alice.publicKey);
    const large = Uint8Array.from({ length: 9_000_000 }, (_, i) => i % 251);
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
    expect(b.bytesSent).toBeGreaterThan(9_000_000);
    expect(a.bytesReceived).toBeGreaterThan(9_000_000);
    await close();
  });
});
