import type { PrimeField } from './prime-field.ts';

/** Polynomials over a prime field, lowest coefficient first. */

/** f(x), by Horner's rule. */
export function evaluate(field: PrimeField, coefficients: readonly bigint[], x: bigint): bigint {
  let value = 0n;
  for (let i = coefficients.length - 1; i >= 0; i--) value = field.add(field.multiply(value, x), coefficients[i]!);
  return value;
}

/**
 * The Lagrange coefficients: f(at) is the sum of coefficient j times f(xs[j]), for every f of degree < xs.length.
 * @param xs distinct elements
 * @throws {RangeError} when two xs are equal
 */
export function lagrangeCoefficients(field: PrimeField, xs: readonly bigint[], at: bigint): bigint[] {
  return xs.map((x, j) => {
    let numerator = 1n;
    let denominator = 1n;
    xs.forEach((other, m) => {
      if (m === j) return;
      if (other === x) throw new RangeError(`x = ${x} appears twice`);
      numerator = field.multiply(numerator, field.subtract(at, other));
      denominator = field.multiply(denominator, field.subtract(x, other));
    });
    return field.multiply(numerator, field.invert(denominator));
  });
}
