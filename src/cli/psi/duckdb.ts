import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { Failure } from '../terminal.ts';

/**
 * DuckDB reads the files: CSV, gzip and Parquet, out of core. It is an optional dependency, loaded when a command first needs it.
 */
export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

export interface DatabaseOptions {
  /** A folder where it may keep what does not fit in memory. Without it nothing is written. */
  readonly spill?: string;
  /** Most bytes of its own buffers, e.g. `256MB` */
  readonly memory?: string;
}

/** @throws {Failure} when the package is not installed */
export async function openDatabase({ spill, memory = '256MB' }: DatabaseOptions = {}): Promise<Database> {
  let module: typeof import('@duckdb/node-api');
  try {
    module = await import('@duckdb/node-api');
  } catch {
    throw new Failure('reading CSV and Parquet needs the package @duckdb/node-api', 'npm install @duckdb/node-api');
  }
  const instance = await module.DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: memory,
    // Never fetch anything: what can be read is what is built in.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(spill === undefined ? { temp_directory: '' } : { temp_directory: spill }),
  });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The rows of a streamed result, a piece of columns at a time. */
export async function* pieces(
  result: DuckDBResult,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly rows: number; column(index: number): readonly unknown[] }> {
  for (;;) {
    signal?.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield { rows: chunk.rowCount, column: (index) => chunk.getColumnValues(index) };
  }
}

/** A name as SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * What DuckDB says about a file, as one line. Its own messages quote the line that failed; ours must not, because that line is somebody's data.
 */
export function readFailure(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError' || error instanceof Failure) return error;
  const text = error.message;
  if (/no space left on device/i.test(text)) return error; // for what was spilled, not for this file
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const where = line === undefined ? file : `${file}, line ${line}`;
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (/Invalid unicode|not utf-?8/i.test(text)) {
    return new Failure(`${where}: malformed UTF-8`, 'save the file as UTF-8');
  }
  if (columns) return new Failure(`${where}: found ${columns[2]} cells, expected ${columns[1]}`);
  if (/unterminated quote/i.test(text)) {
    return new Failure(`${where}: a quoted cell does not end`);
  }
  if (/state machine reached an invalid state/i.test(text)) {
    return new Failure(`${where}: line ends are mixed (LF and CR LF), or a quote stands inside a cell`);
  }
  if (/maximum line size|max_line_size|Maximum line/i.test(text)) {
    return new Failure(`${where}: a line is longer than 2 MB`, 'is the delimiter right?');
  }
  if (/out of memory/i.test(text)) return new Failure(`${file}: not enough memory to read it`);
  return new Failure(`${file}: cannot be read (${firstSentence(text)})`);
}

/** DuckDB's error class only: what follows may quote data. */
function firstSentence(text: string): string {
  const kind = /^[A-Z][A-Za-z ]{2,40}Error/.exec(text)?.[0];
  return `damaged or of another format${kind === undefined ? '' : `; DuckDB: ${kind}`}`;
}
