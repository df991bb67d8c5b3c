import { afterAll, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { addSeed } from '../../src/kernels/index.ts';
import type { RingVector } from '../../src/math/index.ts';
import { randomBytes, SeededRng, uniformBelow } from '../../src/random/index.ts';
import {
  CiphertextSum,
  commonReference,
  InlineSealEngine,
  jointPublicKey,
  loadSeal,
  parameterSet,
  planSum,
  publicShare,
} from '../../src/seal/index.ts';
import { assemble, parseCiphertext } from '../../src/seal/layout.ts';
import { SealRing } from '../../src/seal/ring.ts';

const rng = new SeededRng(new Uint8Array(32).fill(42));
const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

/** One of many ways to spoil bytes. Sometimes what comes out is valid, and another ciphertext. */
function mutate(good: Uint8Array): Uint8Array {
  const out = good.slice();
  const at = uniformBelow(out.length, rng);
  switch (uniformBelow(9, rng)) {
    case 0:
      out[at]! ^= 1 << uniformBelow(8, rng);
      return out;
    case 1:
      return out.slice(0, at);
    case 2:
      return Uint8Array.of(...out.subarray(0, 200), ...out);
    case 3:
      out.fill(0xff, at, at + 16);
      return out;
    case 4:
      return randomBytes(out.length, rng);
    case 5:
      return randomBytes(uniformBelow(64, rng), rng);
    case 6: // the front of the bytes, where headers and counts are
      out[uniformBelow(120, rng) % out.length] = uniformBelow(256, rng);
      return out;
    case 7:
      out.copyWithin(0, at);
      return out;
    default:
      out.set(randomBytes(Math.min(8, out.length - at), rng), at);
      return out;
  }
}

/** Rejected with a ProtocolError, or taken as some other ciphertext. */
async function survive(run: () => unknown): Promise<'rejected' | 'harmless'> {
  try {
    await run();
    return 'harmless';
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(['malformed', 'bad-ciphertext']).toContain(error.code);
    return 'rejected';
  }
}

const base = { clients: 2, length: 500, bits: 16, rounds: 1, statisticalSecurity: 40 };

describe('a hundred thousand mutants', () => {
  it('of seeded contributions leave the instance able to sum', async () => {
    const plan = planSum({ ...base, set: parameterSet('exact'), arithmetic: 'bfv', decryptors: 1, threshold: 1 });
    const { secret } = await engine.generate(plan.set);
    const inputs: RingVector[] = [3, 5].map((k) => ({
      bits: 16,
      words: Uint32Array.from({ length: plan.length }, (_, i) => (i * k) % 65_536),
    }));
    const uploads = await Promise.all(inputs.map((input) => engine.encrypt(plan, { mode: 'shared', secret }, input)));
    const waste = new CiphertextSum(plan);
    const seen = { rejected: 0, harmless: 0 };
    for (let i = 0; i < 40_000; i++) {
      const mutant = mutate(uploads[i % 2]!);
      const outcome = await survive(() => engine.add(plan, waste, mutant));
      if (mutant.length !== plan.bytes) expect(outcome).toBe('rejected');
      seen[outcome]++;
      // SEAL sees the sum when it is opened: of mutants that were taken for ciphertexts.
      if (i % 100 === 0) await engine.open(plan, waste, secret, rng);
    }
    expect(seen.rejected).toBeGreaterThan(10_000);
    const sum = new CiphertextSum(plan);
    for (const upload of uploads) await engine.add(plan, sum, upload);
    const opened = await engine.open(plan, sum, secret, rng);
    expect([...opened.words]).toEqual(Array.from({ length: plan.length }, (_, i) => (i * 8) % 65_536));
  });

  it('of public-key contributions, without SEAL seeing any', async () => {
    const plan = planSum({ ...base, set: parameterSet('threshold'), arithmetic: 'ckks', decryptors: 2, threshold: 2 });
    const pair = await engine.generate(plan.set);
    const reference = commonReference(plan.set, new Uint8Array(32));
    const publicKey = jointPublicKey(
      plan.set,
      [publicShare(plan.set, pair.secret, pair.publicKey, reference)],
      reference,
    );
    const input = { bits: 16, words: new Uint32Array(plan.length).fill(7) };
    const upload = await engine.encrypt(plan, { mode: 'public', publicKey }, input);
    const blind = new InlineSealEngine(() => Promise.reject(new Error('SEAL was asked for')));
    const waste = new CiphertextSum(plan);
    const seen = { rejected: 0, harmless: 0 };
    for (let i = 0; i < 20_000; i++) seen[await survive(() => blind.add(plan, waste, mutate(upload)))]++;
    expect(seen.rejected).toBeGreaterThan(5000);
  });

  it('of SEAL serialisations: every one that differs in front of the words is rejected', async () => {
    const set = parameterSet('precise');
    using ring = new SealRing(await loadSeal(), set);
    const { secret } = ring.generate();
    using encryptor = ring.symmetricEncryptor(secret);
    const message = ring.encodeSlots(new Float64Array(set.degree / 2).fill(0.25), 2 ** 30);
    const { first, seed } = encryptor.encryptSeeded(message);
    const words = new BigUint64Array(2 * set.degree);
    words.set(new BigUint64Array(first.slice().buffer));
    addSeed(words.subarray(set.degree), seed, set.primes, set.degree);
    const good = assemble(ring.templates.ciphertext, words);
    expect(parseCiphertext(good, set, ring.templates, 1)).toEqual(words);
    expect(() => parseCiphertext(good, set, ring.templates, 2 ** 30)).toThrow('scale');
    const seen = { rejected: 0, harmless: 0 };
    for (let i = 0; i < 40_000; i++) {
      const mutant = mutate(good);
      const outcome = await survive(() => parseCiphertext(mutant, set, ring.templates, 1));
      seen[outcome]++;
      if (outcome === 'harmless') expect(mutant.subarray(0, 113)).toEqual(good.subarray(0, 113));
    }
    expect(seen.rejected).toBeGreaterThan(20_000);
    const named = (at: number, value: number, field: string) => {
      const bytes = good.slice();
      bytes[at] = value;
      expect(() => parseCiphertext(bytes, set, ring.templates, 1)).toThrow(field);
    };
    named(0, 0, 'magic');
    named(5, 2, 'compression'); // zstd: 13 KiB of it would make SEAL allocate 2 GiB
    named(20, 1, 'parms_id');
    named(48, 0, 'NTT form');
    named(49, 3, 'number of polynomials');
    named(65, 2, 'number of primes');
    named(112, 1, 'array header');
    const transparent = good.slice();
    transparent.fill(0, 113 + 8 * set.degree);
    expect(() => parseCiphertext(transparent, set, ring.templates, 1)).toThrow('transparent');
    // The instance is as good as new.
    expect(ring.decodeSlots(message, 2 ** 30)[0]).toBeCloseTo(0.25, 6);
  });
});

describe('an instance whose SEAL threw', () => {
  it('is replaced', async () => {
    let loads = 0;
    const counting = new InlineSealEngine(() => {
      loads++;
      return import('node-seal');
    });
    const set = parameterSet('exact');
    await counting.generate(set);
    // A key that is none: SEAL refuses to load it.
    const plan = planSum({ ...base, set, arithmetic: 'bfv', decryptors: 1, threshold: 1 });
    const secret = new BigUint64Array(set.degree).fill(2n ** 63n);
    const input = { bits: 16, words: new Uint32Array(plan.length) };
    await expect(counting.encrypt(plan, { mode: 'shared', secret }, input)).rejects.toThrow(Error);
    expect(loads).toBe(1);
    await counting.generate(set);
    expect(loads).toBe(2);
    await counting[Symbol.asyncDispose]();
  });
});
