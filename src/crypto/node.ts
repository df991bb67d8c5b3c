import type { KeyObject } from 'node:crypto';
import { equalBytes, fromHex } from '../bytes/index.ts';
import type { Primitives } from './primitives.ts';

type NodeCrypto = typeof import('node:crypto');

/** DER of a PKCS #8 OneAsymmetricKey up to the 32 secret bytes (RFC 8410, section 7). */
const PKCS8 = {
  X25519: fromHex('302e020100300506032b656e04220420'),
  Ed25519: fromHex('302e020100300506032b657004220420'),
};

/**
 * The primitives over node:crypto (OpenSSL).
 * @returns undefined outside Node, and where OpenSSL lacks one of them or gives another answer than RFC 7748, 8032 and 8439 (a
 *   FIPS build, for example)
 */
export function nodePrimitives(): Primitives | undefined {
  const node = globalThis.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (node === undefined) return undefined;
  try {
    const primitives = over(node);
    return selfTest(primitives) ? primitives : undefined;
  } catch {
    return undefined;
  }
}

function over(node: NodeCrypto): Primitives {
  const publicKey = (crv: 'X25519' | 'Ed25519', bytes: Uint8Array): KeyObject =>
    node.createPublicKey({ key: { kty: 'OKP', crv, x: base64url(bytes) }, format: 'jwk' });
  const privateKey = (crv: 'X25519' | 'Ed25519', secret: Uint8Array): KeyObject => {
    // Its own memory, not the shared pool, so that it can be cleared.
    const key = Buffer.alloc(48);
    key.set(PKCS8[crv]);
    key.set(secret, 16);
    try {
      return node.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    } finally {
      key.fill(0);
    }
  };
  const raw = (key: KeyObject): Uint8Array =>
    new Uint8Array(Buffer.from(node.createPublicKey(key as never).export({ format: 'jwk' }).x!, 'base64url'));

  return {
    name: 'node',
    sha256(...parts) {
      const hash = node.createHash('sha256');
      for (const part of parts) hash.update(part);
      return plain(hash.digest());
    },
    hkdfSha256: (secret, salt, info, length) => hkdf(node, secret, salt, info, length),
    x25519(secret) {
      const key = privateKey('X25519', secret);
      return {
        publicKey: raw(key),
        multiply(u) {
          try {
            return plain(node.diffieHellman({ privateKey: key, publicKey: publicKey('X25519', u) }));
          } catch {
            return undefined; // OpenSSL fails on an all-zero result
          }
        },
      };
    },
    ed25519(seed) {
      const key = privateKey('Ed25519', seed);
      return { publicKey: raw(key), sign: (message) => plain(node.sign(null, message, key)) };
    },
    ed25519Verify(key, message, signature) {
      try {
        return node.verify(null, message, publicKey('Ed25519', key), signature);
      } catch {
        return false;
      }
    },
    seal(aead, key, nonce, plaintext, data) {
      const cipher = node.createCipheriv(aead as 'aes-256-gcm', key, nonce, { authTagLength: 16 });
      cipher.setAAD(data);
      const out = new Uint8Array(plaintext.length + 16);
      out.set(cipher.update(plaintext));
      cipher.final();
      out.set(cipher.getAuthTag(), plaintext.length);
      return out;
    },
    open(aead, key, nonce, box, data) {
      if (box.length < 16) return undefined;
      const decipher = node.createDecipheriv(aead as 'aes-256-gcm', key, nonce, { authTagLength: 16 });
      decipher.setAAD(data);
      decipher.setAuthTag(box.subarray(box.length - 16));
      const out = plain(decipher.update(box.subarray(0, box.length - 16)));
      try {
        decipher.final();
        return out;
      } catch {
        out.fill(0);
        return undefined;
      }
    },
  };
}

/** RFC 5869 over HMAC: half the time of `hkdfSync`, which sets up a job of its own for each call. */
function hkdf(node: NodeCrypto, secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const key = node.createHmac('sha256', salt).update(secret).digest();
  const out = new Uint8Array(length);
  let block = Buffer.alloc(0);
  for (let i = 1, at = 0; at < length; i++, at += 32) {
    const next = node.createHmac('sha256', key).update(block).update(info).update(Uint8Array.of(i)).digest();
    block.fill(0);
    block = next;
    out.set(block.subarray(0, length - at), at);
  }
  block.fill(0);
  key.fill(0);
  return out;
}

/** A copy with memory of its own: node's small buffers are windows into a shared pool. */
function plain(buffer: Buffer): Uint8Array {
  const out = new Uint8Array(buffer);
  buffer.fill(0);
  return out;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/** RFC 7748 section 6.1 and one round through each of the others: what a build of OpenSSL may lack. */
function selfTest(primitives: Primitives): boolean {
  const alice = primitives.x25519(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
  const bob = fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  const shared = fromHex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  if (!equalBytes(alice.multiply(bob) ?? new Uint8Array(), shared)) return false;
  if (alice.multiply(new Uint8Array(32)) !== undefined) return false;
  const zeros = new Uint8Array(32);
  const signer = primitives.ed25519(zeros);
  if (!primitives.ed25519Verify(signer.publicKey, zeros, signer.sign(zeros))) return false;
  if (primitives.hkdfSha256(zeros, zeros, zeros, 32).length !== 32) return false;
  return (['chacha20-poly1305', 'aes-256-gcm'] as const).every((aead) => {
    const nonce = new Uint8Array(12);
    const box = primitives.seal(aead, zeros, nonce, zeros, zeros);
    return box.length === 48 && equalBytes(primitives.open(aead, zeros, nonce, box, zeros) ?? new Uint8Array(), zeros);
  });
}
