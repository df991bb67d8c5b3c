import { addResidues, packResidues as packInto } from '../kernels/index.ts';
import { type RingVector, reduce, zeroVector } from '../math/index.ts';
import type { Rng } from '../random/index.ts';
import type { EncryptionKey, SealEngine } from './engine.ts';
import { ExactEncoding } from './exact.ts';
import { DiscreteGaussian } from './gaussian.ts';
import { parseCiphertext } from './layout.ts';
import { type Importer, type Library, loadSeal } from './load.ts';
import { packResidues, unpackResidues } from './pack.ts';
import { dataPrimes, type ParameterSet, polynomialBytes, SEED_BYTES } from './parameters.ts';
import type { SumPlan } from './plan.ts';
import { slotsInto, slotsOf } from './real.ts';
import { type Message, type RingEncryptor, SealRing } from './ring.ts';
import type { CiphertextSum } from './sum.ts';
import { addNoise } from './threshold.ts';

/** After this many milliseconds of work the inline engine lets timers and sockets run. */
const YIELD_AFTER = 30;

/** Runs SEAL on the calling thread, in one instance that is loaded when first needed. */
export class InlineSealEngine implements SealEngine {
  readonly threads = 1;
  readonly #importer: Importer | undefined;
  #library: Promise<Library> | undefined;
  readonly #rings = new Map<string, SealRing>();

  constructor(importer?: Importer) {
    this.#importer = importer;
  }

  /**
   * Runs `work` with the ring of a parameter set. Whatever SEAL throws may have damaged its instance: it is abandoned with all its
   * memory, and the next call loads another.
   */
  async #with<T>(
    set: ParameterSet,
    work: (ring: SealRing) => T | Promise<T>,
    signal?: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    this.#library ??= loadSeal(this.#importer);
    let library: Library;
    try {
      library = await this.#library;
    } catch (error) {
      this.#library = undefined;
      throw error;
    }
    try {
      let ring = this.#rings.get(set.name);
      if (ring === undefined) {
        ring = new SealRing(library, set);
        this.#rings.set(set.name, ring);
      }
      return await work(ring);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      this.#library = undefined;
      this.#rings.clear();
      const safe = typeof error === 'number' ? library.Exception.safe(error) : error;
      throw safe instanceof Error ? safe : new Error(`SEAL failed: ${String(safe)}`);
    }
  }

  generate(set: ParameterSet): Promise<{ secret: BigUint64Array; publicKey: BigUint64Array }> {
    return this.#with(set, (ring) => ring.generate());
  }

  async encrypt(plan: SumPlan, key: EncryptionKey, input: RingVector, signal?: AbortSignal): Promise<Uint8Array> {
    const work = async (ring: SealRing): Promise<Uint8Array> => {
      using encryptor = key.mode === 'public' ? ring.encryptor(key.publicKey) : ring.symmetricEncryptor(key.secret);
      const out = new Uint8Array(plan.bytes);
      const size = plan.bytes / plan.chunks;
      const exact = plan.arithmetic === 'bfv' ? new ExactEncoding(plan) : undefined;
      const clock = new Clock(signal);
      for (let chunk = 0; chunk < plan.chunks; chunk += 2) {
        const messages = encode(ring, plan, exact, input, chunk);
        for (const [i, message] of messages.entries())
          seal(plan, encryptor, key, message, out.subarray((chunk + i) * size, (chunk + i + 1) * size));
        await clock.yield();
      }
      return out;
    };
    return await this.#with(plan.set, work, signal);
  }

  async add(_plan: SumPlan, sum: CiphertextSum, contribution: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const clock = new Clock(signal);
    for (const _ of sum.adding(contribution)) await clock.yield();
  }

  /**
   * A contribution from ciphertexts in SEAL's own uncompressed serialisation, one a chunk, made by another SEAL with these parameters under the
   * joint key (TenSEAL writes such bytes).
   * @param scale the only scale accepted: `plan.scale` for CKKS
   * @throws {RangeError} for a set with a shared key, whose contributions are seeded
   * @throws {ProtocolError} `bad-ciphertext` for anything that is not exactly such a ciphertext; SEAL sees none of it
   */
  async importCiphertexts(plan: SumPlan, ciphertexts: readonly Uint8Array[], scale: number): Promise<Uint8Array> {
    const { set } = plan;
    if (set.keys !== 'threshold') throw new RangeError(`contributions of ${set.name} are seeded`);
    if (ciphertexts.length !== plan.chunks)
      throw new RangeError(`${ciphertexts.length} ciphertexts, expected ${plan.chunks}`);
    const templates = await this.#with(set, (ring) => ring.templates);
    const words = ciphertexts.map((bytes) => parseCiphertext(bytes, set, templates, scale));
    const out = new Uint8Array(plan.bytes);
    const size = plan.bytes / plan.chunks;
    for (const [chunk, pair] of words.entries()) out.set(packResidues(pair, dataPrimes(set), set.degree), chunk * size);
    return out;
  }

  async partial(
    plan: SumPlan,
    sum: CiphertextSum,
    share: BigUint64Array,
    rng: Rng,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const { set } = plan;
    const primes = dataPrimes(set);
    const noise = new DiscreteGaussian(plan.log2Flooding, rng);
    const work = async (ring: SealRing): Promise<Uint8Array> => {
      const size = polynomialBytes(set);
      const out = new Uint8Array(plan.chunks * size);
      const clock = new Clock(signal);
      for (let chunk = 0; chunk < plan.chunks; chunk += 2) {
        const products = ring.multiplySecret(
          couple(plan, chunk, (i) => sum.polynomial(i, 1)),
          share,
        );
        for (const [i, product] of split(plan, chunk, products).entries()) {
          addNoise(product, noise.fill(set.degree), set);
          out.set(packResidues(product, primes, set.degree), (chunk + i) * size);
        }
        await clock.yield();
      }
      return out;
    };
    return await this.#with(set, work, signal);
  }

  async combine(
    plan: SumPlan,
    sum: CiphertextSum,
    partials: readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<RingVector> {
    const { set } = plan;
    const primes = dataPrimes(set);
    const parts = partials.map((bytes) => unpackResidues(bytes, primes, set.degree, plan.chunks, 'partial decryption'));
    const size = primes.length * set.degree;
    const decrypt = async (ring: SealRing, chunk: number): Promise<BigUint64Array> => {
      const firsts = ring.fromNtt(couple(plan, chunk, (i) => sum.polynomial(i, 0)));
      for (const [i, first] of split(plan, chunk, firsts).entries()) {
        const at = (chunk + i) * size;
        for (const part of parts) addResidues(first, part.subarray(at, at + size), primes, set.degree);
      }
      return firsts;
    };
    return await this.#decode(plan, decrypt, signal);
  }

  async open(
    plan: SumPlan,
    sum: CiphertextSum,
    secret: BigUint64Array,
    rng: Rng,
    signal?: AbortSignal,
  ): Promise<RingVector> {
    const { set } = plan;
    const primes = dataPrimes(set);
    const share = secret.subarray(0, primes.length * set.degree);
    const noise = plan.log2Flooding < 0 ? undefined : new DiscreteGaussian(plan.log2Flooding, rng);
    const decrypt = async (ring: SealRing, chunk: number): Promise<BigUint64Array> => {
      const products = ring.multiplySecret(
        couple(plan, chunk, (i) => sum.polynomial(i, 1)),
        share,
      );
      addResidues(products, ring.fromNtt(couple(plan, chunk, (i) => sum.polynomial(i, 0))), primes, set.degree);
      if (noise !== undefined) {
        for (const product of split(plan, chunk, products)) addNoise(product, noise.fill(set.degree), set);
      }
      return products;
    };
    return await this.#decode(plan, decrypt, signal);
  }

  /** Decodes what `decrypt` gives for every two chunks: decrypted polynomials in coefficient form. */
  async #decode(
    plan: SumPlan,
    decrypt: (ring: SealRing, chunk: number) => Promise<BigUint64Array>,
    signal: AbortSignal | undefined,
  ): Promise<RingVector> {
    const result = zeroVector(plan.bits, plan.length);
    const exact = plan.arithmetic === 'bfv' ? new ExactEncoding(plan) : undefined;
    const work = async (ring: SealRing): Promise<void> => {
      const clock = new Clock(signal);
      for (let chunk = 0; chunk < plan.chunks; chunk += 2) {
        const pair = await decrypt(ring, chunk);
        if (exact === undefined) {
          for (const [i, message] of split(plan, chunk, ring.toNtt(pair)).entries())
            slotsInto(result, chunk + i, ring.decodeSlots(message, plan.scale), plan);
        } else {
          for (const [i, message] of split(plan, chunk, pair).entries()) exact.decodeInto(result, chunk + i, message);
        }
        await clock.yield();
      }
    };
    await this.#with(plan.set, work, signal);
    return reduce(result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ring of this.#rings.values()) ring[Symbol.dispose]();
    this.#rings.clear();
    this.#library = undefined;
  }
}

