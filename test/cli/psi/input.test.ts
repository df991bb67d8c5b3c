import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { collect, type InputSpec } from '../../../src/cli/psi/collect.ts';
import { openDatabase } from '../../../src/cli/psi/duckdb.ts';
import { keyRule } from '../../../src/cli/psi/normalise.ts';
import { MemorySet } from '../../../src/cli/psi/set.ts';
import { openTable, wholeRows } from '../../../src/cli/psi/table.ts';
import { shuffleInPlace } from '../../../src/protocols/psi/index.ts';
import { csprng, SeededRng } from '../../../src/random/index.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

const spec = (path: string, key = 'email', normalise = 'exact', more: Partial<InputSpec> = {}): InputSpec => ({
  path,
  key: keyRule(key, normalise),
  ...more,
});

/** Some 5 MB of rows: more than a first look takes. */
const LONG = gzipSync(`email\n${Array.from({ length: 250_000 }, (_, i) => `user${i}@example.com`).join('\n')}\n`);

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

/** Identifiers and values of a set, in its order of rows. */
async function contents(given: InputSpec, memoryBytes?: number): Promise<{ id: string; value: number; row: number }[]> {
  const input = await collect(memoryBytes === undefined ? given : { ...given, memoryBytes });
  try {
    const source = await input.set.source('rows');
    const { items, values } = await source.next(input.set.size);
    const rows = await source.rowsOf(Array.from({ length: input.set.size }, (_, i) => i));
    return Array.from({ length: input.set.size }, (_, i) => ({
      id: new TextDecoder().decode(items.data.subarray(items.offsets[i]!, items.offsets[i + 1]!)),
      value: values![i]!,
      row: rows[i]!,
    }));
  } finally {
    await input.close();
  }
}

