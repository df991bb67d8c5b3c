import { createCipheriv, createSecretKey } from 'node:crypto';
import { chacha20 } from '@noble/ciphers/chacha.js';
import sodium from 'libsodium-wrappers-sumo';
import { applyMask, applyMasks, type MaskTerm, type Suite, supportsTier, type Tier } from '../../src/kernels/index.ts';
import type { Bench, Entry } from './harness.ts';

/** Masks over 2^20 words of Z_2^32: 4 MiB of keystream made and added for each. */
const WORDS = 2 ** 20;
/**
 * Masks go into one accumulator: a client adds one for each neighbour, a server takes back one for each dropped edge. Two stand for
 * them here; with more, the copies of the accumulator weigh less.
 */
const MASKS = 2;
/** The twin is slow and gets one mask over fewer words. */
const FEW = 2 ** 16;

function seed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

function bench(id: string, suite: Suite, masks: number, peers: Bench['peers']): Bench {
  const into = new Uint32Array(WORDS);
  const few = into.subarray(0, FEW);
  // AES comes from the platform: there is one way to add it.
  const tiers: Tier[] = suite === 'chacha20' ? ['relaxed', 'simd'] : ['simd'];
  const terms: MaskTerm[] = Array.from({ length: masks }, (_, i) => ({ seed: seed(), sign: i % 2 === 0 ? 1 : -1 }));
  return {
    id,
    unit: 'word',
    count: masks * WORDS,
    ours: tiers.filter(supportsTier).map((tier) => ({ tier, run: () => applyMasks(into, terms, suite, 0, tier) })),
    peers: {
      ...peers,
      twin: { run: () => applyMask(few, terms[0]!, suite, 0, 'reference'), count: FEW },
      limit: memcpy(),
    },
  };
}

/** What memory allows: a copy of the same size. */
function memcpy(): { run: () => void; count: number } {
  const from = new Uint32Array(WORDS).fill(1);
  const to = new Uint32Array(WORDS);
  return { run: () => to.set(from), count: WORDS };
}

/** The raw keystream of node:crypto in pieces of 64 KiB, thrown away. */
function keystream(cipher: 'aes-256-ctr' | 'chacha20'): { run: () => void; count: number } {
  const zeros = new Uint8Array(65_536);
  const key = createSecretKey(seed());
  return {
    count: WORDS,
    run: () => {
      const stream = createCipheriv(cipher, key, new Uint8Array(16));
      for (let at = 0; at < 4 * WORDS; at += zeros.length) stream.update(zeros);
    },
  };
}

/** The keystream of noble's ChaCha20, into a buffer that is there. */
function nobleChacha(): { run: () => void; count: number } {
  const key = seed();
  const nonce = new Uint8Array(12);
  const zeros = new Uint8Array(4 * WORDS);
  const out = new Uint8Array(4 * WORDS);
  return { run: () => chacha20(key, nonce, zeros, out), count: WORDS };
}

const aesPeers = (): Bench['peers'] => ({ node: keystream('aes-256-ctr') });

/** libsodium in WebAssembly encrypts zeros; it takes a piece at a time. */
function sodiumChacha(): { run: () => void; count: number } {
  const key = seed();
  const nonce = new Uint8Array(12);
  const zeros = new Uint8Array(4 * FEW);
  return { run: () => sodium.crypto_stream_chacha20_ietf_xor(zeros, nonce, key), count: FEW };
}

async function chachaPeers(): Promise<Bench['peers']> {
  await sodium.ready;
  return { noble: nobleChacha(), node: keystream('chacha20'), libsodium: sodiumChacha() };
}

export const mask: readonly Entry[] = [
  { id: 'mask/aes256ctr', make: () => bench('mask/aes256ctr', 'aes256ctr', MASKS, aesPeers()) },
  { id: 'mask/aes256ctr-one', extra: true, make: () => bench('mask/aes256ctr-one', 'aes256ctr', 1, aesPeers()) },
  { id: 'mask/chacha20', make: async () => bench('mask/chacha20', 'chacha20', MASKS, await chachaPeers()) },
  {
    id: 'mask/chacha20-one',
    extra: true,
    make: async () => bench('mask/chacha20-one', 'chacha20', 1, await chachaPeers()),
  },
];
