import { createCipheriv, createSecretKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { AgreementKey } from '../../crypto/index.ts';
import { drawNoise } from '../../dp/index.ts';
import { fixedPoint } from '../../encoding/index.ts';
import {
  addWords,
  applyMask,
  applyMasks,
  combineShamir,
  curve,
  expandMessages,
  hadamard,
  hashItems,
  lagrangeShamir,
  packWords,
  roundStochastic,
  splitShamir,
} from '../../kernels/index.ts';
import { csprng, randomBytes } from '../../random/index.ts';
import { CiphertextSum, DiscreteGaussian, InlineSealEngine } from '../../seal/index.ts';
import { sumPlan } from './wire.ts';

export interface Work {
  /** May return a promise. */
  readonly run: () => unknown;
  /** Units in one run. */
  readonly units: number;
}

/** What the machine can do at best, and what that is. */
export type Limit = Work & { readonly what: string };

export interface Contenders {
  readonly ours: Work;
  readonly twin?: Work;
  readonly limit?: Limit;
}

export interface Kernel {
  readonly id: string;
  readonly unit: string;
  readonly make: () => Contenders | Promise<Contenders>;
}

const WORDS = 2 ** 18;
const FEW = 2 ** 12;
const POINTS = 256;

const words = (count: number): Uint32Array => new Uint32Array(randomBytes(4 * count).buffer);

function memcpy(count: number): Limit {
  const [from, to] = [words(count), words(count)];
  return { run: () => to.set(from), units: count, what: 'memcpy' };
}

/** Moved through a closed port, a piece of keystream is freed at once: otherwise the limit would be that of memory that nobody has used yet. */
function freeing(): (piece: Uint8Array) => void {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  return ({ buffer, byteLength }) => {
    if (byteLength === buffer.byteLength) port1.postMessage(null, [buffer as ArrayBuffer]);
  };
}

function keystream(cipher: 'aes-256-ctr' | 'chacha20', what: string): Limit {
  const zeros = new Uint8Array(65_536);
  const key = createSecretKey(randomBytes(32));
  const free = freeing();
  return {
    units: WORDS,
    what,
    run() {
      const stream = createCipheriv(cipher, key, new Uint8Array(16));
      for (let at = 0; at < 4 * WORDS; at += zeros.length) free(stream.update(zeros));
    },
  };
}

function maskKernel(suite: 'aes256ctr' | 'chacha20', limit: () => Limit): Kernel {
  return {
    id: `mask/${suite}`,
    unit: 'word',
    make() {
      const into = words(WORDS);
      const few = into.subarray(0, FEW);
      const terms = [1, -1].map((sign) => ({ seed: randomBytes(32), sign: sign as 1 | -1 }));
      return {
        ours: { run: () => applyMasks(into, terms, suite), units: 2 * WORDS },
        twin: { run: () => applyMask(few, terms[0]!, suite, 0, 'reference'), units: FEW },
        limit: limit(),
      };
    },
  };
}

function scalarBelowOrder(): Uint8Array {
  const scalar = randomBytes(32);
  scalar[31]! &= 0x0f;
  return scalar;
}

function strings(count: number): { data: Uint8Array; offsets: Uint32Array } {
  return { data: randomBytes(24 * count), offsets: Uint32Array.from({ length: count + 1 }, (_, i) => 24 * i) };
}

export const KERNELS: readonly Kernel[] = [
  maskKernel('aes256ctr', () => keystream('aes-256-ctr', 'AES-256-CTR of node:crypto, thrown away')),
  maskKernel('chacha20', () => keystream('chacha20', 'ChaCha20 of node:crypto, thrown away')),
  {
    id: 'ring/add',
    unit: 'word',
    make() {
      const [a, b] = [words(WORDS), words(WORDS)];
      return {
        ours: { run: () => addWords(a, b), units: WORDS },
        twin: { run: () => addWords(a, b, 'reference'), units: WORDS },
        limit: memcpy(WORDS),
      };
    },
  },
  {
    id: 'pack/20-bits',
    unit: 'word',
    make() {
      const a = words(WORDS);
      const few = a.subarray(0, FEW);
      return {
        ours: { run: () => packWords(a, 20), units: WORDS },
        twin: { run: () => packWords(few, 20, 'reference'), units: FEW },
        limit: memcpy(WORDS),
      };
    },
  },
  {
    id: 'shamir/split-100-of-50',
    unit: 'secret',
    make() {
      const secret = new Uint16Array(randomBytes(32).buffer);
      const coefficients = new Uint16Array(randomBytes(32 * 49).buffer);
      const xs = Uint16Array.from({ length: 100 }, (_, i) => i + 1);
      return {
        ours: { run: () => splitShamir(secret, coefficients, xs), units: 1 },
        twin: { run: () => splitShamir(secret, coefficients, xs, 'reference'), units: 1 },
      };
    },
  },
  {
    id: 'shamir/combine-50',
    unit: 'secret',
    make() {
      const rows = new Uint16Array(randomBytes(32 * 50).buffer);
      const weights = lagrangeShamir(
        Uint16Array.from({ length: 50 }, (_, i) => i + 1),
        0,
      );
      return {
        ours: { run: () => combineShamir(rows, weights), units: 1 },
        twin: { run: () => combineShamir(rows, weights, 'reference'), units: 1 },
      };
    },
  },
  {
    id: 'hash/sha256-short',
    unit: 'string',
    make() {
      const [many, few] = [strings(4096), strings(256)];
      return {
        ours: { run: () => hashItems('sha256', many), units: 4096 },
        twin: { run: () => hashItems('sha256', few, 'reference'), units: 256 },
      };
    },
  },
  {
    id: 'hash/expand-message',
    unit: 'string',
    make() {
      const [many, few, tag] = [strings(1024), strings(64), new Uint8Array([115, 117, 98])];
      return {
        ours: { run: () => expandMessages(many, tag, 64), units: 1024 },
        twin: { run: () => expandMessages(few, tag, 64, 'reference'), units: 64 },
      };
    },
  },
  {
    id: 'curve/multiply',
    unit: 'point',
    make() {
      const points = curve().hashToGroup(randomBytes(64 * POINTS));
      const scalar = scalarBelowOrder();
      return {
        ours: { run: () => curve().multiply(points, scalar), units: POINTS },
        twin: { run: () => curve('reference').multiply(points.subarray(0, 64), scalar), units: 2 },
      };
    },
  },
  {
    id: 'curve/hash-to-group',
    unit: 'point',
    make() {
      const uniform = randomBytes(64 * POINTS);
      return {
        ours: { run: () => curve().hashToGroup(uniform), units: POINTS },
        twin: { run: () => curve('reference').hashToGroup(uniform.subarray(0, 256)), units: 4 },
      };
    },
  },
  {
    id: 'x25519/agree',
    unit: 'agreement',
    make() {
      const mine = AgreementKey.generate();
      const peer = AgreementKey.generate().publicKey;
      const keys = [generateKeyPairSync('x25519').privateKey, generateKeyPairSync('x25519').publicKey] as const;
      return {
        ours: { run: () => mine.agree(peer), units: 1 },
        limit: {
          run: () => diffieHellman({ privateKey: keys[0], publicKey: keys[1] }),
          units: 1,
          what: 'X25519 of node:crypto, with keys that are imported and checked',
        },
      };
    },
  },
  {
    id: 'encode/fixed-point',
    unit: 'value',
    make() {
      const values = doubles(WORDS);
      const codec = fixedPoint({ clip: { l2: 4 }, bits: 16 }).prepare({ clients: 10, dimension: WORDS });
      return { ours: { run: () => codec.encode(values), units: WORDS }, limit: copyDoubles() };
    },
  },
  {
    id: 'encode/round',
    unit: 'value',
    make() {
      const values = doubles(WORDS);
      const coins = words(2 * WORDS);
      const [few, fewCoins] = [values.slice(0, FEW), coins.slice(0, 2 * FEW)];
      return {
        ours: { run: () => roundStochastic(values, coins), units: WORDS },
        twin: { run: () => roundStochastic(few, fewCoins, 'reference'), units: FEW },
        limit: copyDoubles(),
      };
    },
  },
  {
    id: 'encode/hadamard',
    unit: 'value',
    make() {
      const [values, same] = [doubles(WORDS), doubles(WORDS)];
      return {
        ours: { run: () => hadamard(values), units: WORDS },
        twin: { run: () => hadamard(same, 'reference'), units: WORDS },
        limit: copyDoubles(),
      };
    },
  },
  {
    id: 'sampler/gaussian-2^30',
    unit: 'sample',
    make() {
      const gaussian = new DiscreteGaussian(30, csprng);
      return { ours: { run: () => gaussian.fill(1_000), units: 1_000 } };
    },
  },
  {
    id: 'sampler/laplace',
    unit: 'sample',
    make: () => ({
      ours: { run: () => drawNoise({ mechanism: 'discrete-laplace', numerator: 10, denominator: 1 }), units: 1 },
    }),
  },
  ...(['encrypt', 'add', 'decrypt'] as const).map(sealKernel),
];

function doubles(count: number): Float64Array {
  return Float64Array.from(words(count), (word) => word / 2 ** 31 - 1);
}

function copyDoubles(): Limit {
  const [from, to] = [doubles(WORDS), doubles(WORDS)];
  return { run: () => to.set(from), units: WORDS, what: 'memcpy' };
}

/** Five CKKS ciphertexts under the threshold set; decryption is one partial by a decryptor, noise and all, and their combination. */
function sealKernel(step: 'encrypt' | 'add' | 'decrypt'): Kernel {
  return {
    id: `seal/${step}`,
    unit: 'value',
    async make() {
      const engine = new InlineSealEngine();
      const plan = sumPlan('ckks', { clients: 10, dimension: 10_000, dropout: 0 });
      const { secret, publicKey } = await engine.generate(plan.set);
      const key = { mode: 'public', publicKey } as const;
      const input = { bits: plan.bits, words: new Uint32Array(plan.length).fill(7) };
      const upload = await engine.encrypt(plan, key, input);
      const sum = new CiphertextSum(plan);
      await engine.add(plan, sum, upload);
      // A share of the data primes, as long as the secret: what it opens to does not matter here.
      const share = secret.subarray(0, (plan.set.primes.length - 1) * plan.set.degree);
      const runs = {
        encrypt: () => engine.encrypt(plan, key, input),
        add: () => engine.add(plan, new CiphertextSum(plan), upload),
        decrypt: async () => {
          const partial = await engine.partial(plan, sum, share, csprng);
          return engine.combine(plan, sum, [partial, partial]);
        },
      };
      return { ours: { run: runs[step], units: plan.length } };
    },
  };
}
