import { describe, expect, it } from 'vitest';
import { memoryNetwork, systemClock } from '../../src/session/index.ts';
import { take, transportConformance } from '../conformance/transport.ts';

transportConformance('memoryNetwork', async () => {
  const network = memoryNetwork();
  return { transport: async (id) => network.transport(id), [Symbol.asyncDispose]: () => network.close() };
});

describe('memoryNetwork', () => {
  it('loses what is sent to a closed transport, and opens it anew', async () => {
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
