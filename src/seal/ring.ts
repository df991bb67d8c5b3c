import {
  assemble,
  BLAKE2XB,
  CIPHERTEXT_WORDS,
  PLAINTEXT_WORDS,
  SEED_TAIL,
  type Templates,
  withNtt,
  withPlaintextScale,
  wordBytesAt,
  wordsAt,
} from './layout.ts';
import type {
  CipherText,
  Context,
  Encoder,
  Encryptor,
  Evaluator,
  Handle,
  Library,
  PlainText,
  PublicKey,
} from './load.ts';
import { bitLength, checkSecurity, dataPrimes, type ParameterSet, SEED_BYTES } from './parameters.ts';
import { checkFinite } from './real.ts';

/**
 * One parameter set in one SEAL instance: its context and the few objects that all operations reuse, so that ten thousand ciphertexts take
 * no more memory than one.
 *
 * Polynomials cross this boundary as residue words only (see layout.ts): in NTT form `ciphertext` and key words, in coefficient form what
 * {@link SealRing.toNtt} takes and {@link SealRing.fromNtt} gives. SEAL's CKKS context serves both arithmetics: a ciphertext of either is an
 * encryption of zero plus an encoded message, and SEAL adds the message we hand it.
 */
export class SealRing implements Disposable {
  readonly set: ParameterSet;
  readonly templates: Templates;
  readonly #library: Library;
  readonly #none: unknown;
  readonly #context: Context;
  readonly #evaluator: Evaluator;
  readonly #encoder: Encoder;
  readonly #cipher: CipherText;
  readonly #plain: PlainText;
  /** Of a secret key that nobody has any more. */
  #anyPublicKey!: PublicKey;
  readonly #owned: Handle[] = [];
  readonly #coefficientForm: Uint8Array;

  constructor(library: Library, set: ParameterSet) {
    checkSecurity(set.degree, set.primes);
    this.set = set;
    this.#library = library;
    this.#none = library.ComprModeType.none;
    const primes = library.CoeffModulus.Create(set.degree, Int32Array.from(set.primes, bitLength));
    const parameters = library.EncryptionParameters(library.SchemeType.ckks);
    parameters.setPolyModulusDegree(set.degree);
    parameters.setCoeffModulus(primes);
    const found = [...parameters.coeffModulus];
    if (found.some((prime, i) => prime !== set.primes[i])) throw new Error(`SEAL chose the primes ${found.join(', ')}`);
    this.#context = this.#own(library.Context(parameters, false, library.SecurityLevel.tc128));
    primes.delete();
    parameters.delete();
    if (!this.#context.parametersSet()) throw new Error(`SEAL refuses the parameter set ${set.name}`);
    this.#evaluator = this.#own(library.Evaluator(this.#context));
    this.#encoder = this.#own(library.CKKSEncoder(this.#context));
    this.#cipher = this.#own(library.CipherText());
    this.#plain = this.#own(library.PlainText());
    this.templates = this.#learnTemplates();
    this.#coefficientForm = withNtt(this.templates.ciphertext, false);
  }

  #own<T extends Handle>(handle: T): T {
    this.#owned.push(handle);
    return handle;
  }

