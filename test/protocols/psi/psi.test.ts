import { describe, expect, it } from 'vitest';
import {
  type Channel,
  memorySource,
  type PsiParameters,
  receive,
  runReceiver,
  runSender,
  send,
} from '../../../src/protocols/psi/index.ts';
import { SeededRng } from '../../../src/random/index.ts';

/** Two ends of an ordered in-memory channel. */
function channelPair(tamper?: (frame: Uint8Array, index: number) => Uint8Array): [Channel, Channel] {
  const end = () => ({ queue: [] as Uint8Array[], waiting: [] as ((frame: Uint8Array) => void)[] });
  const a = end();
  const b = end();
  let index = 0;
  const make = (mine: ReturnType<typeof end>, theirs: ReturnType<typeof end>): Channel => ({
    async send(frame) {
      const sent = tamper?.(frame, index++) ?? frame;
      const next = theirs.waiting.shift();
      if (next) next(sent);
      else theirs.queue.push(sent);
    },
    receive() {
      const frame = mine.queue.shift();
      return frame ? Promise.resolve(frame) : new Promise((resolve) => mine.waiting.push(resolve));
    },
  });
  return [make(a, b), make(b, a)];
}

const rng = (seed: number) => new SeededRng(new Uint8Array(32).fill(seed));
const left = Array.from({ length: 60 }, (_, i) => `user${i}@example.org`);
const right = Array.from({ length: 45 }, (_, i) => `user${3 * i}@example.org`);
const common = left.filter((id) => right.includes(id));
const values = right.map((_, i) => (i * 7) % 12);

async function both(parameters: PsiParameters, tamper?: (frame: Uint8Array, index: number) => Uint8Array) {
  const [a, b] = channelPair(tamper);
  const theirs = memorySource(right, 'shuffled', values, rng(3));
  const [receiver, sender] = await Promise.all([
    runReceiver(parameters, memorySource(left, 'rows'), a, { rng: rng(1) }),
    runSender(parameters, theirs, b, { rng: rng(2) }),
  ]);
  return { receiver: receiver.result, sender: sender.result, order: theirs.order };
}

const base = { normalisation: 'email/1', maximumSize: 1000, chunk: 16 } as const;
const valueFor = (id: string) => values[right.indexOf(id)]!;

describe('private set intersection', () => {
  it('members: the receiver learns its rows', async () => {
    const { receiver, sender } = await both({ ...base, reveal: 'members' });
    expect([...receiver.rows!].map((row) => left[row])).toEqual(common);
    expect(receiver.count).toBe(common.length);
    expect(sender.rows).toBeUndefined();
  });

  it('members, mutual: the sender learns its rows too', async () => {
    const { sender, order } = await both({ ...base, reveal: 'members', mutual: true });
    expect(new Set([...sender.rows!].map((i) => right[order[i]!]))).toEqual(new Set(common));
  });

  it('count: the size of the overlap and no rows', async () => {
    const { receiver } = await both({ ...base, reveal: 'count' });
    expect(receiver).toEqual({ reveal: 'count', suppressed: false, count: common.length });
  });

  it('sum: count and the sum of the sender values', async () => {
    const { receiver } = await both({ ...base, reveal: 'sum', valueBits: 8 });
    expect(receiver.sum).toBe(common.reduce((sum, id) => sum + valueFor(id), 0));
    expect(receiver.count).toBe(common.length);
  });

  it('frequency: a histogram over the declared buckets', async () => {
    const buckets = [1, 2, 5, 10];
    const { receiver } = await both({ ...base, reveal: 'frequency', buckets });
    const expected = buckets.map(
      (start, b) =>
        common.filter((id) => valueFor(id) >= start && valueFor(id) < (buckets[b + 1] ?? Number.POSITIVE_INFINITY))
          .length,
    );
    expect(receiver.histogram).toEqual(expected);
  });

  for (const reveal of ['members', 'count', 'sum', 'frequency'] as const) {
    it(`${reveal}: suppressed below the minimum overlap`, async () => {
      const extra = reveal === 'sum' ? { valueBits: 8 } : reveal === 'frequency' ? { buckets: [1] } : {};
      const { receiver } = await both({ ...base, ...extra, reveal, minimumOverlap: common.length + 1 });
      expect(receiver).toEqual({ reveal, suppressed: true });
    });
  }

  it('a source says in which order it hands its identifiers out', () => {
    expect(() => memorySource(['a'], undefined as unknown as 'rows')).toThrow(/order undefined, expected rows/);
    expect(memorySource(right, 'shuffled').order).not.toEqual(memorySource(right, 'rows').order);
  });

  it('the caller of either side hears what its parameters lack', () => {
    for (const side of [send, receive]) {
      expect(() => side({ ...base, reveal: 'frequency' }, 5)).toThrow('frequency needs buckets');
      expect(() => side({ ...base, reveal: 'sum' }, 5)).toThrow('sum needs valueBits');
    }
  });
});
