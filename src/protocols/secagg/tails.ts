/** Binomial coefficients and hypergeometric tails in the logarithmic domain, where 2^-60 keeps all its digits. */

/** ln(i!) for i up to 65,536: a table of sums of logarithms, with the rounding errors carried along (Kahan summation). */
let table = new Float64Array(1);

function logFactorial(n: number): number {
  if (n >= table.length) table = extended(Math.min(65_537, Math.max(1024, 2 * n + 1)));
  return table[n]!;
}

function extended(length: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(length);
  let carried = 0;
  for (let i = 2; i < length; i++) {
    const term = Math.log(i) - carried;
    out[i] = out[i - 1]! + term;
    carried = out[i]! - out[i - 1]! - term;
  }
  return out;
}

/** ln C(n, k) for 0 <= n <= 65,536; -Infinity when k is not in 0 .. n. */
export function logBinomial(n: number, k: number): number {
  if (k < 0 || k > n) return -Infinity;
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/**
 * log2 Pr[X >= x] for X ~ Hyp(n, marked, drawn): how many of `drawn` clients, drawn without replacement out of n, are among the
 * `marked` ones. Sums the tail itself, term by term, so that nothing is lost to 1 - (almost 1).
 */
export function logHypergeometricTail(n: number, marked: number, drawn: number, x: number): number {
  const least = Math.max(0, drawn + marked - n);
  const most = Math.min(marked, drawn);
  if (x <= least) return 0;
  if (x > most) return -Infinity;
  const first = logBinomial(marked, x) + logBinomial(n - marked, drawn - x) - logBinomial(n, drawn);
  // Terms relative to the first: the ratio of neighbours is a product of four small integers.
  let term = 1;
  let sum = 1;
  for (let i = x; i < most; i++) {
    term *= ((marked - i) * (drawn - i)) / ((i + 1) * (n - marked - drawn + i + 1));
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return Math.min(0, (first + Math.log(sum)) / Math.LN2);
}
