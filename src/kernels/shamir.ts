import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { combineSimd, splitSimd } from './shamir-simd.ts';

/**
 * Shamir's scheme (Shamir 1979) over GF(2^16) on rows of 16-bit words: evaluation, interpolation and the Lagrange coefficients.
 *
 * The field is GF(2)[z] / (z^16 + z^12 + z^3 + z + 1). Shares, secrets and coefficients are secret: they are multiplied with
 * shifts, masks and `Math.imul` only, never used as a branch or an index. The x coordinates, and so the Lagrange coefficients,
 * are public: those go through logarithm tables, and through tables of nibble products in the SIMD tier
 * (wasm/assembly/shamir.ts).
 */

const POLYNOMIAL = 0x1100b;
const ORDER = 0xffff;

/**
 * Evaluates one polynomial per word at every x.
 * @param secret the constant terms: `width` words
 * @param coefficients of degree 1 and up, one row of `width` words each; empty for a threshold of 1
 * @param xs where to evaluate
 * @returns one row of `width` words for every x
 * @throws {RangeError} when the coefficients are not whole rows
 */
export function splitShamir(secret: Uint16Array, coefficients: Uint16Array, xs: Uint16Array, tier?: Tier): Uint16Array {
  const width = secret.length;
  const degree = wholeRows(coefficients, width);
  if (chooseTier(SIMD_TIERS, tier) === 'simd') return splitSimd(secret, coefficients, xs);
  const lanes = (width + 1) >> 1;
  const constant = pack(secret, 1, width);
  const packed = pack(coefficients, degree, width);
  const out = new Uint16Array(xs.length * width);
  const value = new Uint32Array(lanes);
  const valueWords = new Uint16Array(value.buffer, 0, width);
  for (let row = 0; row < xs.length; row++) {
    // Horner: from the highest coefficient down, value <- value * x + coefficient.
    value.fill(0);
    if (degree > 0) value.set(packed.subarray((degree - 1) * lanes));
    const powers = shifted(xs[row]!);
    for (let d = degree - 2; d >= 0; d--) multiplyAdd(value, powers, packed, d * lanes, value);
    if (degree > 0) multiplyAdd(value, powers, constant, 0, value);
    else value.set(constant);
    out.set(valueWords, row * width);
  }
  return out;
}

/**
 * The weighted sum of rows: with Lagrange coefficients for weights, the polynomials' values at one point.
 * @param rows `weights.length` rows of equally many words
 * @throws {RangeError} when the rows are not whole
 */
export function combineShamir(rows: Uint16Array, weights: Uint16Array, tier?: Tier): Uint16Array {
  const width = rows.length / weights.length;
  if (!Number.isInteger(width)) throw new RangeError(`${rows.length} words do not make ${weights.length} rows`);
  if (chooseTier(SIMD_TIERS, tier) === 'simd') return combineSimd(rows, weights);
  const lanes = (width + 1) >> 1;
  const packed = pack(rows, weights.length, width);
  const sum = new Uint32Array(lanes);
  for (let row = 0; row < weights.length; row++) {
    multiplyAdd(packed.subarray(row * lanes, (row + 1) * lanes), shifted(weights[row]!), sum, 0, sum);
  }
  return new Uint16Array(sum.buffer, 0, width).slice();
}

/**
 * The Lagrange coefficients: f(at) is the sum of coefficient j times f(xs[j]), for every f of degree < xs.length.
 * @param xs distinct and public
 * @param at public; 0 for the secret
 * @throws {RangeError} when two xs are equal
 */
export function lagrangeShamir(xs: Uint16Array, at: number): Uint16Array {
  const { log, exp } = tables();
  const out = new Uint16Array(xs.length);
  const known = xs.indexOf(at);
  // The point is one of the xs: its own value and nothing else. (Also avoids the logarithm of 0.)
  if (known >= 0) out[known] = 1;
  let all = 0;
  for (const x of xs) all += x === at ? 0 : log[x ^ at]!;
  for (let j = 0; j < xs.length; j++) {
    const x = xs[j]!;
    let denominator = 0;
    for (let m = 0; m < xs.length; m++) {
      if (m === j) continue;
      const difference = x ^ xs[m]!;
      if (difference === 0) throw new RangeError(`x = ${x} appears twice`);
      denominator += log[difference]!;
    }
    if (known < 0) out[j] = exp[modulo(all - log[x ^ at]! - denominator)]!;
  }
  return out;
}

