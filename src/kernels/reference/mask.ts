import { ctr } from '@noble/ciphers/aes.js';
import { chacha20 } from '@noble/ciphers/chacha.js';
import type { MaskTerm, Suite } from '../plan.ts';
import type { RingWords } from '../words.ts';

/** Keystream made at a time, in words. */
const PIECE = 8192;

/**
 * The reference twin of the mask kernel: keystream from noble, added word by word, 64-bit words with BigInt. Slow and obvious.
 *
 * aes256ctr: AES-256 in counter mode, zero nonce, 128-bit big-endian counter from 0. chacha20: RFC 8439 section 2.4, zero nonce,
 * 32-bit counter from 0.
 */
export function applyMask(into: RingWords, term: MaskTerm, suite: Suite, from = 0): void {
  const width = into.BYTES_PER_ELEMENT;
  for (let start = 0; start < into.length; start += PIECE) {
    const end = Math.min(into.length, start + PIECE);
    const stream = keystream(term.seed, suite, (from + start) * width, (end - start) * width);
    const view = new DataView(stream.buffer, stream.byteOffset);
    for (let i = start; i < end; i++) {
      const at = (i - start) * width;
      if (into instanceof Uint32Array) into[i] = into[i]! + term.sign * view.getUint32(at, true);
      else into[i] = BigInt.asUintN(64, into[i]! + BigInt(term.sign) * view.getBigUint64(at, true));
    }
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
