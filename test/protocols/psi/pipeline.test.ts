import { describe, expect, it } from 'vitest';
import { type Executor, inlineExecutor } from '../../../src/kernels/index.ts';
import {
  type Channel,
  memorySource,
  type PsiParameters,
  runReceiver,
  runSender,
} from '../../../src/protocols/psi/index.ts';
import { pipelined } from '../../../src/protocols/psi/pipeline.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('pipelined', () => {
  it.each([
    [1, 7],
    [2, 7],
    [3, 2],
    [2, 0],
  ])('depth %d, %d chunks: takes and finishes in order, so many under way', async (depth, chunks) => {
    const events: string[] = [];
    let running = 0;
    let most = 0;
    await pipelined(chunks, depth, {
      async take(index) {
        events.push(`take ${index}`);
        await turn();
        return index;
      },
      async work(index) {
        most = Math.max(most, ++running);
        // The later the shorter: the second of two is done first.
        for (let i = 0; i < 3 + 2 * (chunks - index); i++) await turn();
        running--;
        return index;
      },
      async finish(index, at) {
        expect(index).toBe(at);
        events.push(`finish ${index}`);
        await turn();
      },
    });
    const indices = Array.from({ length: chunks }, (_, i) => i);
    expect(events.filter((event) => event.startsWith('take'))).toEqual(indices.map((i) => `take ${i}`));
    expect(events.filter((event) => event.startsWith('finish'))).toEqual(indices.map((i) => `finish ${i}`));
    expect(most).toBe(Math.min(depth, chunks));
  });

  it.each(['take', 'work', 'finish'] as const)(
    'ends with the first error, of %s, and takes nothing more',
    async (which) => {
      const taken: number[] = [];
      const fail = (step: string, index: number) => {
        if (step === which && index === 2) throw new RangeError(`${step} ${index}`);
      };
      const run = pipelined(9, 2, {
        async take(index) {
          taken.push(index);
          fail('take', index);
          return index;
        },
        async work(index) {
          await turn();
          fail('work', index);
          return index;
        },
        async finish(index) {
          await turn();
          fail('finish', index);
        },
      });
      await expect(run).rejects.toThrow(`${which} 2`);
      const before = taken.length;
      for (let i = 0; i < 5; i++) await turn();
      expect(taken.length).toBe(before);
      expect(taken.at(-1)).toBeLessThanOrEqual(4);
    },
  );
});

/** Two chunks at a time, the second of which may be done before the first. */
const unruly: Executor = {
  ...inlineExecutor,
  threads: 2,
  async points(plan, signal) {
    const points = await inlineExecutor.points(plan, signal);
    for (let i = points[0]! % 7; i > 0; i--) await turn();
    return points;
  },
};

function pair(): [Channel, Channel] {
  const end = () => ({ queue: [] as Uint8Array[], wake: undefined as ((frame: Uint8Array) => void) | undefined });
  const [a, b] = [end(), end()];
  const make = (mine: ReturnType<typeof end>, theirs: ReturnType<typeof end>): Channel => ({
    async send(frame) {
      const wake = theirs.wake;
      theirs.wake = undefined;
      if (wake) wake(frame);
      else theirs.queue.push(frame);
    },
    receive: () => {
      const frame = mine.queue.shift();
      if (frame) return Promise.resolve(frame);
      return new Promise((resolve) => {
        mine.wake = resolve;
      });
    },
  });
  return [make(a, b), make(b, a)];
}

const left = Array.from({ length: 90 }, (_, i) => `user${i}`);
const right = Array.from({ length: 70 }, (_, i) => `user${2 * i}`);
const values = right.map((_, i) => i % 5);
const base = { normalisation: 'exact/1', maximumSize: 100, chunk: 8 } as const;

it.each<PsiParameters>([
  { ...base, reveal: 'members' },
  { ...base, reveal: 'members', mutual: true },
  { ...base, reveal: 'count' },
  { ...base, reveal: 'sum', valueBits: 4 },
  { ...base, reveal: 'frequency', buckets: [1, 3] },
])('chunks that overtake each other: $reveal $mutual as one after the other', async (parameters) => {
  const run = async (executor: Executor) => {
    const [a, b] = pair();
    const [receiver] = await Promise.all([
      runReceiver(parameters, memorySource(left, 'rows'), a, { executor }),
      runSender(parameters, memorySource(right, 'shuffled', values), b, { executor }),
    ]);
    return receiver.result;
  };
  const result = await run(unruly);
  expect(result).toEqual(await run(inlineExecutor));
  expect(result.count).toBe(45);
});
