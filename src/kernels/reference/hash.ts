import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Items } from '../plan.ts';

/** The reference twins of the hash kernel: noble, one string at a time. */

const NOBLE = { sha256, sha512, blake3 };

export function hashOne(algorithm: 'sha256' | 'sha512' | 'blake3', bytes: Uint8Array): Uint8Array {
  return NOBLE[algorithm](bytes);
}

export function hashItems(algorithm: 'sha256' | 'sha512' | 'blake3', { data, offsets }: Items): Uint8Array {
  const n = offsets.length - 1;
  const size = NOBLE[algorithm].outputLen;
  const out = new Uint8Array(n * size);
  for (let i = 0; i < n; i++) out.set(hashOne(algorithm, data.subarray(offsets[i], offsets[i + 1])), i * size);
  return out;
}

export function expandOne(bytes: Uint8Array, tag: Uint8Array, length: number): Uint8Array {
  return expand_message_xmd(bytes, tag, length, sha512);
}

export function expandMessages({ data, offsets }: Items, tag: Uint8Array, length: number): Uint8Array {
  const n = offsets.length - 1;
  const out = new Uint8Array(n * length);
  for (let i = 0; i < n; i++) out.set(expandOne(data.subarray(offsets[i], offsets[i + 1]), tag, length), i * length);
  return out;
}
