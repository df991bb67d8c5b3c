import {
  CiphertextSum,
  InlineSealEngine,
  loadSeal,
  type ParameterSet,
  parameterSet,
  planSum,
  type SetName,
  type SumPlan,
} from '../../src/seal/index.ts';
import type { Bench, Entry } from './harness.ts';

/**
 * Encrypting float vectors and adding ciphertexts, next to node-seal alone doing the same with SEAL's own serialisation: what checks, packing
 * and encoding cost on top of it. Ten clients, fifty ciphertexts each.
 */
const CHUNKS = 50;

interface Setting {
  readonly plan: SumPlan;
  readonly raw: Raw;
}

async function setting(name: SetName): Promise<Setting> {
  const set = parameterSet(name);
  const joint = set.keys === 'threshold';
  const plan = planSum({
    set,
    arithmetic: 'ckks',
    clients: 10,
    length: (CHUNKS * set.degree) / 2,
    bits: 32,
    decryptors: joint ? 3 : 1,
    threshold: joint ? 2 : 1,
    rounds: 1,
    statisticalSecurity: 40,
  });
  return { plan, raw: await rawSeal(set) };
}

/** node-seal by itself. */
interface Raw {
  encrypt(values: Float64Array): Uint8Array[];
  add(ciphertexts: readonly Uint8Array[]): void;
}

async function rawSeal({ degree, primes, keys }: ParameterSet): Promise<Raw> {
  const seal = await loadSeal();
  const none = seal.ComprModeType.none;
  const parameters = seal.EncryptionParameters(seal.SchemeType.ckks);
  parameters.setPolyModulusDegree(degree);
  const bits = Int32Array.from(primes, (prime) => prime.toString(2).length);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(degree, bits));
  const context = seal.Context(parameters, false, seal.SecurityLevel.tc128);
  const generator = seal.KeyGenerator(context);
  const encryptor = seal.Encryptor(context, generator.createPublicKey(), generator.secretKey());
  const evaluator = seal.Evaluator(context) as ReturnType<typeof seal.Evaluator> & {
    add(a: unknown, b: unknown, into: unknown): void;
  };
  const encoder = seal.CKKSEncoder(context);
  const plain = seal.PlainText();
  const cipher = seal.CipherText();
  const sums = Array.from({ length: CHUNKS }, () => seal.CipherText());
  const slots = degree / 2;
  let started = false;
  return {
    encrypt(values) {
      return sums.map((_, chunk) => {
        encoder.encode(values.subarray(chunk * slots, (chunk + 1) * slots), 2 ** 30, plain);
        if (keys === 'threshold') {
          encryptor.encrypt(plain, cipher);
          return cipher.saveArray(none);
        }
        const seeded = encryptor.encryptSymmetricSerializable(plain);
        const bytes = seeded.saveArray(none);
        seeded.delete();
        return bytes;
      });
    },
    add(ciphertexts) {
      for (const [i, bytes] of ciphertexts.entries()) {
        cipher.loadArray(context, bytes);
        // The first ones begin the sums.
        if (started) evaluator.add(sums[i]!, cipher, sums[i]!);
        else sums[i]!.loadArray(context, bytes);
      }
      started = true;
    },
  };
}

async function encrypt(name: SetName): Promise<Bench> {
  const { plan, raw } = await setting(name);
  const engine = new InlineSealEngine();
  const { secret, publicKey } = await engine.generate(plan.set);
  const key =
    plan.set.keys === 'threshold' ? ({ mode: 'public', publicKey } as const) : ({ mode: 'shared', secret } as const);
  const input = { bits: 32, words: Uint32Array.from({ length: plan.length }, (_, i) => (i * 2_654_435_761) >>> 8) };
  const values = Float64Array.from(input.words, (word) => word / 2 ** 24);
  return {
    id: `seal/encrypt-${name}`,
    unit: 'value',
    count: plan.length,
    ours: [{ tier: 'inline', run: () => engine.encrypt(plan, key, input) }],
    peers: { seal: { run: () => raw.encrypt(values) } },
    close: () => engine[Symbol.asyncDispose](),
  };
}

async function add(name: SetName): Promise<Bench> {
  const { plan, raw } = await setting(name);
  const engine = new InlineSealEngine();
  const { secret, publicKey } = await engine.generate(plan.set);
  const key =
    plan.set.keys === 'threshold' ? ({ mode: 'public', publicKey } as const) : ({ mode: 'shared', secret } as const);
  const input = { bits: 32, words: new Uint32Array(plan.length).fill(7) };
  const upload = await engine.encrypt(plan, key, input);
  const ciphertexts = raw.encrypt(new Float64Array(plan.length).fill(0.5));
  const sum = new CiphertextSum(plan);
  return {
    id: `seal/add-${name}`,
    unit: 'value',
    count: plan.length,
    ours: [{ tier: 'inline', run: () => engine.add(plan, sum, upload) }],
    peers: { seal: { run: () => raw.add(ciphertexts) } },
    close: () => engine[Symbol.asyncDispose](),
  };
}

const SETS: readonly SetName[] = ['threshold', 'precise'];

export const seal: readonly Entry[] = SETS.flatMap((name) => [
  { id: `seal/encrypt-${name}`, extra: true, make: () => encrypt(name) },
  { id: `seal/add-${name}`, extra: true, make: () => add(name) },
]);
