import { invertGf16 as invert, multiplyGf16 as multiply } from '../gf16.ts';

/** The reference twin of the Shamir kernel: one field operation at a time. Slow and obvious. */

export function splitShamir(secret: Uint16Array, coefficients: Uint16Array, xs: Uint16Array): Uint16Array {
  const width = secret.length;
  const out = new Uint16Array(xs.length * width);
  xs.forEach((x, row) => {
    for (let i = 0; i < width; i++) {
      let value = 0;
      for (let at = coefficients.length - width; at >= 0; at -= width) {
        value = multiply(value ^ coefficients[at + i]!, x);
      }
      out[row * width + i] = value ^ secret[i]!;
    }
  });
  return out;
}

export function combineShamir(rows: Uint16Array, weights: Uint16Array): Uint16Array {
  const width = rows.length / weights.length;
  const out = new Uint16Array(width);
  weights.forEach((weight, row) => {
    for (let i = 0; i < width; i++) out[i]! ^= multiply(rows[row * width + i]!, weight);
  });
  return out;
}

export function lagrangeShamir(xs: Uint16Array, at: number): Uint16Array {
  return xs.map((x, j) => {
    let numerator = 1;
    let denominator = 1;
    xs.forEach((other, m) => {
      if (m === j) return;
      numerator = multiply(numerator, at ^ other);
      denominator = multiply(denominator, x ^ other);
    });
    return multiply(numerator, invert(denominator));
  });
}
