// Digests of many short byte strings: SHA-256, SHA-512 and BLAKE3, and expand_message_xmd on top of SHA-512.
//
// Strings lie in one buffer, string i at data + offsets[i] .. data + offsets[i + 1]; digests come out one after the other. The lanes
// of a vector hold different strings, and a group runs as many blocks as its longest string has; lanes that are finished keep
// their state through a mask.
//
// Constant time: the compression functions are additions, logic and shifts by constants. What branches and addresses depend on are
// the lengths of the strings, which are not secret, never their bytes.
import { BLAKE3_IV, compressBlake3 } from './generated/blake3';
import { compress32, compress64, INITIAL32, INITIAL64 } from './generated/sha2';

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

const STATE = memory.data(128, 16); // eight vectors
const BEFORE = memory.data(128, 16); // the state before a block
const BLOCK = memory.data(256, 16); // sixteen vectors
const ZPAD = memory.data(64, 16); // SHA-512 after the zero block that opens expand_message_xmd
const IOTA = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 16);
const SWAP_32 = memory.data<u8>([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12], 16);
const SWAP_64 = memory.data<u8>([7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8], 16);

/**
 * Sixteen bytes from position `at` of a block, where `left` bytes of the string begin at the block's start: what lies beyond the
 * string is cleared, and `end` (0x80 for SHA-2, 0 for none) put behind its last byte. Reads past the string, never past memory.
 */
// @ts-ignore: decorator
@inline function padded(source: usize, left: i32, at: i32, end: u8): v128 {
  const position = i8x16.add(v128.load(IOTA), i8x16.splat(<i8>at));
  // Positions are below 128: 255 stands for "all of the block", and no position equals it.
  const inside = i8x16.lt_u(position, i8x16.splat(<i8>(left < 0 ? 0 : left > 127 ? 255 : left)));
  const marker = v128.and(i8x16.eq(position, i8x16.splat(<i8>(left < 0 || left > 127 ? 255 : left))), i8x16.splat(<i8>end));
  return v128.or(v128.and(v128.load(source + at), inside), marker);
}

/** Four vectors of rows -> four vectors of columns, 32-bit entries, stored 16 bytes apart. */
// @ts-ignore: decorator
@inline function transpose32(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5), q = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7), s = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(p, q, 0, 2));
  v128.store(out, v128.shuffle<i64>(p, q, 1, 3), 16);
  v128.store(out, v128.shuffle<i64>(r, s, 0, 2), 32);
  v128.store(out, v128.shuffle<i64>(r, s, 1, 3), 48);
}

/** For lanes whose string has no block `index`, the state goes back to what it was. counts: blocks of each lane. */
// @ts-ignore: decorator
@inline function keepFinished(running: v128): void {
  for (let i: usize = 0; i < 128; i += 16) {
    v128.store(STATE + i, v128.bitselect(v128.load(STATE + i), v128.load(BEFORE + i), running));
  }
}

/** BLAKE3 of strings of at most 1024 bytes (one chunk). @param count a multiple of 4 @param out 32 bytes for each string */
export function blake3(data: usize, offsets: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i += 4, offsets += 16, out += 128) {
    const p0 = data + load<u32>(offsets), p1 = data + load<u32>(offsets, 4);
    const p2 = data + load<u32>(offsets, 8), p3 = data + load<u32>(offsets, 12);
    const l0 = <i32>(p1 - p0), l1 = <i32>(p2 - p1), l2 = <i32>(p3 - p2), l3 = <i32>(data + load<u32>(offsets, 16) - p3);
    const lengths = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(l0), 1, l1), 2, l2), 3, l3);
    // The empty string has one block too.
    const blocks = i32x4.max_s(i32x4.shr_s(i32x4.add(lengths, i32x4.splat(63)), 6), i32x4.splat(1));
    const most = max(max(l0, l1), max(l2, l3));
    for (let w: usize = 0; w < 8; w++) v128.store(STATE + 16 * w, v128.load32_splat(BLAKE3_IV + 4 * w));
    for (let start = 0, index = 0; index === 0 || start < most; start += 64, index++) {
      for (let at = 0; at < 64; at += 16) {
        transpose32(
          BLOCK + 4 * at,
          short64(p0 + start, l0 - start, at), short64(p1 + start, l1 - start, at),
          short64(p2 + start, l2 - start, at), short64(p3 + start, l3 - start, at),
        );
      }
      const last = i32x4.eq(blocks, i32x4.splat(index + 1));
      // CHUNK_START = 1 on the first block; CHUNK_END | ROOT = 2 | 8 on the last
      const flags = v128.or(i32x4.splat(index === 0 ? 1 : 0), v128.and(last, i32x4.splat(10)));
      const inBlock = i32x4.max_s(i32x4.min_s(i32x4.sub(lengths, i32x4.splat(start)), i32x4.splat(64)), i32x4.splat(0));
      if (index > 0) memory.copy(BEFORE, STATE, 128);
      compressBlake3(STATE, BLOCK, inBlock, flags);
      if (index > 0) keepFinished(i32x4.gt_s(blocks, i32x4.splat(index)));
    }
    store4(out);
  }
}