/** The messages of chunk `chunk` and, when there is one, the next. */
function encode(
  ring: SealRing,
  plan: SumPlan,
  exact: ExactEncoding | undefined,
  input: RingVector,
  chunk: number,
): Message[] {
  if (exact === undefined) {
    return both(plan, chunk).map((i) => ({ slots: slotsOf(input, i, plan), scale: plan.scale }));
  }
  return split(plan, chunk, ring.toNtt(couple(plan, chunk, (i) => exact.encode(input, i))));
}

/** Encrypts and packs a message into `out`. */
function seal(
  { set }: SumPlan,
  encryptor: RingEncryptor,
  { mode }: EncryptionKey,
  message: Message,
  out: Uint8Array,
): void {
  if (mode === 'public') {
    packInto(encryptor.encrypt(message), dataPrimes(set), set.degree, out);
  } else {
    const { first, seed } = encryptor.encryptSeeded(message);
    packInto(first, dataPrimes(set), set.degree, out.subarray(0, out.length - SEED_BYTES));
    out.set(seed, out.length - SEED_BYTES);
  }
}

/** SEAL transforms two polynomials at a time: those of two neighbouring chunks, or of the last one twice. */
function both(plan: SumPlan, chunk: number): number[] {
  return chunk + 1 < plan.chunks ? [chunk, chunk + 1] : [chunk];
}

function couple(plan: SumPlan, chunk: number, of: (chunk: number) => BigUint64Array): BigUint64Array {
  const first = of(chunk);
  const pair = new BigUint64Array(2 * first.length);
  pair.set(first);
  pair.set(chunk + 1 < plan.chunks ? of(chunk + 1) : first, first.length);
  return pair;
}

function split(plan: SumPlan, chunk: number, pair: BigUint64Array): BigUint64Array[] {
  const half = pair.length / 2;
  return both(plan, chunk).map((_, i) => pair.subarray(i * half, (i + 1) * half));
}

class Clock {
  readonly #signal: AbortSignal | undefined;
  #since: number = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async yield(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (performance.now() - this.#since < YIELD_AFTER) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
  }
}
