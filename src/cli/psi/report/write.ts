import { constants, renameSync, rmSync } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../terminal.ts';
import type { Summary } from '../summary.ts';
import { folderOfOurs, removeAbandoned } from '../temporary.ts';
import { csvPieces, type ResultRows } from './csv.ts';
import { reportPage } from './page.ts';

/** The rows that matched, `members` only. */
export interface ResultTables {
  /** Of the party that runs this command (in the local form: of the left side): `result.csv`. */
  readonly own?: ResultRows;
  /** Of the right side, in the local form of mutual `members`: `result-right.csv`. */
  readonly right?: ResultRows;
}

export interface WriteOptions {
  /** Use a folder that holds something else. Only files of ours are replaced or removed, never others. */
  readonly overwrite?: boolean;
}

const JSON_FILE = 'result.json';
const PAGE_FILE = 'report.html';
const OWN_FILE = 'result.csv';
const RIGHT_FILE = 'result-right.csv';
const STAGING = '.subrosa-';

/**
 * Fails early, before hours of work, when `writeResult` would refuse the folder. Changes nothing.
 * @throws {Failure} when it is a file, or holds something that is not a former result
 */
export async function checkResultFolder(folder: string, { overwrite = false }: WriteOptions = {}): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return checkWritable(dirname(resolve(folder)), folder);
    if (code === 'ENOTDIR') throw new Failure(`${folder}: is a file, expected a folder`);
    if (code === 'EACCES') throw new Failure(`${folder}: not allowed to read it`);
    throw error;
  }
  await checkWritable(folder, folder);
  const others = entries.filter((name) => !name.startsWith(STAGING));
  if (others.length === 0 || overwrite || (await isResult(join(folder, JSON_FILE)))) return;
  throw new Failure(
    `${folder}: the folder is not empty and holds no former result`,
    'name another folder, or use --overwrite: what is not ours stays',
  );
}

/**
 * Writes `result.json`, `report.html` and, with rows, `result.csv` into a folder, which is made when it is missing. A former result is replaced as
 * a whole: a `result.csv` of an earlier run does not stay beside the `result.json` of this one.
 *
 * Everything is written and synced to a staging folder within it first, then renamed without giving way: an error or an interrupt on the way leaves what was there as it was. Files are readable
 * by this user only, because rows are somebody's customers.
 *
 * @returns the paths written
 * @throws {Failure} as `checkResultFolder`
 */
export async function writeResult(
  folder: string,
  summary: Summary,
  tables: ResultTables = {},
  options: WriteOptions = {},
): Promise<readonly string[]> {
  await checkResultFolder(folder, options);
  const staging = await stagingFolder(folder);
  try {
    const written: string[] = [];
    const write = async (name: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> => {
      await writeFile(join(staging, name), pieces);
      written.push(name);
    };
    if (tables.own) await write(OWN_FILE, csvPieces(tables.own));
    if (tables.right) await write(RIGHT_FILE, csvPieces(tables.right));
    await write(PAGE_FILE, [reportPage(summary, written)]);
    await write(JSON_FILE, [`${JSON.stringify(summary, null, 2)}\n`]);
    const former = await isResult(join(folder, JSON_FILE));
    // From here on nothing waits, so nothing can come between. result.json is last: where it is, the rest is.
    for (const name of [OWN_FILE, RIGHT_FILE]) {
      // A result.csv beside no result.json of ours is somebody else's.
      if (former && !written.includes(name)) rmSync(join(folder, name), { force: true });
    }
    for (const name of written) renameSync(join(staging, name), join(folder, name));
    return written.map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new Failure(`${folder}: no space left on the device`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Of a folder that is not there yet, the nearest one above decides. */
async function checkWritable(place: string, folder: string): Promise<void> {
  try {
    await access(place, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(place) !== place) return checkWritable(dirname(place), folder);
    if (code === 'ENOTDIR') throw new Failure(`${folder}: a part of this path is a file`);
    throw new Failure(`${folder}: not allowed to write there`);
  }
}

async function stagingFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    // Rows that a killed command has left there go now.
    removeAbandoned(folder, STAGING);
    return folderOfOurs(folder, STAGING);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new Failure(`${folder}: not allowed to write there`);
    if (code === 'ENOTDIR' || code === 'EEXIST') throw new Failure(`${folder}: a part of this path is a file`);
    throw error;
  }
}

async function isResult(path: string): Promise<boolean> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Summary> | null;
    return typeof found?.versions?.subrosa === 'string' && typeof found.reveal === 'string';
  } catch {
    return false;
  }
}

async function writeFile(path: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of pieces) await file.appendFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}
