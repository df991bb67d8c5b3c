import { afterAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import type { RingVector } from '../../src/math/index.ts';
import { type Rng, randomBytes, SeededRng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  commonReference,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  jointPublicKey,
  loadSeal,
  packSum,
  parameterSet,
  planSum,
  publicShare,
  type SetName,
  type SumPlan,
  shareSecret,
  unpackSum,
  weightedShare,
} from '../../src/seal/index.ts';
import { withCiphertextScale } from '../../src/seal/layout.ts';
import { SealRing } from '../../src/seal/ring.ts';

const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const rng = new SeededRng(new Uint8Array(32).fill(7));

function plan(set: SetName, arithmetic: 'ckks' | 'bfv', more: Partial<SumPlan> = {}): SumPlan {
  const keys = parameterSet(set).keys;
  return planSum({
    set: parameterSet(set),
    arithmetic,
    clients: 5,
    length: 1500,
    bits: 24,
    decryptors: keys === 'shared' ? 1 : 3,
    threshold: keys === 'shared' ? 1 : 2,
    rounds: 1,
    statisticalSecurity: 40,
    ...more,
  });
}

function draw(p: SumPlan, from: Rng = rng): RingVector {
  if (p.bits <= 32) {
    const words = new Uint32Array(randomBytes(4 * p.length, from).buffer);
    return { bits: p.bits, words: words.map((w) => (p.bits === 32 ? w : w % 2 ** p.bits)) };
  }
  const words = new BigUint64Array(randomBytes(8 * p.length, from).buffer);
  return { bits: p.bits, words: words.map((w) => BigInt.asUintN(p.bits, w)) };
}

/** Signed difference in Z_{2^bits}, the largest in absolute value. */
function maxError(p: SumPlan, inputs: readonly RingVector[], sum: RingVector): number {
  let worst = 0n;
  for (let i = 0; i < p.length; i++) {
    const total = inputs.reduce((acc, { words }) => acc + BigInt(words[i]!), 0n);
    const difference = BigInt.asIntN(p.bits, BigInt(sum.words[i]!) - total);
    const size = difference < 0n ? -difference : difference;
    if (size > worst) worst = size;
  }
  return Number(worst);
}

async function collect(p: SumPlan, key: EncryptionKey, inputs: readonly RingVector[]): Promise<CiphertextSum> {
  const sum = new CiphertextSum(p);
  for (const input of inputs) {
    const bytes = await engine.encrypt(p, key, input);
    expect(bytes).toHaveLength(p.bytes);
    await engine.add(p, sum, bytes);
  }
  return unpackSum(p, packSum(p, sum));
}

describe('sums under a shared key', () => {
  it.each([
    ['compact', 'ckks', {}],
    ['compact', 'ckks', { bits: 32 }],
    ['precise', 'ckks', { bits: 40, length: 1025 }],
    ['nvflare', 'ckks', { bits: 33, length: 10 }],
    ['exact', 'bfv', { bits: 8, length: 1 }],
    ['exact', 'bfv', { bits: 32, length: 2049 }],
    ['exact', 'bfv', { bits: 33 }],
    ['exact', 'bfv', { bits: 64 }],
  ] as const)('%s %s %o', async (set, arithmetic, more) => {
    const p = plan(set, arithmetic, more);
    const { secret } = await engine.generate(p.set);
    const inputs = Array.from({ length: p.clients }, () => draw(p));
    const sum = await collect(p, { mode: 'shared', secret }, inputs);
    const error = maxError(p, inputs, await engine.open(p, sum, secret, rng));
    expect(error).toBeLessThanOrEqual(p.errorBound);
  });
});

describe('chunks of zeros', () => {
  it.each([
    ['compact', 'ckks'],
    ['exact', 'bfv'],
  ] as const)('%s %s', async (set, arithmetic) => {
    const p = plan(set, arithmetic, { length: 5000, clients: 2 });
    const { secret } = await engine.generate(p.set);
    const zeros = { bits: p.bits, words: new Uint32Array(p.length) };
    const sum = await collect(p, { mode: 'shared', secret }, [zeros, zeros]);
    expect(maxError(p, [zeros], await engine.open(p, sum, secret, rng))).toBeLessThanOrEqual(p.errorBound);
  });
});

describe('sums under a threshold key', () => {
  it.each([
    ['threshold', 'ckks', { bits: 32, length: 2049 }],
    ['threshold', 'ckks', { bits: 52, clients: 2 }],
    ['threshold', 'bfv', { bits: 24, length: 4097 }],
    ['threshold', 'bfv', { bits: 64, decryptors: 5, threshold: 3, length: 20 }],
    ['threshold', 'bfv', { bits: 17, decryptors: 2, threshold: 2 }],
    ['wide', 'bfv', { bits: 32, length: 4097 }],
    ['wide', 'bfv', { bits: 31, decryptors: 4, threshold: 4, length: 20 }],
  ] as const)('%s %s %o', async (set, arithmetic, more) => {
    const p = plan(set, arithmetic, more);
    const reference = commonReference(p.set, new Uint8Array(32));
    const points = Array.from({ length: p.decryptors }, (_, i) => i + 1);
    const pairs = await Promise.all(points.map(() => engine.generate(p.set)));
    const publicKey = jointPublicKey(
      p.set,
      pairs.map((pair) => publicShare(p.set, pair.secret, pair.publicKey, reference)),
      reference,
    );
    const dealt = pairs.map(({ secret }) => shareSecret(p.set, secret, points, p.threshold, rng));
    const primes = dataPrimes(p.set);
    const held = points.map((_, i) =>
      dealt[0]![i]!.map(
        (_, w) => dealt.reduce((acc, shares) => acc + shares[i]![w]!, 0n) % primes[Math.floor(w / p.set.degree)]!,
      ),
    );
    const inputs = Array.from({ length: p.clients }, () => draw(p));
    const sum = await collect(p, { mode: 'public', publicKey }, inputs);
    const decrypt = async (active: readonly number[]) => {
      const partials = await Promise.all(
        active.map((x) => engine.partial(p, sum, weightedShare(p.set, held[x - 1]!, x, active), rng)),
      );
      return maxError(p, inputs, await engine.combine(p, sum, partials));
    };
    const active = points.slice(-p.threshold);
    expect(await decrypt(active)).toBeLessThanOrEqual(p.errorBound);
    // One decryptor too few finds noise.
    if (p.length > 1) expect(await decrypt(active.slice(1))).toBeGreaterThan(2 ** (p.bits - 4));
  });
});

describe('ciphertexts of another SEAL', () => {
  it('are taken in its own serialisation, when every byte is as agreed', async () => {
    const p = plan('threshold', 'ckks', { length: 2048, clients: 2, decryptors: 2 });
    using ring = new SealRing(await loadSeal(), p.set);
    const { secret, publicKey } = ring.generate();
    using encryptor = ring.encryptor(publicKey);
    const words = encryptor.encrypt(ring.encodeSlots(new Float64Array(2048).fill(77), p.scale));
    const bytes = concatBytes(withCiphertextScale(ring.templates.ciphertext, p.scale), words);
    const sum = new CiphertextSum(p);
    await engine.add(p, sum, await engine.importCiphertexts(p, [bytes], p.scale));
    const share = secret.subarray(0, 2 * p.set.degree);
    const found = await engine.combine(p, sum, [await engine.partial(p, sum, share, rng)]);
    expect(Math.abs((found.words[5] as number) - 77)).toBeLessThanOrEqual(p.errorBound);
    await expect(engine.importCiphertexts(p, [bytes.with(5, 2)], p.scale)).rejects.toThrow('compression');
    await expect(engine.importCiphertexts(p, [bytes], 1)).rejects.toThrow('scale');
    await expect(engine.importCiphertexts(p, [], p.scale)).rejects.toThrow(RangeError);
  });
});

describe('a contribution with a fault in its last chunk', () => {
  it.each([
    ['threshold', 'ckks'],
    ['exact', 'bfv'],
  ] as const)('leaves the sum as it was: %s', async (set, arithmetic) => {
    const p = plan(set, arithmetic, { length: 9000 });
    const { secret, publicKey } = await engine.generate(p.set);
    const key: EncryptionKey = set === 'exact' ? { mode: 'shared', secret } : { mode: 'public', publicKey };
    const sum = new CiphertextSum(p);
    const upload = await engine.encrypt(p, key, draw(p));
    await engine.add(p, sum, upload);
    const before = sum.words.slice();
    const bad = upload.slice();
    bad.fill(0xff, bad.length - 200, bad.length - 100);
    await expect(engine.add(p, sum, bad)).rejects.toThrow('is not below its prime');
    expect(sum.words).toEqual(before);
    await expect(engine.add(p, sum, upload.subarray(1))).rejects.toThrow(ProtocolError);
    expect(sum.words).toEqual(before);
  });
});
