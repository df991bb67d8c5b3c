import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from '../bytes/index.ts';
import type { Primitives } from './primitives.ts';

const ciphers = { 'chacha20-poly1305': chacha20poly1305, 'aes-256-gcm': gcm };

export const noblePrimitives: Primitives = {
  name: 'noble',
  sha256: (...parts) => sha256(concatBytes(...parts)),
  hkdfSha256: (secret, salt, info, length) => hkdf(sha256, secret, salt, info, length),
  x25519: (secret) => ({
    publicKey: x25519.getPublicKey(secret),
    multiply(u) {
      try {
        return x25519.getSharedSecret(secret, u);
      } catch {
        return undefined; // noble throws on an all-zero result and on nothing else, lengths being right
      }
    },
  }),
  ed25519: (seed) => ({ publicKey: ed25519.getPublicKey(seed), sign: (message) => ed25519.sign(message, seed) }),
  ed25519Verify(publicKey, message, signature) {
    // noble multiplies by the cofactor; OpenSSL does not. RFC 8032 allows both, but two verifiers of one protocol must agree, so R is
    // compared as bytes on top of it: a signature with a component of small order in R or A is refused by both.
    if (!ed25519.verify(signature, message, publicKey, { zip215: false })) return false;
    const { Point } = ed25519;
    const k = Point.Fn.create(littleEndian(sha512(concatBytes(signature.subarray(0, 32), publicKey, message))));
    const s = littleEndian(signature.subarray(32));
    const r = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k));
    return equalBytes(r.toBytes(), signature.subarray(0, 32));
  },
  seal: (aead, key, nonce, plaintext, data) => ciphers[aead](key, nonce, data).encrypt(plaintext),
  open(aead, key, nonce, box, data) {
    try {
      return ciphers[aead](key, nonce, data).decrypt(box);
    } catch {
      return undefined;
    }
  },
};

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
