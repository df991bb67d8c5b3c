import { afterAll, describe, expect, it } from 'vitest';
import { addResidues } from '../../src/kernels/index.ts';
import type { RingVector } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  commonReference,
  DiscreteGaussian,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  jointPublicKey,
  loadSeal,
  parameterSet,
  planSum,
  publicShare,
  shareSecret,
  weightedShare,
} from '../../src/seal/index.ts';
import { invert } from '../../src/seal/modular.ts';
import { slotsOf } from '../../src/seal/real.ts';
import { SealRing } from '../../src/seal/ring.ts';
import { addNoise } from '../../src/seal/threshold.ts';

/**
 * Li and Micciancio, "On the Security of Homomorphic Encryption on Approximate Numbers" (EUROCRYPT 2021): whoever sees a CKKS ciphertext and
 * its exact decryption knows its noise, and so a linear equation about the secret key.
 *
 * SEAL's decoder gives real parts only, that is the polynomial m + conj(m). At each pair of conjugate NTT points this is one equation
 * c1 s + c1' s' = m + m' - c0 - c0' (mod q) in two unknowns, and two sums give two. SEAL's NTT order puts the conjugate of point i at N - 1 - i.
 */
function recoverKey(
  ring: SealRing,
  scale: number,
  sums: readonly { readonly pair: BigUint64Array; readonly published: Float64Array }[],
): BigUint64Array {
  const { degree } = ring.set;
  const primes = dataPrimes(ring.set);
  const half = primes.length * degree;
  // Encoding the real parts gives half of m + conj(m).
  const twice = sums.map(({ published }) =>
    ring.encodeSlots(
      published.map((x) => 2 * x),
      scale,
    ),
  );
  const secret = new BigUint64Array(half);
  for (const [prime, q] of primes.entries()) {
    const mod = (x: bigint) => ((x % q) + q) % q;
    for (let k = 0; k < degree / 2; k++) {
      const i = prime * degree + k;
      const j = (prime + 1) * degree - 1 - k;
      const [first, second] = sums.map(({ pair }, n) => ({
        a: pair[half + i]!,
        b: pair[half + j]!,
        right: mod(twice[n]![i]! - pair[i]! - pair[j]!),
      }));
      const determinant = mod(first!.a * second!.b - first!.b * second!.a);
      if (determinant === 0n) continue;
      const inverse = invert(determinant, q);
      secret[i] = mod(mod(first!.right * second!.b - first!.b * second!.right) * inverse);
      secret[j] = mod(mod(first!.a * second!.right - first!.right * second!.a) * inverse);
    }
  }
  return secret;
}

/** What SEAL's decoder makes of a sum, with the whole key and nothing added: what must not be published. */
function rawDecode(ring: SealRing, scale: number, pair: BigUint64Array, secret: BigUint64Array): Float64Array {
  const primes = dataPrimes(ring.set);
  const half = primes.length * ring.set.degree;
  const both = new BigUint64Array(2 * half);
  both.set(pair.subarray(half));
  both.set(pair.subarray(half), half);
  const message = ring.multiplySecret(both, secret).subarray(0, half);
  addResidues(message, ring.fromNtt(pair).subarray(0, half), primes, ring.set.degree);
  both.fill(0n).set(message);
  return ring.decodeSlots(ring.toNtt(both).slice(0, half), scale);
}