  get #dataWords(): number {
    return dataPrimes(this.set).length * this.set.degree;
  }

  /** Reads the prefixes off objects of our own making. */
  #learnTemplates(): Templates {
    const keys = this.#library.KeyGenerator(this.#context);
    const secret = keys.secretKey();
    const publicKey = this.#own(keys.createPublicKey());
    this.#anyPublicKey = publicKey;
    const encryptor = this.#library.Encryptor(this.#context, publicKey, secret);
    this.#encoder.encode(new Float64Array(this.#encoder.slotCount), 1, this.#plain);
    encryptor.encrypt(this.#plain, this.#cipher);
    const seeded = encryptor.encryptSymmetricSerializable(this.#plain);
    const seededBytes = seeded.saveArray(this.#none);
    const tail = seededBytes.length - SEED_TAIL;
    const templates = {
      ciphertext: this.#cipher.saveArray(this.#none).slice(0, CIPHERTEXT_WORDS),
      plaintext: this.#plain.saveArray(this.#none).slice(0, PLAINTEXT_WORDS),
      publicKey: publicKey.saveArray(this.#none).slice(0, CIPHERTEXT_WORDS),
      secretKey: secret.saveArray(this.#none).slice(0, PLAINTEXT_WORDS),
    };
    for (const handle of [seeded, encryptor, secret, keys]) handle.delete();
    if (tail !== CIPHERTEXT_WORDS + 8 * this.#dataWords || seededBytes.at(-SEED_BYTES - 1) !== BLAKE2XB)
      throw new Error('SEAL wrote a seeded ciphertext of another layout');
    return templates;
  }

  /** A fresh key pair. `secret` and each half of `publicKey` hold all primes, in NTT form: b = -(a s + e). */
  generate(): { secret: BigUint64Array; publicKey: BigUint64Array } {
    const words = this.set.primes.length * this.set.degree;
    const keys = this.#library.KeyGenerator(this.#context);
    const secret = keys.secretKey();
    const publicKey = keys.createPublicKey();
    const out = {
      secret: wordsAt(secret.saveArray(this.#none), PLAINTEXT_WORDS, words),
      publicKey: wordsAt(publicKey.saveArray(this.#none), CIPHERTEXT_WORDS, 2 * words),
    };
    for (const handle of [publicKey, secret, keys]) handle.delete();
    return out;
  }

  /** @param publicKey (b, a), all primes, checked residues */
  encryptor(publicKey: BigUint64Array): RingEncryptor {
    const key = this.#library.PublicKey();
    key.loadArray(this.#context, assemble(this.templates.publicKey, publicKey));
    const encryptor = this.#library.Encryptor(this.#context, key);
    const plain = this.#library.PlainText();
    return new RingEncryptor(this, encryptor, plain, [encryptor, plain, key]);
  }

  /** @param secret all primes */
  symmetricEncryptor(secret: BigUint64Array): RingEncryptor {
    const key = this.#library.SecretKey();
    key.loadArray(this.#context, assemble(this.templates.secretKey, secret));
    // SEAL wants a public key as well; symmetric encryption does not look at it.
    const encryptor = this.#library.Encryptor(this.#context, this.#anyPublicKey, key);
    const plain = this.#library.PlainText();
    return new RingEncryptor(this, encryptor, plain, [encryptor, plain, key]);
  }

  /**
   * CKKS: N/2 reals times `scale` as an encoded polynomial in NTT form.
   * @throws {RangeError} for NaN, which would spoil every slot, and infinities, which would kill the instance
   */
  encodeSlots(values: Float64Array, scale: number): BigUint64Array {
    checkFinite(values);
    this.#encoder.encode(values, scale, this.#plain);
    return wordsAt(this.#plain.saveArray(this.#none), PLAINTEXT_WORDS, this.#dataWords);
  }

  /** The mirror of {@link SealRing.encodeSlots}. Exact decodings reveal keys: only sanitised ones may leave this room. */
  decodeSlots(words: BigUint64Array, scale: number): Float64Array {
    this.#plain.loadArray(this.#context, assemble(withPlaintextScale(this.templates.plaintext, scale), words));
    return this.#encoder.decode(this.#plain);
  }

  /** Two polynomials of data residues from coefficient to NTT form. */
  toNtt(pair: BigUint64Array): BigUint64Array {
    return this.#transform(pair, (words) => {
      this.#cipher.loadArray(this.#context, assemble(this.#coefficientForm, words));
      this.#evaluator.cipherTransformToNtt(this.#cipher, this.#cipher);
    });
  }

  /** Two polynomials of data residues from NTT to coefficient form. */
  fromNtt(pair: BigUint64Array): BigUint64Array {
    return this.#transform(pair, (words) => {
      this.#cipher.loadArray(this.#context, assemble(this.templates.ciphertext, words));
      this.#evaluator.cipherTransformFromNtt(this.#cipher, this.#cipher);
    });
  }

  /** SEAL throws when the second polynomial is zero, as that of an all-zero chunk may be: it then transforms a 1, and zeros come back. */
  #transform(pair: BigUint64Array, run: (words: BigUint64Array) => void): BigUint64Array {
    const zero = pair.subarray(this.#dataWords).every((word) => word === 0n);
    const words = zero ? pair.slice() : pair;
    if (zero) words[this.#dataWords] = 1n;
    run(words);
    const out = this.#savedPair();
    if (zero) out.fill(0n, this.#dataWords);
    return out;
  }

  /** Two polynomials in NTT form times one secret (data primes, NTT form), in coefficient form. */
  multiplySecret(pair: BigUint64Array, secret: BigUint64Array): BigUint64Array {
    this.#plain.loadArray(this.#context, assemble(this.templates.plaintext, secret));
    this.#cipher.loadArray(this.#context, assemble(this.templates.ciphertext, pair));
    this.#evaluator.multiplyPlain(this.#cipher, this.#plain, this.#cipher);
    this.#evaluator.cipherTransformFromNtt(this.#cipher, this.#cipher);
    return this.#savedPair();
  }

  #savedPair(): BigUint64Array {
    return wordsAt(this.#cipher.saveArray(this.#none), CIPHERTEXT_WORDS, 2 * this.#dataWords);
  }

  /** For {@link RingEncryptor}. */
  loadPlain(plain: PlainText, message: Message): void {
    if (message instanceof BigUint64Array) {
      plain.loadArray(this.#context, assemble(this.templates.plaintext, message));
    } else {
      checkFinite(message.slots);
      this.#encoder.encode(message.slots, message.scale, plain);
    }
  }

  /** For {@link RingEncryptor}. */
  encryptInto(encryptor: Encryptor, plain: PlainText): Uint8Array {
    encryptor.encrypt(plain, this.#cipher);
    return wordBytesAt(this.#cipher.saveArray(this.#none), CIPHERTEXT_WORDS, 2 * this.#dataWords);
  }

  /** For {@link RingEncryptor}. */
  encryptSeeded(encryptor: Encryptor, plain: PlainText): { first: Uint8Array; seed: Uint8Array } {
    const serializable = encryptor.encryptSymmetricSerializable(plain);
    const bytes = serializable.saveArray(this.#none);
    serializable.delete();
    return {
      first: wordBytesAt(bytes, CIPHERTEXT_WORDS, this.#dataWords),
      seed: bytes.subarray(bytes.length - SEED_BYTES),
    };
  }

  [Symbol.dispose](): void {
    for (const handle of this.#owned.reverse()) handle.delete();
    this.#owned.length = 0;
  }
}

/** An encoded polynomial (data residues in NTT form), or CKKS slots that SEAL shall encode: see {@link SealRing.encodeSlots}. */
export type Message = BigUint64Array | { readonly slots: Float64Array; readonly scale: number };

/** An encryption key loaded into SEAL. */
export class RingEncryptor implements Disposable {
  readonly #ring: SealRing;
  readonly #encryptor: Encryptor;
  readonly #plain: PlainText;
  readonly #owned: readonly Handle[];

  constructor(ring: SealRing, encryptor: Encryptor, plain: PlainText, owned: readonly Handle[]) {
    this.#ring = ring;
    this.#encryptor = encryptor;
    this.#plain = plain;
    this.#owned = owned;
  }

  /** The words, as bytes, of both polynomials in NTT form. */
  encrypt(message: Message): Uint8Array {
    this.#ring.loadPlain(this.#plain, message);
    return this.#ring.encryptInto(this.#encryptor, this.#plain);
  }

  /** The words, as bytes, of the first polynomial in NTT form, and the seed of the second. Needs the secret key. */
  encryptSeeded(message: Message): { first: Uint8Array; seed: Uint8Array } {
    this.#ring.loadPlain(this.#plain, message);
    return this.#ring.encryptSeeded(this.#encryptor, this.#plain);
  }

  [Symbol.dispose](): void {
    for (const handle of this.#owned) handle.delete();
  }
}
