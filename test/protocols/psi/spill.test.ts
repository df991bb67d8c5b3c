import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import {
  type Channel,
  memorySource,
  type PsiParameters,
  runReceiver,
  runSender,
  type Spill,
} from '../../../src/protocols/psi/index.ts';
import { createMatcher } from '../../../src/protocols/psi/matcher.ts';
import { cutInto, TokenSorter } from '../../../src/protocols/psi/sorter.ts';
import { Partitions, partitionsFor } from '../../../src/protocols/psi/spill.ts';
import { randomBytes, SeededRng } from '../../../src/random/index.ts';

/** A spill into arrays, and what it was used for. */
function arraySpill(memoryBytes: number): Spill & { scratches: number; bytes: number } {
  const spill = {
    memoryBytes,
    scratches: 0,
    bytes: 0,
    open() {
      spill.scratches++;
      const parts = new Map<number, Uint8Array>();
      let end = 0;
      return {
        append(bytes: Uint8Array) {
          const at = end;
          parts.set(at, bytes.slice());
          end += bytes.length;
          spill.bytes += bytes.length;
          return at;
        },
        read(at: number, length: number) {
          const part = parts.get(at)!;
          expect(part.length).toBe(length);
          return part.slice();
        },
      };
    },
  };
  return spill;
}

