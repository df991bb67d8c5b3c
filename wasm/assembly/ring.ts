// Ring vectors Z_2^32 and Z_2^64, bit packing, rounding and the Hadamard transform.
//
// Constant time: every loop runs over public lengths, and nothing branches on, or addresses memory by, a word or a value. Branches
// on `bits`, `filled` and the like depend on the packing width and the position alone.
export { add32, add64, subtract32, subtract64 } from './words';

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/** a[i] += factor * b[i] modulo 2^32 */
export function multiplyAdd32(a: usize, b: usize, count: u32, factor: u32): void {
  const end = a + ((<usize>count) << 2);
  const vectors = a + ((<usize>count >> 2) << 4);
  const splat = i32x4.splat(factor);
  for (; a < vectors; a += 16, b += 16) v128.store(a, i32x4.add(v128.load(a), i32x4.mul(v128.load(b), splat)));
  for (; a < end; a += 4, b += 4) store<u32>(a, load<u32>(a) + factor * load<u32>(b));
}

/** a[i] += factor * b[i] modulo 2^64; the factor in two halves, which spares the face BigInt parameters */
export function multiplyAdd64(a: usize, b: usize, count: u32, low: u32, high: u32): void {
  const factor = (<u64>high << 32) | <u64>low;
  const end = a + ((<usize>count) << 3);
  for (; a < end; a += 8, b += 8) store<u64>(a, load<u64>(a) + factor * load<u64>(b));
}

/** a[i] *= factor modulo 2^32 */
export function scale32(a: usize, count: u32, factor: u32): void {
  const end = a + ((<usize>count) << 2);
  const vectors = a + ((<usize>count >> 2) << 4);
  const splat = i32x4.splat(factor);
  for (; a < vectors; a += 16) v128.store(a, i32x4.mul(v128.load(a), splat));
  for (; a < end; a += 4) store<u32>(a, factor * load<u32>(a));
}

/** a[i] *= factor modulo 2^64 */
export function scale64(a: usize, count: u32, low: u32, high: u32): void {
  const factor = (<u64>high << 32) | <u64>low;
  const end = a + ((<usize>count) << 3);
  for (; a < end; a += 8) store<u64>(a, factor * load<u64>(a));
}

/**
 * Packs the low `bits` (1 .. 31) bits of 32-bit words, lowest bit first. Two words at a time make one piece of 2 * bits <= 62 bits.
 * @param count even: the face pads with a zero word
 * @param out address of ceil(bits * count / 64) * 8 bytes
 */
export function pack32(words: usize, count: u32, bits: u32, out: usize): void {
  const mask = (<u64>1 << bits) - 1;
  const step = 2 * bits;
  let buffer: u64 = 0;
  let filled: u32 = 0; // bits of the buffer in use, < 64
  for (const end = words + ((<usize>count) << 2); words < end; words += 8) {
    const two = load<u64>(words);
    const piece = (two & mask) | (((two >> 32) & mask) << bits);
    buffer |= piece << filled;
    filled += step;
    if (filled >= 64) {
      store<u64>(out, buffer);
      out += 8;
      filled -= 64;
      buffer = piece >> (step - filled); // the upper bits, `filled` of them, that did not fit; 1 <= step - filled <= 62
    }
  }
  store<u64>(out, buffer);
}

/** Packs the low `bits` (33 .. 63) bits of 64-bit words. @param out as for pack32, and 8 bytes more */
export function pack64(words: usize, count: u32, bits: u32, out: usize): void {
  const mask = (<u64>1 << bits) - 1;
  let buffer: u64 = 0;
  let filled: u32 = 0;
  for (const end = words + ((<usize>count) << 3); words < end; words += 8) {
    const word = load<u64>(words) & mask;
    buffer |= word << filled;
    filled += bits;
    if (filled >= 64) {
      store<u64>(out, buffer);
      out += 8;
      filled -= 64;
      buffer = word >> (bits - filled); // 1 <= bits - filled <= 63
    }
  }
  store<u64>(out, buffer);
}

/** The inverse of pack32. Reads up to 7 bytes beyond the last one used: memory is larger than that. */
export function unpack32(packed: usize, count: u32, bits: u32, words: usize): void {
  const mask = (<u64>1 << bits) - 1;
  let at: u64 = 0;
  for (const end = words + ((<usize>count) << 2); words < end; words += 4) {
    store<u32>(words, <u32>((load<u64>(packed + <usize>(at >> 3)) >> (at & 7)) & mask));
    at += bits;
  }
}

