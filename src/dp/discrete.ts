import { csprng, type Rng, uniformBigBelow } from '../random/index.ts';

/**
 * Exact samplers of integer noise: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020), Algorithms 1 to 3.
 * Every coin is tossed with integers: no floating point, so no rounding that would void the privacy proof (Mironov, CCS 2012). The running time
 * depends on the sample.
 */

/** A positive rational number. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Pr[e] proportional to exp(-|e| / scale) (Algorithm 2). With scale = sensitivity / epsilon, adding it is epsilon-differentially private.
 * @param scale above 0
 */
export function discreteLaplace({ numerator: t, denominator: s }: Rational, rng: Rng = csprng): bigint {
  if (t < 1n || s < 1n) throw new RangeError(`scale ${t}/${s}: expected a positive rational`);
  for (;;) {
    // x is geometric with ratio exp(-1/t): u in [0, t) kept with probability exp(-u/t), then whole steps of exp(-1).
    const u = uniformBigBelow(t, rng);
    if (!bernoulliExp(u, t, rng)) continue;
    let v = 0n;
    while (bernoulliExp(1n, 1n, rng)) v++;
    const magnitude = (u + t * v) / s;
    const negative = uniformBigBelow(2n, rng) === 1n;
    if (magnitude === 0n && negative) continue; // zero once, not twice
    return negative ? -magnitude : magnitude;
  }
}

/**
 * Pr[e] proportional to exp(-e^2 / (2 sigma^2)) (Algorithm 3). With sigma = sensitivity / sqrt(2 rho), adding it is rho-zCDP.
 * @param variance sigma^2, above 0
 */
export function discreteGaussian({ numerator: a, denominator: b }: Rational, rng: Rng = csprng): bigint {
  if (a < 1n || b < 1n) throw new RangeError(`variance ${a}/${b}: expected a positive rational`);
  const t = squareRoot(a / b) + 1n; // floor(sigma) + 1
  for (;;) {
    const y = discreteLaplace({ numerator: t, denominator: 1n }, rng);
    const magnitude = y < 0n ? -y : y;
    // Keep with probability exp(-(|y| - sigma^2/t)^2 / (2 sigma^2)), over the common denominator 2 a b t^2.
    const distance = magnitude * t * b - a;
    if (bernoulliExp(distance * distance, 2n * a * b * t * t, rng)) return y;
  }
}

/** True with probability exp(-numerator / denominator), for a rational >= 0 (Algorithm 1). */
export function bernoulliExp(numerator: bigint, denominator: bigint, rng: Rng = csprng): boolean {
  let rest = numerator;
  for (; rest > denominator; rest -= denominator) if (!bernoulliExpBelowOne(1n, 1n, rng)) return false;
  return bernoulliExpBelowOne(rest, denominator, rng);
}

/** For numerator <= denominator: a run of coins of chance x/1, x/2, x/3, ... ends at an odd place with probability exp(-x). */
function bernoulliExpBelowOne(numerator: bigint, denominator: bigint, rng: Rng): boolean {
  let k = 1n;
  while (uniformBigBelow(denominator * k, rng) < numerator) k++;
  return k % 2n === 1n;
}

/** The largest integer whose square is at most `value` (Newton). */
export function squareRoot(value: bigint): bigint {
  if (value < 0n) throw new RangeError(`${value} has no square root`);
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
