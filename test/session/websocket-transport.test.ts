import { describe, expect, it } from 'vitest';
import { createAggregator, pairwiseMasks } from '../../src/aggregate/index.ts';
import { fixedPoint } from '../../src/encoding/index.ts';
import {
  type Deadlines,
  IdentityKey,
  type TransportPeer,
  type WebSocketTransport,
  webSocketTransport,
} from '../../src/session/index.ts';
import { take, transportConformance } from '../conformance/transport.ts';

const NAMES = ['a', 'b', 'c'] as const;
const keys = new Map(['server', 'x', 'y', 'z', ...NAMES].map((name) => [name, IdentityKey.generate()]));
const quick = { handshake: 5_000, idle: 5_000, frame: 5_000, patience: 2_000, goodbye: 1_300 };

/** Every earlier party listens for every later one. */
transportConformance('webSocketTransport', async () => {
  const ends = new Map<string, WebSocketTransport>();
  for (const [i, me] of NAMES.entries()) {
    const peers = NAMES.filter((id) => id !== me).map((id): TransportPeer => {
      const key = keys.get(id)!.publicKey;
      return NAMES.indexOf(id) < i ? { id, key, url: ends.get(id)!.url! } : { id, key };
    });
    const options = { me, identity: keys.get(me)!, peers, deadlines: quick, wait: 3_000 };
    ends.set(me, await webSocketTransport({ ...options, listen: { port: 0 } }));
  }
  return {
    transport: async (id) => ends.get(id)!,
    async [Symbol.asyncDispose]() {
      await Promise.all([...ends.values()].map((end) => end.close()));
    },
  };
});

async function star(clients: readonly string[]): Promise<Map<string, WebSocketTransport>> {
  const pinned = clients.map((id) => ({ id, key: keys.get(id)!.publicKey }));
  const server = await webSocketTransport({
    me: 'server',
    identity: keys.get('server')!,
    peers: pinned,
    listen: { port: 0 },
    deadlines: quick,
    wait: 3_000,
  });
  const transports = new Map([['server', server]]);
  for (const id of clients) transports.set(id, await client(id, server.url!));
  return transports;
}

function client(id: string, url: string): Promise<WebSocketTransport> {
  const peers = [{ id: 'server', key: keys.get('server')!.publicKey, url }];
  return webSocketTransport({ me: id, identity: keys.get(id)!, peers, deadlines: quick, wait: 3_000 });
}

describe('webSocketTransport', () => {
  it('carries rounds of secure aggregation', async () => {
    const transports = await star(['x', 'y', 'z']);
    const deadlines: Deadlines = 20_000;
    const aggregator = await createAggregator({
      scheme: pairwiseMasks({ dropout: 0, corrupt: 0, adversary: 'malicious-server' }),
      encoding: fixedPoint({ clip: { value: 4 }, bits: 16 }),
      deadlines: { server: deadlines, client: deadlines },
    });
    const member = (id: string) => ({ id, key: keys.get(id)!.publicKey });
    for (const number of [1, 2]) {
      const round = (id: string) => ({
        task: 'test/websocket',
        number,
        model: Uint8Array.of(number),
        dimension: 3,
        server: member('server'),
        clients: ['x', 'y', 'z'].map(member),
        me: { id, secretKey: keys.get(id)!.expose() },
      });
      const collected = aggregator.collect(round('server'), transports.get('server')!);
      await Promise.all(
        ['x', 'y', 'z'].map((id, i) => {
          const update = Float64Array.of(i, 1, -i);
          return aggregator.contribute(round(id), update, transports.get(id)!);
        }),
      );
      const { mean, count } = await collected;
      expect(count).toBe(3);
      expect([...mean].map((value) => Math.round(value * 1000) / 1000)).toEqual([1, 1, -1]);
    }
    await aggregator[Symbol.asyncDispose]();
    expect(transports.get('server')!.bytesReceived).toBeGreaterThan(1_000);
    for (const transport of transports.values()) await transport.close();
  });

  it('waits for a peer that comes later, and takes it back when it comes again', async () => {
    const transports = await star(['x']);
    const server = transports.get('server')!;
    await transports.get('x')!.close();
    const again = await client('x', server.url!);
    await again.send('server', Uint8Array.of(1));
    expect(await take(server, 1)).toEqual(['x: 1']);
    await server.send('x', Uint8Array.of(2));
    expect(await take(again, 1)).toEqual(['server: 2']);
    await again.close();
    await server.close();
  });

  it('begins a new session with a server that was restarted', async () => {
    const transports = await star(['x']);
    const first = transports.get('server')!;
    const x = transports.get('x')!;
    await x.send('server', Uint8Array.of(1));
    expect(await take(first, 1)).toEqual(['x: 1']);
    const { port } = new URL(first.url!);
    await first.close();
    const second = await webSocketTransport({
      me: 'server',
      identity: keys.get('server')!,
      peers: [{ id: 'x', key: keys.get('x')!.publicKey }],
      listen: { port: Number(port) },
      deadlines: quick,
    });
    await second.send('x', Uint8Array.of(2));
    expect(await take(x, 1)).toEqual(['server: 2']);
    await x.send('server', Uint8Array.of(3));
    expect(await take(second, 1)).toEqual(['x: 3']);
    await x.close();
    await second.close();
  });

  it('does not fight with a second process of the same identity', async () => {
    const transports = await star(['x']);
    const server = transports.get('server')!;
    const first = transports.get('x')!;
    await first.send('server', Uint8Array.of(1));
    expect(await take(server, 1)).toEqual(['x: 1']);
    const second = await client('x', server.url!);
    await second.send('server', Uint8Array.of(2));
    expect(await take(server, 1)).toEqual(['x: 2']);
    await expect(first.send('server', Uint8Array.of(3))).rejects.toMatchObject({ code: 'policy' });
    await Promise.all([first.close(), second.close()]);
    await server.close();
  });

  it('refuses peers that cannot work', async () => {
    const identity = keys.get('x')!;
    const key = keys.get('y')!.publicKey;
    const make = (peers: TransportPeer[]) => webSocketTransport({ me: 'x', identity, peers });
    await expect(make([{ id: 'y', key }])).rejects.toThrow('does not listen');
    const url = 'wss://127.0.0.1:1';
    await expect(make([{ id: 'x', key, url }])).rejects.toThrow('named twice');
    await expect(
      make([
        { id: 'y', key, url },
        { id: 'z', key, url },
      ]),
    ).rejects.toThrow('identity of another');
    await expect(make([{ id: 'y', key, url: 'http://127.0.0.1:1' }])).rejects.toThrow('wss://');
    await expect(make([{ id: 'y', key: new Uint8Array(32), url }])).rejects.toThrow('small order');
  });

  it('says what is wrong with a server that is not the one pinned, when a frame is for it', async () => {
    const transports = await star(['x']);
    const url = transports.get('server')!.url!;
    const wrong = await webSocketTransport({
      me: 'x',
      identity: keys.get('x')!,
      peers: [{ id: 'server', key: keys.get('y')!.publicKey, url }],
      deadlines: quick,
    });
    await expect(wrong.send('server', Uint8Array.of(1))).rejects.toMatchObject({ code: 'bad-key' });
    await expect(wrong.send('nobody', Uint8Array.of(1))).rejects.toThrow('not a peer');
    await wrong.close();
    for (const transport of transports.values()) await transport.close();
  });
});
