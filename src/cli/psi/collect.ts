import { rm } from 'node:fs/promises';
import { Failure } from '../terminal.ts';
import { DiskSet } from './disk-set.ts';
import { openDatabase, pieces, readFailure } from './duckdb.ts';
import type { KeyRule } from './normalise.ts';
import { type IdentifierSet, MemorySet, type SetBuilder } from './set.ts';
import { openTable, type Table } from './table.ts';
import { removeAbandonedOnce, temporaryFolder } from './temporary.ts';

/** What is read from one party's file. */
export interface InputSpec {
  readonly path: string;
  readonly key: KeyRule;
  /** The sender's values: of this column, or 1 for every row (`rows`). Neither: identifiers only. */
  readonly value?: { readonly column: string } | 'rows';
  readonly delimiter?: string;
  /** Identifiers beyond this many bytes go to disk, and so do masked tokens. Default 192 MiB: some eight million e-mail addresses. */
  readonly memoryBytes?: number;
}

export interface Input {
  readonly table: Table;
  readonly set: IdentifierSet;
  /** Rows of data, without the header. */
  readonly rows: number;
  /** Rows without a usable identifier. */
  readonly unusable: number;
  /** Rows whose identifier an earlier row had. */
  readonly duplicates: number;
  readonly seconds: number;
  /** Deletes what was spilled to disk. */
  close(): Promise<void>;
}

export interface CollectOptions {
  readonly signal?: AbortSignal;
  readonly onRows?: (rows: number) => void;
}

export const MEMORY_BYTES: number = 192 * 2 ** 20;
const LARGEST_VALUE = 2 ** 32 - 1;

/**
 * Reads a file into a set: normalises, removes duplicates (the values of equal identifiers are added up) and counts what is left out. Rows are
 * taken as they come; memory depends on the number of distinct identifiers, and not even on that beyond `memoryBytes`.
 * @throws {Failure} one line that names file and row; never a cell
 */
export async function collect(spec: InputSpec, options: CollectOptions = {}): Promise<Input> {
  const { signal, onRows = () => {} } = options;
  const { memoryBytes = MEMORY_BYTES } = spec;
  const began = performance.now();
  removeAbandonedOnce();
  const column = typeof spec.value === 'object' ? spec.value.column : undefined;
  const needs = [...spec.key.columns, ...(column === undefined ? [] : [column])];
  const database = await openDatabase();
  let folder: string | undefined;
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  let builder: SetBuilder = new MemorySet();
  let disk: DiskSet | undefined;
  try {
    const given = spec.delimiter === undefined ? {} : { delimiter: spec.delimiter };
    const table = await openTable(spec.path, database, { needs, ...given, ...(signal && { signal }) });
    let rows = 0;
    let unusable = 0;
    try {
      const sql = `SELECT ${needs.map((name) => table.column(name)).join(', ')} FROM ${table.relation}`;
      for await (const piece of pieces(await database.connection.stream(sql), signal)) {
        const keys = spec.key.columns.map((_, i) => piece.column(i));
        const values = column === undefined ? undefined : piece.column(spec.key.columns.length);
        for (let i = 0; i < piece.rows; i++) {
          const identifier = spec.key.normalise(keys.map((cells) => (cells[i] as string | null) ?? ''));
          if (identifier === undefined) unusable++;
          else
            builder.add(identifier, rows + i, values === undefined ? 1 : integer(spec, column!, rows + i, values[i]));
        }
        rows += piece.rows;
        onRows(rows);
        if (builder instanceof MemorySet && builder.bytes > memoryBytes) {
          folder = temporaryFolder();
          disk = await DiskSet.create(folder);
          for (const entry of builder.entries()) disk.add(...entry);
          builder = disk;
        }
      }
    } catch (error) {
      throw readFailure(spec.path, error);
    }
    if (rows === 0) throw new Failure(`${spec.path}: the file has a header and no rows`);
    const set = await builder.finish();
    if (set.size === 0) {
      throw new Failure(
        `${spec.path}: none of ${rows} rows has a usable identifier in ${spec.key.columns.map((name) => JSON.stringify(name)).join(', ')}`,
        `rows are read by the rule ${spec.key.label}: is --normalise the right one?`,
      );
    }
    if (set.largestValue > LARGEST_VALUE) {
      throw new Failure(`${spec.path}: the values of one identifier add up to more than ${LARGEST_VALUE}`);
    }
    const duplicates = rows - unusable - set.size;
    const seconds = (performance.now() - began) / 1000;
    const close = async (): Promise<void> => {
      await set.close();
      await remove();
    };
    return { table, set, rows, unusable, duplicates, seconds, close };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    database.close();
  }
}

/** A cell of the value column. An empty one is 0, as in SQL's sum. */
function integer(spec: InputSpec, column: string, row: number, cell: unknown): number {
  const text = ((cell as string | null) ?? '').trim();
  if (text === '') return 0;
  const where = `${spec.path}: row ${row + 1} of column ${JSON.stringify(column)}`;
  if (!/^-?\d+(\.0*)?$/.test(text)) throw new Failure(`${where} is not a whole number`, 'give money in cents');
  const value = Number(text);
  if (value < 0) throw new Failure(`${where} is negative, expected 0 .. ${LARGEST_VALUE}`);
  if (value > LARGEST_VALUE) throw new Failure(`${where} is too large, expected 0 .. ${LARGEST_VALUE}`);
  return value;
}
