import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/cli/psi/summary.ts';

/** All four reveals on the generated campaign against a plain SQL join of the same files. Runs the built command: needs `npm run build`. */
const BIN = fileURLToPath(new URL('../../bin/subrosa.js', import.meta.url));
const GENERATE = fileURLToPath(new URL('../../examples/campaign/generate.js', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
const at = (...parts: string[]) => join(FOLDER, ...parts);
const node = (...argv: string[]) => promisify(execFile)(process.execPath, argv);

const generate = (seed: number, name: string) =>
  node(GENERATE, '--seed', String(seed), '--left', '400', '--right', '600', '--out', at(name));
const text = (...parts: string[]) => readFileSync(at(...parts), 'utf8');

/** The rows of a query as text. The files are read and joined by DuckDB alone; nothing of the package is asked. */
async function sql(query: string): Promise<string[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    for (const side of ['advertiser', 'publisher']) {
      const file = at('campaign', `${side}.csv`).replaceAll("'", "''");
      await connection.run(`CREATE TABLE ${side} AS SELECT * FROM read_csv('${file}', all_varchar=true)`);
    }
    // Equal identifiers are one user, whose exposures and spend are added up.
    await connection.run(`
      CREATE TABLE customers AS SELECT lower(trim(email)) AS id, min(customer) AS customer, count(*) AS entries
        FROM advertiser WHERE trim(coalesce(email, '')) <> '' GROUP BY id;
      CREATE TABLE users AS SELECT lower(trim(email)) AS id, count(*) AS days,
          sum(exposures::BIGINT) AS exposures, coalesce(sum(spend_cents::BIGINT), 0) AS cents
        FROM publisher GROUP BY id;
      CREATE TABLE both_sides AS SELECT * FROM customers JOIN users USING (id)`);
    const rows = (await connection.runAndReadAll(query)).getRows();
    return rows.map((row) => row.map(String));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function reveal(what: string, ...more: string[]): Promise<Summary> {
  const { stdout } = await node(
    ...[BIN, 'psi', 'local', '--left', at('campaign', 'advertiser.csv'), '--left-key', 'email'],
    ...['--right', at('campaign', 'publisher.csv'), '--right-key', 'email', '--normalise', 'email'],
    ...['--reveal', what, '--json', ...more],
  );
  return JSON.parse(stdout) as Summary;
}

beforeAll(() => generate(1, 'campaign'));

describe('the campaign', () => {
  it('is the same bytes for the same seed, and others for another', async () => {
    await Promise.all([generate(1, 'again'), generate(2, 'other')]);
    for (const file of ['advertiser.csv', 'publisher.csv']) {
      expect(text('again', file)).toBe(text('campaign', file));
      expect(text('other', file)).not.toBe(text('campaign', file));
    }
  });

  it('has what makes real files awkward', async () => {
    const [[customers, twice, users, untidy, unseen, heavy]] = (await sql(`SELECT
      (SELECT count(*) FROM customers), (SELECT count(*) FROM customers WHERE entries > 1), (SELECT count(*) FROM users),
      (SELECT count(*) FROM advertiser WHERE email <> lower(trim(email))),
      (SELECT count(*) FROM both_sides WHERE exposures = 0), (SELECT max(exposures) FROM users)`)) as [string[]];
    expect([customers, users]).toEqual(['400', '600']);
    for (const count of [twice, untidy, unseen]) expect(Number(count)).toBeGreaterThan(0);
    expect(Number(heavy)).toBeGreaterThanOrEqual(20);
  });

  it.each([
    [['--left', '0'], /--left "0": expected an integer in 1 \.\. 2000000/],
    [['--seed', '1.5'], /--seed "1\.5": expected an integer/],
    [['--sede', '1'], /--sede/],
    [[], /--out DIR is missing/],
  ])('%j is refused', async (argv, message) => {
    const rest = argv.length > 0 ? ['--out', at('refused')] : ['--left', '1', '--right', '1'];
    const first = argv.includes('--seed') || argv.includes('--sede') ? [] : ['--seed', '1'];
    await expect(node(GENERATE, ...first, ...rest, ...argv)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });
});

describe('psi local gives the plain answer', () => {
  it('members', async () => {
    const summary = await reveal('members', '--out', at('members'));
    const rows = await sql(`SELECT a.* FROM advertiser a JOIN both_sides b USING (customer) ORDER BY customer`);
    expect(summary.count).toBe(rows.length);
    expect(text('members', 'result.csv').split('\n')[0]).toBe('customer,first_name,last_name,email,since');
    const result = at('members', 'result.csv').replaceAll("'", "''");
    expect(await sql(`SELECT * FROM read_csv('${result}', all_varchar=true)`)).toEqual(rows);
    expect(rows.length).toBeGreaterThan(100);
  });

  it('count, sizes and duplicates', async () => {
    const summary = await reveal('count');
    const [[count, left, right, leftTwice, rightTwice, none]] = (await sql(`SELECT
      (SELECT count(*) FROM both_sides), (SELECT count(*) FROM customers), (SELECT count(*) FROM users),
      (SELECT sum(entries - 1) FROM customers), (SELECT sum(days - 1) FROM users),
      (SELECT count(*) FROM advertiser WHERE trim(coalesce(email, '')) = '')`)) as [string[]];
    expect(summary).toMatchObject({
      count: Number(count),
      suppressed: false,
      sizes: { left: Number(left), right: Number(right) },
      duplicatesRemoved: { left: Number(leftTwice), right: Number(rightTwice) },
      unusable: { left: Number(none), right: 0 },
    });
  });

  it.each(['spend_cents', 'exposures'])('sum of %s', async (column) => {
    const summary = await reveal('sum', '--value', column);
    const total = column === 'exposures' ? 'exposures' : 'cents';
    const [[count, sum]] = (await sql(`SELECT count(*), sum(${total}) FROM both_sides`)) as [string[]];
    expect(summary).toMatchObject({ count: Number(count), sum: Number(sum) });
    expect(summary.sum).toBeGreaterThan(0);
  });

  it('frequency', async () => {
    const starts = [1, 2, 3, 5, 10, 20];
    const summary = await reveal('frequency', '--value', 'exposures', '--buckets', starts.join());
    const found = await sql(`SELECT start::VARCHAR,
        (SELECT count(*) FROM both_sides WHERE exposures >= start) AS reach
      FROM unnest([${starts}]) AS starts(start) ORDER BY start`);
    const reach = found.map(([start, users]) => ({ atLeast: Number(start), users: Number(users) }));
    expect(summary.frequency).toEqual({
      buckets: reach,
      histogram: starts.map((exposures, i) => ({
        exposures,
        upTo: i + 1 < starts.length ? starts[i + 1]! - 1 : null,
        users: reach[i]!.users - (reach[i + 1]?.users ?? 0),
      })),
    });
    // Those of the overlap who were held out are in no bucket.
    expect(summary.count).toBeGreaterThan(reach[0]!.users);
  });
});