function pair(tamper: (frame: Uint8Array) => Uint8Array): [Channel, Channel] {
  const end = () => ({ queue: [] as Uint8Array[], wake: undefined as ((frame: Uint8Array) => void) | undefined });
  const [a, b] = [end(), end()];
  const make = (mine: ReturnType<typeof end>, theirs: ReturnType<typeof end>): Channel => ({
    async send(frame) {
      const wake = theirs.wake;
      theirs.wake = undefined;
      if (wake) wake(tamper(frame));
      else theirs.queue.push(tamper(frame));
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

const left = Array.from({ length: 700 }, (_, i) => `user${i}`);
const right = Array.from({ length: 500 }, (_, i) => `user${2 * i}`);
const values = right.map((_, i) => (i * 5) % 9);
const base = { normalisation: 'exact/1', maximumSize: 1000, chunk: 128 } as const;
const reveals: readonly PsiParameters[] = [
  { ...base, reveal: 'members' },
  { ...base, reveal: 'members', mutual: true },
  { ...base, reveal: 'count' },
  { ...base, reveal: 'sum', valueBits: 6 },
  { ...base, reveal: 'frequency', buckets: [1, 4] },
  { ...base, reveal: 'sum', valueBits: 6, minimumOverlap: 1000 },
];

async function both(
  parameters: PsiParameters,
  spills: { left?: Spill; right?: Spill } = {},
  tamper = (frame: Uint8Array) => frame,
) {
  const [a, b] = pair(tamper);
  const source = memorySource(right, 'shuffled', values, new SeededRng(new Uint8Array(32).fill(7)));
  const [receiver, sender] = await Promise.all([
    runReceiver(parameters, memorySource(left, 'rows'), a, spills.left ? { spill: spills.left } : {}),
    runSender(parameters, source, b, spills.right ? { spill: spills.right } : {}),
  ]);
  return { receiver: receiver.result, sender: sender.result };
}

describe.each([64, 2048])('tokens beyond %d bytes on disk', (memoryBytes) => {
  it.each(reveals)('$reveal $mutual $minimumOverlap: the same answer', async (parameters) => {
    const spills = { left: arraySpill(memoryBytes), right: arraySpill(memoryBytes) };
    expect(await both(parameters, spills)).toEqual(await both(parameters));
    expect([spills.left.scratches, spills.right.scratches]).toEqual([2, 1]);
    expect(spills.left.bytes).toBeGreaterThan(0);
  });

  it.each([
    ['Blinded', 2, 'members'],
    ['Blinded', 2, 'count'],
    ['Evaluated', 3, 'members'],
    ['SenderSet', 4, 'members'],
  ] as const)('%s (%d), %s: equal elements are refused', async (_, type, reveal) => {
    const spills = { left: arraySpill(memoryBytes), right: arraySpill(memoryBytes) };
    let first: Uint8Array | undefined;
    const length = type === 3 ? 8 : 32;
    const run = both({ ...base, reveal }, spills, (frame) => {
      if (frame[5] !== type) return frame;
      // The first item of the first chunk again, in a later one.
      first ??= frame.slice(42, 42 + length);
      const out = frame.slice();
      if (out[38] === 2) out.set(first, 42 + 3 * length);
      return out;
    });
    const error = await run.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.code).toMatch(/duplicate-element|aborted/);
  });
});

it('what fits in memory is not written', async () => {
  const spill = arraySpill(2 ** 20);
  await both(reveals[0]!, { left: spill, right: spill });
  expect(spill.scratches).toBe(0);
});

describe('the pieces', () => {
  it('sorts as plain sorting does, in memory and on disk', () => {
    const bytes = 9;
    const tokens = randomBytes(3000 * bytes, new SeededRng(new Uint8Array(32).fill(1)));
    const plain = Array.from({ length: 3000 }, (_, i) => Buffer.from(tokens.subarray(i * bytes, (i + 1) * bytes)));
    const truth = Buffer.concat(plain.sort(Buffer.compare));
    for (const spill of [undefined, arraySpill(100), arraySpill(20_000)]) {
      const sorter = new TokenSorter(3000, bytes, spill);
      for (let i = 0; i < 3000; i++) sorter.add(tokens, i * bytes);
      expect(Buffer.concat([...cutInto(sorter.sorted('test'), 64 * bytes)]).equals(truth)).toBe(true);
    }
  });

  it('cuts pieces into equal lengths', () => {
    const pieces = [3, 0, 5, 1, 8].map((length, i) => new Uint8Array(length).fill(i));
    const cut = [...cutInto(pieces, 4)].map((piece) => [...piece]);
    expect(cut.map((piece) => piece.length)).toEqual([4, 4, 4, 4, 1]);
    expect(cut.flat()).toEqual(pieces.flatMap((piece) => [...piece]));
    expect([...cutInto([], 4)]).toEqual([]);
  });

  it('finds the pairs and their payloads that a map finds', () => {
    const sizes = { own: 1000, theirs: 800, tokenBytes: 8, payloadBytes: 5 };
    const rng = new SeededRng(new Uint8Array(32).fill(2));
    const own = randomBytes(8 * sizes.own, rng);
    const theirs = randomBytes(8 * sizes.theirs, rng);
    for (let i = 0; i < sizes.theirs; i += 3) theirs.set(own.subarray(8 * i, 8 * i + 8), 8 * i);
    const payloads = randomBytes(5 * sizes.theirs, rng);
    const found = (spill?: Spill) => {
      const hits: string[] = [];
      const hit = (row: number, place: number, source: Uint8Array, at: number) => {
        hits.push(`${row} ${place} ${Buffer.from(source.subarray(at, at + 5)).toString('hex')}`);
      };
      const matcher = createMatcher(sizes, rng, spill);
      for (let i = 0; i < sizes.own; i++) matcher.own(own, 8 * i);
      for (let i = 0; i < sizes.theirs; i++) matcher.theirs(theirs, 8 * i, i, payloads, 5 * i, hit);
      for (const _ of matcher.rest(hit));
      return hits.sort();
    };
    expect(found().length).toBe(Math.ceil(sizes.theirs / 3));
    for (const memory of [1, 1000, 20_000]) expect(found(arraySpill(memory))).toEqual(found());
  });

  it('keeps the records of every partition in order', () => {
    const partitions = new Partitions(arraySpill(0).open(), 4, 3, 0);
    for (let i = 0; i < 5000; i++) partitions.next(i & 3).set([i & 255, i >> 8, i & 3]);
    for (let p = 0; p < 4; p++) {
      const records = Buffer.concat([...partitions.records(p)]);
      expect(partitions.size(p)).toBe(1250);
      expect(records.length).toBe(3750);
      for (let i = 0; i < 1250; i++) expect(records.readUInt16LE(3 * i)).toBe(4 * i + p);
    }
  });

  it('takes so many partitions that one fits, a power of 2', () => {
    expect([1, 1000, 3000, 2 ** 40].map((bytes) => partitionsFor(bytes, 1000))).toEqual([2, 2, 8, 1024]);
  });
});
