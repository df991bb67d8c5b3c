import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import sodium from 'libsodium-wrappers-sumo';
import { AgreementKey } from '../../src/crypto/index.ts';
import type { Bench, Entry } from './harness.ts';

/** X25519 on one peer's 32 bytes, which a client of pairwise masks does twice for every neighbour. */
async function agree(): Promise<Bench> {
  await sodium.ready;
  const mine = AgreementKey.generate();
  const peer = AgreementKey.generate().publicKey;
  const secret = mine.expose().slice();
  const { privateKey } = generateKeyPairSync('x25519');
  const imported = generateKeyPairSync('x25519').publicKey;
  const x = Buffer.from(peer).toString('base64url');
  return {
    id: 'x25519/agree',
    unit: 'agreement',
    count: 1,
    ours: [{ tier: 'node', run: () => mine.agree(peer) }],
    peers: {
      noble: { run: () => x25519.getSharedSecret(secret, peer) },
      // As ours: the peer's key comes as bytes.
      node: {
        run: () =>
          diffieHellman({
            privateKey,
            publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' }),
          }),
      },
      libsodium: { run: () => sodium.crypto_scalarmult(secret, peer) },
      // The agreement by itself, on keys that are imported and checked.
      limit: { run: () => diffieHellman({ privateKey, publicKey: imported }) },
    },
  };
}

async function generate(): Promise<Bench> {
  await sodium.ready;
  return {
    id: 'x25519/generate',
    unit: 'key pair',
    count: 1,
    ours: [{ tier: 'node', run: () => AgreementKey.generate().publicKey }],
    peers: {
      noble: { run: () => x25519.keygen().publicKey },
      node: { run: () => generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) },
      libsodium: { run: () => sodium.crypto_box_keypair() },
    },
  };
}

export const agreement: readonly Entry[] = [
  { id: 'x25519/agree', make: agree },
  { id: 'x25519/generate', extra: true, make: generate },
];
