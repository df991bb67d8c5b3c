import { noblePrimitives } from './noble.ts';
import { nodePrimitives } from './node.ts';

/** AEADs with 32-byte keys, 12-byte nonces and 16-byte tags: RFC 8439 and NIST SP 800-38D. */
export type Aead = 'chacha20-poly1305' | 'aes-256-gcm';

export const AEADS: readonly Aead[] = ['chacha20-poly1305', 'aes-256-gcm'];

/** X25519 with a fixed secret. */
export interface X25519Scalar {
  readonly publicKey: Uint8Array;
  /** The raw function of RFC 7748 section 5. @returns undefined when the result is all zero (section 6.1) */
  multiply(u: Uint8Array): Uint8Array | undefined;
}

/** Ed25519 with a fixed seed. */
export interface Ed25519Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The symmetric and curve primitives that run one at a time. Two implementations with the same bytes and the same verdicts, which
 * `test/crypto/primitives.test.ts` runs side by side: noble everywhere, node:crypto where there is one (20 to 40 times faster on
 * the curve). Arguments have been checked by the files that give these a typed face.
 */
export interface Primitives {
  readonly name: 'noble' | 'node';
  /** SHA-256 of the concatenation of `parts`. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  x25519(secret: Uint8Array): X25519Scalar;
  ed25519(seed: Uint8Array): Ed25519Signer;
  /** The check [S]B = R + [k]A on encodings (RFC 8032 section 5.1.7), without the cofactor. `publicKey` and S are canonical. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Ciphertext, then tag. */
  seal(aead: Aead, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, data: Uint8Array): Uint8Array;
  /** @returns undefined when the tag is wrong */
  open(aead: Aead, key: Uint8Array, nonce: Uint8Array, box: Uint8Array, data: Uint8Array): Uint8Array | undefined;
}

let chosen: Primitives | undefined;

/** node:crypto where it exists and computes what noble computes, noble elsewhere. */
export function primitives(): Primitives {
  chosen ??= nodePrimitives() ?? noblePrimitives;
  return chosen;
}
