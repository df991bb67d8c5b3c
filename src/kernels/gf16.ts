/**
 * Scalars of GF(2^16) = GF(2)[z] / (z^16 + z^12 + z^3 + z + 1): the integer 2 stands for z, addition is XOR. One bit at a time, free of
 * branches and table lookups that depend on the operands.
 */

const POLYNOMIAL = 0x1100b;

/** a * b in GF(2^16). */
export function multiplyGf16(a: number, b: number): number {
  let product = 0;
  for (let bit = 15; bit >= 0; bit--) {
    product <<= 1;
    product ^= POLYNOMIAL & -(product >>> 16);
    product ^= a & -((b >>> bit) & 1);
  }
  return product;
}

/** a^(2^16 - 2): the inverse of a, and 0 for 0. */
export function invertGf16(a: number): number {
  // 2^16 - 2 = 2 + 4 + .. + 2^15
  let power = a;
  let out = 1;
  for (let i = 1; i < 16; i++) {
    power = multiplyGf16(power, power);
    out = multiplyGf16(out, power);
  }
  return out;
}
