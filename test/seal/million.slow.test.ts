import { afterAll, describe, expect, it } from 'vitest';
import { fixedPoint } from '../../src/encoding/index.ts';
import { addInto, type RingVector, reduce, zeroVector } from '../../src/math/index.ts';
import { randomBytes, SeededRng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  InlineSealEngine,
  parameterSet,
  planSum,
  type SetName,
  shareSecret,
  weightedShare,
} from '../../src/seal/index.ts';

/** A million float32 parameters in [-1, 1] from ten clients: the bars of docs/spec/ckks-sum.md. */
const LENGTH = 1_000_000;
const CLIENTS = 10;

const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const rng = new SeededRng(new Uint8Array(32).fill(5));

function update(): Float32Array {
  const words = new Int32Array(randomBytes(4 * LENGTH, rng).buffer);
  return Float32Array.from(words, (word) => word / 2 ** 31);
}

describe('a million parameters, ten clients', () => {
  it.each([
    ['compact', 'ckks', 32, 23],
    ['precise', 'ckks', 32, 23],
    ['threshold', 'ckks', 32, 36],
    ['exact', 'bfv', 32, 12.6],
    ['threshold', 'bfv', 28, 17.6],
    ['wide', 'bfv', 32, 18.4],
  ] as const)('%s %s, %i bits: at most %f bytes a parameter', async (name: SetName, arithmetic, bits, bar) => {
    const set = parameterSet(name);
    const joint = set.keys === 'threshold';
    const codec = fixedPoint({ clip: { value: 1 }, bits: bits - 4, rounding: 'nearest' }).prepare({
      clients: CLIENTS,
      dimension: LENGTH,
      seed: new Uint8Array(32),
    });
    const plan = planSum({
      set,
      arithmetic,
      clients: CLIENTS,
      length: codec.length,
      bits: codec.bits,
      decryptors: joint ? 3 : 1,
      threshold: joint ? 2 : 1,
      // Whole words of 32 bits leave room for the noise of two rounds a key.
      rounds: name === 'wide' ? 2 : joint ? 10 : 1,
      statisticalSecurity: 40,
    });
    expect(plan.bytesPerParameter).toBeLessThanOrEqual(bar);
    const { secret, publicKey } = await engine.generate(set);
    const sum = new CiphertextSum(plan);
    const plain: RingVector = zeroVector(codec.bits, codec.length);
    const floats = new Float64Array(LENGTH);
    for (let client = 0; client < CLIENTS; client++) {
      const values = update();
      for (let i = 0; i < LENGTH; i++) floats[i]! += values[i]!;
      const input = codec.encode(values, { rng });
      addInto(plain, input);
      const key = joint ? ({ mode: 'public', publicKey } as const) : ({ mode: 'shared', secret } as const);
      const upload = await engine.encrypt(plan, key, input);
      expect(upload).toHaveLength(plan.bytes);
      await engine.add(plan, sum, upload);
    }
    let opened: RingVector;
    if (joint) {
      const shares = shareSecret(set, secret.subarray(0, 2 * set.degree), [1, 2, 3], 2, rng);
      const partials = [];
      for (const point of [1, 3])
        partials.push(await engine.partial(plan, sum, weightedShare(set, shares[point - 1]!, point, [1, 3]), rng));
      opened = await engine.combine(plan, sum, partials);
    } else {
      opened = await engine.open(plan, sum, secret, rng);
    }
    let worst = 0;
    const exact = reduce(plain).words;
    for (let i = 0; i < codec.length; i++)
      worst = Math.max(worst, Math.abs((Number(opened.words[i]!) - Number(exact[i]!)) | 0));
    expect(worst).toBeLessThanOrEqual(plan.errorBound);
    if (arithmetic === 'bfv') expect(worst).toBe(0);
    const decoded = codec.decode(opened, CLIENTS, plan.errorBound).sum;
    let error = 0;
    for (let i = 0; i < LENGTH; i++) error = Math.max(error, Math.abs(decoded[i]! - floats[i]!));
    console.info(
      `${name} ${arithmetic}: ${plan.bytesPerParameter.toFixed(2)} B, ring error ${worst}, real error ${error.toExponential(2)}`,
    );
    if (arithmetic === 'ckks') expect(error).toBeLessThan(1e-4);
  });
});
