import { afterAll, describe, expect, it } from 'vitest';
import { SeededRng } from '../../src/random/index.ts';
import { CiphertextSum, InlineSealEngine, loadSeal, parameterSet, planSum } from '../../src/seal/index.ts';
import { invert } from '../../src/seal/modular.ts';
import { slotsOf } from '../../src/seal/real.ts';
import { SealRing } from '../../src/seal/ring.ts';

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
  const { degree, primes } = ring.set;
  const q = primes[0]!;
  const mod = (x: bigint) => ((x % q) + q) % q;
  // Encoding the real parts gives half of m + conj(m).
  const twice = sums.map(({ published }) =>
    ring.encodeSlots(
      published.map((x) => 2 * x),
      scale,
    ),
  );
  const secret = new BigUint64Array(degree);
  for (let i = 0; i < degree / 2; i++) {
    const j = degree - 1 - i;
    const [first, second] = sums.map(({ pair }, k) => ({
      a: pair[degree + i]!,
      b: pair[degree + j]!,
      right: mod(twice[k]![i]! - pair[i]! - pair[j]!),
    }));
    const determinant = mod(first!.a * second!.b - first!.b * second!.a);
    if (determinant === 0n) continue;
    const inverse = invert(determinant, q);
    secret[i] = mod(mod(first!.right * second!.b - first!.b * second!.right) * inverse);
    secret[j] = mod(mod(first!.a * second!.right - first!.right * second!.a) * inverse);
  }
  return secret;
}

describe('key recovery from published sums', async () => {
  const rng = new SeededRng(new Uint8Array(32).fill(3));
  const engine = new InlineSealEngine();
  const set = parameterSet('precise');
  const ring = new SealRing(await loadSeal(), set);
  afterAll(async () => {
    ring[Symbol.dispose]();
    await engine[Symbol.asyncDispose]();
  });
  const plan = planSum({
    set,
    arithmetic: 'ckks',
    clients: 4,
    length: set.degree / 2,
    bits: 24,
    decryptors: 1,
    threshold: 1,
    rounds: 1,
    statisticalSecurity: 40,
  });
  const { secret } = await engine.generate(set);
  const published = async (seed: number) => {
    const sum = new CiphertextSum(plan);
    for (let client = 0; client < plan.clients; client++) {
      const words = Uint32Array.from({ length: plan.length }, (_, i) => (i * 2654435761 + seed + client) >>> 12);
      await engine.add(plan, sum, await engine.encrypt(plan, { mode: 'shared', secret }, { bits: plan.bits, words }));
    }
    return sum;
  };
  const sums = [await published(1), await published(99)];
  const found = (key: BigUint64Array) => key.reduce((count, word, i) => count + (word === secret[i] ? 1 : 0), 0);

  it('succeeds on the raw decoding, which stays inside', () => {
    const raw = sums.map((sum) => {
      const second = new BigUint64Array(2 * set.degree);
      second.set(sum.polynomial(0, 1));
      second.set(sum.polynomial(0, 1), set.degree);
      const c1s = ring.multiplySecret(second, secret);
      const both = ring.fromNtt(sum.pair(0)).subarray(0, set.degree);
      const message = both.map((word, i) => (word + c1s[i]!) % set.primes[0]!);
      const pair = new BigUint64Array(2 * set.degree);
      pair.set(message);
      const encoded = ring.toNtt(pair).slice(0, set.degree);
      return { pair: sum.pair(0), published: ring.decodeSlots(encoded, plan.scale) };
    });
    expect(found(recoverKey(ring, plan.scale, raw))).toBe(set.degree);
  });

  it('fails on the sums that the engine gives out', async () => {
    const results = [];
    for (const sum of sums) {
      const opened = await engine.open(plan, sum, secret, rng);
      results.push({ pair: sum.pair(0), published: slotsOf(opened, 0, plan) });
    }
    expect(found(recoverKey(ring, plan.scale, results))).toBeLessThan(set.degree / 100);
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
      'subtract',
    ]);
  });
});
