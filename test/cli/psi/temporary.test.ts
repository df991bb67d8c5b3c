import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSpill, folderOfOurs, removeAbandoned, temporaryFolder } from '../../../src/cli/psi/temporary.ts';

/** What is written to disk on the way, and what remains of it. The last test needs `npm run build`. */
const BIN = fileURLToPath(new URL('../../../bin/subrosa.js', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** The number of a process that has ended. */
const dead = spawnSync(process.execPath, ['-e', '']).pid;
const nameOf = (pid: number, rest: string) => {
  const folder = temporaryFolder();
  rmSync(folder, { recursive: true });
  return basename(folder).replace(`-${process.pid}-`, `-${pid}-`).slice(0, -6) + rest;
};

describe('temporary folders', () => {
  it('only this user may enter them', () => {
    const folder = temporaryFolder();
    expect(dirname(folder)).toBe(tmpdir());
    if (process.platform !== 'win32') expect(statSync(folder).mode & 0o777).toBe(0o700);
    rmSync(folder, { recursive: true });
  });

  it('those of dead processes are deleted, and no others', () => {
    const place = mkdtempSync(join(FOLDER, 'place-'));
    const abandoned = [nameOf(dead, 'aaaaaa'), nameOf(dead, 'bbbbbb')];
    const others = [
      nameOf(process.pid, 'cccccc'),
      nameOf(process.ppid, 'dddddd'),
      nameOf(dead, 'eeeeee').replace(/subrosa-[0-9a-f]{8}/, 'subrosa-00000000'), // of another host
      'subrosa-something',
      `elsewhere-${dead}-x`,
    ];
    for (const name of [...abandoned, ...others]) {
      mkdirSync(join(place, name));
      writeFileSync(join(place, name, 'set.duckdb'), 'somebody@example.com');
    }
    const file = nameOf(dead, 'ffffff');
    writeFileSync(join(place, file), 'a file is none of ours');
    expect(removeAbandoned(place).sort()).toEqual(abandoned);
    expect(readdirSync(place).sort()).toEqual([...others, file].sort());
    expect(removeAbandoned(join(place, 'nowhere'))).toEqual([]);
    const staging = basename(folderOfOurs(place, '.subrosa-')).replace(`-${process.pid}-`, `-${dead}-`);
    mkdirSync(join(place, staging));
    expect(removeAbandoned(place)).toEqual([]);
    expect(removeAbandoned(place, '.subrosa-')).toEqual([staging]);
  });
});

describe('FileSpill', () => {
  it('reads back what it wrote, from files without a name', () => {
    const before = readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`));
    const spill = new FileSpill(1);
    const [a, b] = [spill.open(), spill.open()];
    const pieces = Array.from({ length: 50 }, (_, i) => new Uint8Array(1000 + i).fill(i));
    const places = pieces.map((piece, i) => (i % 2 ? b : a).append(piece));
    for (const [i, piece] of pieces.entries()) {
      expect((i % 2 ? b : a).read(places[i]!, piece.length)).toEqual(piece);
    }
    expect(() => a.read(places.at(-2)!, 5000)).toThrow(RangeError);
    const left = () => readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`));
    if (process.platform !== 'win32') expect(left()).toEqual(before);
    spill.close();
    spill.close();
    expect(left()).toEqual(before);
  });
});

it('what a killed command leaves is gone when the next one starts', async () => {
  const ids = Array.from({ length: 60_000 }, (_, i) => `a.rather.long.address.${i}@mail.example.com`);
  const file = join(FOLDER, 'long.csv');
  writeFileSync(file, `email\n${ids.join('\n')}\n`);
  const tmp = mkdtempSync(join(FOLDER, 'tmp-'));
  const env = { ...process.env, TMPDIR: tmp, TEMP: tmp, TMP: tmp };
  const sides = ['--left', file, '--left-key', 'email', '--right', file, '--right-key', 'email'];
  const argv = [BIN, 'psi', 'local', ...sides, '--reveal', 'members', '--memory', '1'];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text;
    if (stderr.includes('"phase":"blind"')) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const its = () => readdirSync(tmp).filter((name) => name.includes(`-${child.pid}-`));
  expect(
    its().some((name) => existsSync(join(tmp, name, 'set.duckdb'))),
    stderr,
  ).toBe(true);

  const small = join(FOLDER, 'small.csv');
  writeFileSync(small, 'email\na@example.com\nb@example.com\n');
  const again = ['--left', small, '--left-key', 'email', '--right', small, '--right-key', 'email'];
  const next = spawn(process.execPath, [BIN, 'psi', 'local', ...again, '--reveal', 'count', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
  });
  const [code] = await once(next, 'close');
  expect(code).toBe(0);
  expect(its()).toEqual([]);
  // The process of the other side was not killed: it notices, and cleans up behind itself.
  await expect.poll(() => readdirSync(tmp), { timeout: 20_000 }).toEqual([]);
}, 60_000);
