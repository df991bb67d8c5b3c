import { ctr } from '@noble/ciphers/aes.js';
import { chacha20 } from '@noble/ciphers/chacha.js';
import type { MaskTerm, Suite } from '../plan.ts';
import type { RingWords } from '../words.ts';
import { addWords, subtractWords } from './ring.ts';

/** Keystream made at a time, in words. */
const PIECE = 8192;

/**
 * The reference twin of the mask kernel: keystream from noble, read as words and added by the ring's twin. Slow and obvious.
 *
 * aes256ctr: AES-256 in counter mode, zero nonce, 128-bit big-endian counter from 0. chacha20: RFC 8439 section 2.4, zero nonce,
 * 32-bit counter from 0.
 */
export function applyMask(into: RingWords, term: MaskTerm, suite: Suite, from = 0): void {
  const width = into.BYTES_PER_ELEMENT;
  for (let start = 0; start < into.length; start += PIECE) {
    const piece = into.subarray(start, start + PIECE);
    // A copy, which begins at a word boundary.
    const { buffer } = keystream(term.seed, suite, (from + start) * width, piece.byteLength).slice();
    const words = piece instanceof Uint32Array ? new Uint32Array(buffer) : new BigUint64Array(buffer);
    if (term.sign === 1) addWords(piece, words);
    else subtractWords(piece, words);
  }
}

/** Bytes from .. from + length - 1 of a keystream: whole blocks, cut. */
function keystream(seed: Uint8Array, suite: Suite, from: number, length: number): Uint8Array {
  const size = suite === 'aes256ctr' ? 16 : 64;
  const skipped = from % size;
  const block = (from - skipped) / size;
  const zeros = new Uint8Array(skipped + length);
  if (suite === 'chacha20') return chacha20(seed, new Uint8Array(12), zeros, undefined, block).subarray(skipped);
  const counter = new Uint8Array(16);
  new DataView(counter.buffer).setBigUint64(8, BigInt(block));
  return ctr(seed, counter).encrypt(zeros).subarray(skipped);
}
