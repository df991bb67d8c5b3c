// Shamir's scheme over GF(2^16) = GF(2)[z] / (z^16 + z^12 + z^3 + z + 1): evaluation and weighted sums of rows of 16-bit words.
//
// Sixteen field elements are held as two vectors, their low and their high bytes. Multiplying all of them by one public constant c
// is linear over GF(2), so it splits into the four nibbles of each element: eight tables of sixteen bytes (c times every value of
// a nibble, low and high byte of the product), looked up with a swizzle.
//
// Constant time: shares, secrets and coefficients are only ever the index operand of a swizzle, which is a register shuffle and not
// a memory access. The constants are x coordinates and Lagrange coefficients of x coordinates, all public.

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/** Bit b of the position, as a byte of ones or zeros, for b = 0 .. 3. */
const BITS = memory.data<u8>([
  0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255,
  0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255,
  0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255,
  0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
], 16);

/** The eight tables of a public constant: for each nibble, from the lowest, the low bytes and the high bytes of the products. */
function tables(c: u32, out: usize): void {
  for (let nibble = 0; nibble < 4; nibble++, out += 32) {
    let low = i64x2.splat(0), high = i64x2.splat(0);
    for (let bit: usize = 0; bit < 64; bit += 16) {
      const here = v128.load(BITS + bit);
      low = v128.xor(low, v128.and(here, i8x16.splat(<i8>c)));
      high = v128.xor(high, v128.and(here, i8x16.splat(<i8>(c >> 8))));
      c <<= 1;
      c ^= 0x1100b & (0 - (c >> 16));
    }
    v128.store(out, low);
    v128.store(out, high, 16);
  }
}

/** The tables of `count` constants, 128 bytes each. @param constants address of 16-bit words */
export function prepare(constants: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) tables(load<u16>(constants + 2 * i), out + 128 * i);
}

/** Whether two ranges of 16-bit words are equal. For public data. */
export function same(a: usize, b: usize, count: u32): bool {
  let at: usize = 0;
  const end = <usize>count << 1;
  for (; at + 16 <= end; at += 16) if (!i8x16.all_true(i8x16.eq(v128.load(a + at), v128.load(b + at)))) return false;
  for (; at < end; at += 2) if (load<u16>(a + at) !== load<u16>(b + at)) return false;
  return true;
}

// @ts-ignore: decorator
@inline function lowBytes(a: v128, b: v128): v128 {
  const mask = i16x8.splat(255);
  return i8x16.narrow_i16x8_u(v128.and(a, mask), v128.and(b, mask));
}

// @ts-ignore: decorator
@inline function highBytes(a: v128, b: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8));
}

// @ts-ignore: decorator
@inline function storeWords(out: usize, low: v128, high: v128): void {
  v128.store(out, i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  v128.store(out, i8x16.shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
}

/**
 * Evaluates polynomials at every x. First the coefficients become byte planes: group g of row r (sixteen words, the last group
 * reading on into what follows) goes to planes + 32 * (r * groups + g).
 * @param rows degree + 1 rows of `width` words, the constant terms first
 * @param out `count` rows of `width` words, and 32 bytes that the last may overrun
 * @param planes scratch: 32 bytes for each group of each row, and 128
 */
export function split(rows: usize, degree: u32, width: u32, xs: usize, count: u32, planes: usize, out: usize): void {
  const groups = (width + 15) >> 4;
  const stride = <usize>width << 1;
  for (let row: u32 = 0; row <= degree; row++) {
    for (let g: u32 = 0; g < groups; g++) {
      const from = rows + row * stride + 32 * g;
      const a = v128.load(from), b = v128.load(from, 16);
      const to = planes + 32 * (row * groups + g);
      v128.store(to, lowBytes(a, b));
      v128.store(to, highBytes(a, b), 16);
    }
  }
  const table = planes + 32 * groups * (degree + 1);
  for (let i: u32 = 0; i < count; i++, out += stride) {
    tables(load<u16>(xs + 2 * i), table);
    for (let g: u32 = 0; g < groups; g++) horner(planes + 32 * g, 32 * groups, degree, table, out + 32 * g);
  }
}

/** Evaluates sixteen polynomials at the point of the table: the highest coefficient first. */
// @ts-ignore: decorator
@inline function horner(planes: usize, stride: usize, degree: u32, table: usize, out: usize): void {
  const nibble = i8x16.splat(15);
  const t0 = v128.load(table), t1 = v128.load(table, 16), t2 = v128.load(table, 32), t3 = v128.load(table, 48);
  const t4 = v128.load(table, 64), t5 = v128.load(table, 80), t6 = v128.load(table, 96), t7 = v128.load(table, 112);
  let at = planes + degree * stride;
  let low = v128.load(at), high = v128.load(at, 16);
  while (at !== planes) {
    at -= stride;
    const a = v128.and(low, nibble), b = v128.and(i16x8.shr_u(low, 4), nibble), c = v128.and(high, nibble), d = v128.and(i16x8.shr_u(high, 4), nibble);
    low = v128.xor(
      v128.xor(v128.xor(i8x16.swizzle(t0, a), i8x16.swizzle(t2, b)), v128.load(at)),
      v128.xor(i8x16.swizzle(t4, c), i8x16.swizzle(t6, d)),
    );
    high = v128.xor(
      v128.xor(v128.xor(i8x16.swizzle(t1, a), i8x16.swizzle(t3, b)), v128.load(at, 16)),
      v128.xor(i8x16.swizzle(t5, c), i8x16.swizzle(t7, d)),
    );
  }
  storeWords(out, low, high);
}

/** The sum of weight times row. @param prepared the tables of the weights @param out `width` words, rounded up to sixteen */
export function combine(rows: usize, count: u32, width: u32, prepared: usize, out: usize): void {
  const nibble = i8x16.splat(15);
  const stride = <usize>width << 1;
  for (const end = rows + stride; rows < end; rows += 32, out += 32) {
    let low = i64x2.splat(0), high = i64x2.splat(0);
    let from = rows;
    for (let table = prepared, last = prepared + 128 * count; table < last; table += 128, from += stride) {
      const p = v128.load(from), q = v128.load(from, 16);
      const l = lowBytes(p, q), h = highBytes(p, q);
      const a = v128.and(l, nibble), b = v128.and(i16x8.shr_u(l, 4), nibble), c = v128.and(h, nibble), d = v128.and(i16x8.shr_u(h, 4), nibble);
      low = v128.xor(low, v128.xor(
        v128.xor(i8x16.swizzle(v128.load(table), a), i8x16.swizzle(v128.load(table, 32), b)),
        v128.xor(i8x16.swizzle(v128.load(table, 64), c), i8x16.swizzle(v128.load(table, 96), d)),
      ));
      high = v128.xor(high, v128.xor(
        v128.xor(i8x16.swizzle(v128.load(table, 16), a), i8x16.swizzle(v128.load(table, 48), b)),
        v128.xor(i8x16.swizzle(v128.load(table, 80), c), i8x16.swizzle(v128.load(table, 112), d)),
      ));
    }
    storeWords(out, low, high);
  }
}
