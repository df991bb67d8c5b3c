import type { SchemeName } from '../demo/schemes.ts';
import type { Bar } from './bars.ts';
import type { PsiCell, RoundCell } from './cell.ts';
import type { Chart, Point, Series } from './chart.ts';
import { ms, quantity } from './format.ts';
import type { MicroRow } from './micro.ts';
import type { RivalRow, Row } from './results.ts';
import { expansion } from './tables.ts';

/** Results as charts. One that has nothing to show is `undefined`. */

/** Schemes in the order of their styles. */
export const NAMES: readonly (readonly [SchemeName, string])[] = [
  ['pairwise', 'pairwise masks'],
  ['shares', 'additive shares'],
  ['ckks', 'CKKS'],
  ['bfv', 'BFV'],
  ['plain', 'plaintext'],
];

export type RoundRow = { readonly row: Row; readonly cell: RoundCell };
type Axis = 'clients' | 'dimension' | 'dropout';

/** The sweep along an axis: of all cells that agree on the other axes, those that have the most values on this one. */
export function along(rows: readonly Row[], axis: Axis): RoundRow[] {
  const others = (['clients', 'dimension', 'dropout'] as const).filter((name) => name !== axis);
  const sweeps = new Map<string, RoundRow[]>();
  for (const row of rows) {
    const { cell } = row;
    if (cell.kind !== 'round' || cell.threads !== 1) continue;
    const key = others.map((name) => cell[name]).join();
    sweeps.set(key, [...(sweeps.get(key) ?? []), { row, cell }]);
  }
  // Of equals, the larger cohort.
  const breadth = (sweep: readonly RoundRow[]) =>
    1_000 * valuesOf(sweep, axis).length + sweep.length + sweep[0]!.cell.clients / 1e6;
  return [...sweeps.values()].sort((a, b) => breadth(b) - breadth(a))[0] ?? [];
}

function valuesOf(sweep: readonly RoundRow[], axis: Axis): number[] {
  return [...new Set(sweep.map(({ cell }) => cell[axis]))].sort((a, b) => a - b);
}

type Value = (row: Row) => Omit<Point, 'x'> | undefined;

const timeOf =
  (name: string): Value =>
  ({ times, noisy }) => {
    const found = times[name];
    return found === undefined || found.median === 0
      ? undefined
      : { y: found.median / 1000, spread: found.mad / 1000, noisy };
  };

const seconds = (value: number): string => ms(1000 * value);

const X_AXES = {
  clients: { label: 'clients n', log: true, format: quantity },
  dimension: { label: 'values in an update d', log: true, format: quantity },
  dropout: {
    label: 'share of clients that leave before contributing',
    log: false,
    format: (value: number) => `${Math.round(100 * value)}\u00a0%`,
  },
} as const;

/** What is held fixed, for titles. */
function fixed(sweep: readonly RoundRow[], axis: Axis): string {
  const cell = sweep[0]!.cell;
  const names = { clients: 'n', dimension: 'd', dropout: 'dropout' };
  const others = (['clients', 'dimension', 'dropout'] as const).filter((name) => name !== axis);
  return others
    .map(
      (name) =>
        `${names[name]}\u00a0=\u00a0${name === 'dropout' ? X_AXES.dropout.format(cell[name]) : quantity(cell[name])}`,
    )
    .join(', ');
}

function roundChart(rows: readonly Row[], axis: Axis, title: string, y: Chart['y'], value: Value): Chart | undefined {
  const sweep = along(rows, axis);
  const series = NAMES.flatMap(([scheme, name], style): Series[] => {
    const points = sweep
      .filter(({ cell }) => cell.scheme === scheme)
      .flatMap(({ row, cell }): Point[] => {
        const found = value(row);
        return found === undefined ? [] : [{ x: cell[axis], ...found }];
      });
    return points.length === 0 ? [] : [{ name, style, points }];
  });
  if (series.length === 0) return undefined;
  const against = { clients: 'clients', dimension: 'update length', dropout: 'dropout' }[axis];
  return {
    title: `${title} against ${against} (${fixed(sweep, axis)})`,
    x: { ...X_AXES[axis], ticks: valuesOf(sweep, axis) },
    y,
    series,
  };
}

export function expansionChart(rows: readonly Row[], axis: Axis): Chart | undefined {
  const value: Value = (row) => {
    const found = expansion(row, rows);
    return found === undefined || (row.cell.kind === 'round' && row.cell.scheme === 'plain') ? undefined : { y: found };
  };
  const y = { label: 'bytes, times plaintext', log: true, format: quantity };
  const chart = roundChart(rows, axis, 'Bytes of a client', y, value);
  return chart && { ...chart, reference: { y: 1, label: 'plaintext' } };
}

export function timeChart(rows: readonly Row[], axis: Axis, who: 'client' | 'server' | 'helper'): Chart | undefined {
  const title = { client: 'Time of a client', server: 'Time of the server', helper: 'Time of the helpers' }[who];
  const y = { label: title.toLowerCase(), log: true, format: seconds };
  return roundChart(rows, axis, title, y, timeOf(`${who}Ms`));
}

