import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Cell, cellId, type Measured, type RoundCell } from '../../src/cli/bench/cell.ts';
import { svgFile } from '../../src/cli/bench/chart.ts';
import { along, figureFiles, threadChart } from '../../src/cli/bench/figures.ts';
import { allCells, psiCells, studyCells } from '../../src/cli/bench/grid.ts';
import { measureHere } from '../../src/cli/bench/measure.ts';
import { MICRO_IDS, measureMicro } from '../../src/cli/bench/micro.ts';
import { reportPage } from '../../src/cli/bench/report.ts';
import { type Results, type Row, readRivals, toRow } from '../../src/cli/bench/results.ts';
import { runStudy } from '../../src/cli/bench/study.ts';
import { expansion, resultTables } from '../../src/cli/bench/tables.ts';
import { capture } from '../cli/capture.ts';

const ONCE = { warmUp: 0, least: 1, most: 1, budget: 0 };
const round = (part: Partial<RoundCell>): RoundCell => ({
  kind: 'round',
  scheme: 'pairwise',
  clients: 6,
  dimension: 50,
  dropout: 0,
  threads: 1,
  seed: 1,
  ...part,
});
const here = (cell: Cell): Promise<Measured> => measureHere(cell, ONCE);
const signal = new AbortController().signal;
const plan = { micro: false, quick: true, version: '0', command: 'test' };

describe('a round measured', () => {
  it.each(['plain', 'pairwise', 'shares'] as const)('%s: loses whom it should, and finds the mean', async (scheme) => {
    const { runs, parameters } = await here(round({ scheme, dropout: 0.34 }));
    const [run] = runs;
    if (run?.kind !== 'round') throw new Error('expected a round');
    expect(run.survivors).toBe(4);
    expect(run.relativeError).toBeLessThan(0.01);
    expect(run.bytesUp).toBeGreaterThan(50 * 2);
    expect(Object.values(run.serverPhases).reduce((a, b) => a + b, 0)).toBeCloseTo(run.serverMs);
    if (scheme === 'pairwise') expect(parameters).toMatchObject({ k: 5 });
  });

  it('has the expansion over plaintext of the same shape', async () => {
    const rows = [toRow(await here(round({ scheme: 'plain' }))), toRow(await here(round({})))];
    expect(expansion(rows[0]!, rows)).toBe(1);
    expect(expansion(rows[1]!, rows)).toBeGreaterThan(1);
    expect(expansion(rows[1]!, [rows[1]!])).toBeUndefined();
    // One run says nothing about the spread.
    expect(rows[0]!.noisy).toBe(true);
  });
});

describe('an intersection measured', () => {
  it.each([
    ['ristretto255', 'members'],
    ['ristretto255', 'count'],
    ['ristretto255', 'sum'],
    ['ristretto255', 'frequency'],
    ['unbalanced', 'members'],
    ['openmined-p256', 'members'],
    ['openmined-p256', 'count'],
  ] as const)('%s, %s', async (suite, reveal) => {
    const { runs } = await here({ kind: 'psi', suite, reveal, left: 10, right: 7, threads: 1, seed: 1 });
    expect(runs[0]).toMatchObject({ kind: 'psi', overlap: 3 });
  });
});

describe('runStudy', () => {
  it('reports a cell that fails, and goes on', async () => {
    const cells = [round({ dropout: 0.9 }), round({ scheme: 'plain' })];
    const results = await runStudy({ ...plan, cells }, { signal, onDone: () => {}, measure: here });
    expect(results.rows.map(({ id }) => id)).toEqual([cellId(cells[1]!)]);
    expect(results.failed).toEqual([
      { id: cellId(cells[0]!), cell: cells[0], error: expect.stringMatching(/no parameters/) },
    ]);
    expect(resultTables(results, false)).toContain(`not measured: ${cellId(cells[0]!)}`);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const study = runStudy({ ...plan, cells: [round({})] }, { signal: stop.signal, onDone: () => {}, measure: here });
    await expect(study).rejects.toThrow('enough');
  });
});

it('measures kernels beside twin and limit', async () => {
  expect(MICRO_IDS).toContain('ring/add');
  const row = await measureMicro('ring/add', true);
  expect(row.perSecond.runs).toHaveLength(5);
  expect(row.twin!.median).toBeGreaterThan(0);
  expect(row.limit!.what).toBe('memcpy');
});

describe('grids', () => {
  it.each([true, false])('quick %s: no cell twice, every scheme has its plaintext', (quick) => {
    const ids = allCells(quick).map(cellId);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = studyCells(quick);
    for (const cell of cells.filter(({ threads }) => threads === 1)) {
      expect(cells).toContainEqual(expect.objectContaining({ ...cell, scheme: 'plain' }));
    }
    for (const reveal of ['members', 'count', 'sum', 'frequency']) {
      expect(psiCells(quick).map((cell) => cell.reveal)).toContain(reveal);
    }
  });
});