describe('files', () => {
  const ROWS = 'email,spend\na@b.c,1\nd@e.f,2\n';
  const expected = [
    { id: 'a@b.c', value: 1, row: 0 },
    { id: 'd@e.f', value: 2, row: 1 },
  ];
  it.each([
    ['comma', ROWS],
    ['semicolon', ROWS.replaceAll(',', ';')],
    ['tab', ROWS.replaceAll(',', '\t')],
    ['bar', ROWS.replaceAll(',', '|')],
    ['byte order mark', `\ufeff${ROWS}`],
    ['CR LF', ROWS.replaceAll('\n', '\r\n')],
    ['no last line end', ROWS.trim()],
    ['quoted', '"email","spend"\n"a@b.c","1"\n"d@e.f","2"\n'],
    ['gzip', gzipSync(ROWS)],
    ['blank lines', 'email,spend\n\na@b.c,1\n\nd@e.f,2\n\n'],
    ['a quoted delimiter in the header', '"id; or, number";email;spend\n7;a@b.c;1\n8;d@e.f;2\n'],
  ])('CSV: %s', async (name, content) => {
    const path = file(`${name} [1]*.csv`, content); // no pattern, whatever it looks like
    expect(await contents(spec(path, 'email', 'exact', { value: { column: 'spend' } }))).toEqual(expected);
  });

  it('any other delimiter when it is named', async () => {
    const path = file('caret.csv', ROWS.replaceAll(',', '^'));
    expect(await contents(spec(path, 'email', 'exact', { value: { column: 'spend' }, delimiter: '^' }))).toEqual(
      expected,
    );
  });

  it('Parquet, with numbers as keys', async () => {
    const path = join(FOLDER, 'numbers.parquet');
    const database = await openDatabase();
    await database.connection.run(
      `COPY (SELECT * FROM (VALUES (1234567890123::BIGINT, 5), (7::BIGINT, NULL)) AS t(phone, "spend ""x""")) TO '${path}' (FORMAT parquet)`,
    );
    database.close();
    const found = await contents(spec(path, 'phone', 'exact', { value: { column: 'spend "x"' } }));
    expect(found).toEqual([
      { id: '1234567890123', value: 5, row: 0 },
      { id: '7', value: 0, row: 1 },
    ]);
  });

  it('several key columns, each by its rule', async () => {
    const path = file('two.csv', 'mail,phone\n A@B.C ,020 7946 0000\na@b.c,+44 20 7946 0000\nx@y.z,none\n');
    const input = await collect(spec(path, 'mail,phone', 'email,phone:GB'));
    expect(input).toMatchObject({ rows: 3, duplicates: 1, unusable: 1 });
    expect(input.set.size).toBe(1);
    await input.close();
  });

  it.each([
    ['empty', '', /^\S+: the file is empty$/],
    ['only a header', 'email\n', /a header and no rows$/],
    ['a missing column', 'mail,name\na,b\n', /no column "email", found "mail", "name"$/],
    ['a column twice', 'email,email\na,b\n', /2 columns are called "email"$/],
    ['malformed UTF-8', Buffer.from('email\na@b.c\n\xff\xfe@x\n', 'latin1'), /line 3: malformed UTF-8$/],
    ['malformed UTF-8 in the header', Buffer.from('e\xffmail\na\n', 'latin1'), /line 1: malformed UTF-8$/],
    ['UTF-16', Buffer.from('\ufeffemail\n', 'utf16le'), /the file is UTF-16$/],
    ['a row too short', 'email,x\na,1\nb\n', /line 3: found 1 cells, expected 2$/],
    ['a row too long', 'email,x\na,1\nb,2,3\n', /line 3: found 3 cells, expected 2$/],
    ['an open quote', 'email,x\n"a,1\n', /line 2: a quoted cell does not end$/],
    ['damaged gzip', gzipSync('email\nabcdefgh\n').subarray(0, 20), /the gzip file is damaged or cut short$/],
    ['gzip cut behind the first rows', LONG.subarray(0, LONG.length - 20), /the gzip file is damaged or cut short$/],
    ['gzip with a wrong checksum', changed(LONG, LONG.length - 8), /the gzip file is damaged or cut short$/],
    ['no identifiers', 'email\n""\n""\n', /none of 2 rows has a usable identifier in "email"$/],
  ])('one clear line for %s', async (name, content, message) => {
    await expect(collect(spec(file(`${name.replaceAll(' ', '-')}.csv`, content)))).rejects.toThrow(message);
  });

  it.each([
    ['1.5', /row 1 of column "v" is not a whole number$/],
    ['-1', /row 1 of column "v" is negative/],
    ['4294967296', /row 1 of column "v" is too large/],
    ['1e3', /row 1 of column "v" is not a whole number$/],
    ['secret', /^(?!.*secret)/],
  ])('a value of %s is refused and not repeated', async (value, message) => {
    const path = file('value.csv', `email,v\na,${value}\n`);
    await expect(collect(spec(path, 'email', 'exact', { value: { column: 'v' } }))).rejects.toThrow(message);
  });

  it.skipIf(process.platform === 'win32')('a pipe, which cannot be read twice', async () => {
    await expect(collect(spec('/dev/null'))).rejects.toThrow(/null: is a pipe or device, expected a CSV or Parquet/);
  });

  it('no such file', async () => {
    await expect(collect(spec(join(FOLDER, 'nowhere.csv')))).rejects.toThrow(/nowhere.csv: no such file$/);
  });

  it('gives whole rows back by number, and notices a file that changed', async () => {
    const path = file('rows.csv', `id;text\n${Array.from({ length: 5000 }, (_, i) => `${i};"t;${i}"`).join('\n')}\n`);
    const database = await openDatabase();
    const table = await openTable(path, database, { needs: ['id'] });
    const rows: unknown[] = [];
    for await (const row of wholeRows(table, database, [0, 2047, 2048, 4999])) rows.push(row);
    expect(rows).toEqual([0, 2047, 2048, 4999].map((i) => [`${i}`, `t;${i}`]));
    writeFileSync(path, 'id;text\n1;x\n');
    await expect(wholeRows(table, database, [0]).next()).rejects.toThrow(/was changed/);
    database.close();
  });
});

