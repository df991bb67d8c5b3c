import { csprng } from '../../src/random/index.ts';
import {
  CiphertextSum,
  InlineSealEngine,
  loadSeal,
  parameterSet,
  planSum,
  type SetName,
} from '../../src/seal/index.ts';
import type { Bench, Entry } from './harness.ts';

/** Ciphertexts of a sum. */
const CHUNKS = 20;

/**
 * Opening a sum of CKKS ciphertexts: by who holds the whole key (`precise`), or by two of three decryptors, one partial decryption after the other and
 * their combination (`threshold`). Both add the noise that hides the key; node-seal alone, with the secret key, decrypts and decodes without any.
 */
async function open(name: SetName): Promise<Bench> {
  const set = parameterSet(name);
  const joint = set.keys === 'threshold';
  const plan = planSum({
    set,
    arithmetic: 'ckks',
    clients: 10,
    length: (CHUNKS * set.degree) / 2,
    bits: 24,
    decryptors: joint ? 3 : 1,
    threshold: joint ? 2 : 1,
    rounds: 1,
    statisticalSecurity: 40,
  });
  const engine = new InlineSealEngine();
  const { secret, publicKey } = await engine.generate(set);
  const input = { bits: 24, words: new Uint32Array(plan.length).fill(7) };
  const key = joint ? ({ mode: 'public', publicKey } as const) : ({ mode: 'shared', secret } as const);
  const sum = new CiphertextSum(plan);
  await engine.add(plan, sum, await engine.encrypt(plan, key, input));
  // What such a share opens to does not matter here.
  const share = secret.slice(0, (set.primes.length - 1) * set.degree);
  const byDecryptors = async () => {
    const partials = [await engine.partial(plan, sum, share, csprng), await engine.partial(plan, sum, share, csprng)];
    return engine.combine(plan, sum, partials);
  };
  return {
    id: `seal/open-${name}`,
    unit: 'value',
    count: plan.length,
    ours: [{ tier: 'inline', run: joint ? byDecryptors : () => engine.open(plan, sum, secret, csprng) }],
    peers: { seal: { run: await rawOpen(name) } },
    close: () => engine[Symbol.asyncDispose](),
  };
}

/** What we do not use of node-seal. */
interface RawDecryption {
  Decryptor(context: unknown, secret: unknown): { decrypt(cipher: unknown, plain: unknown): void };
}

async function rawOpen(name: SetName): Promise<() => void> {
  const { degree, primes } = parameterSet(name);
  const seal = await loadSeal();
  const parameters = seal.EncryptionParameters(seal.SchemeType.ckks);
  parameters.setPolyModulusDegree(degree);
  const bits = Int32Array.from(primes, (prime) => prime.toString(2).length);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(degree, bits));
  const context = seal.Context(parameters, false, seal.SecurityLevel.tc128);
  const generator = seal.KeyGenerator(context);
  const secret = generator.secretKey();
  const encryptor = seal.Encryptor(context, generator.createPublicKey(), secret);
  const { Decryptor } = seal as typeof seal & RawDecryption;
  const decryptor = Decryptor(context, secret);
  const encoder = seal.CKKSEncoder(context) as ReturnType<typeof seal.CKKSEncoder> & {
    decode(plain: unknown): Float64Array;
  };
  const [plain, cipher] = [seal.PlainText(), seal.CipherText()];
  encoder.encode(new Float64Array(degree / 2).fill(0.5), 2 ** 30, plain);
  encryptor.encrypt(plain, cipher);
  return () => {
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      decryptor.decrypt(cipher, plain);
      encoder.decode(plain);
    }
  };
}

export const opening: readonly Entry[] = (['threshold', 'precise'] as const).map((name) => ({
  id: `seal/open-${name}`,
  extra: true,
  make: () => open(name),
}));
