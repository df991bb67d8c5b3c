import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Failure, UsageError } from '../terminal.ts';
import { type Database, identifier, literal, pieces, readFailure } from './duckdb.ts';

/** A file of rows: CSV with any delimiter (plain or gzip) or Parquet, told apart by its first bytes, not by its name. */
export interface Table {
  /** Without its folders: what reports may show. */
  readonly name: string;
  readonly path: string;
  readonly format: 'csv' | 'parquet';
  readonly columns: readonly string[];
  /** What DuckDB selects from; column i of a CSV is called `c<i>`. */
  readonly relation: string;
  /** SQL for the text of a column. */
  column(name: string): string;
  /** Detects that the file was changed between two readings. */
  readonly fingerprint: string;
}

export interface TableOptions {
  /** Columns that must be there: they also tell which delimiter is the right one. */
  readonly needs: readonly string[];
  /** One character, tried before the usual ones. */
  readonly delimiter?: string;
  readonly signal?: AbortSignal;
}

const DELIMITERS = [',', ';', '\t', '|'];
const HEADER_BYTES = 1 << 20;

/**
 * @throws {Failure} for a file that is missing, empty, not UTF-8 or without a needed column (the message lists those found)
 */
export async function openTable(path: string, database: Database, options: TableOptions): Promise<Table> {
  const name = basename(path);
  const { head, fingerprint } = await firstBytes(path);
  if (head.length === 0) throw new Failure(`${path}: the file is empty`);
  const absolute = literal(withoutPatterns(resolve(path)));
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') {
    const relation = `read_parquet(${absolute})`;
    let columns: readonly string[];
    try {
      columns = (await database.connection.run(`SELECT * FROM ${relation} LIMIT 0`)).columnNames();
    } catch (error) {
      throw readFailure(path, error);
    }
    checkColumns(path, columns, options.needs);
    const column = (wanted: string) => `CAST(${identifier(wanted)} AS VARCHAR)`;
    return { name, path, format: 'parquet', columns, relation, column, fingerprint };
  }
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  const { columns, delimiter } = header(path, gzip ? await unzipped(path, options.signal) : head, options);
  checkColumns(path, columns, options.needs);
  const types = columns.map((_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  // Nothing is guessed: a guess that goes wrong skips rows without a word.
  const relation =
    `read_csv(${absolute}, auto_detect=false, header=true, columns={${types}}, delim=${literal(delimiter)}, ` +
    `quote='"', escape='"', comment='', compression='${gzip ? 'gzip' : 'none'}')`;
  return {
    name,
    path,
    format: 'csv',
    columns,
    relation,
    column: (wanted) => `c${columns.indexOf(wanted)}`,
    fingerprint,
  };
}

/**
 * Whole rows by their number (the first row of data is 0), in order, with the columns as they are in the file.
 * @param wanted ascending
 */
export async function* wholeRows(
  table: Table,
  database: Database,
  wanted: ArrayLike<number>,
  signal?: AbortSignal,
): AsyncGenerator<readonly (string | null)[]> {
  const { fingerprint } = await firstBytes(table.path);
  if (fingerprint !== table.fingerprint)
    throw new Failure(`${table.path}: the file was changed while this command ran`);
  const columns = table.columns.map((name, i) => (table.format === 'csv' ? `c${i}` : table.column(name)));
  try {
    const result = await database.connection.stream(`SELECT ${columns.join(', ')} FROM ${table.relation}`);
    let first = 0;
    let next = 0;
    for await (const piece of pieces(result, signal)) {
      if (next >= wanted.length) return;
      if (wanted[next]! < first + piece.rows) {
        const cells = columns.map((_, i) => piece.column(i));
        for (; next < wanted.length && wanted[next]! < first + piece.rows; next++) {
          yield cells.map((column) => column[wanted[next]! - first] as string | null);
        }
      }
      first += piece.rows;
    }
  } catch (error) {
    throw readFailure(table.path, error);
  }
}

async function firstBytes(path: string): Promise<{ head: Buffer; fingerprint: string }> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new Failure(`${path}: is a folder, expected a CSV or Parquet file`);
    // A pipe cannot be read twice: once for the columns, once for the rows.
    if (!info.isFile()) throw new Failure(`${path}: is a pipe or device, expected a CSV or Parquet file`);
    const file = await open(path);
    try {
      const head = Buffer.alloc(Math.min(HEADER_BYTES, info.size));
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return { head: head.subarray(0, bytesRead), fingerprint: `${info.ino}:${info.size}:${info.mtimeMs}` };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Failure(`${path}: no such file`);
    if (code === 'EACCES') throw new Failure(`${path}: not allowed to read it`);
    throw error;
  }
}

