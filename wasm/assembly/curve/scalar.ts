// Scalars modulo l = 2^252 + 27742317777372353535851937790883648493, four 64-bit words. No branch and no address depends on them.

const L0: u64 = 0x5812631a5cf5d3ed;
const L1: u64 = 0x14def9dea2f79cd6;
const L3: u64 = 0x1000000000000000;

/** Signed digits in radix 16: s = sum of d_w 16^w, -8 <= d_w < 8 (the last one 0, 1 or 2). */
export const DIGITS: i32 = 64;

/**
 * Writes the digits of s/2 mod l, one byte each, `stride` apart, digit 0 first.
 * @param s 32 bytes, below l
 */
export function recodeHalf(digits: usize, stride: usize, s: usize): void {
  let w0: u64 = load<u64>(s);
  let w1: u64 = load<u64>(s, 8);
  let w2: u64 = load<u64>(s, 16);
  let w3: u64 = load<u64>(s, 24);

  // Add l if s is odd; the sum is even and below 2^254.
  const odd: u64 = 0 - (w0 & 1);
  let carry: u64;
  w0 += L0 & odd;
  carry = u64(w0 < (L0 & odd));
  w1 += carry;
  carry = u64(w1 < carry);
  w1 += L1 & odd;
  carry += u64(w1 < (L1 & odd));
  w2 += carry;
  carry = u64(w2 < carry);
  w3 += carry + (L3 & odd);

  w0 = (w0 >> 1) | (w1 << 63);
  w1 = (w1 >> 1) | (w2 << 63);
  w2 = (w2 >> 1) | (w3 << 63);
  w3 = w3 >> 1;

  let borrow: i32 = 0;
  borrow = recodeWord(digits, stride, w0, borrow);
  borrow = recodeWord(digits + 16 * stride, stride, w1, borrow);
  borrow = recodeWord(digits + 32 * stride, stride, w2, borrow);
  recodeWord(digits + 48 * stride, stride, w3, borrow);
}

function recodeWord(digits: usize, stride: usize, word: u64, carry: i32): i32 {
  for (let i: usize = 0; i < 16; i++) {
    const nibble: i32 = i32((word >> (4 * i)) & 15) + carry; // 0 .. 16
    carry = (nibble + 8) >> 4;
    store<i8>(digits + i * stride, i8(nibble - (carry << 4)));
  }
  return carry;
}
