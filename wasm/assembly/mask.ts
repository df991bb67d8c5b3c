// Masks: keystream added to, or subtracted from, a ring accumulator.
//
// Constant time: ChaCha20 is additions, exclusive ors and rotations by constants, and the additions of words.ts loop over public
// lengths; neither branches on, nor addresses memory by, the key, the keystream or the vector.
import { chacha20, forget, GROUP, prepare } from './generated/chacha';
import { add32, add64, subtract32, subtract64 } from './words';

export { add32, add64, subtract32, subtract64 };

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Adds (sign 1) or subtracts (sign -1) keystream to `count` words of `width` bytes at `into`.
 * @param key address of 32 bytes
 * @param block the first ChaCha20 block (of 64 bytes); the blocks used must not pass 2^32 - 1
 * @param skip bytes of that block that lie before the first word: 0 .. 63, a multiple of `width`
 * @param scratch address of 768 bytes, for keystream that is not added from the registers: groups that are
 *   not whole, and 64-bit words
 */
export function chacha20Mask(
  key: usize, block: u32, skip: usize, into: usize, count: usize, width: usize, sign: i32, scratch: usize,
): void {
  let left = count * width;
  prepare(key);
  if (width === 4) {
    if (skip > 0) {
      const bytes = min(left, GROUP - skip);
      part(key, block, skip, into, bytes, 4, sign, scratch);
      into += bytes;
      left -= bytes;
      block += <u32>(GROUP >> 6);
      skip = 0;
    }
    const groups = left / GROUP;
    chacha20(key, block, into, <u32>groups, sign > 0 ? 0 : 1);
    into += groups * GROUP;
    left -= groups * GROUP;
    block += <u32>((groups * GROUP) >> 6);
  }
  while (left > 0) {
    const bytes = min(left, GROUP - skip);
    part(key, block, skip, into, bytes, width, sign, scratch);
    into += bytes;
    left -= bytes;
    block += <u32>(GROUP >> 6);
    skip = 0;
  }
  forget();
}

/** At most one group of keystream, by way of the scratch space. */
function part(key: usize, block: u32, skip: usize, into: usize, bytes: usize, width: usize, sign: i32, scratch: usize): void {
  memory.fill(scratch, 0, GROUP);
  chacha20(key, block, scratch, 1, 0);
  const from = scratch + skip;
  if (width === 4) {
    if (sign > 0) add32(into, from, <u32>(bytes >> 2));
    else subtract32(into, from, <u32>(bytes >> 2));
  } else {
    if (sign > 0) add64(into, from, <u32>(bytes >> 3));
    else subtract64(into, from, <u32>(bytes >> 3));
  }
}
