import { additiveShares, bfvSum, ckksSum, pairwiseMasks, plaintext, type Scheme } from '../../aggregate/index.ts';
import { barChart } from './bars.ts';
import { type Chart, lineChart } from './chart.ts';
import {
  along,
  expansionChart,
  isPsi,
  kernelBars,
  NAMES,
  psiChart,
  type RoundRow,
  threadChart,
  timeChart,
} from './figures.ts';
import { ms, quantity } from './format.ts';
import { escapeHtml, page, table } from './html.ts';
import type { Results, RivalRow, Row } from './results.ts';
import { resultTables } from './tables.ts';

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
    ...rivalTable(results.rivals, results.rows),
    '<h2>All figures</h2>',
    '<p>Medians of several runs after some to warm up, with the median absolute deviation; every cell in a process of its own, all parties in it. Client time is the mean over the clients that stayed; it and the server time leave out training and encoding.</p>',
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
  const plainly = (text: string) => text.replaceAll('`', '');
  const sums = schemes.map(({ name, learns }) =>
    [name, learns.server, learns.helpers ?? 'there are none', learns.clients].map(plainly),
  );
  const size = "the other side's size";
  const intersections = [
    ['members', `${size}, and which of its rows are on both lists`, size],
    ['count', `${size}, and how many are on both`, size],
    ['sum', `${size}, how many are on both, and the sum of the right side's values over them`, size],
    ['frequency', `${size}, how many are on both, and how many of those are in each bucket`, size],
  ];
  return [
    table(['sum', 'the server learns', 'helpers learn', 'clients learn'], sums, 'prose'),
    table(['intersection', 'the left side learns', 'the right side learns'], intersections, 'prose'),
  ].join('');
}

const drawn = (charts: readonly (Chart | undefined)[]): string => {
  const figures = charts.flatMap((chart) => (chart === undefined ? [] : [lineChart(chart)]));
  return figures.length === 0 ? '' : `<div class="figures">${figures.join('')}</div>`;
};

function roundFigures(rows: readonly Row[]): string[] {
  const byDropout = along(rows, 'dropout');
  if (byDropout.length === 0) return [];
  return [
    '<h2>Bytes of a client</h2>',
    '<p>Measured on the wire, both directions, over what the same update takes without protection. In all figures: bars are the median absolute deviation, hollow marks were disturbed.</p>',
    drawn([expansionChart(rows, 'clients'), expansionChart(rows, 'dimension')]),
    '<h2>Time of clients, server and helpers</h2>',
    '<p>Helpers are the three servers of additive shares and the three decryptors of homomorphic sums: their work, all together.</p>',
    drawn([
      timeChart(rows, 'clients', 'client'),
      timeChart(rows, 'dimension', 'client'),
      timeChart(rows, 'clients', 'server'),
      timeChart(rows, 'dimension', 'server'),
      timeChart(rows, 'dropout', 'server'),
      timeChart(rows, 'clients', 'helper'),
    ]),
    '<h2>Server time by phase, memory and accuracy</h2>',
    phaseTable(byDropout),
  ];
}

const share = (part: number): string => `${Math.round(100 * part)}\u00a0%`;

function phaseTable(found: readonly RoundRow[]): string {
  const order = NAMES.map(([scheme]) => scheme);
  const sorted = [...found].sort(
    (a, b) => order.indexOf(a.cell.scheme) - order.indexOf(b.cell.scheme) || a.cell.dropout - b.cell.dropout,
  );
  const rows = sorted.map(({ row, cell }) => {
    const phases = Object.entries(row.serverPhases ?? {}).sort(([, a], [, b]) => b - a);
    const total = phases.reduce((sum, [, spent]) => sum + spent, 0);
    return [
      ...[cell.scheme, share(cell.dropout), ms(total)],
      phases.map(([phase, spent]) => `${phase} ${share(spent / total)}`).join(', '),
      row.relativeError === undefined ? '' : row.relativeError.toExponential(1),
      `${quantity(row.peakRss - row.baseRss)}B`,
    ];
  });
  const cell = sorted[0]!.cell;
  return `<p>n = ${quantity(cell.clients)}, d = ${quantity(cell.dimension)}. Error: L2 distance of the mean found from the clients' real mean, over the L2 norm of the latter. Memory: peak of all parties in one process, above what it had at the start.</p>${table(['scheme', 'dropout', 'server', 'by phase', 'error', 'memory'], rows)}`;
}

