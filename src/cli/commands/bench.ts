import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import type { Cell } from '../bench/cell.ts';
import { svgFile } from '../bench/chart.ts';
import { compareResults, comparisonTable } from '../bench/compare.ts';
import { figureFiles } from '../bench/figures.ts';
import { ms } from '../bench/format.ts';
import { psiCells, studyCells } from '../bench/grid.ts';
import { Journal } from '../bench/journal.ts';
import { machine } from '../bench/machine.ts';
import { cellProcess } from '../bench/measure.ts';
import { reportPage } from '../bench/report.ts';
import { type Results, readResults, readRivals } from '../bench/results.ts';
import { runStudy } from '../bench/study.ts';
import { resultTables } from '../bench/tables.ts';
import { progress } from '../progress.ts';
import { Failure, type Terminal, UsageError } from '../terminal.ts';

const PARTS = ['micro', 'study', 'psi', 'all'] as const;
type Part = (typeof PARTS)[number];

const NOTES = `
Parts:
  micro   kernels, beside their slow twins and what the machine can do at best
  study   whole rounds: scheme x clients x dimension x dropout x threads, with plaintext as the baseline
  psi     whole set intersections: what is revealed x sizes x protocol

Every cell has a process of its own, with runs to warm up and several that count. Close other programs first: what was disturbed is marked noisy.
With --out, an interrupted study goes on with --resume.

Exit code: 0 done, 1 some cell could not be measured, 2 wrong usage, 130 interrupted
`;

interface BenchOptions {
  readonly quick?: true;
  readonly full?: true;
  readonly out?: string;
  readonly resume?: true;
  readonly rivals?: string;
  readonly json?: true;
}

export function benchCommand(terminal: Terminal, version: string): Command {
  return new Command('bench')
    .summary('measure what privacy costs on this machine')
    .description('Time, bytes on the wire and memory of every scheme against plaintext, on this machine.')
    .addArgument(new Argument('[part]', 'what to measure').choices(PARTS).default('all'))
    .option('--quick', 'small cells, under two minutes in all (the default)')
    .option('--full', 'large cohorts and long vectors, about half an hour on two idle processors')
    .option('--out <folder>', 'write results.json and report.html there')
    .option('--resume', 'go on where the last study in that folder was interrupted')
    .option('--rivals <file>', "include what the repository's bench/rivals measured on this machine")
    .option('--json', 'print the results as one JSON object')
    .addHelpText('after', NOTES)
    .action((part: Part, options: BenchOptions) => bench(part, options, terminal, version))
    .addCommand(compareCommand(terminal))
    .addCommand(reportCommand())
    .addCommand(new Command('cell').argument('<json>').action(cellProcess), { hidden: true });
}

async function bench(part: Part, options: BenchOptions, terminal: Terminal, version: string): Promise<void> {
  if (options.quick && options.full) throw new UsageError('--quick and --full exclude each other');
  const quick = options.full !== true;
  const cells: Cell[] = [];
  if (part === 'study' || part === 'all') cells.push(...studyCells(quick));
  if (part === 'psi' || part === 'all') cells.push(...psiCells(quick));
  if (options.resume && options.out === undefined) throw new UsageError('--resume needs --out, the folder to go on in');
  const command = `subrosa bench ${part} --${quick ? 'quick' : 'full'}`;
  const circumstances = { machine: machine(version), date: new Date().toISOString(), command };
  const rivals = options.rivals === undefined ? undefined : readRivals(options.rivals, circumstances.machine);
  const journal =
    options.out === undefined ? undefined : new Journal(options.out, circumstances, options.resume === true);
  const shown = progress(terminal, options.json === true);
  try {
    const plan = { micro: part === 'micro' || part === 'all', cells, quick, version, command };
    const measured = await runStudy(plan, {
      signal: terminal.signal,
      ...(journal && { journal }),
      onDone: ({ what, done, of, msLeft }) =>
        shown.report(
          { event: 'cell', what, done, of, secondsLeft: Math.round(msLeft / 1000) },
          `${done} of ${of}, about ${ms(roughly(msLeft))} left   ${what}`,
          done / of,
        ),
    });
    shown.end();
    const results: Results = rivals === undefined ? measured : { ...measured, rivals };
    if (options.out !== undefined) {
      await writeFile(join(options.out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
      await writeFile(join(options.out, 'report.html'), reportPage(results));
      journal?.remove();
    }
    const styled = terminal.stdout.isTTY === true && !process.env.NO_COLOR;
    terminal.stdout.write(options.json ? `${JSON.stringify(results)}\n` : resultTables(results, styled));
    if (results.failed.length > 0) {
      throw new Failure(`${results.failed.length} of ${cells.length} cells could not be measured`);
    }
  } catch (error) {
    shown.end();
    if (journal !== undefined && terminal.signal.aborted) {
      terminal.stderr.write(
        `subrosa: hint: what was measured is kept: go on with ${command} --out ${options.out} --resume\n`,
      );
    }
    throw error;
  } finally {
    shown.end();
  }
}

/** Whole seconds, and whole minutes when there are some. */
function roughly(left: number): number {
  const unit = left < 120_000 ? 1_000 : 60_000;
  return Math.ceil(left / unit) * unit;
}

function compareCommand(terminal: Terminal): Command {
  return new Command('compare')
    .summary('what changed between two results')
    .description('Which times, rates and counts differ between two results files, and whether that is significant.')
    .argument('<before>', 'results.json')
    .argument('<after>', 'results.json')
    .option('--json', 'print one JSON object')
    .action((before: string, after: string, _: unknown, command: Command) => {
      // The command above has the same option and takes it first.
      const options = command.optsWithGlobals<{ readonly json?: true }>();
      const comparison = compareResults(readResults(before), readResults(after));
      const styled = terminal.stdout.isTTY === true && !process.env.NO_COLOR;
      terminal.stdout.write(options.json ? `${JSON.stringify(comparison)}\n` : comparisonTable(comparison, styled));
    });
}

function reportCommand(): Command {
  return new Command('report')
    .summary('draw results that were measured before')
    .description('Writes report.html, and three of its figures as SVG files, from a results file.')
    .argument('<results>', 'results.json')
    .option('--out <folder>', 'write report.html there')
    .option('--figures <folder>', 'write bytes.svg, server-time.svg and intersection.svg there')
    .option('--rivals <file>', "include what the repository's bench/rivals measured on the same machine")
    .action(async (path: string, _: unknown, command: Command) => {
      const { out, figures, rivals } = command.optsWithGlobals<BenchOptions & { readonly figures?: string }>();
      if (out === undefined && figures === undefined) throw new UsageError('where to? --out FOLDER, --figures FOLDER');
      const read = readResults(path);
      const results = rivals === undefined ? read : { ...read, rivals: readRivals(rivals, read.machine) };
      if (out !== undefined) {
        await mkdir(out, { recursive: true });
        await writeFile(join(out, 'report.html'), reportPage(results));
      }
      if (figures === undefined) return;
      await mkdir(figures, { recursive: true });
      for (const [name, chart] of figureFiles(results.rows, results.rivals ?? [])) {
        await writeFile(join(figures, name), svgFile(chart));
      }
    });
}
