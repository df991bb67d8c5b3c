import { afterAll, describe, expect, it } from 'vitest';
import { addResidues } from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  commonReference,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  jointPublicKey,
  loadSeal,
  parameterSet,
  planSum,
  publicShare,
  type SumPlan,
  unpackResidues,
} from '../../src/seal/index.ts';
import { SealRing } from '../../src/seal/ring.ts';
import { addNoise } from '../../src/seal/threshold.ts';

const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

/** Standard deviation of the coefficients of c0 + c1 s for an encryption of zeros: the noise. */
function measure(ring: SealRing, plan: SumPlan, sum: CiphertextSum, secret: BigUint64Array): number {
  const { degree } = plan.set;
  const primes = dataPrimes(plan.set);
  const share = secret.subarray(0, primes.length * degree);
  let squares = 0;
  for (let chunk = 0; chunk < plan.chunks; chunk++) {
    const c1 = sum.polynomial(chunk, 1);
    const twice = new BigUint64Array(2 * c1.length);
    twice.set(c1);
    twice.set(c1, c1.length);
    const noise = ring.multiplySecret(twice, share).subarray(0, c1.length);
    addResidues(noise, ring.fromNtt(sum.pair(chunk)).subarray(0, c1.length), primes, degree);
    for (let i = 0; i < degree; i++) {
      // Small against every prime: one of them is enough.
      const residue = noise[i]!;
      squares += Number(residue > primes[0]! / 2n ? residue - primes[0]! : residue) ** 2;
    }
  }
  return Math.sqrt(squares / (plan.chunks * degree));
}

describe('the noise that the plans count on', async () => {
  const library = await loadSeal();

  it.each([
    ['exact', 1, 1],
    ['exact', 1, 20],
    ['threshold', 3, 1],
    ['threshold', 3, 12],
    ['threshold', 8, 4],
    ['wide', 3, 5],
  ] as const)('is the noise there is: %s, %i decryptors, %i clients', async (name, decryptors, clients) => {
    const set = parameterSet(name);
    using ring = new SealRing(library, set);
    const plan = planSum({
      set,
      arithmetic: 'bfv',
      clients,
      length: 2 * set.degree,
      bits: 16,
      decryptors,
      threshold: decryptors === 1 ? 1 : 2,
      rounds: 1,
      statisticalSecurity: 40,
    });
    const pairs = await Promise.all(Array.from({ length: decryptors }, () => engine.generate(set)));
    const secret = new BigUint64Array(pairs[0]!.secret.length);
    for (const pair of pairs) addResidues(secret, pair.secret, set.primes, set.degree);
    const reference = commonReference(set, new Uint8Array(32));
    const shares = pairs.map((pair) => publicShare(set, pair.secret, pair.publicKey, reference));
    const key: EncryptionKey =
      decryptors === 1
        ? { mode: 'shared', secret }
        : { mode: 'public', publicKey: jointPublicKey(set, shares, reference) };
    const sum = new CiphertextSum(plan);
    const zeros = { bits: 16, words: new Uint32Array(plan.length) };
    for (let i = 0; i < clients; i++) await engine.add(plan, sum, await engine.encrypt(plan, key, zeros));
    const found = measure(ring, plan, sum, secret);
    // Encoded zeros are exact: the plan's 1/12 for the encoder's rounding is not there.
    expect(found / plan.sumNoise).toBeGreaterThan(0.9);
    expect(found / plan.sumNoise).toBeLessThan(1.1);
  });

  it('is added modulo every prime alike, also where doubles do not reach', () => {
    for (const name of ['threshold', 'nvflare', 'precise'] as const) {
      const set = { ...parameterSet(name), degree: 8 };
      const primes = dataPrimes(set);
      const noise = Float64Array.of(0, 1, -1, 2 ** 52, -(2 ** 52), 123456789012, -5, 7);
      const words = new BigUint64Array(8 * primes.length);
      addNoise(words, noise, set);
      addNoise(words, noise, set);
      for (const [j, prime] of primes.entries()) {
        for (let i = 0; i < 8; i++) {
          const expected = (((2n * BigInt(noise[i]!)) % prime) + prime) % prime;
          expect(words[8 * j + i]).toBe(expected);
        }
      }
    }
  });

  it('of a partial decryption hides its share, as wide as planned', async () => {
    const set = parameterSet('threshold');
    const plan = planSum({
      set,
      arithmetic: 'bfv',
      clients: 2,
      length: set.degree,
      bits: 16,
      decryptors: 2,
      threshold: 2,
      rounds: 1,
      statisticalSecurity: 40,
    });
    const { secret } = await engine.generate(set);
    const sum = new CiphertextSum(plan);
    sum.words.fill(1n); // c1 = 1 in NTT form: the partial decryption is the share itself and noise
    const share = secret.subarray(0, 2 * set.degree);
    const draws = [];
    for (const seed of [1, 2]) {
      const packed = await engine.partial(plan, sum, share, new SeededRng(new Uint8Array(32).fill(seed)));
      draws.push(unpackResidues(packed, dataPrimes(set), set.degree, 1, 'partial'));
    }
    // The same share twice, which no decryptor does: what is left is the difference of two draws of noise.
    const p = set.primes[0]!;
    let squares = 0;
    for (let i = 0; i < set.degree; i++) {
      const residue = (draws[0]![i]! - draws[1]![i]! + p) % p;
      squares += Number(residue > p / 2n ? residue - p : residue) ** 2;
    }
    const sigma = Math.sqrt(squares / set.degree / 2);
    expect(Math.abs(sigma / 2 ** plan.log2Flooding - 1)).toBeLessThan(0.06);
  });
});
