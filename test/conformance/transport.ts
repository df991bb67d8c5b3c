import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/bytes/index.ts';
import type { PartyId } from '../../src/protocols/index.ts';
import type { Transport } from '../../src/session/index.ts';

/** A network under test: connected ends for named parties. */
export interface NetworkUnderTest extends AsyncDisposable {
  transport(id: PartyId): Promise<Transport>;
}

/** Reads `count` frames, as `from: bytes`. */
export async function take(transport: Transport, count: number): Promise<string[]> {
  const out: string[] = [];
  if (count === 0) return out;
  for await (const { from, frame } of transport.frames()) {
    out.push(`${from}: ${frame.join()}`);
    if (out.length === count) break;
  }
  return out;
}

/** What every transport promises. */
export function transportConformance(name: string, make: () => Promise<NetworkUnderTest>): void {
  describe(`${name}: a transport`, () => {
    it('knows its own name and who sent a frame', async () => {
      await using network = await make();
      const [a, b, c] = [await network.transport('a'), await network.transport('b'), await network.transport('c')];
      expect([a.me, b.me]).toEqual(['a', 'b']);
      await a.send('c', Uint8Array.of(1));
      expect(await take(c, 1)).toEqual(['a: 1']);
      await b.send('c', Uint8Array.of(2));
      expect(await take(c, 1)).toEqual(['b: 2']);
    });

    it('keeps the order of frames between two parties, sent one by one or at once', async () => {
      await using network = await make();
      const [a, b] = [await network.transport('a'), await network.transport('b')];
      for (let i = 0; i < 50; i++) await a.send('b', Uint8Array.of(i));
      await Promise.all(Array.from({ length: 50 }, (_, i) => a.send('b', Uint8Array.of(50 + i))));
      expect(await take(b, 100)).toEqual(Array.from({ length: 100 }, (_, i) => `a: ${i}`));
    });

    it('carries empty and large frames whole', async () => {
      await using network = await make();
      const [a, b] = [await network.transport('a'), await network.transport('b')];
      const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
      await a.send('b', new Uint8Array(0));
      await a.send('b', large);
      const got: Uint8Array[] = [];
      for await (const { frame } of b.frames()) if (got.push(frame) === 2) break;
      expect(got[0]).toHaveLength(0);
      expect(equalBytes(got[1]!, large)).toBe(true);
    });

    it('hears frames that come while it waits', async () => {
      await using network = await make();
      const [a, b] = [await network.transport('a'), await network.transport('b')];
      const heard = take(b, 2);
      await a.send('b', Uint8Array.of(1));
      await a.send('b', Uint8Array.of(2));
      expect(await heard).toEqual(['a: 1', 'a: 2']);
    });

    it('ends its frames when it is closed, and sends no more', async () => {
      await using network = await make();
      const [a, b] = [await network.transport('a'), await network.transport('b')];
      const all = take(b, Infinity);
      await a.send('b', Uint8Array.of(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await b.close();
      await b.close();
      expect(await all).toEqual(['a: 1']);
      await expect(b.send('a', Uint8Array.of(3))).rejects.toThrow(Error);
    });
  });
}
