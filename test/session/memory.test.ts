import { describe, expect, it } from 'vitest';
import { memoryNetwork, systemClock, type Transport } from '../../src/session/index.ts';

async function take(transport: Transport, count: number): Promise<string[]> {
  const out: string[] = [];
  for await (const { from, frame } of transport.frames()) {
    out.push(`${from}: ${frame.join()}`);
    if (out.length === count) break;
  }
  return out;
}

describe('memoryNetwork', () => {
  it('keeps the order of frames between two parties', async () => {
    const network = memoryNetwork();
    const a = network.transport('a');
    for (let i = 0; i < 5; i++) await a.send('b', Uint8Array.of(i));
    expect(await take(network.transport('b'), 5)).toEqual(['a: 0', 'a: 1', 'a: 2', 'a: 3', 'a: 4']);
  });

  it('ends the frames of a closed transport, loses what is sent to it, and opens it anew', async () => {
    const network = memoryNetwork();
    const b = network.transport('b');
    const all = take(b, Infinity);
    await network.transport('a').send('b', Uint8Array.of(1));
    await new Promise((resolve) => setImmediate(resolve));
    await b.close();
    await b.close();
    expect(await all).toEqual(['a: 1']);
    await network.transport('a').send('b', Uint8Array.of(2));
    await expect(b.send('a', Uint8Array.of(3))).rejects.toThrow('closed');
    const again = network.transport('b');
    expect(again).not.toBe(b);
    await network.transport('a').send('b', Uint8Array.of(4));
    expect(await take(again, 1)).toEqual(['a: 4']);
    await network.close();
  });

  it('meters both ends', async () => {
    const network = memoryNetwork();
    await network.transport('a').send('b', new Uint8Array(10));
    await network.transport('a').send('c', new Uint8Array(5));
    expect(network.meter.party('a')).toEqual({ up: 15, down: 0, framesUp: 2, framesDown: 0 });
    expect(network.meter.party('c')).toEqual({ up: 0, down: 5, framesUp: 0, framesDown: 1 });
    expect(network.meter.party('nobody').up).toBe(0);
    expect(network.meter.total).toBe(15);
    network.meter.reset();
    expect(network.meter.total).toBe(0);
  });
});

describe('systemClock', () => {
  it('fires, can be cancelled, and refuses what setTimeout would take for zero', async () => {
    await new Promise<void>((resolve) => systemClock.after(0, resolve));
    systemClock.after(1, () => expect.unreachable())();
    expect(() => systemClock.after(2 ** 31, () => {})).toThrow(RangeError);
    expect(() => systemClock.after(-1, () => {})).toThrow(RangeError);
    expect(() => systemClock.after(Number.NaN, () => {})).toThrow(RangeError);
  });
});
