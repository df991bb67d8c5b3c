import { additiveShares, bfvSum, ckksSum, pairwiseMasks, plaintext, type Scheme } from '../../aggregate/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import type { Cell, PsiCell, RoundCell } from './cell.ts';
import { barChart, lineChart, type Point, type Series } from './chart.ts';
import { ms, quantity } from './format.ts';
import { escapeHtml, page, table } from './html.ts';
import type { Results, RivalRow, Row } from './results.ts';
import { expansion, resultTables } from './tables.ts';

/** Schemes in the order of their styles. */
const NAMES: readonly (readonly [SchemeName, string])[] = [
  ['pairwise', 'pairwise masks'],
  ['shares', 'additive shares'],
  ['ckks', 'CKKS'],
  ['bfv', 'BFV'],
  ['plain', 'plaintext'],
];

/** Everything measured, on one self-contained page: no scripts, nothing to load. */
export function reportPage(results: Results): string {
  const { machine } = results;
  const facts = [
    `${machine.cpu}, ${machine.threads} threads, ${quantity(machine.memoryBytes)}B of memory, ${machine.os}`,
    `Node ${machine.node} (V8 ${machine.v8}), subrosa ${machine.version}${machine.commit === null ? '' : `, commit ${machine.commit}`}`,
    `${results.command}, ${results.date}, load before the start ${machine.load}`,
  ];
  const noisy = results.rows.filter((row) => row.noisy).length;
  const disturbed =
    noisy > results.rows.length / 10
      ? `<p class="warning">${noisy} of ${results.rows.length} cells were disturbed or vary by more than 10 %: they are drawn hollow and are not to be cited. Bytes and counts do not depend on the machine and hold all the same.</p>`
      : '';
  const failed = results.failed.map(
    ({ id, error }) => `<p class="warning">Not measured: ${escapeHtml(`${id}: ${error}`)}</p>`,
  );
  const body = [
    '<h1>What privacy costs</h1>',
    `<p class="facts">${facts.map(escapeHtml).join('<br>')}</p>`,
    disturbed,
    ...failed,
    '<h2>Who sees what</h2>',
    whoSeesWhat(),
    ...roundFigures(results.rows),
    ...kernelFigure(results),
    ...psiFigures(results.rows, results.rivals ?? []),
    ...threadFigure(results.rows),
    ...rivalTable(results.rivals),
    '<h2>All figures</h2>',
    '<p>Medians of several runs after one to warm up, with the median absolute deviation; every cell in a process of its own, all parties in it. Client time is the mean over the clients that stayed; it and the server time leave out training and encoding.</p>',
    `<details><summary>as text</summary><div class="scroll"><pre>${escapeHtml(resultTables(results, false))}</pre></div></details>`,
  ];
  return page('subrosa: what privacy costs', body.filter((part) => part !== '').join('\n'));
}

function whoSeesWhat(): string {
  const schemes: readonly Scheme[] = [
    pairwiseMasks({ dropout: 0.1, corrupt: 0.1, adversary: 'honest-but-curious' }),
    additiveShares({ mode: 'additive' }),
    ckksSum({ threshold: 2 }),
    bfvSum({ threshold: 2 }),
    plaintext(),
  ];
  const rows = schemes.map(({ name, learns }) => [
    name,
    learns.server,
    learns.helpers ?? 'there are none',
    learns.clients,
  ]);
  return table(['scheme', 'the server learns', 'helpers learn', 'clients learn'], rows).replace(
    '<table>',
    '<table class="prose">',
  );
}

type Value = (row: Row) => Omit<Point, 'x'> | undefined;

/** Cells that differ from the commonest setting in one axis only. */
function along(
  rows: readonly Row[],
  axis: 'clients' | 'dimension' | 'dropout' | 'threads',
): { row: Row; cell: RoundCell }[] {
  const rounds = rows.flatMap((row) => (row.cell.kind === 'round' ? [{ row, cell: row.cell }] : []));
  const others = (['clients', 'dimension', 'dropout', 'threads'] as const).filter((name) => name !== axis);
  const centre = others.map((name) => commonest(rounds.map(({ cell }) => cell[name])));
  return rounds.filter(({ cell }) => others.every((name, i) => cell[name] === centre[i]));
}

