import Table from 'cli-table3';
import { ms, quantity } from './format.ts';
import type { Results } from './results.ts';
import { mannWhitney } from './stats.ts';

/** One figure of one cell in two files. */
export interface Difference {
  readonly id: string;
  readonly what: string;
  readonly kind: 'time' | 'rate' | 'count';
  readonly before: number;
  readonly after: number;
  /** after / before */
  readonly ratio: number;
  /** Two-sided, of the Mann-Whitney U test over the runs, adjusted for the number of comparisons (Holm). Counts have none: any difference is real. */
  readonly p?: number;
  readonly verdict: 'better' | 'worse' | 'same';
  readonly noisy: boolean;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Cells of one file only. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** The files are from different machines or Node versions: times say nothing then about the code. */
  readonly sameMachine: boolean;
  /** Times and rates with too few runs to be called different whatever they are. */
  readonly powerless: number;
}

const SIGNIFICANT = 0.05;

/** Cell by cell. Significance is Mann-Whitney on the runs, Holm-adjusted at 5 % over all times and rates. */
export function compareResults(before: Results, after: Results): Comparison {
  const raw: (Omit<Difference, 'verdict'> & { readonly raw?: number; readonly least?: number })[] = [];
  for (const old of before.rows) {
    const now = after.rows.find(({ id }) => id === old.id);
    if (now === undefined) continue;
    const noisy = old.noisy || now.noisy;
    for (const [what, a] of Object.entries(old.times)) {
      const b = now.times[what];
      if (b === undefined || (a.median === 0 && b.median === 0)) continue;
      raw.push({
        id: old.id,
        what,
        kind: 'time',
        ...ratio(a.median, b.median),
        raw: mannWhitney(a.runs, b.runs),
        least: leastP(a.runs.length, b.runs.length),
        noisy,
      });
    }
    for (const [what, a] of Object.entries(old.counts)) {
      const b = now.counts[what];
      if (b !== undefined && differs(old.id, a, b))
        raw.push({ id: old.id, what, kind: 'count', ...ratio(a, b), noisy: false });
    }
  }
  for (const old of before.micro ?? []) {
    const now = after.micro?.find(({ id }) => id === old.id);
    if (now === undefined) continue;
    const p = mannWhitney(old.perSecond.runs, now.perSecond.runs);
    const values = ratio(old.perSecond.median, now.perSecond.median);
    const least = leastP(old.perSecond.runs.length, now.perSecond.runs.length);
    raw.push({ id: old.id, what: `${old.unit}s/s`, kind: 'rate', ...values, raw: p, least, noisy: false });
  }
  const tests = raw.filter(({ raw: p }) => p !== undefined).length;
  const adjusted = holm(raw.map(({ raw: p }) => p));
  const differences = raw.map(({ raw: _, least: __, ...difference }, i): Difference => {
    const p = adjusted[i];
    return { ...difference, ...(p === undefined ? {} : { p }), verdict: verdict(difference, p) };
  });
  const ids = (results: Results) => [...results.rows, ...(results.micro ?? [])].map(({ id }) => id);
  const [a, b] = [ids(before), ids(after)];
  return {
    differences,
    onlyBefore: a.filter((id) => !b.includes(id)),
    onlyAfter: b.filter((id) => !a.includes(id)),
    powerless: raw.filter(({ least = 0 }) => least * tests >= SIGNIFICANT).length,
    sameMachine: before.machine.cpu === after.machine.cpu && before.machine.node === after.machine.node,
  };
}

/** A filter is a few bytes longer or shorter under another key. */
function differs(id: string, a: number, b: number): boolean {
  const filtered = id.startsWith('psi unbalanced') || id.startsWith('psi openmined');
  return filtered ? Math.abs(b / a - 1) > 0.01 : a !== b;
}

/** The smallest p that so many runs can have: all of one side below all of the other. */
function leastP(a: number, b: number): number {
  let ways = 1;
  for (let i = 1; i <= a; i++) ways *= (b + i) / i;
  return 2 / ways;
}

function ratio(before: number, after: number): Pick<Difference, 'before' | 'after' | 'ratio'> {
  return { before, after, ratio: after / before };
}

function verdict(
  { kind, before, after }: Pick<Difference, 'kind' | 'before' | 'after'>,
  p: number | undefined,
): Difference['verdict'] {
  if (before === after || (p !== undefined && p >= SIGNIFICANT)) return 'same';
  return after < before === (kind !== 'rate') ? 'better' : 'worse';
}

/** Holm 1979: the i-th smallest of m is multiplied by m - i, and none may be smaller than the one before. */
function holm(ps: readonly (number | undefined)[]): (number | undefined)[] {
  const order = ps.flatMap((p, i) => (p === undefined ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const out: (number | undefined)[] = ps.map(() => undefined);
  let least = 0;
  for (const [rank, { p, i }] of order.entries()) {
    least = Math.max(least, Math.min(1, p * (order.length - rank)));
    out[i] = least;
  }
  return out;
}

export function comparisonTable(comparison: Comparison, styled: boolean): string {
  const shown = comparison.differences.filter(({ verdict }) => verdict !== 'same');
  const same = comparison.differences.length - shown.length;
  const lines: string[] = [];
  if (shown.length > 0) {
    const style = { head: styled ? ['bold'] : [], border: [], compact: true };
    const table = new Table({ head: ['cell', 'what', 'before', 'after', 'ratio', 'p', ''], style });
    for (const { id, what, kind, before, after, ratio, p, verdict, noisy } of shown) {
      const print = kind === 'time' ? ms : quantity;
      const figures = [print(before), print(after), ratio.toFixed(3), p === undefined ? '' : p.toPrecision(2)];
      table.push([id, what, ...figures, noisy ? `${verdict}, noisy` : verdict]);
    }
    lines.push(table.toString());
  }
  lines.push(
    `${shown.length} figures differ, ${same} do not (Mann-Whitney, Holm-adjusted, 5 %; counts compared exactly)`,
  );
  if (comparison.powerless > 0) {
    lines.push(
      `${comparison.powerless} figures have too few runs to be told apart among so many, however far apart: compare fewer cells`,
    );
  }
  if (!comparison.sameMachine)
    lines.push('the files are from different processors or Node versions: compare counts, not times');
  for (const [name, ids] of [
    ['before', comparison.onlyBefore],
    ['after', comparison.onlyAfter],
  ] as const) {
    if (ids.length > 0) lines.push(`only ${name}: ${ids.join('; ')}`);
  }
  return `${lines.join('\n')}\n`;
}
