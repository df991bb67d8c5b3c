import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/main.ts';
import type { Summary } from '../../../src/cli/psi/summary.ts';
import { capture } from '../capture.ts';

/** Both forms of the command, from files to result. The right side of `local` is a process of its own: needs `npm run build`. */
const BIN = fileURLToPath(new URL('../../../bin/subrosa.js', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
const at = (name: string) => join(FOLDER, name);

const LEFT = Array.from({ length: 300 }, (_, i) => `user${(i * 7) % 250}@example.com`);
const RIGHT = Array.from({ length: 400 }, (_, i) => ({
  id: `user${100 + ((i * 11) % 300)}@example.com`,
  value: i % 7,
}));
writeFileSync(at('left.csv'), `id;email;note\n${LEFT.map((id, i) => `${i};${id};"n;${i}"`).join('\n')}\n`);
writeFileSync(at('right.csv'), `email,value\n${RIGHT.map(({ id, value }) => `${id},${value}`).join('\n')}\n`);

// Long enough that every phase is seen before the last.
writeFileSync(at('long.csv'), `email\n${Array.from({ length: 9000 }, (_, i) => `long${i}@example.com`).join('\n')}\n`);

const left = new Set(LEFT);
const totals = new Map<string, number>();
for (const { id, value } of RIGHT) totals.set(id, (totals.get(id) ?? 0) + value);
const both = [...left].filter((id) => totals.has(id));
const BUCKETS = [1, 2, 4, 8];
const truth = {
  count: both.length,
  sum: both.reduce((sum, id) => sum + totals.get(id)!, 0),
  reach: BUCKETS.map((atLeast) => ({ atLeast, users: both.filter((id) => totals.get(id)! >= atLeast).length })),
};

/** What the four reveals must give. */
function check(summary: Summary): void {
  const { reveal } = summary;
  expect(summary).toMatchObject({
    count: truth.count,
    suppressed: false,
    sizes: { left: left.size, right: totals.size },
  });
  expect(summary.sum).toBe(reveal === 'sum' ? truth.sum : undefined);
  expect(summary.frequency?.buckets).toEqual(reveal === 'frequency' ? truth.reach : undefined);
  if (summary.frequency) {
    const users = summary.frequency.histogram.reduce((sum, bucket) => sum + bucket.users, 0);
    expect(users).toBe(truth.reach[0]!.users);
  }
  expect(summary.duplicatesRemoved.left).toBe(LEFT.length - left.size);
  expect(summary.bytesSent).toBeGreaterThan(32 * left.size);
  expect(summary.bytesReceived).toBeGreaterThan(32 * totals.size);
  expect(summary.learned.left.length).toBeGreaterThan(1);
}

const more = (reveal: string) => (reveal === 'frequency' ? ['--buckets', BUCKETS.join()] : []);
const LOCAL = [
  'psi',
  'local',
  '--left',
  at('left.csv'),
  '--left-key',
  'email',
  '--right',
  at('right.csv'),
  '--right-key',
  'email',
];
const events = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

describe('psi local', () => {
  it.each(['members', 'count', 'sum', 'frequency'])('%s is the plain answer', async (reveal) => {
    const value = reveal === 'sum' || reveal === 'frequency' ? ['--value', 'value'] : [];
    const { code, stdout, stderr } = await capture([...LOCAL, ...value, ...more(reveal), '--reveal', reveal, '--json']);
    expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
    const summary = JSON.parse(stdout) as Summary;
    check(summary);
    expect(summary.duplicatesRemoved.right).toBe(RIGHT.length - totals.size);
    expect(events(stderr).at(-1)).toMatchObject({
      event: 'progress',
      phase: 'match',
      done: totals.size,
      total: totals.size,
    });
  });

  it('writes the matching rows of both sides as they were', async () => {
    const out = at('out');
    expect((await capture([...LOCAL, '--reveal', 'members', '--mutual', '--out', out])).code).toBe(0);
    const first = new Map<string, number>();
    for (const [i, id] of LEFT.entries()) if (!first.has(id)) first.set(id, i);
    const rows = both.map((id) => first.get(id)!).sort((a, b) => a - b);
    expect(readFileSync(join(out, 'result.csv'), 'utf8')).toBe(
      `id,email,note\n${rows.map((i) => `${i},${LEFT[i]},n;${i}\n`).join('')}`,
    );
    const right = readFileSync(join(out, 'result-right.csv'), 'utf8').trim().split('\n').slice(1);
    expect(right.map((line) => line.split(',')[0]).sort()).toEqual([...both].sort());
    check(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Summary);
  });

  it('suppresses below the minimum, and gives no rows', async () => {
    const found = await capture([...LOCAL, '--reveal', 'members', '--minimum', '1000', '--out', at('few'), '--json']);
    expect(JSON.parse(found.stdout)).toMatchObject({ count: null, suppressed: true });
    expect(readdirSync(at('few'))).not.toContain('result.csv');
  });

  it('suppresses below the minimum on both sides', async () => {
    const ask = [...LOCAL, '--reveal', 'members', '--mutual', '--minimum', '1000', '--out', at('few-mutual'), '--json'];
    const { learned } = JSON.parse((await capture(ask)).stdout);
    expect(learned.right).toContain('that fewer than 1000 identifiers are in both sets');
    expect(readdirSync(at('few-mutual')).sort()).toEqual(['report.html', 'result.json']);
  });

  it('without --value every row is one exposure', async () => {
    const { stdout } = await capture([...LOCAL, '--reveal', 'frequency', '--buckets', '1,2', '--json']);
    const twice = both.filter((id) => RIGHT.filter((row) => row.id === id).length >= 2).length;
    expect((JSON.parse(stdout) as Summary).frequency!.buckets).toEqual([
      { atLeast: 1, users: both.length },
      { atLeast: 2, users: twice },
    ]);
  });

  it.each([
    [['--right', at('none.csv')], 1, /none\.csv: no such file\n/],
    [['--right-key', 'mail'], 1, /right\.csv: no column "mail", found "email", "value"\n/],
    [['--left-key', 'mail'], 1, /left\.csv: no column "mail", found "id", "email", "note"\n/],
    [['--left-key', 'id,email'], 1, /read their keys by different rules: exact\/1\+exact\/1 and exact\/1\n/],
    [['--normalise', 'phone:GB'], 1, /none of \d+ rows has a usable identifier/],
    [['--reveal', 'sum'], 2, /--reveal sum needs --value COLUMN\n/],
    [['--mutual'], 2, /--mutual goes with --reveal members, found count\n/],
    [['--buckets', '1,2'], 2, /--buckets goes with --reveal frequency, found count\n/],
    [['--value', 'value'], 2, /--value goes with --reveal sum or frequency, found count\n/],
    [['--out', FOLDER], 1, /the folder is not empty/],
  ])('%j ends with one clear line', async (change, code, message) => {
    const found = await capture([...LOCAL, '--reveal', 'count', ...change]);
    expect(found).toMatchObject({ code, stdout: '' });
    expect(found.stderr.match(/^subrosa: error: /gm)).toHaveLength(1);
    expect(found.stderr).toMatch(message);
  });

  it.each(['read', 'blind', 'match'])('Ctrl-C during %s leaves nothing half-written', async (phase) => {
    const out = at('interrupted');
    const tmp = mkdtempSync(at('tmp-'));
    let sent = false;
    const child = spawn(
      process.execPath,
      [BIN, ...LOCAL, '--left', at('long.csv'), '--reveal', 'members', '--out', out],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, TMPDIR: tmp },
      },
    );
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
      if (!sent && stderr.includes(`"phase":"${phase}"`)) sent = child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(stderr).toMatch(/subrosa: error: interrupted\n$/);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
    expect(readdirSync(tmp)).toEqual([]);
  });
});

