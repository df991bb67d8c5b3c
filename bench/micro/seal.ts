import { fixedPoint } from '../../src/encoding/index.ts';
import { addPackedResidues, addSeed, type Tier } from '../../src/kernels/index.ts';
import {
  CiphertextSum,
  dataPrimes,
  type EncryptionKey,
  InlineSealEngine,
  loadSeal,
  type ParameterSet,
  packResidues,
  parameterSet,
  planSum,
  type SealEngine,
  type SetName,
  type SumPlan,
} from '../../src/seal/index.ts';
import { createPool, poolExecutor } from '../../src/workers/index.ts';
import type { Bench, Entry } from './harness.ts';

/**
 * Encrypting float vectors and adding ciphertexts, next to node-seal alone doing the same with SEAL's own serialisation (encode, encrypt, save;
 * load, which checks the residues, and add; uncompressed, since compressing would only slow it down; seeded where ours is): what checks, packing
 * and fixed-point encoding cost on top of it. `encrypt` and `add` are of fifty ciphertexts. For a million float32: `round`
 * is what each client of a round costs, fixed-point words, an encryption and its addition to the sum; `ten` is one encryption and ten additions;
 * `workers` is `round` on a pool of two, next to a pool of one.
 */
const CHUNKS = 50;
const CLIENTS = 10;

interface Setting {
  readonly plan: SumPlan;
  readonly raw: Raw;
}

async function setting(name: SetName, words?: number): Promise<Setting> {
  const set = parameterSet(name);
  const joint = set.keys === 'threshold';
  const plan = planSum({
    set,
    arithmetic: 'ckks',
    clients: CLIENTS,
    length: words ?? (CHUNKS * set.degree) / 2,
    bits: 32,
    decryptors: joint ? 3 : 1,
    threshold: joint ? 2 : 1,
    rounds: 1,
    statisticalSecurity: 40,
  });
  return { plan, raw: await rawSeal(set, plan.chunks) };
}

/** node-seal by itself. */
interface Raw {
  encrypt(values: Float64Array): Uint8Array[];
  add(ciphertexts: readonly Uint8Array[]): void;
}

async function rawSeal({ degree, primes, keys }: ParameterSet, chunks: number): Promise<Raw> {
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
  const sums = Array.from({ length: chunks }, () => seal.CipherText());
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

/** Values to ciphertexts, and so many contributions into a sum. */
async function whole(name: SetName, quick: boolean, additions: number) {
  const dimension = quick ? 2 ** 17 : 2 ** 20;
  const values = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i));
  const codec = fixedPoint({ clip: { value: 1 }, bits: 24 }).prepare({ clients: CLIENTS, dimension });
  const { plan, raw } = await setting(name, codec.length);
  const keys = await new InlineSealEngine().generate(plan.set);
  const key: EncryptionKey =
    plan.set.keys === 'threshold'
      ? { mode: 'public', publicKey: keys.publicKey }
      : { mode: 'shared', secret: keys.secret };
  const ours = (engine: SealEngine) => {
    // Made once, as node-seal's are.
    const sum = new CiphertextSum(plan);
    return async () => {
      const upload = await engine.encrypt(plan, key, codec.encode(values));
      for (let i = 0; i < additions; i++) await engine.add(plan, sum, upload);
      return sum.words;
    };
  };
  const theirs = () => {
    // Slots past the end hold 0.
    const slots = new Float64Array((plan.chunks * plan.set.degree) / 2);
    slots.set(values);
    const ciphertexts = raw.encrypt(slots);
    for (let i = 0; i < additions; i++) raw.add(ciphertexts);
  };
  return { dimension, ours, theirs };
}

async function round(id: string, name: SetName, quick: boolean, additions: number): Promise<Bench> {
  const { dimension, ours, theirs } = await whole(name, quick, additions);
  const engine = new InlineSealEngine();
  return {
    id,
    unit: 'value',
    count: dimension,
    ours: [{ tier: 'inline', run: ours(engine) }],
    peers: { seal: { run: theirs } },
    close: () => engine[Symbol.asyncDispose](),
  };
}

async function workers(name: SetName, quick: boolean): Promise<Bench> {
  const { dimension, ours } = await whole(name, quick, 1);
  const [one, two] = [createPool({ size: 1 }), createPool({ size: 2 })];
  await Promise.all([one.ready(), two.ready()]);
  return {
    id: `seal/workers-${name}`,
    unit: 'value',
    count: dimension,
    ours: [{ tier: '2 workers', run: ours(poolExecutor(two).seal) }],
    peers: { one: { run: ours(poolExecutor(one).seal) } },
    close: () => Promise.all([one.close(), two.close()]),
  };
}

/** The kernel by itself: one ciphertext into a sum, against SEAL's load and addition of the same; `seed` is of a seeded one. */
async function kernel(id: string, name: SetName): Promise<Bench> {
  const { raw } = await setting(name, 1);
  const set = parameterSet(name);
  const primes = dataPrimes(set);
  const seeded = set.keys === 'shared';
  const polynomial = primes.length * set.degree;
  const words = new BigUint64Array(2 * polynomial);
  const packed = packResidues(words.slice(seeded ? polynomial : 0), primes, set.degree);
  const seed = crypto.getRandomValues(new Uint8Array(64));
  const [first, second] = [words.subarray(0, polynomial), words.subarray(polynomial)];
  const run = (tier: Tier) => () => {
    addPackedResidues(seeded ? first : words, packed, primes, set.degree, tier);
    if (seeded) addSeed(second, seed, primes, set.degree, tier);
  };
  const ciphertexts = raw.encrypt(new Float64Array(set.degree / 2).fill(0.5));
  return {
    id,
    unit: 'ciphertext',
    count: 1,
    ours: [{ tier: 'simd', run: run('simd') }],
    peers: { seal: { run: () => raw.add(ciphertexts) }, twin: { run: run('reference') } },
  };
}

const SETS: readonly SetName[] = ['threshold', 'precise'];

export const seal: readonly Entry[] = [
  { id: 'residues/add', make: () => kernel('residues/add', 'threshold') },
  { id: 'residues/seed', make: () => kernel('residues/seed', 'precise') },
  ...SETS.flatMap((name) => [
    { id: `seal/encrypt-${name}`, extra: true, make: () => encrypt(name) },
    { id: `seal/add-${name}`, extra: true, make: () => add(name) },
    { id: `seal/round-${name}`, extra: true, make: (quick: boolean) => round(`seal/round-${name}`, name, quick, 1) },
    { id: `seal/ten-${name}`, extra: true, make: (quick: boolean) => round(`seal/ten-${name}`, name, quick, CLIENTS) },
    { id: `seal/workers-${name}`, extra: true, make: (quick: boolean) => workers(name, quick) },
  ]),
];