describe.each([
  { keys: 'a shared key, opened by a client', name: 'precise', decryptors: 1 },
  { keys: 'threshold keys, opened by two decryptors of three', name: 'threshold', decryptors: 3 },
] as const)('key recovery from two published sums: $keys', async ({ name, decryptors }) => {
  const rng = new SeededRng(new Uint8Array(32).fill(3));
  const engine = new InlineSealEngine();
  const set = parameterSet(name);
  const ring = new SealRing(await loadSeal(), set);
  afterAll(async () => {
    ring[Symbol.dispose]();
    await engine[Symbol.asyncDispose]();
  });
  const joint = decryptors > 1;
  const plan = planSum({
    ...{ set, arithmetic: 'ckks', clients: 4, length: set.degree / 2, bits: 24, decryptors },
    ...{ threshold: joint ? 2 : 1, rounds: 2, statisticalSecurity: 40 },
  });
  const primes = dataPrimes(set);
  const half = primes.length * set.degree;
  const points = [1, 2, 3].slice(0, decryptors);
  // The joint key of all decryptors, and what each of them holds of it.
  const pairs = await Promise.all(points.map(() => engine.generate(set)));
  const secret = new BigUint64Array(half);
  for (const pair of pairs) addResidues(secret, pair.secret.subarray(0, half), primes, set.degree);
  const reference = commonReference(set, new Uint8Array(32));
  const shares = pairs.map((pair) => publicShare(set, pair.secret, pair.publicKey, reference));
  const key: EncryptionKey = joint
    ? { mode: 'public', publicKey: jointPublicKey(set, shares, reference) }
    : { mode: 'shared', secret: pairs[0]!.secret };
  const dealt = pairs.map((pair) => shareSecret(set, pair.secret.subarray(0, half), points, plan.threshold, rng));
  const heldBy = (point: number): BigUint64Array => {
    const held = new BigUint64Array(half);
    for (const deal of dealt) addResidues(held, deal[point - 1]!, primes, set.degree);
    return held;
  };
  const publish = async (sum: CiphertextSum): Promise<RingVector> => {
    if (!joint) return await engine.open(plan, sum, pairs[0]!.secret, rng);
    const active = [1, 3];
    const partials = active.map((x) => engine.partial(plan, sum, weightedShare(set, heldBy(x), x, active), rng));
    return await engine.combine(plan, sum, await Promise.all(partials));
  };
  const collect = async (seed: number) => {
    const sum = new CiphertextSum(plan);
    for (let client = 0; client < plan.clients; client++) {
      // Small, so that doubles hold every bit of the decoding, noise included.
      const words = Uint32Array.from({ length: plan.length }, (_, i) => ((i * 2654435761 + seed + client) >>> 12) & 3);
      await engine.add(plan, sum, await engine.encrypt(plan, key, { bits: plan.bits, words }));
    }
    return sum;
  };
  const sums = [await collect(1), await collect(99)];
  const found = (recovered: BigUint64Array) =>
    recovered.reduce((count, word, i) => count + (word === secret[i] ? 1 : 0), 0);

  it('succeeds on the raw decoding, which stays inside', () => {
    const raw = sums.map((sum) => ({
      pair: sum.pair(0),
      published: rawDecode(ring, plan.scale, sum.pair(0), secret),
    }));
    expect(found(recoverKey(ring, plan.scale, raw))).toBe(half);
  });

  it('fails on the sums that the engine gives out', async () => {
    const results = [];
    for (const sum of sums) results.push({ pair: sum.pair(0), published: slotsOf(await publish(sum), 0, plan) });
    expect(found(recoverKey(ring, plan.scale, results))).toBeLessThan(half / 100);
  });

  it('fails even before the sums are rounded, for the flooding alone', async () => {
    // The decryption with the noise that partial decryptions and openings carry, not rounded to integers.
    const noise = new DiscreteGaussian(plan.log2Flooding, rng);
    const flooded = sums.map((sum) => {
      const both = new BigUint64Array(2 * half);
      addNoise(both.subarray(0, half), noise.fill(set.degree), set);
      const pair = sum.pair(0).slice();
      const drawn = ring.toNtt(both).subarray(0, half);
      addResidues(pair.subarray(0, half), drawn, primes, set.degree);
      return { pair: sum.pair(0), published: rawDecode(ring, plan.scale, pair, secret) };
    });
    expect(found(recoverKey(ring, plan.scale, flooded))).toBeLessThan(half / 100);
  });
});

describe('the public face', () => {
  it('has no raw decoding', async () => {
    for (const face of [
      await import('../../src/seal/index.ts'),
      await import('../../src/protocols/ckks-sum/index.ts'),
      await import('../../src/aggregate/index.ts'),
    ]) {
      for (const name of Object.keys(face)) expect(name).not.toMatch(/decode(?!r)|SealRing|Ring(Enc|Dec)/);
    }
    const methods = Object.getOwnPropertyNames(InlineSealEngine.prototype).sort();
    expect(methods).toEqual([
      'add',
      'combine',
      'constructor',
      'encrypt',
      'generate',
      'importCiphertexts',
      'open',
      'partial',
    ]);
  });
});