/** The inverse of pack64. A word may reach into a ninth byte. */
export function unpack64(packed: usize, count: u32, bits: u32, words: usize): void {
  const mask = (<u64>1 << bits) - 1;
  let at: u64 = 0;
  for (const end = words + ((<usize>count) << 3); words < end; words += 8) {
    const p = packed + <usize>(at >> 3);
    const shift = at & 7;
    const high = (<u64>load<u8>(p, 8) << 1) << (63 - shift); // << (64 - shift), which would be << 0 for shift 0
    store<u64>(words, ((load<u64>(p) >> shift) | high) & mask);
    at += bits;
  }
}

/**
 * Stochastic rounding of doubles in place: y becomes floor(y) + 1 if u < (y - floor(y)) * 2^53, else floor(y), where u is the
 * 53-bit integer made of the upper 27 and 26 bits of two random 32-bit words.
 * @param random address of 8 bytes for each value
 * @param count even: the face pads
 */
export function roundStochastic(values: usize, random: usize, count: u32): void {
  const two26 = f64x2.splat(67108864.0);
  const two53 = f64x2.splat(9007199254740992.0);
  const one = f64x2.splat(1.0);
  for (const end = values + ((<usize>count) << 3); values < end; values += 16, random += 16) {
    const y = v128.load(values);
    const r = v128.load(random);
    const low = f64x2.floor(y);
    const first = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(r, r, 0, 2, 0, 2), 5));
    const second = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(r, r, 1, 3, 1, 3), 6));
    const u = f64x2.add(f64x2.mul(first, two26), second);
    const up = f64x2.lt(u, f64x2.mul(f64x2.sub(y, low), two53));
    v128.store(values, f64x2.add(low, v128.and(up, one)));
  }
}

/**
 * The unnormalised Walsh-Hadamard transform of `n` elements, each a run of `width` doubles: butterflies (a, b) -> (a + b, a - b)
 * between elements 1, 2, 4, ... apart. Two levels at a time while they last; which additions are made, and of what, does not
 * depend on that.
 * @param n a power of two
 * @param width 1, or an even number
 */
export function hadamard(at: usize, n: u32, width: u32): void {
  const bytes = <usize>width << 3;
  const end = at + <usize>n * bytes;
  let h: u32 = 1;
  if (width === 1) {
    if (n === 1) return;
    if (n === 2) {
      const a = load<f64>(at), b = load<f64>(at, 8);
      store<f64>(at, a + b);
      store<f64>(at, a - b, 8);
      return;
    }
    // Levels 1 and 2 lie inside pairs of vectors.
    for (let p = at; p < end; p += 32) {
      const ab = v128.load(p), cd = v128.load(p, 16);
      const ac = v128.shuffle<i64>(ab, cd, 0, 2), bd = v128.shuffle<i64>(ab, cd, 1, 3);
      const sums = f64x2.add(ac, bd), differences = f64x2.sub(ac, bd);
      const even = v128.shuffle<i64>(sums, differences, 0, 2), odd = v128.shuffle<i64>(sums, differences, 1, 3);
      v128.store(p, f64x2.add(even, odd));
      v128.store(p, f64x2.sub(even, odd), 16);
    }
    h = 4;
  }
  for (; h * 4 <= n; h *= 4) {
    const step = <usize>h * bytes;
    for (let start = at; start < end; start += 4 * step) {
      for (let p = start; p < start + step; p += 16) {
        const a = v128.load(p), b = v128.load(p + step), c = v128.load(p + 2 * step), d = v128.load(p + 3 * step);
        const sumAB = f64x2.add(a, b), differenceAB = f64x2.sub(a, b);
        const sumCD = f64x2.add(c, d), differenceCD = f64x2.sub(c, d);
        v128.store(p, f64x2.add(sumAB, sumCD));
        v128.store(p + step, f64x2.add(differenceAB, differenceCD));
        v128.store(p + 2 * step, f64x2.sub(sumAB, sumCD));
        v128.store(p + 3 * step, f64x2.sub(differenceAB, differenceCD));
      }
    }
  }
  if (h * 2 <= n) {
    const step = <usize>h * bytes;
    for (let p = at; p < at + step; p += 16) {
      const a = v128.load(p), b = v128.load(p + step);
      v128.store(p, f64x2.add(a, b));
      v128.store(p + step, f64x2.sub(a, b));
    }
  }
}

/** values[i] *= factor @param count even */
export function scaleDoubles(values: usize, count: u32, factor: f64): void {
  const splat = f64x2.splat(factor);
  for (const end = values + ((<usize>count) << 3); values < end; values += 16) {
    v128.store(values, f64x2.mul(v128.load(values), splat));
  }
}