function commonest(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function byScheme(found: readonly { row: Row; cell: RoundCell }[], x: (cell: RoundCell) => number, y: Value): Series[] {
  return NAMES.flatMap(([scheme, name], style): Series[] => {
    const points = found
      .filter(({ cell }) => cell.scheme === scheme)
      .flatMap(({ row, cell }): Point[] => {
        const value = y(row);
        return value === undefined ? [] : [{ x: x(cell), ...value }];
      });
    return points.length === 0 ? [] : [{ name, style, points }];
  });
}

const time =
  (name: string): Value =>
  (row) => {
    const found = row.times[name];
    return found === undefined || found.median === 0
      ? undefined
      : { y: found.median / 1000, spread: found.mad / 1000, noisy: row.noisy };
  };

const seconds = (value: number): string => ms(1000 * value);
const AXES = {
  clients: { label: 'clients n', log: true, format: quantity },
  dimension: { label: 'values in an update d', log: true, format: quantity },
} as const;

function roundFigures(rows: readonly Row[]): string[] {
  const byClients = along(rows, 'clients');
  const byDimension = along(rows, 'dimension');
  const byDropout = along(rows, 'dropout');
  if (byClients.length === 0) return [];
  const factor: Value = (row) => {
    const found = expansion(row, rows);
    return found === undefined || (row.cell.kind === 'round' && row.cell.scheme === 'plain') ? undefined : { y: found };
  };
  const ticksOf = (found: typeof byClients, axis: 'clients' | 'dimension' | 'dropout') =>
    [...new Set(found.map(({ cell }) => cell[axis]))].sort((a, b) => a - b);
  const figure = (title: string, axis: 'clients' | 'dimension', label: string, y: typeof factor) => {
    const found = axis === 'clients' ? byClients : byDimension;
    return lineChart({
      title,
      x: { ...AXES[axis], ticks: ticksOf(found, axis) },
      y: { label, log: true, format: label === 'times plaintext' ? quantity : seconds },
      series: byScheme(found, (cell) => cell[axis], y),
      ...(label.includes('plaintext') && { reference: { y: 1, label: 'plaintext' } }),
    });
  };
  const dropouts = lineChart({
    title: `Server time against dropout${at(byDropout, ['clients', 'dimension'])}`,
    x: {
      label: 'share of clients that leave before contributing',
      log: false,
      format: (value) => `${Math.round(100 * value)} %`,
      ticks: ticksOf(byDropout, 'dropout'),
    },
    y: { label: 'server time', log: true, format: seconds },
    series: byScheme(byDropout, (cell) => cell.dropout, time('serverMs')),
  });
  const [overN, overD] = [at(byClients, ['dimension', 'dropout']), at(byDimension, ['clients', 'dropout'])];
  return [
    '<h2>Bytes of a client</h2>',
    '<p>Measured on the wire, both directions, over what the same update takes without protection.</p>',
    `<div class="figures">${figure(`Expansion against n${overN}`, 'clients', 'times plaintext', factor)}${figure(`Expansion against d${overD}`, 'dimension', 'times plaintext', factor)}</div>`,
    '<h2>Time of clients and server</h2>',
    `<div class="figures">${figure(`Client time against n${overN}`, 'clients', 'client time', time('clientMs'))}${figure(`Client time against d${overD}`, 'dimension', 'client time', time('clientMs'))}`,
    `${figure(`Server time against n${overN}`, 'clients', 'server time', time('serverMs'))}${figure(`Server time against d${overD}`, 'dimension', 'server time', time('serverMs'))}${dropouts}</div>`,
    '<h2>Server time by phase, and accuracy</h2>',
    phaseTable(byDropout),
  ];
}

/** What is held fixed, for captions. */
function at(found: readonly { cell: RoundCell }[], axes: readonly ('clients' | 'dimension' | 'dropout')[]): string {
  const cell = found[0]?.cell;
  if (cell === undefined) return '';
  const names = { clients: 'n', dimension: 'd', dropout: 'dropout' };
  return ` (${axes.map((axis) => `${names[axis]} = ${quantity(cell[axis])}`).join(', ')})`;
}

function phaseTable(found: readonly { row: Row; cell: RoundCell }[]): string {
  const rows = found.map(({ row, cell }) => [
    cell.scheme,
    `${Math.round(100 * cell.dropout)} %`,
    Object.entries(row.serverPhases ?? {})
      .map(([phase, spent]) => `${phase} ${ms(spent)}`)
      .join(', '),
    row.relativeError === undefined ? '' : row.relativeError.toExponential(2),
    `${quantity(row.peakRss - row.baseRss)}B`,
  ]);
  const head = [
    'scheme',
    'dropout',
    'server, by phase',
    'error of the mean (L2, relative)',
    'memory of all parties above the start',
  ];
  return table(head, rows).replace('<table>', '<table class="prose">');
}

function kernelFigure({ micro }: Results): string[] {
  if (micro.length === 0) return [];
  const bars = micro.map(({ id, unit, perSecond, twin, limit }) => ({
    name: id,
    value: perSecond.median,
    ...(limit && { limit: limit.median }),
    ...(twin && { twin: twin.median }),
    text: `${quantity(perSecond.median)} ${unit}s`,
  }));
  const limits = micro.flatMap(({ id, limit }) => (limit ? [`${id}: ${limit.what}`] : []));
  return [
    '<h2>Kernels beside the limit</h2>',
    `<p>Bar: ours, one thread. Thick orange line: what the machine can do at best (${escapeHtml(limits.join('; '))}). Dashed line: the reference twin.</p>`,
    barChart('Kernel throughput', 'units a second', bars, quantity),
  ];
}

const SUITE_NAMES: readonly (readonly [PsiCell['suite'], string])[] = [
  ['ristretto255', 'subrosa, ristretto255'],
  ['unbalanced', 'subrosa, unbalanced (small left side)'],
  ['openmined-p256', "subrosa, OpenMined's wire (P-256)"],
];

function isPsi(row: Row): row is Row & { cell: PsiCell } {
  return row.cell.kind === 'psi';
}

function psiFigures(rows: readonly Row[], rivals: readonly RivalRow[]): string[] {
  const psi = rows.filter(isPsi);
  if (psi.length === 0) return [];
  const series = SUITE_NAMES.flatMap(([suite, name], style): Series[] => {
    const points = psi
      .filter(
        ({ cell }) =>
          cell.suite === suite &&
          cell.reveal === 'members' &&
          cell.threads === 1 &&
          (suite === 'unbalanced' || cell.left === cell.right),
      )
      .flatMap((row): Point[] => {
        const value = time('wallMs')(row);
        return value === undefined ? [] : [{ x: row.cell.right, ...value }];
      });
    return points.length === 0 ? [] : [{ name, style, points }];
  });
  const theirs = rivals.flatMap(({ task, right, ms: spent, mad }): Point[] =>
    task !== 'psi' || right === undefined || spent === undefined
      ? []
      : [{ x: right, y: spent / 1000, spread: (mad ?? 0) / 1000 }],
  );
  if (theirs.length > 0) series.push({ name: '@openmined/psi.js', style: 3, points: theirs });
  const chart = lineChart({
    title: 'PSI: time of both parties against size',
    x: { label: 'identifiers of the right side', log: true, format: quantity },
    y: { label: 'time', log: true, format: seconds },
    series,
  });
  const rowsOf = psi.map(({ cell, times, counts, noisy }) => [
    ...[
      cell.suite,
      cell.reveal,
      quantity(cell.left),
      quantity(cell.right),
      String(cell.threads),
      ms(times['wallMs']!.median),
    ],
    ...[`${quantity(counts['leftBytes']!)}B`, `${quantity(counts['rightBytes']!)}B`, noisy ? 'noisy' : ''],
  ]);
  const head = ['protocol', 'reveal', 'left', 'right', 'threads', 'time', 'left sends', 'right sends', ''];
  return ['<h2>Set intersection</h2>', `<div class="figures">${chart}</div>`, table(head, rowsOf)];
}

/** A rival without figures is a row with the reason. */
function rivalTable(rivals: readonly RivalRow[] | undefined): string[] {
  if (rivals === undefined) return [];
  const rows = rivals.map((row) => {
    const size = [
      row.clients === undefined ? '' : `n = ${row.clients}`,
      row.dimension === undefined ? '' : `d = ${quantity(row.dimension)}`,
      row.left === undefined || row.right === undefined ? '' : `${quantity(row.left)} x ${quantity(row.right)}`,
    ];
    const bytes = row.bytesUp ?? (row.leftBytes === undefined ? undefined : row.leftBytes + (row.rightBytes ?? 0));
    return [
      ...[row.rival, row.kind, row.what ?? '', size.filter((text) => text !== '').join(', ')],
      row.ms === undefined ? `not measured: ${row.error ?? 'no reason given'}` : ms(row.ms),
      ...[bytes === undefined ? '' : `${quantity(bytes)}B`, row.note ?? ''],
    ];
  });
  const head = ['rival', 'what it is', 'what it did', 'size', 'time', 'bytes', ''];
  return ['<h2>Rivals</h2>', table(head, rows).replace('<table>', '<table class="prose">')];
}

function threadFigure(rows: readonly Row[]): string[] {
  const masks = along(rows, 'threads').filter(({ cell }) => cell.scheme === 'pairwise');
  const psi = rows
    .filter(isPsi)
    .filter(({ cell }) => cell.suite === 'ristretto255' && cell.reveal === 'members' && cell.left === cell.right);
  const largest = psi.filter(({ cell }) => cell.left === Math.max(...psi.map((row) => row.cell.left)));
  const series: Series[] = [
    {
      name: 'pairwise masks, server',
      style: 0,
      points: speedup(
        masks.map(({ row }) => row),
        'serverMs',
      ),
    },
    { name: 'PSI, both parties', style: 1, points: speedup(largest, 'wallMs') },
  ].filter(({ points }) => points.length > 1);
  if (series.length === 0) return [];
  const threads = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return [
    '<h2>Threads</h2>',
    `<div class="figures">${lineChart({
      title: 'Speed-up over threads',
      x: { label: 'threads', log: false, format: String, ticks: threads },
      y: { label: 'times one thread', log: false, format: (value) => String(Math.round(value * 100) / 100) },
      series,
      reference: { y: 1, label: 'one thread' },
    })}</div>`,
  ];
}

function speedup(
  rows: readonly { readonly cell: Cell; readonly times: Row['times']; readonly noisy: boolean }[],
  name: string,
): Point[] {
  const one = rows.find(({ cell }) => cell.threads === 1)?.times[name]?.median;
  if (one === undefined) return [];
  return rows.map(({ cell, times, noisy }) => ({ x: cell.threads, y: one / times[name]!.median, noisy }));
}