// @ts-ignore: decorator
@inline function short64(source: usize, left: i32, at: i32): v128 {
  return padded(source, left, at, 0);
}

/** Eight vectors of four lanes -> four digests of 32 bytes. */
// @ts-ignore: decorator
@inline function store4(out: usize): void {
  transpose32(BLOCK, v128.load(STATE), v128.load(STATE, 16), v128.load(STATE, 32), v128.load(STATE, 48));
  transpose32(BLOCK + 64, v128.load(STATE, 64), v128.load(STATE, 80), v128.load(STATE, 96), v128.load(STATE, 112));
  for (let lane: usize = 0; lane < 4; lane++) {
    v128.store(out + 32 * lane, v128.load(BLOCK + 16 * lane));
    v128.store(out + 32 * lane, v128.load(BLOCK + 64 + 16 * lane), 16);
  }
}

/** SHA-256. @param count a multiple of 4 @param out 32 bytes for each string */
export function sha256(data: usize, offsets: usize, count: u32, out: usize): void {
  const swap = v128.load(SWAP_32);
  for (let i: u32 = 0; i < count; i += 4, offsets += 16, out += 128) {
    const p0 = data + load<u32>(offsets), p1 = data + load<u32>(offsets, 4);
    const p2 = data + load<u32>(offsets, 8), p3 = data + load<u32>(offsets, 12);
    const l0 = <i32>(p1 - p0), l1 = <i32>(p2 - p1), l2 = <i32>(p3 - p2), l3 = <i32>(data + load<u32>(offsets, 16) - p3);
    const lengths = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(l0), 1, l1), 2, l2), 3, l3);
    // 0x80 and eight bytes of length come after the string.
    const blocks = i32x4.shr_s(i32x4.add(lengths, i32x4.splat(72)), 6);
    const most = (max(max(l0, l1), max(l2, l3)) + 72) >> 6;
    for (let w: usize = 0; w < 8; w++) v128.store(STATE + 16 * w, v128.load32_splat(INITIAL32 + 4 * w));
    for (let index = 0, start = 0; index < most; index++, start += 64) {
      for (let at = 0; at < 64; at += 16) {
        transpose32(
          BLOCK + 4 * at,
          i8x16.swizzle(padded(p0 + start, l0 - start, at, 0x80), swap), i8x16.swizzle(padded(p1 + start, l1 - start, at, 0x80), swap),
          i8x16.swizzle(padded(p2 + start, l2 - start, at, 0x80), swap), i8x16.swizzle(padded(p3 + start, l3 - start, at, 0x80), swap),
        );
      }
      // The last word of a lane's last block is its length in bits (the word above it is 0: strings are short).
      const last = i32x4.eq(blocks, i32x4.splat(index + 1));
      v128.store(BLOCK, v128.bitselect(i32x4.shl(lengths, 3), v128.load(BLOCK, 240), last), 240);
      if (index > 0) memory.copy(BEFORE, STATE, 128);
      compress32(STATE, BLOCK);
      if (index > 0) keepFinished(i32x4.gt_s(blocks, i32x4.splat(index)));
    }
    for (let w: usize = 0; w < 128; w += 16) v128.store(STATE + w, i8x16.swizzle(v128.load(STATE + w), swap));
    store4(out);
  }
}

/** SHA-512. @param count even @param out 64 bytes for each string */
export function sha512(data: usize, offsets: usize, count: u32, out: usize): void {
  sha512From(INITIAL64, 0, data, offsets, count, out);
}

