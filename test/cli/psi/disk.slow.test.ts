import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../../src/cli/psi/summary.ts';

/** Lists that do not fit in `--memory`: identifiers and tokens of both sides are on disk. The truth is a join in SQL. Needs `npm run build`. */
const BIN = fileURLToPath(new URL('../../../bin/subrosa.js', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
const TMP = mkdtempSync(join(FOLDER, 'tmp-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
const at = (name: string) => join(FOLDER, name).replaceAll("'", "''");

async function sql(...queries: readonly string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    let rows: unknown[][] = [];
    for (const query of queries) rows = (await connection.runAndReadAll(query)).getRows();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const NAME = "'somebody.with.a.rather.long.address.' || (i * 7919 % 100000) || '@example.com'";
/** The right side has some identifiers twice; their values add up. */
const common = (columns: string) => `
  SELECT ${columns} FROM (SELECT DISTINCT email FROM read_csv('${at('left.csv')}')) AS l
  JOIN (SELECT email, sum(value) AS value FROM read_csv('${at('right.csv')}') GROUP BY email) AS r USING (email)`;

beforeAll(() =>
  sql(
    `COPY (SELECT ${NAME} AS email, i AS row FROM range(40000) AS t(i)) TO '${at('left.csv')}' (HEADER)`,
    `COPY (SELECT ${NAME.replace('100000', '30000 + 20000')} AS email, i % 13 AS value FROM range(45000) AS t(i))
       TO '${at('right.csv')}' (HEADER)`,
  ),
);

async function reveal(what: string, ...more: string[]): Promise<Summary> {
  const sides = ['--left', at('left.csv'), '--left-key', 'email', '--right', at('right.csv'), '--right-key', 'email'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [BIN, 'psi', 'local', ...sides, '--reveal', what, '--memory', '1', '--json', ...more],
    { env: { ...process.env, TMPDIR: TMP, TEMP: TMP, TMP } },
  );
  expect(readdirSync(TMP)).toEqual([]);
  return JSON.parse(stdout) as Summary;
}

describe('lists larger than the memory allowed', () => {
  it('members: the very rows', async () => {
    const { count } = await reveal('members', '--out', join(FOLDER, 'out'));
    const rows = await sql(`${common('email')} ORDER BY email`);
    expect(count).toBe(rows.length);
    expect(count).toBeGreaterThan(5000);
    expect(await sql(`SELECT email FROM read_csv('${at('out/result.csv')}') ORDER BY email`)).toEqual(rows);
  });

  it('count', async () => {
    expect((await reveal('count')).count).toBe(Number((await sql(common('count(*)')))[0]![0]));
  });

  it('sum', async () => {
    const [[count, sum]] = (await sql(common('count(*), sum(value)'))) as [[unknown, unknown]];
    expect(await reveal('sum', '--value', 'value')).toMatchObject({ count: Number(count), sum: Number(sum) });
  });

  it('frequency', async () => {
    const { frequency } = await reveal('frequency', '--value', 'value', '--buckets', '1,5,10');
    const [reach] = await sql(
      common('count(*) FILTER (value >= 1), count(*) FILTER (value >= 5), count(*) FILTER (value >= 10)'),
    );
    expect(frequency?.buckets.map(({ users }) => users)).toEqual(reach!.map(Number));
  });
});
