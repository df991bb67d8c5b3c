import type { SchemeName } from '../demo/schemes.ts';
import { type Cell, cellId, type PsiCell, type RoundCell } from './cell.ts';

const SEED = 1;
const LIGHT = ['plain', 'pairwise', 'shares'] as const;
const HOMOMORPHIC = ['ckks', 'bfv'] as const;

type Point = Pick<RoundCell, 'clients' | 'dimension' | 'dropout' | 'threads'>;
type Axis = keyof Point;

/** One axis varied from a point: what a figure needs, without the product of all axes. */
interface Sweep {
  readonly from: Partial<Point>;
  readonly axis: Axis;
  readonly values: readonly number[];
  readonly schemes: readonly SchemeName[];
}

const CENTRE: Point = { clients: 10, dimension: 10_000, dropout: 0.1, threads: 1 };

const QUICK: readonly Sweep[] = [
  { from: {}, axis: 'clients', values: [5, 10, 20], schemes: LIGHT },
  { from: {}, axis: 'dimension', values: [1_000, 10_000, 100_000], schemes: LIGHT },
  { from: {}, axis: 'dropout', values: [0, 0.1, 0.3], schemes: LIGHT },
  { from: {}, axis: 'threads', values: [1, 2], schemes: ['pairwise', 'ckks'] },
  { from: {}, axis: 'clients', values: [5, 10], schemes: HOMOMORPHIC },
  { from: {}, axis: 'dimension', values: [1_000, 10_000], schemes: HOMOMORPHIC },
];

/**
 * Homomorphic rounds take a second for every few hundred thousand values, all clients together, and stop at three million. The corners at the end vary
 * two axes at once: the cost model could not tell their products from their sums otherwise. Threads are for long vectors: short ones are one job.
 */
const FULL: readonly Sweep[] = [
  { from: {}, axis: 'clients', values: [10, 30, 100, 300, 1_000], schemes: LIGHT },
  { from: {}, axis: 'clients', values: [10, 30, 100, 300], schemes: HOMOMORPHIC },
  { from: { clients: 30 }, axis: 'dimension', values: [1_000, 10_000, 100_000, 1_000_000], schemes: LIGHT },
  { from: { clients: 30 }, axis: 'dimension', values: [1_000, 10_000, 100_000], schemes: HOMOMORPHIC },
  { from: { clients: 100 }, axis: 'dropout', values: [0, 0.05, 0.1, 0.2, 0.3], schemes: LIGHT },
  { from: { clients: 100 }, axis: 'dropout', values: [0, 0.1, 0.3], schemes: HOMOMORPHIC },
  { from: { clients: 100, dimension: 1_000_000 }, axis: 'threads', values: [1, 2], schemes: ['pairwise'] },
  { from: { dimension: 300_000 }, axis: 'threads', values: [1, 2], schemes: HOMOMORPHIC },
  { from: { clients: 300 }, axis: 'dimension', values: [1_000, 100_000], schemes: LIGHT },
  { from: { clients: 10 }, axis: 'dimension', values: [1_000, 100_000, 1_000_000], schemes: LIGHT },
  { from: { clients: 100 }, axis: 'dimension', values: [1_000, 30_000], schemes: HOMOMORPHIC },
  { from: { clients: 10 }, axis: 'dimension', values: [1_000, 100_000], schemes: HOMOMORPHIC },
  { from: { clients: 300, dimension: 1_000 }, axis: 'dropout', values: [0, 0.3], schemes: ['pairwise'] },
];

/** Every cell of a protected scheme has its plaintext; threads do not change the bytes that it is there for. */
function withPlain(cells: readonly RoundCell[]): RoundCell[] {
  return cells.flatMap((cell): RoundCell[] => [{ ...cell, scheme: 'plain', threads: 1 }, cell]);
}

function distinct<Kind extends Cell>(cells: readonly Kind[]): Kind[] {
  return [...new Map(cells.map((cell) => [cellId(cell), cell])).values()];
}

export function studyCells(quick: boolean): RoundCell[] {
  const cells = (quick ? QUICK : FULL).flatMap(({ from, axis, values, schemes }) =>
    values.flatMap((value) =>
      schemes.map((scheme): RoundCell => ({ kind: 'round', scheme, ...CENTRE, ...from, [axis]: value, seed: SEED })),
    ),
  );
  return distinct(withPlain(cells));
}

export function psiCells(quick: boolean): PsiCell[] {
  const sizes = quick ? [256, 1_024, 4_096] : [1_000, 10_000, 30_000, 100_000];
  const [few, middle, most] = [sizes[0]!, sizes[1]!, sizes.at(-1)!];
  const cell = (part: Partial<PsiCell>): PsiCell => ({
    kind: 'psi',
    suite: 'ristretto255',
    reveal: 'members',
    left: middle,
    right: middle,
    threads: 1,
    seed: SEED,
    ...part,
  });
  const reveals = ['count', 'sum', 'frequency'] as const;
  return distinct([
    ...sizes.map((size) => cell({ left: size, right: size })),
    ...reveals.map((reveal) => cell({ reveal })),
    ...(quick ? [] : reveals.map((reveal) => cell({ reveal, left: few, right: few }))),
    ...(quick ? [most] : [middle, most]).map((size) => cell({ left: size, right: size, threads: 2 })),
    cell({ left: few, right: most }),
    cell({ left: most, right: few }),
    cell({ left: middle, right: few, reveal: 'sum' }),
    ...(quick ? [] : [cell({ left: few, right: 30_000, reveal: 'frequency' })]),
    // A query of the unbalanced suite holds 65,535 identifiers at most.
    ...sizes.map((size) => cell({ suite: 'unbalanced', left: few, right: size })),
    // P-256 takes about a millisecond an element.
    ...(quick ? [64] : [100, 1_000, 10_000]).map((size) => cell({ suite: 'openmined-p256', left: size, right: size })),
  ]);
}

export function allCells(quick: boolean): Cell[] {
  return [...studyCells(quick), ...psiCells(quick)];
}