/** SHA-512 going on from a state of eight words after `before` bytes (a multiple of 128). */
function sha512From(initial: usize, before: i32, data: usize, offsets: usize, count: u32, out: usize): void {
  const swap = v128.load(SWAP_64);
  for (let i: u32 = 0; i < count; i += 2, offsets += 8, out += 128) {
    const p0 = data + load<u32>(offsets), p1 = data + load<u32>(offsets, 4);
    const l0 = <i32>(p1 - p0), l1 = <i32>(data + load<u32>(offsets, 8) - p1);
    // 0x80 and sixteen bytes of length come after the string.
    const blocks0 = (l0 + 144) >> 7, blocks1 = (l1 + 144) >> 7;
    const blocks = i64x2.replace_lane(i64x2.splat(blocks0), 1, blocks1);
    const bits = i64x2.replace_lane(i64x2.splat(8 * <i64>(before + l0)), 1, 8 * <i64>(before + l1));
    for (let w: usize = 0; w < 8; w++) v128.store(STATE + 16 * w, v128.load64_splat(initial + 8 * w));
    for (let index = 0, start = 0; index < max(blocks0, blocks1); index++, start += 128) {
      for (let at = 0; at < 128; at += 16) {
        const a = i8x16.swizzle(padded(p0 + start, l0 - start, at, 0x80), swap);
        const b = i8x16.swizzle(padded(p1 + start, l1 - start, at, 0x80), swap);
        v128.store(BLOCK + 2 * at, v128.shuffle<i64>(a, b, 0, 2));
        v128.store(BLOCK + 2 * at, v128.shuffle<i64>(a, b, 1, 3), 16);
      }
      const last = i64x2.eq(blocks, i64x2.splat(index + 1));
      v128.store(BLOCK, v128.bitselect(bits, v128.load(BLOCK, 240), last), 240);
      if (index > 0) memory.copy(BEFORE, STATE, 128);
      compress64(STATE, BLOCK);
      if (index > 0) keepFinished(i64x2.gt_s(blocks, i64x2.splat(index)));
    }
    for (let w: usize = 0; w < 128; w += 32) {
      const a = i8x16.swizzle(v128.load(STATE + w), swap), b = i8x16.swizzle(v128.load(STATE + w, 16), swap);
      v128.store(out + (w >> 1), v128.shuffle<i64>(a, b, 0, 2));
      v128.store(out + (w >> 1), v128.shuffle<i64>(a, b, 1, 3), 64);
    }
  }
}

/**
 * expand_message_xmd with SHA-512 (RFC 9380 section 5.3.1).
 * @param count even
 * @param suffix address of l_i_b_str || 0 || DST_prime, `suffixLength` bytes: what follows the message in b_0
 * @param length bytes for each string: 1 .. 16,320
 * @param out `length` bytes for each string
 * @param scratch offsets (4 * count + 4 bytes, rounded up to 16), b_0 and b_i (64 * count bytes each), then the strings to hash
 */
export function expandMessageXmd(
  data: usize, offsets: usize, count: u32, suffix: usize, suffixLength: u32, length: u32, out: usize, scratch: usize,
): void {
  const starts = scratch;
  const b0 = scratch + ((4 * count + 4 + 15) & ~15);
  const bi = b0 + 64 * count;
  const strings = bi + 64 * count;
  // Z_pad is one block of zeros: its state is the same for every string.
  for (let w: usize = 0; w < 8; w++) v128.store(STATE + 16 * w, v128.load64_splat(INITIAL64 + 8 * w));
  memory.fill(BLOCK, 0, 256);
  compress64(STATE, BLOCK);
  for (let w: usize = 0; w < 8; w++) store<u64>(ZPAD + 8 * w, load<u64>(STATE + 16 * w));
  // b_0 = H(Z_pad || msg || l_i_b_str || 0 || DST_prime)
  let end: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const from = load<u32>(offsets + 4 * i), bytes = load<u32>(offsets + 4 * i, 4) - from;
    store<u32>(starts + 4 * i, end);
    memory.copy(strings + end, data + from, bytes);
    memory.copy(strings + end + bytes, suffix, suffixLength);
    end += bytes + suffixLength;
  }
  store<u32>(starts + 4 * count, end);
  sha512From(ZPAD, 128, strings, starts, count, b0);
  // b_1 = H(b_0 || 1 || DST_prime), b_i = H((b_0 xor b_(i-1)) || i || DST_prime); DST_prime is the suffix without its first 3 bytes
  const each = 62 + suffixLength;
  for (let index: u32 = 1, done: u32 = 0; done < length; index++, done += 64) {
    for (let i: u32 = 0; i < count; i++) {
      const string = strings + i * each;
      store<u32>(starts + 4 * i, i * each);
      for (let at: usize = 0; at < 64; at += 16) {
        const first = v128.load(b0 + 64 * i + at);
        v128.store(string + at, index === 1 ? first : v128.xor(first, v128.load(bi + 64 * i + at)));
      }
      store<u8>(string, <u8>index, 64);
      memory.copy(string + 65, suffix + 3, suffixLength - 3);
    }
    store<u32>(starts + 4 * count, count * each);
    sha512(strings, starts, count, bi);
    for (let i: u32 = 0; i < count; i++) memory.copy(out + i * length + done, bi + 64 * i, min(64, length - done));
  }
}
