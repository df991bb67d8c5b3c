import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { capture } from '../capture.ts';

/** Needs `npm run build`: the right side is a process of its own. */
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
const file = join(FOLDER, 'list.csv');
writeFileSync(file, 'email\na@example.com\nb@example.com\n');
const LOCAL = ['psi', 'local', '--left', file, '--left-key', 'email', '--right', file, '--right-key', 'email'];

it('--overwrite takes a folder with other files, and leaves them alone', async () => {
  const out = mkdtempSync(join(FOLDER, 'others-'));
  const others = { 'notes.txt': 'ours', 'result.csv': 'somebody else wrote this' };
  for (const [name, text] of Object.entries(others)) writeFileSync(join(out, name), text);
  writeFileSync(join(out, 'result.json'), '{}');
  const count = [...LOCAL, '--reveal', 'count', '--out', out];
  expect((await capture(count)).stderr).toMatch(/the folder is not empty[\s\S]*hint: .*--overwrite/);
  expect((await capture([...count, '--overwrite'])).code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['notes.txt', 'report.html', 'result.csv', 'result.json']);
  for (const [name, text] of Object.entries(others)) expect(readFileSync(join(out, name), 'utf8')).toBe(text);
  expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toMatchObject({ reveal: 'count', count: 2 });
});

it('--overwrite says that it goes with --out', async () => {
  const alone = await capture([...LOCAL, '--reveal', 'count', '--overwrite']);
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--overwrite goes with --out\n') });
});