/**
 * The first megabyte of a gzip file, unzipped. The whole file is: DuckDB takes a cut one for a shorter one, and checks no checksum.
 */
async function unzipped(path: string, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  const file = createReadStream(path);
  const stream = createGunzip();
  file.once('error', (error) => stream.destroy(error));
  try {
    for await (const part of file.pipe(stream)) {
      signal?.throwIfAborted();
      if (length < HEADER_BYTES) parts.push(part as Buffer);
      length += (part as Buffer).length;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(`${path}: the gzip file is damaged or cut short`);
  } finally {
    file.destroy();
    stream.destroy();
  }
  return Buffer.concat(parts).subarray(0, HEADER_BYTES);
}

function header(
  path: string,
  head: Buffer,
  { needs, delimiter }: TableOptions,
): { columns: string[]; delimiter: string } {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new Failure(`${path}: the file is UTF-16`, 'save it as UTF-8');
  }
  let text: string;
  try {
    // `stream`: the megabyte may end inside a character.
    text = new TextDecoder('utf-8', { fatal: true }).decode(firstRecord(head), {
      stream: head.length === HEADER_BYTES,
    });
  } catch {
    throw new Failure(`${path}, line 1: malformed UTF-8`, 'save the file as UTF-8');
  }
  if (text.trim() === '') throw new Failure(`${path}: the first line is empty, expected the names of the columns`);
  // The one given comes first; in the local form it may be the other file's.
  const candidates = delimiter === undefined ? DELIMITERS : [delimiter, ...DELIMITERS];
  const tries = candidates.map((found) => ({ columns: cells(text, found), delimiter: found }));
  const fitting = tries.find(({ columns }) => needs.every((name) => columns.includes(name)));
  return fitting ?? tries.reduce((best, next) => (next.columns.length > best.columns.length ? next : best));
}

/** Up to the first line end outside quotes. */
function firstRecord(head: Buffer): Buffer {
  let quoted = false;
  for (const [at, byte] of head.entries()) {
    if (byte === 0x22) quoted = !quoted;
    else if (!quoted && (byte === 0x0a || byte === 0x0d)) return head.subarray(0, at);
  }
  return head;
}

/** One CSV record (RFC 4180). */
function cells(record: string, delimiter: string): string[] {
  const out: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < record.length; at++) {
    const character = record[at]!;
    if (character === '"') {
      if (quoted && record[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      out.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...out, cell];
}

const MOST_LISTED = 20;

function checkColumns(path: string, columns: readonly string[], needs: readonly string[]): void {
  for (const name of needs) {
    const found = columns.filter((column) => column === name).length;
    if (found === 1) continue;
    if (found > 1) throw new Failure(`${path}: ${found} columns are called ${JSON.stringify(name)}`);
    const more = columns.length > MOST_LISTED ? `, and ${columns.length - MOST_LISTED} more` : '';
    const list = columns
      .slice(0, MOST_LISTED)
      .map((column) => JSON.stringify(column))
      .join(', ');
    const hint = columns.length === 1 ? 'is the delimiter another one? --delimiter names it' : undefined;
    throw new Failure(`${path}: no column ${JSON.stringify(name)}, found ${list}${more}`, hint);
  }
}

/** DuckDB reads `*`, `?` and `[` in file names as patterns. */
function withoutPatterns(path: string): string {
  return path.replace(/[[*?]/g, (character) => `[${character}]`);
}

/** `--delimiter`: one ASCII character, or `tab`. */
export function parseDelimiter(text: string): string {
  if (text === 'tab' || text === '\\t') return '\t';
  if (!/^[\x20-\x7e\t]$/.test(text) || text === '"')
    throw new UsageError(`--delimiter ${JSON.stringify(text)}: expected one character, or tab`);
  return text;
}
