import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The command as it is installed: needs `npm run build`, which `npm test` does first. */
const BIN = fileURLToPath(new URL('../../bin/subrosa.js', import.meta.url));
const run = promisify(execFile);

it('is built', () => {
  expect(existsSync(fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))), 'npm run build').toBe(true);
});

it('runs as a process, from any folder', async () => {
  const { stdout, stderr } = await run(
    process.execPath,
    [BIN, 'demo', 'hospitals', '--scheme', 'plain', '--rounds', '1', '--json'],
    { cwd: '/' },
  );
  expect(JSON.parse(stdout)).toMatchObject({ scheme: 'plain', exact: true });
  expect(stderr).toBe('');
});

it('ends with its exit code', async () => {
  await expect(run(process.execPath, [BIN, 'demo', 'hospitals', '--rounds', '0'])).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^subrosa: error: /),
  });
});

it('does not mind a reader that goes away', async () => {
  const child = spawn(process.execPath, [BIN, 'demo', 'hospitals', '--scheme', 'plain', '--rounds', '2'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([0, null]);
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops on %s with exit code 130 and no stack trace', async (name) => {
  const child = spawn(process.execPath, [BIN, 'demo', 'hospitals', '--rounds', '200'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    // The first line of progress: it is at work.
    if (stderr === '') child.kill(name);
    stderr += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  expect(stderr).toMatch(/subrosa: error: interrupted\n$/);
  expect(stderr).not.toMatch(/^\s+at /m);
});