describe('psi offer and psi run', () => {
  const keys = { left: '', right: '', stranger: '' };
  beforeAll(async () => {
    for (const name of ['left', 'right', 'stranger'] as const) {
      keys[name] = (await capture(['keygen', '--out', at(`${name}.key`)])).stdout.trim();
    }
  });

  /** Starts an offer; resolves when it listens. */
  async function offer(name: string, policy: string, extra: readonly string[] = []) {
    writeFileSync(at(`${name}.yaml`), policy);
    const stop = new AbortController();
    let stdout = '';
    let stderr = '';
    let heard = (): void => {};
    const argv = [
      ...['psi', 'offer', '--input', at('right.csv'), '--key', 'email', '--value', 'value', '--listen', '127.0.0.1:0'],
      ...[
        '--policy',
        at(`${name}.yaml`),
        '--identity',
        at('right.key'),
        '--peer-key',
        keys.left,
        '--workers',
        '1',
        '--json',
      ],
      ...extra,
    ];
    const ended = run(argv, {
      stdout: { write: (text) => (stdout += text) },
      stderr: {
        write(text) {
          stderr += text;
          heard();
        },
      },
      signal: stop.signal,
    });
    while (!/"listening"/.test(stderr)) {
      const code = await Promise.race([new Promise<undefined>((resolve) => (heard = () => resolve(undefined))), ended]);
      if (code !== undefined) throw new Error(`the offer ended with ${code}: ${stderr}`);
    }
    const { url } = events(stderr).find(({ event }) => event === 'listening') as { url: string };
    return {
      url,
      results: () =>
        stdout
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Summary),
      stderr: () => stderr,
      async end() {
        stop.abort();
        return ended;
      },
    };
  }

  const ask = (url: string, reveal: string, extra: readonly string[] = []) =>
    capture([
      ...[
        'psi',
        'run',
        '--input',
        at('left.csv'),
        '--key',
        'email',
        '--peer',
        url,
        '--reveal',
        reveal,
        '--json',
        '--workers',
        '1',
      ],
      ...['--identity', at('left.key'), '--peer-key', keys.right, ...more(reveal), ...extra],
    ]);

  it('all four reveals give the plain answer on both machines’ terms', async () => {
    const server = await offer('all', 'reveals: [members, count, sum, frequency]\nminimumOverlap: 10\n');
    for (const reveal of ['members', 'count', 'sum', 'frequency']) {
      const { code, stdout, stderr } = await ask(
        server.url,
        reveal,
        ['--value-bits', '8'].slice(reveal === 'sum' ? 0 : 2),
      );
      expect({ code, stderr: /error.*/.exec(stderr)?.[0] }).toEqual({ code: 0, stderr: undefined });
      const summary = JSON.parse(stdout) as Summary;
      check(summary);
      expect(summary).toMatchObject({ party: 'left', duplicatesRemoved: { right: null } });
    }
    await expect.poll(() => server.results().length).toBe(4); // it prints after the other side has its answer
    await server.end();
    const results = server.results();
    expect(results.map(({ reveal }) => reveal)).toEqual(['members', 'count', 'sum', 'frequency']);
    for (const summary of results)
      expect(summary).toMatchObject({ party: 'right', count: null, duplicatesRemoved: { left: null } });
  });

  it('keeps to its policy and says so to the other side', async () => {
    const server = await offer('strict', 'reveals: [count, sum]\nbudget: { queries: 2 }\nminimumOverlap: 1000\n');
    const refused = async (reveal: string, message: RegExp, extra: readonly string[] = []) => {
      const { code, stdout, stderr } = await ask(server.url, reveal, extra);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(message);
    };
    await refused('members', /policy: the peer refused: members is not offered, only count, sum\n/);
    await refused('sum', /policy: the peer refused: values do not fit in the 1 bits asked for/, ['--value-bits', '1']);
    const few = await ask(server.url, 'count');
    expect(JSON.parse(few.stdout)).toMatchObject({ suppressed: true, count: null });
    await refused(
      'count',
      /policy: the peer refused: identifiers are read by the rule "email\/1" there and "exact\/1" here\n/,
      ['--normalise', 'email'],
    );
    expect((await ask(server.url, 'count')).code).toBe(0);
    await refused('count', /policy: the peer refused: the budget of 2 queries is used up\n/);
    await server.end();
    const ledger = readFileSync(at('strict.yaml.ledger'), 'utf8');
    expect(ledger.match(/"reserve"/g)).toHaveLength(2);
    expect(ledger.match(/"commit"/g)).toHaveLength(2);
  });

  it('noise is the sender’s, and declared', async () => {
    const server = await offer(
      'noisy',
      'reveals: [sum, frequency]\nnoise:\n  sum: { mechanism: discrete-laplace, epsilon: 0.01, clip: 6 }\n  frequency: { mechanism: discrete-gaussian, rho: 0.001 }\n',
    );
    const sum = JSON.parse((await ask(server.url, 'sum', ['--value-bits', '8'])).stdout) as Summary;
    const clipped = both.reduce((total, id) => total + Math.min(6, totals.get(id)!), 0);
    expect(sum.noise).toMatchObject({ mechanism: 'discrete-laplace', scale: 600 });
    expect(Math.abs(sum.sum! - clipped)).toBeLessThan(29 * 600 + 2);
    const frequency = JSON.parse((await ask(server.url, 'frequency')).stdout) as Summary;
    expect(frequency.noise?.mechanism).toBe('discrete-gaussian');
    const exact = BUCKETS.map((_start, i) => truth.reach[i]!.users - (truth.reach[i + 1]?.users ?? 0));
    for (const [i, { users }] of frequency.frequency!.histogram.entries())
      expect(Math.abs(users - exact[i]!)).toBeLessThan(8 * 32 + 2);
    expect(frequency.frequency!.histogram.map(({ users }) => users)).not.toEqual(exact);
    await server.end();
  });

  it('turns away strangers, and finds one in place of the peer', async () => {
    const server = await offer('strangers', 'reveals: [count]\n', ['--once']);
    const wrongPeer = await ask(server.url, 'count', ['--peer-key', keys.stranger]);
    expect(wrongPeer).toMatchObject({ code: 2, stderr: expect.stringMatching(/--peer-key is given twice/) });
    const stranger = await capture([
      ...['psi', 'run', '--input', at('left.csv'), '--key', 'email', '--peer', server.url, '--reveal', 'count'],
      ...['--identity', at('stranger.key'), '--peer-key', keys.right],
    ]);
    expect(stranger).toMatchObject({ code: 1, stdout: '' });
    const mistaken = await capture([
      ...['psi', 'run', '--input', at('left.csv'), '--key', 'email', '--peer', server.url, '--reveal', 'count'],
      ...['--identity', at('left.key'), '--peer-key', keys.stranger],
    ]);
    expect(mistaken).toMatchObject({ code: 1, stdout: '' });
    for (const { stderr } of [stranger, mistaken]) expect(stderr.match(/^subrosa: error: /gm)).toHaveLength(1);
    expect((await ask(server.url, 'count')).code).toBe(0);
    await server.end();
  });

  it('port in use, nobody there, no address: one line each', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    writeFileSync(at('port.yaml'), 'reveals: [count]\n');
    const busy = await capture([
      ...['psi', 'offer', '--input', at('right.csv'), '--key', 'email', '--listen', `127.0.0.1:${port}`],
      ...['--policy', at('port.yaml'), '--identity', at('right.key'), '--peer-key', keys.left],
    ]);
    server.close();
    await once(server, 'close');
    expect(busy.code).toBe(1);
    expect(busy.stderr).toMatch(/^subrosa: error: .*(in use|taken).*\n$/m);
    const nobody = await ask(`wss://127.0.0.1:${port}`, 'count');
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(/subrosa: error: .*127\.0\.0\.1:\d+.*\n$/);
    const address = await ask('http://127.0.0.1', 'count');
    expect(address.stderr).toMatch(/subrosa: error: --peer "http:.*: expected an address like wss:\/\/HOST:PORT.*\n$/);
    const identity = await ask('wss://127.0.0.1:1', 'count', ['--identity', at('nobody.key')]);
    expect(identity.stderr).toMatch(/subrosa: error: .*nobody\.key.*\n/);
  });
});

it('the built command runs on its own', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...LOCAL, '--reveal', 'count', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ count: truth.count });
});
