import { ctr } from '@noble/ciphers/aes.js';
import { chacha20 } from '@noble/ciphers/chacha.js';
import type { MaskTerm, Suite } from '../plan.ts';
import type { RingWords } from '../words.ts';

/**
 * The reference twin of the mask kernel: the whole keystream at once, added word by word with BigInt. Slow and obvious.
 *
 * aes256ctr: AES-256 in counter mode, zero nonce, 128-bit big-endian counter from 0. chacha20: RFC 8439 section 2.4, zero nonce, 32-bit
 * counter from 0.
 */
export function applyMask(into: RingWords, term: MaskTerm, suite: Suite, from = 0): void {
  const width = into.BYTES_PER_ELEMENT;
  const stream = keystream(term.seed, suite, (from + into.length) * width);
  const view = new DataView(stream.buffer, stream.byteOffset);
  for (let i = 0; i < into.length; i++) {
    const at = (from + i) * width;
    if (into instanceof Uint32Array) into[i] = into[i]! + term.sign * view.getUint32(at, true);
    else into[i] = BigInt.asUintN(64, into[i]! + BigInt(term.sign) * view.getBigUint64(at, true));
  }
}

function keystream(seed: Uint8Array, suite: Suite, length: number): Uint8Array {
  const zeros = new Uint8Array(length);
  return suite === 'aes256ctr'
    ? ctr(seed, new Uint8Array(16)).encrypt(zeros)
    : chacha20(seed, new Uint8Array(12), zeros);
}