describe('sets', () => {
  const many = Array.from({ length: 30_000 }, (_, i) => `user${(i * 7919) % 20_000}@example.com`);
  const path = file('many.csv', `email,v\n${many.map((id, i) => `${id},${i % 10}`).join('\n')}\n`);
  const truth = new Map<string, { value: number; row: number }>();
  for (const [row, id] of many.entries()) {
    const held = truth.get(id);
    if (held) held.value += row % 10;
    else truth.set(id, { value: row % 10, row });
  }
  const expected = Array.from(truth, ([id, { value, row }]) => ({ id, value, row }));
  const given = spec(path, 'email', 'exact', { value: { column: 'v' } });

  it('in memory: distinct, in order of the first row, values added up', async () => {
    expect(await contents(given)).toEqual(expected);
  });

  it('on disk: the same, and nothing stays behind', async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = mkdtempSync(join(FOLDER, 'tmp-'));
    try {
      expect(await contents(given, 50_000)).toEqual(expected);
      expect(readdirSync(tmpdir())).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });

  it.each([
    ['memory', undefined],
    ['disk', 50_000],
  ] as const)('shuffled afresh for every run, on %s', async (_, memoryBytes) => {
    const input = await collect(memoryBytes === undefined ? given : { ...given, memoryBytes });
    const orders: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const source = await input.set.source('shuffled');
      const ids: string[] = [];
      for (let left = source.size; left > 0; left -= 4096) {
        const { items, values } = await source.next(Math.min(left, 4096));
        for (let i = 0; i < values!.length; i++) {
          const id = new TextDecoder().decode(items.data.subarray(items.offsets[i]!, items.offsets[i + 1]!));
          expect(values![i]).toBe(truth.get(id)!.value);
          ids.push(id);
        }
      }
      const places = [17, 5, 12_345];
      const rows = places.map((place) => truth.get(ids[place]!)!.row).sort((a, b) => a - b);
      expect([...(await source.rowsOf(places))]).toEqual(rows);
      orders.push(ids);
    }
    await input.close();
    expect(new Set(orders[0]).size).toBe(20_000);
    expect([...orders[0]!].sort()).toEqual([...orders[1]!].sort());
    const fixed = (order: string[]) => order.filter((id, i) => id === expected[i]!.id).length;
    expect(fixed(orders[0]!)).toBeLessThan(20); // one expected
    expect(orders[0]!.filter((id, i) => id === orders[1]![i]).length).toBeLessThan(20);
  });

  it('a shuffle is uniform', () => {
    const rng = new SeededRng(new Uint8Array(32));
    const counts = new Map<string, number>();
    for (let i = 0; i < 2400; i++) {
      const places = Uint32Array.of(0, 1, 2, 3);
      shuffleInPlace(places, rng);
      counts.set(places.join(), (counts.get(places.join()) ?? 0) + 1);
    }
    const statistic = [...counts.values()].reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
    expect(counts.size).toBe(24);
    expect(statistic).toBeLessThan(70); // 23 degrees of freedom, one in a million
  });

  it('tells identifiers apart that begin alike, and grows', () => {
    const set = new MemorySet(csprng);
    const ids = Array.from({ length: 20_000 }, (_, i) => 'x'.repeat(i % 50) + i.toString(36));
    for (const [row, id] of ids.entries()) set.add(id, row, 1);
    for (const [row, id] of ids.entries()) set.add(id, row, 1);
    expect(set.size).toBe(new Set(ids).size);
    expect(set.largestValue).toBeGreaterThanOrEqual(2);
  });
});

describe('--key and --normalise', () => {
  it.each([
    ['email', 'mail', /expected email, exact or phone:COUNTRY/],
    ['email', 'phone:XX', /expected a country/],
    ['a,b,c', 'email,exact', /2 rules, expected one for all key columns or one for each of 3/],
    ['a,,b', 'exact', /a column name is empty/],
    ['a,a', 'exact', /a column is named twice/],
  ])('%s with %s', (key, normalise, message) => {
    expect(() => keyRule(key, normalise)).toThrow(message);
  });
});