/** Words in pairs, every row padded to whole pairs with a zero word. */
function pack(words: Uint16Array, rows: number, width: number): Uint32Array {
  const lanes = (width + 1) >> 1;
  const out = new Uint32Array(rows * lanes);
  const view = new Uint16Array(out.buffer);
  for (let row = 0; row < rows; row++) view.set(words.subarray(row * width, (row + 1) * width), 2 * row * lanes);
  return out;
}

/** c, c z, c z^2 .. c z^15 for a public c. */
function shifted(c: number): Uint32Array {
  const out = new Uint32Array(16);
  for (let i = 0, value = c; i < 16; i++) {
    out[i] = value;
    value <<= 1;
    if (value > 0xffff) value ^= POLYNOMIAL; // public
  }
  return out;
}

/**
 * out[i] = values[i] * c + plus[from + i], two 16-bit lanes at a time: bit b of both lanes, isolated, times c z^b. The two
 * products cannot meet, since c z^b < 2^16.
 */
function multiplyAdd(values: Uint32Array, c: Uint32Array, plus: Uint32Array, from: number, out: Uint32Array): void {
  const c0 = c[0]!;
  const c1 = c[1]!;
  const c2 = c[2]!;
  const c3 = c[3]!;
  const c4 = c[4]!;
  const c5 = c[5]!;
  const c6 = c[6]!;
  const c7 = c[7]!;
  const c8 = c[8]!;
  const c9 = c[9]!;
  const c10 = c[10]!;
  const c11 = c[11]!;
  const c12 = c[12]!;
  const c13 = c[13]!;
  const c14 = c[14]!;
  const c15 = c[15]!;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    out[i] =
      plus[from + i]! ^
      Math.imul(v & 0x10001, c0) ^
      Math.imul((v >>> 1) & 0x10001, c1) ^
      Math.imul((v >>> 2) & 0x10001, c2) ^
      Math.imul((v >>> 3) & 0x10001, c3) ^
      Math.imul((v >>> 4) & 0x10001, c4) ^
      Math.imul((v >>> 5) & 0x10001, c5) ^
      Math.imul((v >>> 6) & 0x10001, c6) ^
      Math.imul((v >>> 7) & 0x10001, c7) ^
      Math.imul((v >>> 8) & 0x10001, c8) ^
      Math.imul((v >>> 9) & 0x10001, c9) ^
      Math.imul((v >>> 10) & 0x10001, c10) ^
      Math.imul((v >>> 11) & 0x10001, c11) ^
      Math.imul((v >>> 12) & 0x10001, c12) ^
      Math.imul((v >>> 13) & 0x10001, c13) ^
      Math.imul((v >>> 14) & 0x10001, c14) ^
      Math.imul((v >>> 15) & 0x10001, c15);
  }
}

function wholeRows(words: Uint16Array, width: number): number {
  const rows = width === 0 ? 0 : words.length / width;
  if (!Number.isInteger(rows)) throw new RangeError(`${words.length} words do not make rows of ${width}`);
  return rows;
}

interface Tables {
  /** log[z^i] = i for 0 <= i < 65,535; log[0] is meaningless. */
  readonly log: Uint16Array;
  readonly exp: Uint16Array;
}

let cached: Tables | undefined;

/** Powers of z, which generates the multiplicative group: the polynomial is primitive. */
function tables(): Tables {
  if (cached !== undefined) return cached;
  const log = new Uint16Array(0x10000);
  const exp = new Uint16Array(ORDER);
  for (let i = 0, power = 1; i < ORDER; i++) {
    exp[i] = power;
    log[power] = i;
    power <<= 1;
    if (power > 0xffff) power ^= POLYNOMIAL;
  }
  cached = { log, exp };
  return cached;
}

function modulo(exponent: number): number {
  return ((exponent % ORDER) + ORDER) % ORDER;
}
