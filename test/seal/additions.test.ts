import { afterAll, describe, expect, it } from 'vitest';
import { addResidues } from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  loadSeal,
  packResidues,
  parameterSet,
  planSum,
  type SetName,
} from '../../src/seal/index.ts';
import { bitLength } from '../../src/seal/parameters.ts';

describe('a sum of ciphertexts', () => {
  const set = parameterSet('threshold');
  const primes = dataPrimes(set);
  const plan = planSum({
    ...{ set, arithmetic: 'bfv', clients: 200, length: 3 * set.degree, bits: 24 },
    ...{ decryptors: 2, threshold: 2, rounds: 1, statisticalSecurity: 40 },
  });
  const count = 2 * plan.chunks * primes.length * set.degree;
  const primeOf = (i: number): bigint => primes[Math.floor(i / set.degree) % primes.length]!;
  /** The largest residues there are, and others. */
  const residues = (k: number) =>
    BigUint64Array.from({ length: count }, (_, i) => primeOf(i) - 1n - BigInt((i * k) % 999));

  it('is the same whoever reads it in between, takes part of it back, or shares it', () => {
    const [a, b] = [new CiphertextSum(plan), new CiphertextSum(plan)];
    const expected = new BigUint64Array(count);
    for (let k = 0; k < 12; k++) {
      const words = residues(k);
      const contribution = packResidues(words, primes, set.degree);
      a.add(contribution);
      b.add(contribution);
      addResidues(expected, words, primes, set.degree);
      if (k === 4) expect(b.words).toEqual(expected);
      if (k === 6) expect(b.polynomial(2, 1)).toEqual(expected.subarray(count - 2 * set.degree));
      if (k === 8) {
        b.share();
        expect(b.words.buffer).toBeInstanceOf(SharedArrayBuffer);
      }
      if (k === 9) {
        a.subtract(contribution);
        a.add(contribution);
      }
      const bad = contribution.slice().fill(0xff, contribution.length - 5);
      expect(() => a.add(bad)).toThrow('is not below its prime');
      expect(() => b.add(bad)).toThrow('is not below its prime');
    }
    expect(Buffer.compare(Buffer.from(a.words.buffer), Buffer.from(expected.buffer))).toBe(0);
    expect(Buffer.compare(Buffer.from(b.words.buffer), Buffer.from(expected.buffer))).toBe(0);
  });
});

/** Words of a SEAL ciphertext that has been saved uncompressed. */
const WORDS = 113;

describe("SEAL's evaluator", async () => {
  const engine = new InlineSealEngine();
  afterAll(() => engine[Symbol.asyncDispose]());
  const seal = await loadSeal();
  const none = seal.ComprModeType.none;
  const rng = new SeededRng(new Uint8Array(32).fill(77));

  it.each(['compact', 'precise', 'nvflare', 'exact', 'threshold', 'wide'] satisfies SetName[])(
    'loads and adds the same ciphertexts to the same bytes: %s',
    async (name) => {
      const set = parameterSet(name);
      const joint = set.keys === 'threshold';
      const plan = planSum({
        ...{
          set,
          arithmetic: set.arithmetic[0]!,
          clients: 3,
          length: 900,
          bits: 20,
          rounds: 1,
          statisticalSecurity: 40,
        },
        ...{ decryptors: joint ? 2 : 1, threshold: joint ? 2 : 1 },
      });
      const parameters = seal.EncryptionParameters(seal.SchemeType.ckks);
      parameters.setPolyModulusDegree(set.degree);
      parameters.setCoeffModulus(seal.CoeffModulus.Create(set.degree, Int32Array.from(set.primes, bitLength)));
      const context = seal.Context(parameters, false, seal.SecurityLevel.tc128);
      const evaluator = seal.Evaluator(context) as ReturnType<typeof seal.Evaluator> & {
        add(a: unknown, b: unknown, into: unknown): void;
      };
      const { secret, publicKey } = await engine.generate(set);
      const key: EncryptionKey = joint ? { mode: 'public', publicKey } : { mode: 'shared', secret };
      // SEAL's own bytes around the words of a contribution: those of a ciphertext that it made itself.
      const keys = seal.KeyGenerator(context);
      const encryptor = seal.Encryptor(context, keys.createPublicKey(), keys.secretKey());
      const plain = seal.PlainText();
      seal.CKKSEncoder(context).encode(new Float64Array(set.degree / 2), 1, plain);
      const own = seal.CipherText();
      encryptor.encrypt(plain, own);
      const saved = joint ? own.saveArray(none) : encryptor.encryptSymmetricSerializable(plain).saveArray(none);
      const primes = dataPrimes(set);
      const half = primes.length * set.degree;
      const serialised = (contribution: Uint8Array): Uint8Array => {
        const out = saved.slice();
        const sum = new CiphertextSum(plan);
        sum.add(contribution);
        const words = joint ? sum.words : sum.polynomial(0, 0);
        out.set(new Uint8Array(words.buffer, 0, words.byteLength), WORDS);
        if (!joint) out.set(contribution.subarray(contribution.length - 64), out.length - 64);
        return out;
      };
      const [total, next] = [seal.CipherText(), seal.CipherText()];
      const sum = new CiphertextSum(plan);
      for (let client = 0; client < 3; client++) {
        const words = new Uint32Array(900);
        rng.fill(new Uint8Array(words.buffer));
        const input = { bits: 20, words: words.map((word) => word >>> 12) };
        const contribution = await engine.encrypt(plan, key, input);
        await engine.add(plan, sum, contribution);
        if (client === 0) total.loadArray(context, serialised(contribution));
        else {
          next.loadArray(context, serialised(contribution));
          evaluator.add(total, next, total);
        }
      }
      const theirs = total.saveArray(none).slice(WORDS, WORDS + 16 * half);
      expect(Buffer.compare(theirs, new Uint8Array(sum.words.buffer))).toBe(0);
    },
  );
});
