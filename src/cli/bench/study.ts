import { type Cell, cellId, type Measured } from './cell.ts';
import { expectedMs, Remaining } from './estimate.ts';
import type { Entry, Journal } from './journal.ts';
import { machine } from './machine.ts';
import { type Effort, FULL_EFFORT, measureApart, measureMicroApart, QUICK_EFFORT } from './measure.ts';
import { MICRO_IDS, microMs } from './micro.ts';
import { FORMAT, type Results, toRow } from './results.ts';

/** What to measure, and how. */
export interface Plan {
  readonly micro: boolean;
  readonly cells: readonly Cell[];
  readonly quick: boolean;
  readonly version: string;
  readonly command: string;
}

/** How far a study is. */
export interface Step {
  /** The part that is done. */
  readonly what: string;
  readonly done: number;
  readonly of: number;
  /** About how long the rest will take. */
  readonly msLeft: number;
}

export interface StudyOptions {
  readonly signal: AbortSignal;
  readonly onDone: (step: Step) => void;
  /** Where parts are kept as they are done, and those of an interrupted study found. Default: nowhere. */
  readonly journal?: Journal;
  /** How a cell is measured: in a process of its own by default. */
  readonly measure?: (cell: Cell, effort: Effort, signal: AbortSignal) => Promise<Measured>;
}

interface Part {
  readonly id: string;
  readonly expected: number;
  readonly run: () => Promise<Entry>;
}

/** Measures one thing after the other: two at once would disturb each other. A cell that fails is reported and the others go on. */
export async function runStudy(plan: Plan, options: StudyOptions): Promise<Results> {
  const { signal, onDone, journal } = options;
  const { machine: where, date } = journal?.circumstances ?? {
    machine: machine(plan.version),
    date: new Date().toISOString(),
  };
  const parts = partsOf(plan, options);
  const remaining = new Remaining(parts.reduce((sum, { expected }) => sum + expected, 0));
  const entries: Entry[] = [];
  for (const { id, expected, run } of parts) {
    signal.throwIfAborted();
    const kept = journal?.get(id);
    const began = performance.now();
    const entry = kept ?? (await run());
    if (kept === undefined) journal?.add(entry);
    entries.push(entry);
    remaining.done(expected, kept === undefined ? performance.now() - began : 0);
    onDone({ what: id, done: entries.length, of: parts.length, msLeft: remaining.ms });
    await new Promise<void>((resolve) => setImmediate(resolve)); // lets an interrupt through
  }
  return {
    format: FORMAT,
    machine: where,
    date,
    command: plan.command,
    quick: plan.quick,
    micro: entries.flatMap((entry) => (entry.kind === 'micro' ? [entry.row] : [])),
    rows: entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : [])),
    failed: entries.flatMap((entry) => (entry.kind === 'failed' ? [entry.row] : [])),
  };
}

function partsOf({ micro, cells, quick }: Plan, { signal, measure = measureApart }: StudyOptions): Part[] {
  const effort = quick ? QUICK_EFFORT : FULL_EFFORT;
  const orFailed = async (id: string, run: () => Promise<Entry>, cell?: Cell): Promise<Entry> => {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'failed', row: { id, ...(cell && { cell }), error: reason } };
    }
  };
  const kernels = (micro ? MICRO_IDS : []).map(
    (id): Part => ({
      id,
      expected: microMs(quick),
      run: () => orFailed(id, async () => ({ kind: 'micro', row: await measureMicroApart(id, quick, signal) })),
    }),
  );
  const rest = cells.map((cell): Part => {
    const id = cellId(cell);
    const run = () =>
      orFailed(id, async () => ({ kind: 'row', row: toRow(await measure(cell, effort, signal)) }), cell);
    return { id, expected: expectedMs(cell, effort), run };
  });
  return [...kernels, ...rest];
}