function kernelFigure({ micro }: Results): string[] {
  if (micro.length === 0) return [];
  const of = (what: string) => micro.filter(({ limit }) => limit?.what === what).map(({ id }) => id);
  const limits = [...new Set(micro.flatMap(({ limit }) => (limit ? [limit.what] : [])))].map(
    (what) => `${what} for ${of(what).join(', ')}`,
  );
  return [
    '<h2>Kernels beside the limit</h2>',
    `<p>Bar: ours, one thread. Thick orange line: what the machine can do at best (${escapeHtml(limits.join('; '))}). Dashed line: the reference twin.</p>`,
    barChart(
      'Kernel throughput',
      'units a second: words, values, secrets, strings, points, samples',
      kernelBars(micro),
      quantity,
    ),
  ];
}

function psiFigures(rows: readonly Row[], rivals: readonly RivalRow[]): string[] {
  const psi = rows.filter(isPsi);
  if (psi.length === 0) return [];
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
  const head = ['protocol', 'reveal', 'left', 'right', 'threads', 'time', 'left sends', 'right sends', 'note'];
  return ['<h2>Set intersection</h2>', drawn([psiChart(rows, rivals)]), table(head, rowsOf)];
}

/** A rival without figures is a row with the reason. */
function rivalTable(rivals: readonly RivalRow[] | undefined, rows: readonly Row[]): string[] {
  if (rivals === undefined) return [];
  const kinds = new Map(rivals.map(({ rival, kind }) => [rival, kind]));
  const lines = rivals.map((row) => {
    const size = [
      row.clients === undefined ? '' : `n = ${row.clients}`,
      row.dimension === undefined ? '' : `d = ${quantity(row.dimension)}`,
      row.left === undefined || row.right === undefined ? '' : `${quantity(row.left)} x ${quantity(row.right)}`,
    ];
    const bytes = row.bytesUp ?? (row.leftBytes === undefined ? undefined : row.leftBytes + (row.rightBytes ?? 0));
    return [
      ...[row.rival, row.what ?? '', size.filter((text) => text !== '').join(', ')],
      row.ms === undefined ? `not measured: ${row.error ?? 'no reason given'}` : ms(row.ms),
      ...[bytes === undefined ? '' : `${quantity(bytes)}B`, ours(row, rows), row.note ?? ''],
    ];
  });
  const head = ['rival', 'what it did', 'size', 'time', 'bytes', 'subrosa, the whole of it', 'note'];
  const what = [...kinds].map(([rival, kind]) => `<li><b>${escapeHtml(rival)}</b>: ${escapeHtml(kind)}</li>`);
  return ['<h2>Rivals</h2>', `<ul>${what.join('')}</ul>`, table(head, lines, 'prose')];
}

/** Our cell of the same size, where there is one: everything the protocol does, where a model leaves parts out. */
function ours({ task, what = '', clients, dimension, left, right, rival }: RivalRow, rows: readonly Row[]): string {
  const scheme = rival.startsWith('TenSEAL') ? 'ckks' : 'pairwise';
  const row = rows.find(({ cell }) => {
    if (cell.threads !== 1) return false;
    if (cell.kind === 'psi')
      return task === 'psi' && cell.suite === 'ristretto255' && cell.left === left && cell.right === right;
    const same = cell.scheme === scheme && cell.dimension === dimension && cell.dropout === 0.1;
    return task === 'round' && same && cell.clients === (clients ?? cell.clients);
  });
  const name = task === 'psi' ? 'wallMs' : what.startsWith('one client') ? 'clientMs' : 'serverMs';
  const time = row?.times[name];
  // What a server does for one client is no figure of ours.
  if (row === undefined || time === undefined || (scheme === 'ckks' && name === 'serverMs')) return '';
  const { counts } = row;
  const bytes =
    task === 'psi'
      ? counts['leftBytes']! + counts['rightBytes']!
      : name === 'clientMs'
        ? counts['bytesUp']!
        : undefined;
  return `${ms(time.median)}${bytes === undefined ? '' : `, ${quantity(bytes)}B`}${row.noisy ? ' (noisy)' : ''}`;
}

function threadFigure(rows: readonly Row[]): string[] {
  const chart = threadChart(rows);
  return chart === undefined ? [] : ['<h2>Threads</h2>', drawn([chart])];
}
