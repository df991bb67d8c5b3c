import { AES_PIECE, freePiece, hasNodeAes, hasWebAes, nodeStream, webStream } from './aes.ts';
import { chooseTier, type Tier } from './features.ts';
import { type KernelExports, lazyKernel, reserve, wipe } from './load.ts';
import { maskWasm } from './mask.wasm.ts';
import { maskRelaxedWasm } from './mask-relaxed.wasm.ts';
import type { MaskTerm, Suite } from './plan.ts';
import { applyMask as applyMaskReference } from './reference/mask.ts';
import { type RingWords, wordBytes } from './words.ts';

interface MaskExports extends KernelExports {
  add32(a: number, b: number, count: number): void;
  subtract32(a: number, b: number, count: number): void;
  add64(a: number, b: number, count: number): void;
  subtract64(a: number, b: number, count: number): void;
  chacha20Mask(
    key: number,
    block: number,
    skip: number,
    into: number,
    count: number,
    width: number,
    sign: number,
    scratch: number,
  ): void;
}

/** `relaxed` differs from `simd` in the swizzles of ChaCha20 alone. */
export type MaskTier = 'reference' | 'simd' | 'relaxed';

export const MASK_TIERS: readonly MaskTier[] = ['reference', 'simd', 'relaxed'];

const kernels = { simd: lazyKernel<MaskExports>(maskWasm), relaxed: lazyKernel<MaskExports>(maskRelaxedWasm) };

/** How many bytes of a vector an executor should mask at a time: enough to make seeking in every keystream cheap. */
export const MASK_BLOCK: number = 2 ** 19;

/**
 * Inside a call, the accumulator passes through the kernel's memory in blocks of 64 KiB, which stay in the cache for all terms.
 * Layout from the memory's base: a key, a block of keystream, a block of the accumulator.
 */
const KEY_BYTES = 64;

/** For ChaCha20, whole groups of the 768 bytes that it makes at a time. */
const CHACHA_PIECE = 85 * 768;

/**
 * Adds or subtracts the keystream of a seed, in place: into[i] += sign * word(from + i).
 * @param into ring words; additions wrap at the word width
 * @param from index of the first keystream word, so that ranges of one vector can be masked separately
 * @throws {RangeError} for a seed of other than 32 bytes, or a range beyond the keystream: 2^38 - 64 bytes for chacha20,
 *   2^53 for aes256ctr
 */
export function applyMask(into: RingWords, term: MaskTerm, suite: Suite, from = 0, tier?: Tier): void {
  applyMasks(into, [term], suite, from, tier);
}

/**
 * Adds or subtracts many keystreams, block by block of `into`, so that each word is read and written once for all terms.
 * Synchronous: where AES answers asynchronously only (browsers), aes256ctr takes the slow reference cipher here;
 * {@link applyMasksAsync} does not.
 */
export function applyMasks(into: RingWords, terms: readonly MaskTerm[], suite: Suite, from = 0, tier?: Tier): void {
  check(into, terms, suite, from);
  const chosen = chooseTier(MASK_TIERS, tier);
  if (chosen === 'reference' || (suite === 'aes256ctr' && !hasNodeAes())) {
    for (const term of terms) applyMaskReference(into, term, suite, from);
  } else if (suite === 'chacha20') {
    inBlocks(kernels[chosen](), CHACHA_PIECE, into, (block, start) => {
      for (const term of terms) chachaMask(block, term, from + start);
    });
  } else {
    const streams = terms.map(({ seed }) => nodeStream(seed, from * into.BYTES_PER_ELEMENT));
    inBlocks(kernels.simd(), AES_PIECE, into, (block) => {
      terms.forEach(({ sign }, t) => {
        const piece = streams[t]!(block.bytes);
        addStream(block, piece, sign);
        freePiece(piece);
      });
    });
  }
}

