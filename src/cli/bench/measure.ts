import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Executor, enableRelaxedSimd, inlineExecutor } from '../../kernels/index.ts';
import { createPool, poolExecutor } from '../../workers/index.ts';
import type { Cell, Measured, Run } from './cell.ts';
import { type MicroRow, measureMicro } from './micro.ts';
import { runPsi, warmUpCurve } from './psi-cell.ts';
import { RoundStudy } from './round-cell.ts';

export interface Effort {
  /** Milliseconds of runs that do not count, so that the code that is measured is compiled; one run at least. */
  readonly warmUp: number;
  /** Runs at least and at most; between them until the time is used up. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds for the counted runs. */
  readonly budget: number;
}

export const QUICK_EFFORT: Effort = { warmUp: 150, least: 3, most: 12, budget: 400 };
export const FULL_EFFORT: Effort = { warmUp: 500, least: 3, most: 15, budget: 8_000 };

/** Plays a cell in this process: some runs to warm up, which are not counted, then several. */
export async function measureHere(cell: Cell, effort: Effort): Promise<Measured> {
  const executor = await executorFor(cell.threads);
  try {
    let parameters: Measured['parameters'] = {};
    let play: () => Promise<Run>;
    const baseRss = process.memoryUsage.rss();
    if (cell.kind === 'round') {
      const study = new RoundStudy(cell, executor);
      play = async () => {
        const run = await study.run();
        parameters = study.parameters;
        return run;
      };
    } else {
      warmUpCurve();
      play = () => runPsi(cell, executor);
    }
    const cold = performance.now();
    do await play();
    while (performance.now() - cold < effort.warmUp);
    const runs: Run[] = [];
    const cpu = process.cpuUsage();
    const began = performance.now();
    while (runs.length < effort.least || (runs.length < effort.most && performance.now() - began < effort.budget)) {
      runs.push(await play());
    }
    const wall = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    const peakRss = process.resourceUsage().maxRSS * 1024;
    return { cell, runs, peakRss, baseRss, parameters, cpuShare: (user + system) / 1000 / wall };
  } finally {
    await executor[Symbol.asyncDispose]();
  }
}

async function executorFor(threads: number): Promise<Executor> {
  if (threads === 1) return inlineExecutor;
  const pool = createPool({ size: threads });
  await pool.ready();
  return poolExecutor(pool);
}

const BIN = fileURLToPath(new URL('../../../bin/subrosa.js', import.meta.url));

/** What a process of its own is to measure. */
type Job = { readonly cell: Cell; readonly effort: Effort } | { readonly kernel: string; readonly quick: boolean };

/** @throws {Error} with the reason when the process ends without a measurement */
export function measureApart(cell: Cell, effort: Effort, signal: AbortSignal): Promise<Measured> {
  return apart({ cell, effort }, signal);
}

/** @throws {Error} with the reason when the process ends without a measurement */
export function measureMicroApart(kernel: string, quick: boolean, signal: AbortSignal): Promise<MicroRow> {
  return apart({ kernel, quick }, signal);
}

/** A process of its own, so that neither the memory nor the compiled code of something else is in it. */
function apart<Found extends object>(job: Job, signal: AbortSignal): Promise<Found> {
  return new Promise((resolve, reject) => {
    const child = fork(BIN, ['bench', 'cell', JSON.stringify(job)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    let found: Found | undefined;
    const onAbort = () => child.kill();
    signal.addEventListener('abort', onAbort, { once: true });
    child.stderr?.on('data', (text) => {
      said = (said + String(text)).slice(-2000);
    });
    child.on('message', (message) => {
      found = message as unknown as Found;
    });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) reject(signal.reason);
      else if (found !== undefined && code === 0) resolve(found);
      else reject(new Error(reasonIn(said) ?? `the process that measures ended with ${killed ?? `code ${code}`}`));
    });
  });
}

/** The line that names an error, of all that a process said on its way out. */
function reasonIn(said: string): string | undefined {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^(subrosa: error: |\w*Error\b)/.test(line)) ?? lines.at(-1);
}

/** What such a process does. It may switch on what a library must not: relaxed SIMD on Node 20. */
export async function cellProcess(text: string): Promise<void> {
  if (process.send === undefined) throw new TypeError('subrosa bench cell is run by subrosa bench, not by hand');
  enableRelaxedSimd();
  const job = JSON.parse(text) as Job;
  const found = await ('cell' in job ? measureHere(job.cell, job.effort) : measureMicro(job.kernel, job.quick));
  await new Promise<void>((done) => process.send!(found, () => done()));
  process.disconnect();
}
