import { createHash } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import sodium from 'libsodium-wrappers-sumo';
import { type HashAlgorithm, hashItems } from '../../src/kernels/index.ts';
import type { Bench, Entry } from './harness.ts';

/** Identifiers of 16 to 32 bytes, about as long as e-mail addresses. */
const STRINGS = 2 ** 20;
const QUICK_STRINGS = 2 ** 14;
/** The peers work on fewer: they are called once for each string. */
const FEW = 2 ** 10;

const NOBLE = { sha256, sha512, blake3 };

async function bench(algorithm: HashAlgorithm, nodeName: string, quick: boolean): Promise<Bench> {
  await sodium.ready;
  const n = quick ? QUICK_STRINGS : STRINGS;
  const offsets = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = offsets[i]! + 16 + ((i * 7) % 17);
  const data = new Uint8Array(offsets[n]!);
  for (let at = 0; at < data.length; at += 65_536) crypto.getRandomValues(data.subarray(at, at + 65_536));
  const strings = Array.from({ length: FEW }, (_, i) => data.subarray(offsets[i], offsets[i + 1]));
  const each = (hash: (bytes: Uint8Array) => unknown) => ({ run: () => strings.forEach(hash), count: FEW });
  const few = { data: data.subarray(0, offsets[FEW]), offsets: offsets.subarray(0, FEW + 1) };
  return {
    id: `hash/${algorithm}-batch`,
    unit: 'string',
    count: n,
    ours: [{ tier: 'simd', run: () => hashItems(algorithm, { data, offsets }) }],
    peers: {
      noble: each((bytes) => NOBLE[algorithm](bytes)),
      // Node has no BLAKE3: its SHA-256 is what a program would call instead.
      node: each((bytes) => createHash(nodeName).update(bytes).digest()),
      ...(algorithm === 'sha512' && { libsodium: each((bytes) => sodium.crypto_hash_sha512(bytes)) }),
      twin: { run: () => hashItems(algorithm, few, 'reference'), count: FEW },
    },
  };
}

export const hash: readonly Entry[] = [
  { id: 'hash/sha512-batch', make: (quick) => bench('sha512', 'sha512', quick) },
  { id: 'hash/sha256-batch', extra: true, make: (quick) => bench('sha256', 'sha256', quick) },
  { id: 'hash/blake3-batch', make: (quick) => bench('blake3', 'sha256', quick) },
];
