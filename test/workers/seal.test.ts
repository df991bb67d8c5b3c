import { afterAll, describe, expect, it } from 'vitest';
import { type RingVector, zeroVector } from '../../src/math/index.ts';
import { csprng, type Rng, SeededRng } from '../../src/random/index.ts';
import {
  type Arithmetic,
  CiphertextSum,
  InlineSealEngine,
  packSum,
  parameterSet,
  planSum,
  type SealEngine,
  type SetName,
  type SumPlan,
  slicePlan,
  sliceUnit,
  wordsBefore,
} from '../../src/seal/index.ts';
import { jobHandlers } from '../../src/workers/handlers.ts';
import { createPool, PoolSealEngine, poolExecutor, type WorkerPool } from '../../src/workers/index.ts';
import { built } from './built.ts';

const inline = new InlineSealEngine();
const pool = createPool({ size: 2, entry: built('workers/node-worker.js') });
const engine = poolExecutor(pool).seal;
afterAll(() => pool.close());

function plan(name: SetName, arithmetic: Arithmetic, length: number, bits = 32): SumPlan {
  const joint = name === 'threshold';
  return planSum({
    ...{ set: parameterSet(name), arithmetic, clients: 3, length, bits, rounds: 1, statisticalSecurity: 40 },
    ...{ decryptors: joint ? 2 : 1, threshold: joint ? 2 : 1 },
  });
}

function vector(bits: number, length: number, salt: number): RingVector {
  const vector = zeroVector(bits, length);
  for (let i = 0; i < length; i++) {
    const word = ((i + 1) * 2_654_435_761 * (salt + 1)) % 2 ** Math.min(bits - 3, 28);
    vector.words[i] = bits > 32 ? BigInt(word) : word;
  }
  return vector;
}

function total(inputs: readonly RingVector[]): number[] {
  return Array.from({ length: inputs[0]!.words.length }, (_, i) =>
    inputs.reduce((sum, { words }) => sum + Number(words[i]), 0),
  );
}

const seeded = (): Rng => new SeededRng(new Uint8Array(32).fill(5));

/** Encrypts two vectors, adds and opens them, all on one engine. Shared keys hold the whole secret, joint ones one decryptor's share of one. */
async function sumOn(on: SealEngine, shape: SumPlan, inputs: readonly RingVector[], rng: Rng): Promise<RingVector> {
  const keys = await on.generate(shape.set);
  const sum = new CiphertextSum(shape);
  const joint = shape.set.keys === 'threshold';
  const key = joint
    ? ({ mode: 'public', publicKey: keys.publicKey } as const)
    : ({ mode: 'shared', secret: keys.secret } as const);
  for (const input of inputs) await on.add(shape, sum, await on.encrypt(shape, key, input));
  if (!joint) return await on.open(shape, sum, keys.secret, rng);
  const share = keys.secret.slice(0, 2 * shape.set.degree);
  return await on.combine(shape, sum, [await on.partial(shape, sum, share, rng)]);
}

