import { appendFileSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cell, Measured } from '../../src/cli/bench/cell.ts';
import { expectedMs, Remaining } from '../../src/cli/bench/estimate.ts';
import { allCells } from '../../src/cli/bench/grid.ts';
import { type Circumstances, Journal } from '../../src/cli/bench/journal.ts';
import { FULL_EFFORT, measureHere, QUICK_EFFORT } from '../../src/cli/bench/measure.ts';
import { runStudy, type Step } from '../../src/cli/bench/study.ts';

const machine = {
  cpu: 'c',
  threads: 1,
  memoryBytes: 1,
  os: '',
  node: '20',
  v8: '',
  version: '1',
  commit: 'a',
  load: 0,
};
const now: Circumstances = { machine, date: '2026-01-01', command: 'subrosa bench' };
const cells = [5, 6, 7].map(
  (clients): Cell => ({ kind: 'round', scheme: 'plain', clients, dimension: 8, dropout: 0, threads: 1, seed: 1 }),
);
const plan = { micro: false, quick: true, version: '1', command: 'subrosa bench', cells };

/** Measures so many cells, then is interrupted. */
async function study(journal: Journal, most: number): Promise<{ steps: Step[]; measured: Cell[]; rows: number }> {
  const stop = new AbortController();
  const measured: Cell[] = [];
  const steps: Step[] = [];
  const measure = async (cell: Cell): Promise<Measured> => {
    if (measured.length === most) stop.abort(new Error('interrupted'));
    stop.signal.throwIfAborted();
    measured.push(cell);
    return measureHere(cell, { warmUp: 0, least: 1, most: 1, budget: 0 });
  };
  const done = await runStudy(plan, {
    signal: stop.signal,
    onDone: (step) => steps.push(step),
    journal,
    measure,
  }).catch(() => undefined);
  return { steps, measured, rows: done?.rows.length ?? 0 };
}

describe('an interrupted study', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'subrosa-bench-'));
  });

  it('goes on where it was', async () => {
    const first = await study(new Journal(folder, now, false), 2);
    expect([first.measured.length, first.rows]).toEqual([2, 0]);
    appendFileSync(join(folder, 'unfinished.jsonl'), '{"kind":"row","row":{"id":'); // killed while writing
    const journal = new Journal(folder, now, true);
    const second = await study(journal, 9);
    expect(second.measured).toEqual(cells.slice(2));
    expect(second.rows).toBe(3);
    expect(second.steps.map(({ done, of }) => `${done} of ${of}`)).toEqual(['1 of 3', '2 of 3', '3 of 3']);
    journal.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not go on elsewhere, with other code or another grid', async () => {
    await study(new Journal(folder, now, false), 1);
    for (const other of [
      { ...now, command: 'subrosa bench --full' },
      { ...now, machine: { ...machine, commit: 'b' } },
      { ...now, machine: { ...machine, node: '24' } },
    ]) {
      expect(() => new Journal(folder, other, true)).toThrow(/the interrupted study has .*, this one/);
    }
  });

  it('starts over without --resume, and says when there is nothing to resume', async () => {
    expect(() => new Journal(join(folder, 'no'), now, true)).toThrow('has no interrupted study');
    expect(existsSync(join(folder, 'no'))).toBe(false);
    await study(new Journal(folder, now, false), 2);
    expect((await study(new Journal(folder, now, false), 9)).measured).toHaveLength(3);
  });
});

describe('the time a study takes', () => {
  it.each([
    [true, 2],
    [false, 40],
  ])('quick %s: expected within %d minutes', (quick, minutes) => {
    const effort = quick ? QUICK_EFFORT : FULL_EFFORT;
    const total = allCells(quick).reduce((sum, cell) => sum + expectedMs(cell, effort), 0);
    expect(total / 60_000).toBeGreaterThan(0.2);
    expect(total / 60_000).toBeLessThan(minutes);
  });

  it('learns from the parts that are done', () => {
    const left = new Remaining(100);
    expect(left.ms).toBe(100);
    left.done(20, 40);
    expect(left.ms).toBe(160);
    left.done(40, 0); // measured before the interruption
    expect(left.ms).toBe(80);
  });
});
