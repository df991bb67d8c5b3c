// Masks: keystream added to, or subtracted from, a ring accumulator.
//
// Constant time: ChaCha20 is additions, exclusive ors and rotations by constants, and the additions of words.ts loop over public
// lengths; neither branches on, nor addresses memory by, the key, the keystream or the vector.
import { chacha20 } from './generated/chacha';
import { add32, add64, subtract32, subtract64 } from './words';

export { add32, add64, subtract32, subtract64 };

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/** Keystream made before it is consumed: it must still be in the first-level cache then. */
const CHUNK: usize = 4096;

/**
 * Adds (sign 1) or subtracts (sign -1) keystream to `count` words of `width` bytes at `into`.
 * @param key address of 32 bytes
 * @param block the first ChaCha20 block (of 64 bytes); the blocks used must not pass 2^32 - 1
 * @param skip bytes of that block that lie before the first word: 0 .. 63, a multiple of `width`
 * @param scratch address of 4096 bytes for keystream
 */
export function chacha20Mask(
  key: usize,
  block: u32,
  skip: usize,
  into: usize,
  count: usize,
  width: usize,
  sign: i32,
  scratch: usize,
): void {
  let left = count * width;
  while (left > 0) {
    const bytes = min(left, CHUNK - skip);
    // groups of 512 bytes, rounded up: the scratch space holds whole groups
    chacha20(key, block, scratch, <u32>((skip + bytes + 511) >> 9));
    const words = <u32>(width === 4 ? bytes >> 2 : bytes >> 3);
    if (width === 4) {
      if (sign > 0) add32(into, scratch + skip, words);
      else subtract32(into, scratch + skip, words);
    } else {
      if (sign > 0) add64(into, scratch + skip, words);
      else subtract64(into, scratch + skip, words);
    }
    into += bytes;
    left -= bytes;
    block += <u32>(CHUNK >> 6);
    skip = 0;
  }
}