/** A pool without threads: everything is cloned and moved as it would be between threads. */
function unthreaded(log: (input: unknown) => void = () => {}): WorkerPool {
  return {
    size: 3,
    async run(kind, prepare) {
      const { input, transfer = [] } = prepare();
      const arrived = structuredClone(input, { transfer: [...transfer] });
      log(input);
      const { value, transfer: back = [] } = await (jobHandlers[kind] as (typeof jobHandlers)['seal'])(
        arrived as never,
      );
      return structuredClone(value, { transfer: [...back] }) as never;
    },
    async ready() {},
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

describe('parts of a plan', () => {
  it.each([
    ['threshold', 'ckks', 32],
    ['exact', 'bfv', 32],
    ['threshold', 'bfv', 64],
    ['exact', 'bfv', 64],
    ['exact', 'bfv', 61],
  ] as const)('%s %s of %i bits: every word is in one part, at a chunk boundary', (name, arithmetic, bits) => {
    const whole = plan(name, arithmetic, 100_003, bits);
    const unit = sliceUnit(whole);
    let words = 0;
    let bytes = 0;
    for (let from = 0; from < whole.chunks; from += unit) {
      const part = slicePlan(whole, from, Math.min(whole.chunks, from + unit));
      expect(wordsBefore(whole, from)).toBe(words);
      expect(Number.isInteger(part.length) && part.length > 0).toBe(true);
      words += part.length;
      bytes += part.bytes;
      // Planned by itself, the part has as many chunks.
      expect(plan(name, arithmetic, part.length, bits)).toMatchObject({ chunks: part.chunks, bytes: part.bytes });
    }
    expect([words, bytes]).toEqual([whole.length, whole.bytes]);
  });
});

describe('sums on workers', () => {
  it.each([
    ['threshold', 'ckks', 150_001, 32],
    ['threshold', 'bfv', 290_000, 32],
    ['threshold', 'bfv', 140_000, 64],
    ['precise', 'ckks', 40_000, 32],
    ['exact', 'bfv', 40_001, 48],
  ] as const)('%s %s, %i words of %i bits: the sum of the inputs', async (name, arithmetic, length, bits) => {
    const shape = plan(name, arithmetic, length, bits);
    const inputs = [vector(bits, length, 0), vector(bits, length, 1)];
    const found = await sumOn(engine, shape, inputs, csprng);
    const expected = total(inputs);
    const modulus = 2 ** bits;
    const worst = expected.reduce((most, value, i) => {
      const d = Math.abs(Number(found.words[i]) - value);
      return Math.max(most, Math.min(d, modulus - d));
    }, 0);
    expect(found.words).toHaveLength(length);
    expect(worst).toBeLessThanOrEqual(shape.errorBound);
  });

  it('without shared memory: the same, and neither words nor keys stay behind', async () => {
    const shape = plan('threshold', 'bfv', 300_000);
    const inputs = [vector(32, shape.length, 2), vector(32, shape.length, 3)];
    const left: number[] = [];
    const moving = new PoolSealEngine(
      unthreaded((input) => {
        for (const value of Object.values(input as object)) if (ArrayBuffer.isView(value)) left.push(value.byteLength);
      }),
      false,
    );
    const found = await sumOn(moving, shape, inputs, seeded());
    expect(Array.from(found.words, Number)).toEqual(total(inputs));
    expect(left.length).toBeGreaterThan(20);
    expect(left.every((length) => length === 0)).toBe(true);
  });

  it('adds the same bytes as the calling thread does, and the same seeded noise on any number of workers', async () => {
    const shape = plan('threshold', 'ckks', 140_000);
    const keys = await inline.generate(shape.set);
    const upload = await engine.encrypt(shape, { mode: 'public', publicKey: keys.publicKey }, vector(32, 140_000, 4));
    const sums = [new CiphertextSum(shape), new CiphertextSum(shape)] as const;
    for (let i = 0; i < 2; i++) {
      await inline.add(shape, sums[0], upload);
      await engine.add(shape, sums[1], upload);
    }
    expect(sums[1].words.buffer).toBeInstanceOf(SharedArrayBuffer);
    const packed = packSum(shape, sums[0]);
    expect(Buffer.compare(packSum(shape, sums[1]), packed)).toBe(0);
    const share = keys.secret.slice(0, 2 * shape.set.degree);
    const other = new PoolSealEngine(unthreaded(), true);
    const partials = await Promise.all([
      engine.partial(shape, sums[1], share, seeded()),
      other.partial(shape, sums[0], share, seeded()),
    ]);
    expect(Buffer.compare(partials[0], partials[1])).toBe(0);
    const combined = await Promise.all([inline, engine].map((on) => on.combine(shape, sums[0], [partials[0]])));
    expect(combined[1]).toEqual(combined[0]);
  });

  it('two additions to one sum at once lose nothing', async () => {
    const shape = plan('threshold', 'bfv', 300_000);
    const keys = await engine.generate(shape.set);
    const key = { mode: 'public', publicKey: keys.publicKey } as const;
    const inputs = [5, 6, 7].map((salt) => vector(32, shape.length, salt));
    const sum = new CiphertextSum(shape);
    const adding = inputs.map(async (input) => engine.add(shape, sum, await engine.encrypt(shape, key, input)));
    await Promise.all(adding);
    const share = keys.secret.slice(0, 2 * shape.set.degree);
    const found = await engine.combine(shape, sum, [await engine.partial(shape, sum, share, csprng)]);
    expect(Array.from(found.words, Number)).toEqual(total(inputs));
  });
});

describe('what goes wrong on workers', () => {
  const shape = plan('threshold', 'bfv', 300_000);

  async function started<T>(run: () => Promise<T>): Promise<{ result: T; workers: number }> {
    let workers = 0;
    const count = (): void => void workers++;
    process.on('worker', count);
    try {
      return { result: await run(), workers };
    } finally {
      process.off('worker', count);
    }
  }

  it('a bad contribution leaves the sum as it was, names the chunk, and costs no worker', async () => {
    await pool.ready();
    const { publicKey } = await engine.generate(shape.set);
    const good = await engine.encrypt(shape, { mode: 'public', publicKey }, vector(32, shape.length, 8));
    const sum = new CiphertextSum(shape);
    await engine.add(shape, sum, good);
    const before = packSum(shape, sum);
    const { workers } = await started(async () => {
      for (const chunk of [0, 70, shape.chunks - 1]) {
        const bad = good.slice();
        bad.fill(0xff, (chunk * bad.length) / shape.chunks, ((chunk + 1) * bad.length) / shape.chunks);
        const message = expect.stringMatching(`^chunk ${chunk}: coefficient 0 `);
        await expect(engine.add(shape, sum, bad)).rejects.toMatchObject({ code: 'bad-ciphertext', message });
      }
      await expect(engine.add(shape, sum, good.subarray(1))).rejects.toMatchObject({ code: 'malformed' });
    });
    expect(Buffer.compare(packSum(shape, sum), before)).toBe(0);
    expect(workers).toBe(0);
  });

  it('a worker whose SEAL threw is replaced, and the next call finds a sound one', async () => {
    await pool.ready();
    const { publicKey, secret } = await engine.generate(shape.set);
    const small = plan('threshold', 'bfv', 4096);
    const sum = new CiphertextSum(small);
    await engine.add(small, sum, await engine.encrypt(small, { mode: 'public', publicKey }, vector(32, 4096, 9)));
    const share = secret.slice(0, 2 * shape.set.degree);
    const { result, workers } = await started(async () => {
      // Key words that are no residues: SEAL finds out when it loads them.
      const nonsense = new BigUint64Array(share.length).fill(2n ** 64n - 1n);
      await expect(engine.partial(small, sum, nonsense, csprng)).rejects.toThrow();
      await pool.ready();
      return await engine.combine(small, sum, [await engine.partial(small, sum, share, csprng)]);
    });
    expect(workers).toBe(1);
    expect(Array.from(result.words, Number)).toEqual(total([vector(32, 4096, 9)]));
  });

  it('an abort is heard at once; a sum in the middle of an addition is lost and says so', async () => {
    const { publicKey } = await engine.generate(shape.set);
    const key = { mode: 'public', publicKey } as const;
    const input = vector(32, shape.length, 10);
    const reason = new Error('enough');
    await expect(engine.encrypt(shape, key, input, AbortSignal.abort(reason))).rejects.toBe(reason);
    const encrypting = new AbortController();
    const encrypted = engine.encrypt(shape, key, input, encrypting.signal);
    encrypting.abort(reason);
    await expect(encrypted).rejects.toBe(reason);
    // Seeded contributions are expanded on the workers; public-key ones are added on the calling thread.
    const seeds = plan('exact', 'bfv', 300_000);
    const { secret } = await engine.generate(seeds.set);
    const upload = await engine.encrypt(seeds, { mode: 'shared', secret }, input);
    const sum = new CiphertextSum(seeds);
    await expect(engine.add(seeds, sum, upload, AbortSignal.abort(reason))).rejects.toBe(reason);
    await engine.add(seeds, sum, upload);
    const adding = new AbortController();
    const aborting = new PoolSealEngine(
      {
        ...unthreaded(),
        run: (kind, prepare, options) => {
          const late = (): ReturnType<typeof prepare> => {
            queueMicrotask(() => adding.abort(reason));
            return prepare();
          };
          return pool.run(kind, late, options);
        },
      },
      true,
    );
    await expect(aborting.add(seeds, sum, upload, adding.signal)).rejects.toBe(reason);
    await expect(aborting.add(seeds, sum, upload)).rejects.toThrow('this sum was lost');
  });
});
