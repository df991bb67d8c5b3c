import { describe, expect, it } from 'vitest';
import { SeededRng, uniformBelow } from '../../src/random/index.ts';
import { call, proxyTo, serve } from './websocket-fixtures.ts';

describe('a secure channel over a bad wire', () => {
  it('brings everything in both directions, and the goodbye, wherever the wire is cut', async () => {
    for (let seed = 0; seed < 16; seed++) {
      const rng = new SeededRng(new Uint8Array(32).fill(100 + seed));
      const server = await serve();
      const { proxy, url } = await proxyTo(server.listener);
      // Early cuts fall into handshakes and greetings, late ones into frames and the goodbye.
      const reach = 2 ** (10 + uniformBelow(11, rng));
      proxy.cutAfter = Array.from({ length: 5 }, () => uniformBelow(reach, rng));
      const b = await call(url, { wait: 20_000 });
      const a = await server.channel();
      const count = 40;
      const sizes = Array.from({ length: count }, () => uniformBelow(50_000, rng));
      const stream = async (channel: typeof a) => {
        for (const [i, size] of sizes.entries()) await channel.send(new Uint8Array(size).fill(i));
      };
      const drain = async (channel: typeof a) => {
        for (const [i, size] of sizes.entries()) {
          const frame = await channel.receive();
          expect(Buffer.compare(frame, new Uint8Array(size).fill(i)), `seed ${seed}, frame ${i}`).toBe(0);
        }
      };
      const leave = async (channel: typeof a, cut: boolean) => {
        await Promise.all([stream(channel), drain(channel)]);
        if (cut) proxy.cut();
        await channel.close();
      };
      const cut = uniformBelow(2, rng) === 0;
      await Promise.all([leave(a, cut), leave(b, false)]);
      await proxy.close();
      await server.listener.close();
    }
  });
});
