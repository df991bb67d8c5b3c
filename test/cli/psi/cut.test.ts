import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { run } from '../../../src/cli/main.ts';
import { capture } from '../capture.ts';

/** A line that breaks again and again between two machines: the run goes on where it stopped, and counts once. */
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
const at = (name: string) => join(FOLDER, name);

it('a cut connection resumes at the last chunk', async () => {
  const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => `user${from + i}@example.com`);
  writeFileSync(at('left.csv'), `email\n${ids(0, 3000).join('\n')}\n`);
  writeFileSync(at('right.csv'), `email\n${ids(1000, 3000).join('\n')}\n`);
  writeFileSync(at('policy.yaml'), 'reveals: [members]\nbudget: { queries: 1 }\n');
  const [left, right] = await Promise.all(
    ['left', 'right'].map(async (name) => (await capture(['keygen', '--out', at(`${name}.key`)])).stdout.trim()),
  );
  const stop = new AbortController();
  let listening = (_url: string): void => {};
  const url = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const offered = run(
    [
      ...['psi', 'offer', '--input', at('right.csv'), '--key', 'email', '--listen', '127.0.0.1:0', '--workers', '1'],
      ...['--policy', at('policy.yaml'), '--identity', at('right.key'), '--peer-key', left!],
    ],
    {
      stdout: { write: () => {} },
      stderr: {
        write(text) {
          const found = /"listening","url":"([^"]+)"/.exec(text);
          if (found) listening(found[1]!);
        },
      },
      signal: stop.signal,
    },
  );
  const target = new URL(await url);

  // Every connection dies after so many bytes towards the client; the last one lives.
  const lives = [9_000, 30_000, 60_000];
  let connections = 0;
  const proxy = createServer((client: Socket) => {
    const server = connect(Number(target.port), target.hostname);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    let left = lives[connections++] ?? Number.POSITIVE_INFINITY;
    server.on('data', (data) => {
      left -= data.length;
      if (left < 0) end();
      else client.write(data);
    });
    client.on('data', (data) => server.write(data));
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as { port: number };

  const { code, stdout, stderr } = await capture([
    ...['psi', 'run', '--input', at('left.csv'), '--key', 'email', '--peer', `wss://127.0.0.1:${port}`, '--json'],
    ...['--reveal', 'members', '--identity', at('left.key'), '--peer-key', right!, '--workers', '1'],
  ]);
  expect({ code, error: /error: .*/.exec(stderr)?.[0] }).toEqual({ code: 0, error: undefined });
  expect(JSON.parse(stdout)).toMatchObject({ count: 2000, suppressed: false });
  expect(connections).toBeGreaterThan(1);
  stop.abort();
  expect(await offered).toBe(130);
  proxy.close();
});