describe('report.html', () => {
  const measured = async (): Promise<Results> => {
    const cells: Cell[] = [
      round({ scheme: 'plain' }),
      round({}),
      round({ clients: 8 }),
      round({ clients: 8, scheme: 'plain' }),
      { kind: 'psi', suite: 'ristretto255', reveal: 'members', left: 8, right: 8, threads: 1, seed: 1 },
    ];
    return runStudy({ ...plan, cells }, { signal, onDone: () => {}, measure: here });
  };

  it('is one page with nothing to load, and nothing of a file becomes markup', async () => {
    const results = await measured();
    const rivals = [
      { rival: '<b>x', kind: 'k', error: 'is not installed' },
      { rival: 'y', kind: 'k', task: 'round', what: 'one client', clients: 8, dimension: 50, ms: 1 } as const,
    ];
    const page = reportPage({ ...results, command: '<script>alert(1)</script>', rivals });
    expect(page).toContain('Who sees what');
    expect(page).toContain('bytes, times plaintext');
    expect(page).toContain('not measured: is not installed');
    expect(page).not.toMatch(/<script|<b>x|src=|href=|url\(|NaN|undefined|Infinity/);
    expect(page.match(/<svg/g)!.length).toBe(page.match(/<\/svg>/g)!.length);
  });

  it('has three figures that stand alone', async () => {
    const { rows } = await measured();
    const psi = { rival: 'R & D', kind: 'k', task: 'psi', what: 'members', right: 10, ms: 5, mad: 1 } as const;
    const files = figureFiles(rows, [psi]);
    expect([...files.keys()]).toEqual(['bytes.svg', 'server-time.svg', 'intersection.svg']);
    for (const chart of files.values()) {
      const svg = svgFile(chart);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 460 \d+" .*aria-label="[^"]+"/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|url\(/);
    }
    expect(svgFile(files.get('intersection.svg')!)).toContain('>R &amp; D</text>');
  });

  it('draws the widest sweep of an axis, and the speed-up over threads', () => {
    const row = (part: Partial<RoundCell>, median: number): Row => {
      const cell = round(part);
      const time = { median, mad: 0, runs: [median] };
      const times = { clientMs: time, serverMs: time, helperMs: { ...time, median: 0 } };
      const rest = {
        counts: { bytesUp: 100, bytesDown: 0 },
        parameters: {},
        peakRss: 1,
        baseRss: 1,
        noisy: false,
        cpuShare: 1,
      };
      return { id: cellId(cell), cell, times, ...rest };
    };
    const rows = [
      row({ clients: 10, dimension: 50 }, 8),
      row({ clients: 10, dimension: 50, threads: 2 }, 5),
      row({ clients: 20, dimension: 10 }, 1),
      row({ clients: 20, dimension: 20 }, 2),
      row({ clients: 20, dimension: 30 }, 3),
    ];
    expect(along(rows, 'dimension').map(({ cell }) => [cell.clients, cell.dimension])).toEqual([
      [20, 10],
      [20, 20],
      [20, 30],
    ]);
    const [server] = threadChart(rows)!.series;
    expect(server!.points.map(({ x, y }) => [x, y])).toEqual([
      [1, 1],
      [2, 1.6],
    ]);
  });

  it('does without what was not measured', () => {
    const machine = {
      cpu: 'c',
      threads: 1,
      memoryBytes: 1,
      os: '',
      node: '20',
      v8: '',
      version: '',
      commit: null,
      load: 0,
    };
    const none: Results = {
      format: 'subrosa-bench/1',
      machine,
      date: '',
      command: '',
      quick: true,
      micro: [],
      rows: [],
      failed: [],
    };
    expect(reportPage(none)).not.toMatch(/NaN|undefined|Kernel throughput/);
  });
});

it('takes rivals of the same machine only', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'subrosa-rivals-')), 'r.json');
  writeFileSync(
    file,
    JSON.stringify({ machine: { cpu: 'a', node: '20' }, rows: [{ rival: 'r', kind: 'k', error: 'e' }] }),
  );
  expect(readRivals(file, { cpu: 'a', node: '20' })).toEqual([{ rival: 'r', kind: 'k', error: 'e' }]);
  expect(() => readRivals(file, { cpu: 'b', node: '20' })).toThrow(/is from a, Node 20; this is b/);
});

describe('subrosa bench', () => {
  it.each([
    [['bench', 'everything'], /'everything'.*micro, study, psi, all/],
    [['bench', '--quick', '--full'], /exclude each other/],
    [['bench', 'compare', 'one.json'], /missing required argument 'after'/],
  ])('%s is a wrong command line', async (argv, message) => {
    const { code, stdout, stderr } = await capture(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('lists its parts', async () => {
    const { stdout } = await capture(['bench', '--help']);
    for (const word of ['micro', 'study', 'psi', '--quick', '--full', '--out', '--json', 'compare'])
      expect(stdout).toContain(word);
  });
});
