import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Failure } from '../terminal.ts';
import { type Cell, cellId, type Measured, type RoundRun, type Run } from './cell.ts';
import type { Machine } from './machine.ts';
import type { MicroRow } from './micro.ts';
import { mad, median, type Summary, summary } from './stats.ts';

export const FORMAT = 'subrosa-bench/1';

/** One cell as `results.json` holds it. */
export interface Row {
  readonly id: string;
  readonly cell: Cell;
  readonly times: Readonly<Record<string, Summary>>;
  /** The same in every run, or the median of the runs: bytes, frames, counts. */
  readonly counts: Readonly<Record<string, number>>;
  readonly parameters: Measured['parameters'];
  /** Rounds: median milliseconds of the server by phase. */
  readonly serverPhases?: Readonly<Record<string, number>>;
  readonly relativeError?: number;
  readonly peakRss: number;
  readonly baseRss: number;
  /** The spread is large or the process had to share its processor: not to be cited. */
  readonly noisy: boolean;
  readonly cpuShare: number;
}

/** A cell or kernel that ended without a measurement: said, not skipped. */
export interface FailedCell {
  readonly id: string;
  /** Kernels have none. */
  readonly cell?: Cell;
  readonly error: string;
}

/** A row of bench/rivals: what another tool, or a model of one, did on the same machine. */
export interface RivalRow {
  readonly rival: string;
  /** What it is: the rival itself, or a model of its arithmetic. */
  readonly kind: string;
  /** Why there are no figures. */
  readonly error?: string;
  readonly task?: 'psi' | 'round';
  readonly what?: string;
  readonly ms?: number;
  readonly mad?: number;
  readonly left?: number;
  readonly right?: number;
  readonly leftBytes?: number;
  readonly rightBytes?: number;
  readonly clients?: number;
  readonly dimension?: number;
  readonly bytesUp?: number;
  readonly note?: string;
}

export interface Results {
  readonly format: typeof FORMAT;
  readonly machine: Machine;
  /** Date of the run, ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly quick: boolean;
  readonly micro: readonly MicroRow[];
  readonly rows: readonly Row[];
  readonly failed: readonly FailedCell[];
  /** Absent when none were asked for. */
  readonly rivals?: readonly RivalRow[];
}

/** Noisy: the spread of the largest time is over a tenth of it, or the process was kept from its processor for over a tenth of the time. */
const NOISY = 0.1;

const TIMES = {
  round: ['clientMs', 'serverMs', 'helperMs'],
  psi: ['wallMs', 'leftMs', 'rightMs'],
} as const;

const COUNTS = {
  round: ['bytesUp', 'bytesDown', 'serverBytes', 'helperBytes', 'totalBytes', 'frames', 'survivors'],
  psi: ['leftBytes', 'rightBytes', 'frames', 'overlap'],
} as const;

export function toRow(measured: Measured): Row {
  const { cell, runs } = measured;
  const column = (name: string) => runs.map((run) => (run as unknown as Record<string, number>)[name]!);
  const times = Object.fromEntries(TIMES[cell.kind].map((name) => [name, summary(column(name))]));
  const counts = Object.fromEntries(COUNTS[cell.kind].map((name) => [name, median(column(name))]));
  for (const name of ['prgBytes', 'scalarMultiplications', 'hashToGroup', 'ciphertextOperations'] as const) {
    counts[name] = median(runs.map((run: Run) => run.counts[name]));
  }
  const largest = Object.values(times).reduce((a, b) => (b.median > a.median ? b : a));
  return {
    id: cellId(cell),
    cell,
    times,
    counts,
    parameters: measured.parameters,
    ...(cell.kind === 'round' && roundFacts(runs as readonly RoundRun[])),
    peakRss: measured.peakRss,
    baseRss: measured.baseRss,
    noisy: runs.length < 3 || mad(largest.runs) > NOISY * largest.median || measured.cpuShare < 1 - NOISY,
    cpuShare: measured.cpuShare,
  };
}

function roundFacts(runs: readonly RoundRun[]): Pick<Row, 'serverPhases' | 'relativeError'> & object {
  const phases = Object.keys(runs[0]?.serverPhases ?? {});
  return {
    serverPhases: Object.fromEntries(
      phases.map((phase) => [phase, median(runs.map(({ serverPhases }) => serverPhases[phase] ?? 0))]),
    ),
    relativeError: median(runs.map(({ relativeError }) => relativeError)),
  };
}

const SCHEMA = z.object({
  format: z.literal(FORMAT),
  machine: z.object({ cpu: z.string(), node: z.string() }),
  rows: z.array(
    z.object({
      id: z.string(),
      times: z.record(z.string(), z.object({ median: z.number(), mad: z.number(), runs: z.array(z.number()) })),
      counts: z.record(z.string(), z.number()),
      noisy: z.boolean(),
    }),
  ),
});

const RIVALS = z.object({
  machine: z.object({ cpu: z.string(), node: z.string() }),
  rows: z.array(z.looseObject({ rival: z.string(), kind: z.string() })),
});

/** @throws {Failure} when the file is not from bench/rivals, or from another machine: a comparison across machines says nothing */
export function readRivals(path: string, machine: Pick<Machine, 'cpu' | 'node'>): readonly RivalRow[] {
  const checked = RIVALS.safeParse(readJson(path));
  if (!checked.success) throw new Failure(`${path} is not from bench/rivals`, 'npm run bench:rivals -- --out FILE');
  const { cpu, node } = checked.data.machine;
  if (cpu !== machine.cpu || node !== machine.node) {
    throw new Failure(`${path} is from ${cpu}, Node ${node}; this is ${machine.cpu}, Node ${machine.node}`);
  }
  return checked.data.rows as readonly RivalRow[];
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`);
  }
}

/** @throws {Failure} when the file is no results of this command */
export function readResults(path: string): Results {
  const value = readJson(path);
  const checked = SCHEMA.safeParse(value);
  if (checked.success) return value as Results;
  const [issue] = checked.error.issues;
  throw new Failure(
    `${path} is not a results file: ${issue?.path.join('.')}: ${issue?.message}`,
    'subrosa bench --out DIR writes DIR/results.json',
  );
}
