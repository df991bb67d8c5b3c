import { type Cell, cellId, type Measured } from './cell.ts';
import { machine } from './machine.ts';
import { type Effort, FULL_EFFORT, measureApart, QUICK_EFFORT } from './measure.ts';
import { MICRO_IDS, type MicroRow, measureMicro } from './micro.ts';
import { type FailedCell, FORMAT, type Results, type Row, toRow } from './results.ts';

/** What to measure, and how. */
export interface Plan {
  readonly micro: boolean;
  readonly cells: readonly Cell[];
  readonly quick: boolean;
  readonly version: string;
  readonly command: string;
}

export interface StudyOptions {
  readonly signal: AbortSignal;
  /** Called when a part is done. */
  readonly onDone: (what: string, done: number, of: number) => void;
  /** How a cell is measured: in a process of its own by default. */
  readonly measure?: (cell: Cell, effort: Effort, signal: AbortSignal) => Promise<Measured>;
}

/** Measures one thing after the other: two at once would disturb each other. A cell that fails is reported and the others go on. */
export async function runStudy(plan: Plan, options: StudyOptions): Promise<Results> {
  const { signal, onDone, measure = measureApart } = options;
  const effort = plan.quick ? QUICK_EFFORT : FULL_EFFORT;
  const where = machine(plan.version);
  const date = new Date().toISOString();
  const micro: MicroRow[] = [];
  const rows: Row[] = [];
  const failed: FailedCell[] = [];
  const ids = plan.micro ? MICRO_IDS : [];
  const of = ids.length + plan.cells.length;
  for (const id of ids) {
    signal.throwIfAborted();
    micro.push(measureMicro(id, plan.quick));
    onDone(id, micro.length, of);
    await new Promise<void>((resolve) => setImmediate(resolve)); // lets an interrupt through
  }
  for (const [i, cell] of plan.cells.entries()) {
    signal.throwIfAborted();
    const id = cellId(cell);
    try {
      rows.push(toRow(await measure(cell, effort, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push({ id, cell, error: error instanceof Error ? error.message : String(error) });
    }
    onDone(id, ids.length + i + 1, of);
  }
  return {
    format: FORMAT,
    machine: where,
    date,
    command: plan.command,
    quick: plan.quick,
    micro,
    rows,
    failed,
  };
}
