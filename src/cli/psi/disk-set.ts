import type { DuckDBAppender, DuckDBResult } from '@duckdb/node-api';
import { toItems } from '../../protocols/psi/index.ts';
import { csprng, type Rng, randomBytes } from '../../random/index.ts';
import { type Database, openDatabase, pieces } from './duckdb.ts';
import type { IdentifierSet, OrderedSource, SetBuilder } from './set.ts';

const ROWS_PER_PASS = 1_500_000;

/**
 * A set on disk, for lists larger than memory: identifiers go into a DuckDB table that spills to a folder of ours. Grouping, numbering
 * and the secret order (a sort by 64 random bits a row; equal keys fall in an order that depends on no identifier's place in the file) all
 * run out of core.
 */
export class DiskSet implements SetBuilder {
  readonly #database: Database;
  readonly #appender: DuckDBAppender;
  readonly #rng: Rng;
  #rows = 0;

  private constructor(database: Database, appender: DuckDBAppender, rng: Rng) {
    this.#database = database;
    this.#appender = appender;
    this.#rng = rng;
  }

  /** @param folder of this run alone: it is deleted by whoever made it */
  static async create(folder: string, rng: Rng = csprng): Promise<DiskSet> {
    const database = await openDatabase({ spill: folder, memory: '384MB' });
    await database.connection.run(`ATTACH '${folder.replaceAll("'", "''")}/set.duckdb' AS disk`);
    await database.connection.run('CREATE TABLE disk.rows (id VARCHAR, row DOUBLE, value DOUBLE)');
    return new DiskSet(database, await database.connection.createAppender('rows', 'main', 'disk'), rng);
  }

  add(identifier: string, row: number, value: number): void {
    this.#appender.appendVarchar(identifier);
    this.#appender.appendDouble(row);
    this.#appender.appendDouble(value);
    this.#appender.endRow();
    this.#rows++;
  }

  async finish(): Promise<IdentifierSet> {
    this.#appender.closeSync();
    const { connection } = this.#database;
    await connection.run('CREATE TABLE disk.items (id VARCHAR, row DOUBLE, value DOUBLE)');
    // Grouping holds a hash table in memory: so many passes, each over one part of the identifiers, that each table fits.
    const passes = Math.ceil(this.#rows / ROWS_PER_PASS);
    for (let pass = 0; pass < passes; pass++) {
      await connection.run(
        'INSERT INTO disk.items SELECT id, min(row), sum(value) FROM disk.rows ' +
          `WHERE hash(id) % ${passes} = ${pass} GROUP BY id`,
      );
    }
    await connection.run('DROP TABLE disk.rows');
    const totals = await connection.runAndReadAll(
      'SELECT count(*)::DOUBLE, coalesce(max(value), 0)::DOUBLE FROM disk.items',
    );
    const [size, largestValue] = totals.getRows()[0] as [number, number];
    const database = this.#database;
    const rng = this.#rng;
    return {
      size,
      largestValue,
      source: (order) => orderedSource(database, order, size, rng),
      close: async () => database.close(),
    };
  }
}

async function orderedSource(
  database: Database,
  order: 'rows' | 'shuffled',
  size: number,
  rng: Rng,
): Promise<OrderedSource> {
  const { connection } = database;
  await connection.run('DROP TABLE IF EXISTS disk.ordered');
  // One thread and a sort that spills: the place of an identifier is the number of its row in the sorted table.
  if (order === 'rows') {
    await connection.run('CREATE TABLE disk.ordered AS SELECT id, row, value FROM disk.items ORDER BY row');
  } else {
    await randomKeys(database, size, rng);
    await connection.run(
      'CREATE TABLE disk.ordered AS SELECT id, row, value FROM disk.items POSITIONAL JOIN disk.keys ORDER BY key',
    );
    await connection.run('DROP TABLE disk.keys');
  }
  const reader = await database.connection.stream('SELECT id, value FROM disk.ordered');
  return { size, next: takeFrom(reader), rowsOf: (places) => rowsOf(database, places) };
}

/** A table of `size` draws of 64 bits from the CSPRNG. */
async function randomKeys(database: Database, size: number, rng: Rng): Promise<void> {
  await database.connection.run('CREATE OR REPLACE TABLE disk.keys (key UBIGINT)');
  const appender = await database.connection.createAppender('keys', 'main', 'disk');
  for (let n = 0; n < size; ) {
    const block = new BigUint64Array(randomBytes(65_536, rng).buffer);
    for (let i = 0; i < block.length && n < size; i++, n++) {
      appender.appendUBigInt(block[i]!);
      appender.endRow();
    }
    appender.flushSync();
  }
  appender.closeSync();
}

/** Cuts the pieces that DuckDB gives into those that the protocol asks for. */
function takeFrom(result: DuckDBResult): OrderedSource['next'] {
  const reader = pieces(result);
  let ids: string[] = [];
  let values: number[] = [];
  return async (count) => {
    while (ids.length < count) {
      const { value: piece, done } = await reader.next();
      if (done) throw new RangeError(`${count} identifiers wanted, ${ids.length} are left`);
      ids = ids.concat(piece.column(0) as string[]);
      values = values.concat(piece.column(1) as number[]);
    }
    const taken = { items: toItems(ids.slice(0, count)), values: values.slice(0, count) };
    ids = ids.slice(count);
    values = values.slice(count);
    return taken;
  };
}

async function rowsOf(database: Database, places: ArrayLike<number>): Promise<Float64Array> {
  const { connection } = database;
  await connection.run('CREATE OR REPLACE TABLE disk.wanted (place BIGINT)');
  const appender = await connection.createAppender('wanted', 'main', 'disk');
  for (let i = 0; i < places.length; i++) {
    appender.appendBigInt(BigInt(places[i]!));
    appender.endRow();
  }
  appender.closeSync();
  const found = new Float64Array(places.length);
  let at = 0;
  const rows = await connection.stream(
    'SELECT row FROM disk.ordered AS o JOIN disk.wanted AS w ON o.rowid = w.place ORDER BY row',
  );
  for await (const piece of pieces(rows)) {
    found.set(piece.column(0) as number[], at);
    at += piece.rows;
  }
  return found;
}