const SUITE_NAMES: readonly (readonly [PsiCell['suite'], string])[] = [
  ['ristretto255', 'subrosa, equal sizes'],
  ['unbalanced', 'subrosa, unbalanced protocol'],
  ['openmined-p256', "subrosa, OpenMined's wire (P-256)"],
];

export type PsiRow = Row & { readonly cell: PsiCell };

export function isPsi(row: Row): row is PsiRow {
  return row.cell.kind === 'psi';
}

export function psiChart(rows: readonly Row[], rivals: readonly RivalRow[]): Chart | undefined {
  const members = rows.filter(isPsi).filter(({ cell }) => cell.reveal === 'members' && cell.threads === 1);
  const series = SUITE_NAMES.flatMap(([suite, name], style): Series[] => {
    const points = members
      .filter(({ cell }) => cell.suite === suite && (suite === 'unbalanced' || cell.left === cell.right))
      .flatMap((row): Point[] => {
        const value = timeOf('wallMs')(row);
        return value === undefined ? [] : [{ x: row.cell.right, ...value }];
      });
    const small = members.find(({ cell }) => cell.suite === suite)?.cell.left ?? 0;
    const label = suite === 'unbalanced' ? `${name}, left ${quantity(small)}` : name;
    return points.length === 0 ? [] : [{ name: label, style, points }];
  });
  if (series.length === 0) return undefined;
  const names = [...new Set(rivals.filter(({ task }) => task === 'psi').map(({ rival }) => rival))];
  for (const [i, name] of names.entries()) {
    const points = rivals.flatMap(({ rival, task, right, ms: spent, mad }): Point[] =>
      rival !== name || task !== 'psi' || right === undefined || spent === undefined
        ? []
        : [{ x: right, y: spent / 1000, spread: (mad ?? 0) / 1000 }],
    );
    if (points.length > 0) series.push({ name, style: SUITE_NAMES.length + i, points });
  }
  return {
    title: 'Set intersection: time of both parties against size (members, one thread)',
    x: { label: 'identifiers of the right side', log: true, format: quantity },
    y: { label: 'time of both', log: true, format: seconds },
    series,
  };
}

export function threadChart(rows: readonly Row[]): Chart | undefined {
  const rounds = (scheme: SchemeName, time: string) =>
    speedup(
      rows.filter(({ cell }) => cell.kind === 'round' && cell.scheme === scheme),
      time,
    );
  const psi = rows.filter(isPsi).filter(({ cell }) => cell.suite === 'ristretto255');
  const measured = [
    { name: 'pairwise masks, server', points: rounds('pairwise', 'serverMs') },
    { name: 'pairwise masks, a client', points: rounds('pairwise', 'clientMs') },
    { name: 'CKKS, decryptors', points: rounds('ckks', 'helperMs') },
    { name: 'set intersection, both', points: speedup(psi, 'wallMs') },
  ];
  const series = measured
    .map(({ name, points }, style): Series => ({ name, style, points }))
    .filter(({ points }) => points.length > 1);
  if (series.length === 0) return undefined;
  const threads = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  series.push({ name: 'ideal', style: 5, points: threads.map((x) => ({ x, y: x })) });
  return {
    title: 'Speed-up over threads',
    x: { label: 'threads', log: false, format: String, ticks: threads },
    y: { label: 'times one thread', log: false, format: (value) => String(Math.round(value * 100) / 100) },
    series,
  };
}

/** Of the largest cell that was measured with more than one thread. */
function speedup(rows: readonly Row[], name: string): Point[] {
  const time = (row: Row) => row.times[name]?.median ?? 0;
  const without = ({ cell }: Row) => JSON.stringify({ ...cell, threads: 0 });
  const most = rows.filter(({ cell }) => cell.threads > 1).sort((a, b) => time(b) - time(a))[0];
  if (most === undefined) return [];
  const cells = rows.filter((row) => without(row) === without(most) && time(row) > 0);
  const one = cells.find(({ cell }) => cell.threads === 1);
  if (one === undefined) return [];
  return cells.map((row) => ({ x: row.cell.threads, y: time(one) / time(row), noisy: row.noisy }));
}

export function kernelBars(micro: readonly MicroRow[]): Bar[] {
  return micro.map(({ id, unit, perSecond, twin, limit }) => ({
    name: id,
    value: perSecond.median,
    ...(limit && { limit: limit.median }),
    ...(twin && { twin: twin.median }),
    text: `${quantity(perSecond.median)} ${unit}s`,
  }));
}

/** The figures that stand alone, by file name. */
export function figureFiles(rows: readonly Row[], rivals: readonly RivalRow[]): ReadonlyMap<string, Chart> {
  const charts = {
    'bytes.svg': expansionChart(rows, 'dimension'),
    'server-time.svg': timeChart(rows, 'clients', 'server'),
    'intersection.svg': psiChart(rows, rivals),
  };
  return new Map(Object.entries(charts).flatMap(([name, chart]) => (chart === undefined ? [] : [[name, chart]])));
}
