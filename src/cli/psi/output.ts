import { type Terminal, UsageError } from '../terminal.ts';
import { type Database, openDatabase } from './duckdb.ts';
import { checkResultFolder, type ResultRows, writeResult } from './report/index.ts';
import type { Summary } from './summary.ts';
import { openTable, type Table, wholeRows } from './table.ts';
import { summaryText } from './text.ts';

/** Rows of a file, by number. */
export interface Matches {
  readonly own?: { readonly table: Table; readonly rows: Float64Array };
  /** The local form of mutual `members`: of the right side's file. */
  readonly right?: { readonly path: string; readonly delimiter?: string; readonly rows: Float64Array };
}

export interface OutputOptions {
  readonly out?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

/** Fails before the work when its result could not be written. @throws {UsageError} for `--overwrite` without `--out` */
export async function checkOutput({ out, overwrite }: OutputOptions): Promise<void> {
  if (out !== undefined) await checkResultFolder(out, { overwrite: overwrite ?? false });
  else if (overwrite === true) throw new UsageError('--overwrite goes with --out');
}

/** Writes the files of `--out`, then prints the summary. */
export async function deliver(
  summary: Summary,
  options: OutputOptions,
  terminal: Terminal,
  matches: Matches = {},
): Promise<void> {
  terminal.signal.throwIfAborted();
  if (options.out !== undefined) {
    const database = await openDatabase();
    try {
      const read = (table: Table, rows: Float64Array): ResultRows => ({
        columns: table.columns,
        rows: wholeRows(table, database, rows, terminal.signal),
      });
      const right = matches.right && (await reopen(matches.right, database));
      const tables = {
        ...(matches.own && { own: read(matches.own.table, matches.own.rows) }),
        ...(right && { right: read(right, matches.right!.rows) }),
      };
      await writeResult(options.out, summary, tables, { overwrite: options.overwrite ?? false });
    } finally {
      database.close();
    }
  }
  const styled = terminal.stdout.isTTY === true && !process.env.NO_COLOR;
  terminal.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : summaryText(summary, styled));
}

function reopen({ path, delimiter }: NonNullable<Matches['right']>, database: Database): Promise<Table> {
  return openTable(path, database, { needs: [], ...(delimiter !== undefined && { delimiter }) });
}
