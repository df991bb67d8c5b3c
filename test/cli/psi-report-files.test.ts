import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/cli/psi/duckdb.ts';
import { csvLine } from '../../src/cli/psi/report/csv.ts';
import { checkResultFolder, writeResult } from '../../src/cli/psi/report/index.ts';
import { Failure } from '../../src/cli/terminal.ts';
import { COUNT, MEMBERS } from './psi-report-samples.ts';

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'subrosa-test-'));
  folder = join(home, 'deep', 'result');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const read = (name: string) => readFile(join(folder, name), 'utf8');
const rows = {
  columns: ['email', 'note'],
  rows: [
    ['a@x.org', 'says "hi", twice'],
    ['b@x.org', null],
  ],
};

describe('writeResult', () => {
  it('members: three files, the rows as they were', async () => {
    const paths = await writeResult(folder, MEMBERS, { own: rows });
    expect(paths).toEqual(['result.csv', 'report.html', 'result.json'].map((name) => join(folder, name)));
    expect(await read('result.csv')).toBe('email,note\na@x.org,"says ""hi"", twice"\nb@x.org,\n');
    expect(JSON.parse(await read('result.json'))).toEqual(MEMBERS);
    const page = await read('report.html');
    expect(page).toContain('result.csv');
    expect(page).not.toContain('a@x.org'); // rows are not for the page
  });

  it.skipIf(process.platform === 'win32')('files are for this user only', async () => {
    for (const path of await writeResult(folder, MEMBERS, { own: rows }))
      expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('a former result is replaced as a whole, other files stay', async () => {
    await writeResult(folder, MEMBERS, { own: rows, right: rows });
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeResult(folder, COUNT);
    expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'report.html', 'result.json']);
  });

  it('an error on the way leaves what was there', async () => {
    await writeResult(folder, COUNT);
    async function* broken(): AsyncGenerator<readonly string[]> {
      yield ['a@x.org'];
      throw new Failure('the disk is gone');
    }
    await expect(writeResult(folder, MEMBERS, { own: { columns: ['email'], rows: broken() } })).rejects.toThrow(
      'the disk',
    );
    expect((await readdir(folder)).sort()).toEqual(['report.html', 'result.json']);
    expect(JSON.parse(await read('result.json'))).toEqual(COUNT);
  });

  it('refuses a row of another width', async () => {
    const wrong = { columns: ['email'], rows: [['a', 'b']] };
    await expect(writeResult(folder, MEMBERS, { own: wrong })).rejects.toThrow('row 0 has 2 cells, expected 1');
  });

  it('refuses a folder that holds something else, unless told', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'result.csv'), 'somebody else’s');
    await expect(checkResultFolder(folder)).rejects.toThrow('not empty and holds no former result');
    await expect(writeResult(folder, COUNT)).rejects.toThrow(Failure);
    expect(await readdir(folder)).toEqual(['result.csv']);
    await writeResult(folder, COUNT, {}, { overwrite: true });
    expect(await read('result.csv')).toBe('somebody else’s');
  });

  it('refuses a result.json that is no result', async () => {
    await mkdir(folder, { recursive: true });
    for (const text of ['null', '[]', '{"reveal":"count"}', 'not json']) {
      await writeFile(join(folder, 'result.json'), text);
      await expect(checkResultFolder(folder), text).rejects.toThrow(Failure);
    }
  });

  it('refuses a file in place of the folder; a missing or empty one is fine', async () => {
    await expect(checkResultFolder(folder)).resolves.toBeUndefined();
    await mkdir(folder, { recursive: true });
    await expect(checkResultFolder(folder)).resolves.toBeUndefined();
    const file = join(home, 'file');
    await writeFile(file, '');
    await expect(checkResultFolder(file)).rejects.toThrow('is a file, expected a folder');
    await expect(writeResult(join(file, 'below'), COUNT)).rejects.toThrow(Failure);
  });
});

describe('CSV', () => {
  it('quotes what must be quoted', () => {
    expect(csvLine(['plain', 'a,b', 'a"b', 'a\nb', 'a\rb', ' a', 'a ', '', null, 'é'])).toBe(
      'plain,"a,b","a""b","a\nb","a\rb"," a","a ","",,é\n',
    );
    expect(csvLine([null])).toBe('""\n');
  });

  it('DuckDB reads back what was written', async () => {
    const cell = fc.stringMatching(/^[a-z0-9,"; \n'|é€-]{0,12}$/);
    const table = fc.sample(fc.array(fc.tuple(cell, cell, cell), { minLength: 200, maxLength: 200 }), {
      numRuns: 1,
      seed: 7,
    })[0]!;
    await writeResult(folder, MEMBERS, { own: { columns: ['a', 'b,"c', ' d'], rows: table } });
    const database = await openDatabase();
    try {
      const path = join(folder, 'result.csv').replaceAll("'", "''");
      const result = await database.connection.runAndReadAll(
        `SELECT * FROM read_csv('${path}', header=true, all_varchar=true, delim=',', quote='"', escape='"', auto_detect=false, columns={'a':'VARCHAR','b':'VARCHAR','d':'VARCHAR'})`,
      );
      expect(result.getRows().map((row) => row.map((value) => value ?? ''))).toEqual(table);
    } finally {
      database.close();
    }
  });
});
