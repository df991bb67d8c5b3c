// Scalars modulo l = 2^252 + 27742317777372353535851937790883648493, four 64-bit words. No branch and no address depends on them.

const L0: u64 = 0x5812631a5cf5d3ed;
const L1: u64 = 0x14def9dea2f79cd6;
const L3: u64 = 0x1000000000000000;

/** Signed digits in radix 16: the sum of d_w 16^w, -8 <= d_w <= 8. */
export const DIGITS: i32 = 63;

/**
 * Writes the digits of a number congruent to s/2 mod l: of s/2 if s is even, of -(l - s)/2 if it is odd. Its size is at most
 * (l - 1)/2 < 2^251 + 2^124, so that 63 digits do: the last is 8 at most, because where bit 251 is set the digits below it are zero
 * and carry nothing.
 * @param digits digit 0 first, one byte each, `stride` apart
 * @param s 32 bytes, below l
 */
export function recodeHalf(digits: usize, stride: usize, s: usize): void {
  const s0: u64 = load<u64>(s);
  const s1: u64 = load<u64>(s, 8);
  const s2: u64 = load<u64>(s, 16);
  const s3: u64 = load<u64>(s, 24);

  // l - s
  let borrow: u64 = u64(L0 < s0);
  const n0: u64 = L0 - s0;
  const b1: u64 = u64(L1 < s1);
  let n1: u64 = L1 - s1;
  const c1: u64 = u64(n1 < borrow);
  n1 -= borrow;
  borrow = b1 | c1;
  const n2: u64 = 0 - s2 - borrow;
  borrow = u64(s2 != 0) | borrow;
  const n3: u64 = L3 - s3 - borrow;

  const odd: u64 = 0 - (s0 & 1);
  const w0: u64 = s0 ^ ((s0 ^ n0) & odd);
  const w1: u64 = s1 ^ ((s1 ^ n1) & odd);
  const w2: u64 = s2 ^ ((s2 ^ n2) & odd);
  const w3: u64 = s3 ^ ((s3 ^ n3) & odd);

  const sign: i32 = i32(odd);
  let carry: i32 = 0;
  carry = recodeWord(digits, stride, (w0 >> 1) | (w1 << 63), 16, carry, sign);
  carry = recodeWord(digits + 16 * stride, stride, (w1 >> 1) | (w2 << 63), 16, carry, sign);
  carry = recodeWord(digits + 32 * stride, stride, (w2 >> 1) | (w3 << 63), 16, carry, sign);
  carry = recodeWord(digits + 48 * stride, stride, w3 >> 1, 14, carry, sign);
  const last: i32 = i32(w3 >> 57) + carry;
  store<i8>(digits + 62 * stride, i8((last ^ sign) - sign));
}

/** The first `count` nibbles of a word, each in -8 .. 7, negated if `sign` is -1. */
function recodeWord(digits: usize, stride: usize, word: u64, count: usize, carry: i32, sign: i32): i32 {
  for (let i: usize = 0; i < count; i++) {
    const nibble: i32 = i32((word >> (4 * i)) & 15) + carry; // 0 .. 16
    carry = (nibble + 8) >> 4;
    const digit: i32 = nibble - (carry << 4);
    store<i8>(digits + i * stride, i8((digit ^ sign) - sign));
  }
  return carry;
}
