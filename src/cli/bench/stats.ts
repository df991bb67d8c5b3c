/** The middle value; the mean of the two middle ones when their number is even. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median absolute deviation from the median: the spread that outliers do not move. */
export function mad(values: readonly number[]): number {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre)));
}

/** A median with its spread and the runs behind it. */
export interface Summary {
  readonly median: number;
  readonly mad: number;
  readonly runs: readonly number[];
}

export function summary(runs: readonly number[]): Summary {
  return { median: median(runs), mad: mad(runs), runs };
}

/**
 * Two-sided p of the Mann-Whitney U test (Mann and Whitney 1947): how often two samples of one distribution would be ranked as unevenly as these.
 * Exact by enumeration of all ways to deal the pooled values, ties included, for up to 10 values each; with more, the normal approximation with
 * correction for ties and continuity.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1;
  const pooled = [...a, ...b];
  const ranks = midranks(pooled);
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const mean = (a.length * (pooled.length + 1)) / 2;
  return a.length <= 10 && b.length <= 10
    ? exact(ranks, a.length, Math.abs(observed - mean), mean)
    : approximate(ranks, a.length, b.length, Math.abs(observed - mean));
}

function midranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Array<number>(values.length);
  for (let at = 0; at < order.length; ) {
    let end = at + 1;
    while (end < order.length && values[order[end]!] === values[order[at]!]) end++;
    for (const i of order.slice(at, end)) ranks[i] = (at + 1 + end) / 2;
    at = end;
  }
  return ranks;
}

/** Counts subsets by size and rank sum (doubled, so that midranks are whole): the distribution of the rank sum when nothing differs. */
function exact(ranks: readonly number[], size: number, distance: number, mean: number): number {
  let ways = new Map<number, number>([[0, 1]]); // key: size * 2^20 + doubled rank sum
  for (const rank of ranks) {
    const next = new Map(ways);
    for (const [key, count] of ways) {
      const to = key + 2 ** 20 + 2 * rank;
      next.set(to, (next.get(to) ?? 0) + count);
    }
    ways = next;
  }
  let all = 0;
  let extreme = 0;
  for (const [key, count] of ways) {
    if (Math.floor(key / 2 ** 20) !== size) continue;
    all += count;
    if (Math.abs((key % 2 ** 20) / 2 - mean) >= distance - 1e-9) extreme += count;
  }
  return extreme / all;
}

function approximate(ranks: readonly number[], a: number, b: number, distance: number): number {
  const n = a + b;
  const ties = new Map<number, number>();
  for (const rank of ranks) ties.set(rank, (ties.get(rank) ?? 0) + 1);
  const correction = [...ties.values()].reduce((sum, t) => sum + t ** 3 - t, 0) / (n * (n - 1));
  const deviation = Math.sqrt(((a * b) / 12) * (n + 1 - correction));
  if (deviation === 0) return 1;
  return Math.min(1, 2 * upperTail(Math.max(0, distance - 0.5) / deviation));
}

/** Pr[N(0, 1) > z], Abramowitz and Stegun 7.1.26: within 1.5e-7. */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (poly * Math.exp(-x * x)) / 2;
}
