import type { RingVector } from '../math/index.ts';
import type { Rng } from '../random/index.ts';
import type { ParameterSet } from './parameters.ts';
import type { SumPlan } from './plan.ts';
import type { CiphertextSum } from './sum.ts';

/** What encrypts: the joint public key, or the secret key that all clients share. Words of all primes, in NTT form. */
export type EncryptionKey =
  | { readonly mode: 'public'; readonly publicKey: BigUint64Array }
  | { readonly mode: 'shared'; readonly secret: BigUint64Array };

/**
 * The heavy part of a homomorphic sum, as operations on whole vectors. An implementation may split a vector by chunks: every chunk is
 * independent of the others. Bytes from peers are checked before SEAL sees anything of them. A signal that fires ends the call with its reason;
 * a sum that something was being added to may then be lost.
 */
export interface SealEngine extends AsyncDisposable {
  /** How many threads it spreads a vector over. */
  readonly threads: number;
  /** A fresh secret key and public key (b, a). */
  generate(set: ParameterSet): Promise<{ secret: BigUint64Array; publicKey: BigUint64Array }>;
  /** A contribution, `plan.bytes` long. */
  encrypt(plan: SumPlan, key: EncryptionKey, input: RingVector, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Adds a contribution to a running sum.
   * @throws {ProtocolError} `malformed` or `bad-ciphertext`; the sum is then as it was
   */
  add(plan: SumPlan, sum: CiphertextSum, contribution: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * A decryptor's part of the decryption: c1 times its weighted share plus flooding noise, for every chunk.
   * @param share data primes, NTT form, times the Lagrange coefficient
   */
  partial(
    plan: SumPlan,
    sum: CiphertextSum,
    share: BigUint64Array,
    rng: Rng,
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  /**
   * The sanitised sum: c0 plus all partial decryptions, decoded and rounded to integers of the ring.
   * @throws {ProtocolError} `malformed` or `bad-ciphertext` for a partial decryption of the wrong shape
   */
  combine(
    plan: SumPlan,
    sum: CiphertextSum,
    partials: readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<RingVector>;
  /** The sanitised sum, by who holds the whole key: flooded with noise (CKKS) and rounded. */
  open(plan: SumPlan, sum: CiphertextSum, secret: BigUint64Array, rng: Rng, signal?: AbortSignal): Promise<RingVector>;
}
