import { createCipheriv, createSecretKey } from 'node:crypto';
import { chacha20 } from '@noble/ciphers/chacha.js';
import { applyMask, applyMasks, type MaskTerm, type Suite } from '../../src/kernels/index.ts';
import type { Bench, Entry } from './harness.ts';

/** One mask over 2^20 words of Z_2^32: 4 MiB of keystream made and added. */
const WORDS = 2 ** 20;

function seed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The same mask over the reference twin goes over fewer words: it is slow. */
const FEW = 2 ** 16;

function common(suite: Suite): Pick<Bench, 'unit' | 'count' | 'ours'> & { twin: { run: () => void; count: number } } {
  const into = new Uint32Array(WORDS);
  const few = into.subarray(0, FEW);
  const term: MaskTerm = { seed: seed(), sign: 1 };
  return {
    unit: 'word',
    count: WORDS,
    ours: [{ tier: 'simd', run: () => applyMask(into, term, suite) }],
    twin: { run: () => applyMask(few, term, suite, 0, 'reference'), count: FEW },
  };
}

/** What memory allows: a copy of the same size. */
function memcpy(): { run: () => void } {
  const from = new Uint32Array(WORDS).fill(1);
  const to = new Uint32Array(WORDS);
  return { run: () => to.set(from) };
}

/** The raw keystream of node:crypto in pieces of 64 KiB, thrown away. */
function keystream(cipher: 'aes-256-ctr' | 'chacha20'): { run: () => void } {
  const zeros = new Uint8Array(65_536);
  const key = createSecretKey(seed());
  return {
    run: () => {
      const stream = createCipheriv(cipher, key, new Uint8Array(16));
      for (let at = 0; at < 4 * WORDS; at += zeros.length) stream.update(zeros);
    },
  };
}

export const mask: readonly Entry[] = [
  {
    id: 'mask/aes256ctr',
    make: () => {
      const { twin, ...rest } = common('aes256ctr');
      return { id: 'mask/aes256ctr', ...rest, peers: { node: keystream('aes-256-ctr'), twin, limit: memcpy() } };
    },
  },
  {
    id: 'mask/aes256ctr-16',
    make: () => {
      // Sixteen masks into one accumulator, as an unmasking server has them.
      const terms: MaskTerm[] = Array.from({ length: 16 }, (_, i) => ({ seed: seed(), sign: i % 2 === 0 ? 1 : -1 }));
      const into = new Uint32Array(WORDS);
      return {
        id: 'mask/aes256ctr-16',
        unit: 'word',
        count: 16 * WORDS,
        ours: [{ tier: 'simd', run: () => applyMasks(into, terms, 'aes256ctr') }],
        peers: { node: { ...keystream('aes-256-ctr'), count: WORDS } },
      };
    },
  },
  {
    id: 'mask/chacha20',
    make: () => {
      const { twin, ...rest } = common('chacha20');
      const key = seed();
      const nonce = new Uint8Array(12);
      const zeros = new Uint8Array(4 * WORDS);
      const out = new Uint8Array(4 * WORDS);
      const noble = { run: () => chacha20(key, nonce, zeros, out) };
      return { id: 'mask/chacha20', ...rest, peers: { noble, node: keystream('chacha20'), twin, limit: memcpy() } };
    },
  },
];
