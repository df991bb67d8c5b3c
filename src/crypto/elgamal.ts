import { concatBytes } from '../bytes/index.ts';
import { curve, type PointPlan } from '../kernels/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import { integerScalar, randomScalar, randomScalars } from './scalars.ts';

/**
 * Exponential ElGamal over ristretto255: Enc(m; r) = (rG, mG + rX) for the public key X = xG. Ciphertexts of 64 bytes add
 * componentwise, so a sum can be computed by a party that cannot read its terms. IND-CPA under decisional Diffie-Hellman.
 * Decryption gives the element mG; m itself is found only when it is small.
 */
export interface ElGamalKeyPair {
  /** 32 bytes, 1 .. l-1 */
  readonly secretKey: Uint8Array;
  /** 32 bytes */
  readonly publicKey: Uint8Array;
}

export const CIPHERTEXT_BYTES = 64;

export function elgamalKeyPair(rng: Rng = csprng): ElGamalKeyPair {
  const secretKey = randomScalar(rng);
  return { secretKey, publicKey: curve().multiplyBase(secretKey) };
}

/**
 * The plan that encrypts `values` under `key` with fresh randomness: n x 64 bytes.
 * @param values integers in 0 .. 2^53 - 1
 */
export function encryptPlan(values: ArrayLike<number>, key: Uint8Array, rng: Rng = csprng): PointPlan {
  const scalars = new Uint8Array(32 * values.length);
  for (let i = 0; i < values.length; i++) scalars.set(integerScalar(values[i]!), 32 * i);
  return { op: 'encrypt', values: scalars, randomness: randomScalars(values.length, rng), key };
}

/** Encryptions of uniform scalars, and those scalars: one-time masks for results that someone else decrypts. */
export function encryptMasks(
  count: number,
  key: Uint8Array,
  rng: Rng = csprng,
): { masks: Uint8Array; plan: PointPlan } {
  const masks = randomScalars(count, rng);
  return { masks, plan: { op: 'encrypt', values: masks, randomness: randomScalars(count, rng), key } };
}

/** The elements mG of n ciphertexts. @throws {ProtocolError} `not-canonical` or `identity-element` */
export function decryptElements(ciphertexts: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const n = ciphertexts.length / CIPHERTEXT_BYTES;
  if (!Number.isInteger(n))
    throw new RangeError(`${ciphertexts.length} bytes are not ciphertexts of ${CIPHERTEXT_BYTES}`);
  const halves = [0, 32].map((half) =>
    concatBytes(...Array.from({ length: n }, (_, i) => ciphertexts.subarray(64 * i + half, 64 * i + half + 32))),
  );
  const group = curve();
  return group.subtract(halves[1]!, group.multiply(halves[0]!, secretKey));
}
