import { primitives } from './primitives.ts';

/** SHA-256 (FIPS 180-4) of the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return primitives().sha256(...parts);
}

/**
 * HKDF with SHA-256 (RFC 5869): extract with `salt`, then expand to `length` bytes.
 * @param secret the input keying material; high entropy, such as a Diffie-Hellman result
 * @param info binds the output to a purpose: different infos give independent keys
 * @param length 1 .. 8,160
 */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length = 32): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 255 * 32) {
    throw new RangeError(`HKDF output of ${length} bytes, expected 1 .. 8,160`);
  }
  return primitives().hkdfSha256(secret, salt, info, length);
}