/** {@link applyMasks} with the fastest cipher the platform has, also where that one is asynchronous. Same bytes. */
export async function applyMasksAsync(
  into: RingWords,
  terms: readonly MaskTerm[],
  suite: Suite,
  from = 0,
  options: { tier?: Tier | undefined; aes?: 'node' | 'webcrypto' } = {},
): Promise<void> {
  const tier = chooseTier(MASK_TIERS, options.tier);
  const aes = options.aes ?? (hasNodeAes() || !hasWebAes() ? 'node' : 'webcrypto');
  if (suite === 'chacha20' || tier === 'reference' || aes === 'node') {
    applyMasks(into, terms, suite, from, tier);
    return;
  }
  check(into, terms, suite, from);
  const width = into.BYTES_PER_ELEMENT;
  const perBlock = MASK_BLOCK / width;
  for (const { seed, sign } of terms) {
    const stream = await webStream(seed);
    for (let start = 0; start < into.length; start += perBlock) {
      const piece = into.subarray(start, Math.min(into.length, start + perBlock));
      const keystream = await stream((from + start) * width, piece.byteLength);
      // The kernel's memory is shared with other calls on this thread, so nothing may stay there across an await.
      inBlocks(kernels.simd(), AES_PIECE, piece, (block, at) => {
        addStream(block, keystream.subarray(at * width, at * width + block.bytes), sign);
      });
    }
  }
}

interface Block {
  readonly exports: MaskExports;
  /** the kernel's memory; a later call may detach it, this one does not */
  readonly memory: Uint8Array;
  readonly keyAt: number;
  readonly streamAt: number;
  readonly at: number;
  readonly bytes: number;
  readonly width: number;
}

/** Copies `into` through the kernel's memory, `size` bytes at a time. @param work gets the block and the index of its first word */
function inBlocks(
  exports: MaskExports,
  size: number,
  into: RingWords,
  work: (block: Block, start: number) => void,
): void {
  const keyAt = exports.base();
  const streamAt = keyAt + KEY_BYTES;
  const at = streamAt + AES_PIECE;
  const most = Math.min(size, into.byteLength);
  reserve(exports.memory, at + most);
  const memory = new Uint8Array(exports.memory.buffer);
  const all = wordBytes(into);
  const width = into.BYTES_PER_ELEMENT;
  try {
    for (let start = 0; start < all.length; start += size) {
      const bytes = all.subarray(start, start + size);
      memory.set(bytes, at);
      work({ exports, memory, keyAt, streamAt, at, bytes: bytes.length, width }, start / width);
      bytes.set(memory.subarray(at, at + bytes.length));
    }
  } finally {
    wipe(exports.memory, keyAt, KEY_BYTES + AES_PIECE + most);
  }
}

function chachaMask({ exports, memory, keyAt, streamAt, at, bytes, width }: Block, term: MaskTerm, from: number): void {
  memory.set(term.seed, keyAt);
  const skip = (from * width) % 64;
  const first = (from * width - skip) / 64;
  exports.chacha20Mask(keyAt, first, skip, at, bytes / width, width, term.sign, streamAt);
}

function addStream({ exports, memory, streamAt, at, width }: Block, stream: Uint8Array, sign: 1 | -1): void {
  memory.set(stream, streamAt);
  const words = stream.length / width;
  if (width === 4) {
    if (sign === 1) exports.add32(at, streamAt, words);
    else exports.subtract32(at, streamAt, words);
  } else {
    if (sign === 1) exports.add64(at, streamAt, words);
    else exports.subtract64(at, streamAt, words);
  }
}

/** A 32-bit counter of 64-byte blocks; the last is left alone, so that no implementation has to step past it. */
const CHACHA_LIMIT = 64 * (2 ** 32 - 1);

function check(into: RingWords, terms: readonly MaskTerm[], suite: Suite, from: number): void {
  const limit = suite === 'chacha20' ? CHACHA_LIMIT : 2 ** 53;
  const width = into.BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(from) || from < 0 || (from + into.length) * width > limit) {
    throw new RangeError(
      `keystream words ${from} .. ${from + into.length} of ${width} bytes, ${suite} has ${limit} bytes`,
    );
  }
  for (const { seed, sign } of terms) {
    if (seed.length !== 32) throw new RangeError(`a mask seed has 32 bytes, found ${seed.length}`);
    if (sign !== 1 && sign !== -1) throw new RangeError(`a mask has the sign 1 or -1, found ${String(sign)}`);
  }
}
