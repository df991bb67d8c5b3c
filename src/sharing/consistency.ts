import { ProtocolError } from '../errors.ts';
import { combineShamir, invertGf16 as invert, lagrangeShamir, multiplyGf16 as multiply } from '../kernels/index.ts';

/**
 * Do all rows lie on polynomials of degree < threshold over GF(2^16)?
 *
 * Shares are a word of a generalised Reed-Solomon code; with u_j = 1 / prod (x_j - x_m), the syndromes S_l = sum_j u_j x_j^l y_j for
 * l = 0 .. m - t - 1 are all zero exactly for its words (MacWilliams & Sloane, chapter 10.8). Syndromes depend on the errors
 * alone and not on the secret, so that looking at them, and branching, tells nothing about it.
 * @param rows one row for every x
 * @throws {ProtocolError} `bad-share`; the message names the x of wrong shares when at most floor((m - t) / 2) are wrong
 */
export function checkConsistent(xs: Uint16Array, threshold: number, rows: Uint16Array): void {
  const extra = xs.length - threshold;
  if (extra === 0) return;
  const width = rows.length / xs.length;
  const weights = dualWeights(xs);
  const syndromes: Uint16Array[] = [];
  const powers = weights.slice();
  for (let l = 0; l < extra; l++) {
    syndromes.push(combineShamir(rows, powers));
    for (let j = 0; j < xs.length; j++) powers[j] = multiply(powers[j]!, xs[j]!);
  }
  const wrong = new Set<number>();
  let unnamed = false;
  for (let i = 0; i < width; i++) {
    const column = syndromes.map((row) => row[i]!);
    if (column.every((value) => value === 0)) continue;
    const located = locate(column, xs);
    if (located === undefined) unnamed = true;
    else for (const x of located) wrong.add(x);
  }
  if (wrong.size === 0 && !unnamed) return;
  if (unnamed || 2 * wrong.size > extra) {
    throw new BadShares(`${xs.length} shares contradict each other, and too many are wrong to say which`, []);
  }
  const list = [...wrong].sort((a, b) => a - b);
  throw new BadShares(`shares with x = ${list.join(', ')} contradict the other ${xs.length - list.length}`, list);
}

/** `bad-share` with the x coordinates of the wrong shares, for a protocol to turn into culprits. */
export class BadShares extends ProtocolError {
  /** Empty when they cannot be told. */
  readonly xs: readonly number[];

  constructor(message: string, xs: readonly number[]) {
    super('bad-share', message);
    this.xs = xs;
  }
}

/** 1 / prod_{m != j} (x_j - x_m): the Lagrange coefficients at 0, with their numerators prod_{m != j} x_m divided out. */
function dualWeights(xs: Uint16Array): Uint16Array {
  let product = 1;
  for (const x of xs) product = multiply(product, x);
  const inverse = invert(product);
  return lagrangeShamir(xs, 0).map((value, j) => multiply(multiply(value, xs[j]!), inverse));
}

/**
 * Berlekamp-Massey (Massey 1969): the shortest recurrence of the syndromes is the polynomial prod (1 - x z) over the wrong x.
 * @returns the wrong xs, or undefined when there are more than half as many as syndromes
 */
function locate(syndromes: readonly number[], xs: Uint16Array): number[] | undefined {
  let current = [1];
  let previous = [1];
  let degree = 0;
  let gap = 1;
  let last = 1;
  for (let i = 0; i < syndromes.length; i++) {
    let discrepancy = syndromes[i]!;
    for (let j = 1; j <= degree; j++) discrepancy ^= multiply(current[j] ?? 0, syndromes[i - j]!);
    if (discrepancy === 0) {
      gap++;
      continue;
    }
    const factor = multiply(discrepancy, invert(last));
    const next = current.slice();
    previous.forEach((value, j) => {
      next[j + gap] = (next[j + gap] ?? 0) ^ multiply(factor, value);
    });
    if (2 * degree <= i) {
      degree = i + 1 - degree;
      previous = current;
      last = discrepancy;
      gap = 1;
    } else {
      gap++;
    }
    current = Array.from(next, (value) => value ?? 0);
  }
  if (2 * degree > syndromes.length) return undefined;
  const roots = Array.from(xs).filter((x) => {
    const z = invert(x);
    let value = 0;
    for (let j = current.length - 1; j >= 0; j--) value = multiply(value, z) ^ current[j]!;
    return value === 0;
  });
  return roots.length === degree ? roots : undefined;
}
