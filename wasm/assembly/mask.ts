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

/** chacha20 works on groups of eight blocks. */
const GROUP: usize = 512;

/**
 * Adds (sign 1) or subtracts (sign -1) keystream to `count` words of `width` bytes at `into`.
 * @param key address of 32 bytes
 * @param block the first ChaCha20 block (of 64 bytes); the blocks used must not pass 2^32 - 1
 * @param skip bytes of that block that lie before the first word: 0 .. 63, a multiple of `width`
 * @param scratch address of 512 bytes, for the keystream of a first and a last group that are not whole
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
  const mode: u32 = (width === 8 ? 2 : 0) + (sign > 0 ? 0 : 1);
  let left = count * width;
  if (skip > 0) {
    const bytes = min(left, GROUP - skip);
    part(key, block, skip, into, bytes, mode, scratch);
    into += bytes;
    left -= bytes;
    block += 8;
  }
  const groups = left / GROUP;
  chacha20(key, block, into, <u32>groups, mode);
  left -= groups * GROUP;
  if (left > 0) part(key, block + 8 * <u32>groups, 0, into + groups * GROUP, left, mode, scratch);
}

/** At most one group of keystream, by way of the scratch space. */
function part(key: usize, block: u32, skip: usize, into: usize, bytes: usize, mode: u32, scratch: usize): void {
  memory.fill(scratch, 0, GROUP);
  chacha20(key, block, scratch, 1, 0);
  const from = scratch + skip;
  if (mode === 0) add32(into, from, <u32>(bytes >> 2));
  else if (mode === 1) subtract32(into, from, <u32>(bytes >> 2));
  else if (mode === 2) add64(into, from, <u32>(bytes >> 3));
  else subtract64(into, from, <u32>(bytes >> 3));
}
