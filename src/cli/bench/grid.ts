import type { Cell, PsiCell, RoundCell } from './cell.ts';

const SEED = 1;
const SCHEMES = ['plain', 'pairwise', 'shares', 'ckks', 'bfv'] as const;

type Point = Pick<RoundCell, 'clients' | 'dimension' | 'dropout' | 'threads'>;

/** One axis is varied at a time, from the same centre: what a plot needs, without the product of all axes. */
interface Axes {
  readonly centre: Point;
  readonly clients: readonly number[];
  readonly dimension: readonly number[];
  readonly dropout: readonly number[];
  readonly threads: readonly number[];
}

const QUICK: Axes = {
  centre: { clients: 10, dimension: 10_000, dropout: 0.1, threads: 1 },
  clients: [5, 10, 20],
  dimension: [1_000, 10_000, 100_000],
  dropout: [0, 0.1, 0.3],
  threads: [1, 2],
};

const FULL: Axes = {
  centre: { clients: 100, dimension: 100_000, dropout: 0.1, threads: 1 },
  clients: [10, 30, 100, 300, 1_000],
  dimension: [1_000, 10_000, 100_000, 1_000_000],
  dropout: [0, 0.05, 0.1, 0.2, 0.3],
  threads: [1, 2, 4],
};

function roundCells({ centre, ...axes }: Axes, quick: boolean): RoundCell[] {
  const points: Point[] = [];
  for (const axis of ['clients', 'dimension', 'dropout', 'threads'] as const) {
    for (const value of axes[axis]) points.push({ ...centre, [axis]: value });
  }
  const distinct = [...new Map(points.map((point) => [JSON.stringify(point), point])).values()];
  return distinct.flatMap((point) =>
    SCHEMES.filter((scheme) => worthwhile(scheme, point, centre, quick)).map(
      (scheme): RoundCell => ({ kind: 'round', scheme, ...point, seed: SEED }),
    ),
  );
}

/** Only pairwise masks use the threads of an executor for their sums; with --quick the homomorphic schemes keep to one parameter. */
function worthwhile(scheme: RoundCell['scheme'], point: Point, centre: Point, quick: boolean): boolean {
  if (point.threads !== centre.threads) return scheme === 'pairwise';
  const homomorphic = scheme === 'ckks' || scheme === 'bfv';
  if (!homomorphic) return true;
  if (quick) return point.clients === centre.clients && point.dropout === centre.dropout && point.dimension <= 10_000;
  return point.clients * point.dimension <= 30_000_000;
}

export function studyCells(quick: boolean): RoundCell[] {
  return roundCells(quick ? QUICK : FULL, quick);
}

export function psiCells(quick: boolean): PsiCell[] {
  const sizes = quick ? [256, 1_024, 4_096] : [1_000, 10_000, 100_000, 1_000_000];
  const middle = sizes[1]!;
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
  const cells = [
    ...sizes.map((size) => cell({ left: size, right: size })),
    ...(['count', 'sum', 'frequency'] as const).map((reveal) => cell({ reveal })),
    ...[2, 4].slice(0, quick ? 1 : 2).map((threads) => cell({ left: sizes.at(-1)!, right: sizes.at(-1)!, threads })),
    cell({ left: sizes[0]!, right: sizes.at(-1)! }),
    cell({ left: sizes.at(-1)!, right: sizes[0]! }),
    cell({ left: middle, right: sizes[0]!, reveal: 'sum' }),
    // A query of the unbalanced suite holds 65,535 identifiers at most.
    ...sizes.map((size) => cell({ suite: 'unbalanced', left: sizes[0]!, right: size })),
    // P-256 with BigInt takes some milliseconds an element: small sets tell enough.
    ...(quick ? [64] : [1_000, 10_000]).map((size) => cell({ suite: 'openmined-p256', left: size, right: size })),
  ];
  return [...new Map(cells.map((one) => [JSON.stringify(one), one])).values()];
}

export function allCells(quick: boolean): Cell[] {
  return [...studyCells(quick), ...psiCells(quick)];
}
