import { ProtocolError } from '../errors.ts';
import { combineShamir, invertGf16, lagrangeShamir, multiplyGf16 } from '../kernels/index.ts';
import type { PrimeField } from '../math/index.ts';

/**
 * Do all shares lie on one polynomial of degree < threshold, and if not, which do not?
 *
 * Shares are a word of a generalised Reed-Solomon code: with u_j = 1 / prod (x_j - x_m), the syndromes S_l = sum_j u_j x_j^l y_j for
 * l = 0 .. m - t - 1 are all zero exactly for its words (MacWilliams & Sloane, chapter 10 section 8). Syndromes depend on the
 * errors alone and not on the secret, so that looking at them, and branching, tells nothing about it.
 */

/** `bad-share` with the x coordinates of the wrong shares, for a protocol to turn into culprits. */
export class BadShares extends ProtocolError {
  /** Named when at most floor((shares - threshold) / 2) are wrong; empty when they cannot be told. */
  readonly xs: readonly number[];

  constructor(message: string, xs: readonly number[]) {
    super('bad-share', message);
    this.xs = xs;
  }
}

/** The operations of a field, for scalars that are public or depend on errors only. */
interface Scalars<E extends number | bigint> {
  readonly zero: E;
  readonly one: E;
  subtract(a: E, b: E): E;
  multiply(a: E, b: E): E;
  invert(a: E): E;
}

const gf16: Scalars<number> = {
  zero: 0,
  one: 1,
  subtract: (a, b) => a ^ b,
  multiply: multiplyGf16,
  invert: invertGf16,
};

/**
 * Over GF(2^16), many polynomials at once.
 * @param rows one row of words for every x
 * @throws {BadShares}
 */
export function checkConsistent(xs: Uint16Array, threshold: number, rows: Uint16Array): void {
  const extra = xs.length - threshold;
  if (extra === 0) return;
  const powers = dualWeights(xs);
  const syndromes: Uint16Array[] = [];
  for (let l = 0; l < extra; l++) {
    syndromes.push(combineShamir(rows, powers));
    for (let j = 0; j < xs.length; j++) powers[j] = multiplyGf16(powers[j]!, xs[j]!);
  }
  const columns = Array.from({ length: rows.length / xs.length }, (_, i) => syndromes.map((row) => row[i]!));
  judge(gf16, columns, Array.from(xs), Array.from(xs));
}

/**
 * Over a prime field, many polynomials at once.
 * @param columns `[polynomial][share]`
 * @throws {BadShares}
 */
export function checkFieldConsistent(
  field: PrimeField,
  xs: readonly number[],
  threshold: number,
  columns: readonly (readonly bigint[])[],
): void {
  const extra = xs.length - threshold;
  if (extra === 0) return;
  const points = xs.map(BigInt);
  const weights = points.map((x) => {
    const others = points.filter((other) => other !== x);
    return field.invert(others.reduce((product, other) => field.multiply(product, field.subtract(x, other)), 1n));
  });
  const syndromes = columns.map((column) => {
    let terms = column.map((y, j) => field.multiply(weights[j]!, y));
    return Array.from({ length: extra }, () => {
      const sum = terms.reduce((total, term) => field.add(total, term), 0n);
      terms = terms.map((term, j) => field.multiply(term, points[j]!));
      return sum;
    });
  });
  const scalars: Scalars<bigint> = {
    zero: 0n,
    one: 1n,
    subtract: (a, b) => field.subtract(a, b),
    multiply: (a, b) => field.multiply(a, b),
    invert: (a) => field.invert(a),
  };
  judge(scalars, syndromes, points, xs);
}

/** Throws unless all syndromes are zero. */
function judge<E extends number | bigint>(
  scalars: Scalars<E>,
  columns: readonly E[][],
  points: readonly E[],
  xs: readonly number[],
): void {
  const wrong = new Set<number>();
  let unnamed = false;
  let extra = 0;
  for (const syndromes of columns) {
    if (syndromes.every((value) => value === scalars.zero)) continue;
    extra = syndromes.length;
    const located = locate(scalars, syndromes, points);
    if (located === undefined) unnamed = true;
    else for (const j of located) wrong.add(xs[j]!);
  }
  if (wrong.size === 0 && !unnamed) return;
  if (unnamed || 2 * wrong.size > extra) {
    throw new BadShares(`${xs.length} shares contradict each other, and too many are wrong to say which`, []);
  }
  const list = [...wrong].sort((a, b) => a - b);
  throw new BadShares(`shares with x = ${list.join(', ')} contradict the other ${xs.length - list.length}`, list);
}

/** 1 / prod_{m != j} (x_j - x_m): the Lagrange coefficients at 0, with their numerators prod_{m != j} x_m divided out. */
function dualWeights(xs: Uint16Array): Uint16Array {
  const product = xs.reduce((all, x) => multiplyGf16(all, x), 1);
  const inverse = invertGf16(product);
  return lagrangeShamir(xs, 0).map((value, j) => multiplyGf16(multiplyGf16(value, xs[j]!), inverse));
}

/**
 * Berlekamp-Massey (Massey 1969): the shortest recurrence of the syndromes is the polynomial prod (1 - x z) over the wrong x.
 * @returns the positions of the wrong shares, or undefined when there are more than half as many as syndromes
 */
function locate<E extends number | bigint>(
  scalars: Scalars<E>,
  syndromes: readonly E[],
  points: readonly E[],
): number[] | undefined {
  const { zero, one, subtract, multiply, invert } = scalars;
  const add = (a: E, b: E): E => subtract(a, subtract(zero, b));
  let current: E[] = [one];
  let previous: E[] = [one];
  let degree = 0;
  let gap = 1;
  let last = one;
  for (let i = 0; i < syndromes.length; i++) {
    let discrepancy = syndromes[i]!;
    for (let j = 1; j <= degree; j++) {
      discrepancy = add(discrepancy, multiply(current[j] ?? zero, syndromes[i - j]!));
    }
    if (discrepancy === zero) {
      gap++;
      continue;
    }
    const factor = multiply(discrepancy, invert(last));
    const next = Array.from({ length: Math.max(current.length, previous.length + gap) }, (_, j) =>
      subtract(current[j] ?? zero, multiply(factor, previous[j - gap] ?? zero)),
    );
    if (2 * degree <= i) {
      degree = i + 1 - degree;
      previous = current;
      last = discrepancy;
      gap = 1;
    } else {
      gap++;
    }
    current = next;
  }
  if (2 * degree > syndromes.length) return undefined;
  const roots: number[] = [];
  points.forEach((x, position) => {
    const z = invert(x);
    const value = current.reduceRight((sum, coefficient) => add(multiply(sum, z), coefficient), zero);
    if (value === zero) roots.push(position);
  });
  return roots.length === degree ? roots : undefined;
}
