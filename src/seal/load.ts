/**
 * The lazy loader of node-seal, an optional dependency, and the part of its interface that this room uses. Everything it creates
 * lives in WebAssembly memory and must be deleted by hand.
 */

export interface Handle {
  delete(): void;
}
export interface Saved extends Handle {
  saveArray(compression: unknown): Uint8Array;
}
export interface Loadable extends Saved {
  loadArray(context: Context, bytes: Uint8Array): void;
}
export type CipherText = Loadable;
export type PlainText = Loadable;
export type PublicKey = Loadable;
export type SecretKey = Loadable;
export interface Context extends Handle {
  parametersSet(): boolean;
}
export interface KeyGenerator extends Handle {
  secretKey(): SecretKey;
  createPublicKey(): PublicKey;
}
export interface Encryptor extends Handle {
  encrypt(plain: PlainText, into: CipherText): void;
  encryptSymmetricSerializable(plain: PlainText): Saved;
}
export interface Evaluator extends Handle {
  multiplyPlain(cipher: CipherText, plain: PlainText, into: CipherText): void;
  cipherTransformToNtt(cipher: CipherText, into: CipherText): void;
  cipherTransformFromNtt(cipher: CipherText, into: CipherText): void;
}
export interface Encoder extends Handle {
  readonly slotCount: number;
  encode(values: Float64Array, scale: number, into: PlainText): void;
  decode(plain: PlainText): Float64Array;
}
interface Parameters extends Handle {
  setPolyModulusDegree(degree: number): void;
  setCoeffModulus(primes: Handle): void;
  readonly coeffModulus: BigUint64Array;
}

export interface Library {
  readonly Version: string;
  readonly SchemeType: { readonly ckks: unknown };
  readonly SecurityLevel: { readonly tc128: unknown };
  readonly ComprModeType: { readonly none: unknown };
  readonly CoeffModulus: { Create(degree: number, bits: Int32Array): Handle };
  readonly Exception: { safe(error: unknown): unknown };
  EncryptionParameters(scheme: unknown): Parameters;
  Context(parameters: Parameters, expand: boolean, security: unknown): Context;
  KeyGenerator(context: Context, secret?: SecretKey): KeyGenerator;
  Encryptor(context: Context, publicKey: PublicKey, secret?: SecretKey): Encryptor;
  Evaluator(context: Context): Evaluator;
  CKKSEncoder(context: Context): Encoder;
  CipherText(): CipherText;
  PlainText(): PlainText;
  PublicKey(): PublicKey;
  SecretKey(): SecretKey;
}

export const SEAL_VERSION = '6.0.3';

/** How to fetch the module; a test passes one that fails. */
export type Importer = () => Promise<unknown>;

const importSeal: Importer = () => import('node-seal');

/**
 * A fresh instance: WebAssembly memory of its own, 16 MiB to begin with.
 * @throws {Error} with the line to type when node-seal is not installed, or is another version
 */
export async function loadSeal(importer: Importer = importSeal): Promise<Library> {
  let module: unknown;
  try {
    module = await importer();
  } catch (cause) {
    throw new Error(
      `homomorphic sums need the optional package node-seal, which is not installed: npm install node-seal@${SEAL_VERSION}`,
      { cause },
    );
  }
  const create = unwrap(module);
  if (create === undefined) throw new Error('node-seal does not export a loader');
  const library = await create();
  if (library.Version !== SEAL_VERSION)
    throw new Error(
      `node-seal ${library.Version} found, expected ${SEAL_VERSION}: npm install node-seal@${SEAL_VERSION}`,
    );
  return library;
}

/** The loader function behind one or two `default`s (CommonJS seen from an ES module). */
function unwrap(module: unknown): (() => Promise<Library>) | undefined {
  let value = module;
  for (let i = 0; i < 3; i++) {
    if (typeof value === 'function') return value as () => Promise<Library>;
    value = (value as { readonly default?: unknown } | undefined)?.default;
  }
  return undefined;
}
