import { type Aead, primitives } from './primitives.ts';

/** What sealing adds to the length of the plaintext. */
export const BOX_OVERHEAD = 16;

/**
 * Seals `plaintext`: ciphertext, then a tag that also covers `data`.
 * @param key 32 bytes
 * @param nonce 12 bytes; never twice under one key
 * @param data is authenticated, not sent
 */
export function sealBox(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  checkLengths(key, nonce);
  return primitives().seal(aead, key, nonce, plaintext, data);
}

/** @returns the plaintext, or undefined when key, nonce, data or box are not the ones sealed */
export function openBox(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  box: Uint8Array,
  data: Uint8Array,
): Uint8Array | undefined {
  checkLengths(key, nonce);
  return primitives().open(aead, key, nonce, box, data);
}

function checkLengths(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`an AEAD key has 32 bytes, found ${key.length}`);
  if (nonce.length !== 12) throw new RangeError(`an AEAD nonce has 12 bytes, found ${nonce.length}`);
}
