import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/cli/psi/ledger.ts';
import { appliedNoise } from '../../../src/cli/psi/noise-report.ts';
import { bitsOf, defaultMaximum, mostValueBits } from '../../../src/cli/psi/parameters.ts';
import { checkPolicy, checkQuery, readPolicy } from '../../../src/cli/psi/policy.ts';
import { drawNoise } from '../../../src/dp/index.ts';
import type { Agreement, Hello } from '../../../src/protocols/psi/index.ts';
import { csprng } from '../../../src/random/index.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'subrosa-test-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(FOLDER, `${files++}.jsonl`);

describe('policy', () => {
  it('reads YAML and fills in what is left out', async () => {
    const path = join(FOLDER, 'policy.yaml');
    writeFileSync(
      path,
      'reveals: [sum]\nbudget: { queries: 3 }\nnoise:\n  sum: { mechanism: discrete-laplace, epsilon: 0.5, clip: 100 }\n',
    );
    expect(await readPolicy(path)).toMatchObject({
      reveals: ['sum'],
      mutual: false,
      minimumOverlap: 0,
      maximumSize: defaultMaximum(),
      budget: { queries: 3 },
      ledger: `${path}.ledger`,
      noise: { sum: { clip: 100, noise: { mechanism: 'discrete-laplace' } } },
    });
  });

  it('scales noise by sensitivity, never below what was asked for', () => {
    const scale = (noise: unknown) => {
      const found = checkPolicy('p', { reveals: ['sum', 'frequency'], noise }).noise;
      const { numerator, denominator } = (found.sum ?? found.frequency)!.noise;
      return numerator / denominator;
    };
    // One value changes a sum by up to the clip, a histogram by one user less here and one more there.
    expect(scale({ sum: { mechanism: 'discrete-laplace', epsilon: 0.5, clip: 100 } })).toBe(200);
    expect(scale({ sum: { mechanism: 'discrete-gaussian', rho: 0.5, clip: 100 } })).toBe(10_000); // sigma = 100
    expect(scale({ frequency: { mechanism: 'discrete-laplace', epsilon: 1 } })).toBe(2);
    expect(scale({ frequency: { mechanism: 'discrete-gaussian', rho: 1 } })).toBe(1);
    const third = scale({ frequency: { mechanism: 'discrete-laplace', epsilon: 3 } });
    expect(third).toBeGreaterThanOrEqual(2 / 3);
    expect(third).toBeLessThan(2 / 3 + 1e-4);
  });

  it.each([
    [{}, /^p: reveals: /],
    [{ reveals: [] }, /^p: reveals: /],
    [{ reveals: ['everything'] }, /^p: reveals\.0: /],
    [{ reveals: ['frequency'], buckets: [2, 5] }, /^p: buckets: /],
    [{ reveals: ['frequency'], buckets: [1, 5, 5] }, /^p: buckets: /],
    [{ reveals: ['count'], minimumOverlap: -1 }, /^p: minimumOverlap: /],
    [{ reveals: ['count'], maximumSize: 0.5 }, /^p: maximumSize: /],
    [{ reveals: ['count'], minimum: 5 }, /^p: .*minimum/],
    [{ reveals: ['count'], budget: {} }, /^p: budget\.queries: /],
    [
      { reveals: ['count'], noise: { count: { mechanism: 'discrete-laplace', epsilon: 1 } } },
      /^p: noise\.count: .*the receiver counts/,
    ],
    [{ reveals: ['members'], noise: { members: {} } }, /^p: noise\.members: .*the receiver counts/],
    [{ reveals: ['sum'], noise: { sum: { mechanism: 'discrete-laplace', epsilon: 1 } } }, /^p: noise\.sum\.clip: /],
    [
      { reveals: ['sum'], noise: { sum: { mechanism: 'uniform', epsilon: 1, clip: 1 } } },
      /^p: noise\.sum\.mechanism: /,
    ],
    [
      { reveals: ['sum'], noise: { sum: { mechanism: 'discrete-laplace', epsilon: 1e-9, clip: 1000 } } },
      /^p: noise\.sum: .*too large/,
    ],
    ['text', /^p: /],
    [null, /^p: /],
  ])('%j names the field', (value, message) => {
    expect(() => checkPolicy('p', value)).toThrow(message);
  });

  const hello: Hello = {
    role: 'receiver',
    reveal: 'count',
    mutual: false,
    normalisation: 'exact/1',
    nonce: new Uint8Array(32),
    size: 100,
    maximum: 1000,
    minimum: 0,
    chunk: 4096,
    valueBits: 0,
    buckets: [],
    elgamalKey: new Uint8Array(32),
    noise: undefined,
  };
  const policy = checkPolicy('p', {
    reveals: ['count', 'frequency', 'sum', 'members'],
    maximumSize: 100,
    buckets: [1, 2],
  });

  it('lets through what it allows', () => {
    expect(() => checkQuery(policy, hello, true)).not.toThrow();
    expect(() => checkQuery(policy, { ...hello, reveal: 'frequency', buckets: [1, 2] }, true)).not.toThrow();
  });

  it.each([
    [{ size: 101 }, /above the limit of 100/],
    [{ role: 'sender' as const }, /both sides want to be the sender/],
    [{ reveal: 'members' as const, mutual: true }, /not offered with --mutual/],
    [{ reveal: 'frequency' as const, buckets: [1, 3] }, /buckets 1,3 are not offered, only 1,2/],
    [{ chunk: 2 ** 24 }, /chunks of \d+ bytes are above the limit/],
  ])('refuses %j', (change, message) => {
    expect(() => checkQuery(policy, { ...hello, ...change }, true)).toThrow(message);
  });

  it('refuses what is not offered', () => {
    const narrow = checkPolicy('p', { reveals: ['count'] });
    expect(() => checkQuery(narrow, { ...hello, reveal: 'sum', valueBits: 8 }, true)).toThrow(
      /sum is not offered, only count/,
    );
    expect(() => checkQuery(policy, { ...hello, reveal: 'sum', valueBits: 8 }, false)).toThrow(
      /this side has no values/,
    );
  });
});

it('the policy in the specification is one', async () => {
  const spec = readFileSync(fileURLToPath(new URL('../../../docs/spec/psi.md', import.meta.url)), 'utf8');
  const path = fresh();
  writeFileSync(path, /```yaml\n([\s\S]*?)```/.exec(spec)![1]!);
  const policy = await readPolicy(path);
  expect(policy).toMatchObject({ minimumOverlap: 100, maximumSize: 5_000_000, budget: { queries: 10, days: 30 } });
  expect(policy.noise.sum?.clip).toBe(1000);
});

describe('ledger', () => {
  const budget = { queries: 2 };

  it('grants a budget, each counterparty its own, and remembers', async () => {
    const path = fresh();
    let ledger = await Ledger.open(path);
    await ledger.commit(await ledger.reserve('a', 'sum', budget));
    await ledger.reserve('a', 'sum', budget); // a crash: never committed
    await ledger.close();
    ledger = await Ledger.open(path);
    await expect(ledger.reserve('a', 'sum', budget)).rejects.toMatchObject({ code: 'policy' });
    await ledger.refund(await ledger.reserve('b', 'sum', budget));
    expect([ledger.used('a'), ledger.used('b')]).toEqual([2, 0]);
    await ledger.close();
  });

  it('grants the last query once, however many ask at the same moment', async () => {
    const ledger = await Ledger.open(fresh());
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => ledger.reserve('a', 'sum', budget)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await ledger.close();
  });

  it('counts a window of days', async () => {
    const ledger = await Ledger.open(fresh());
    const day = 86_400_000;
    const monthly = { queries: 1, days: 30 };
    await ledger.reserve('a', 'sum', monthly, 0);
    await expect(ledger.reserve('a', 'sum', monthly, 29 * day)).rejects.toThrow(/1 queries in 30 days is used up/);
    await ledger.reserve('a', 'sum', monthly, 31 * day);
    await ledger.close();
  });

  it('a torn last line is cut off; what stood before counts', async () => {
    const path = fresh();
    let ledger = await Ledger.open(path);
    await ledger.reserve('a', 'sum', budget);
    await ledger.close();
    const whole = readFileSync(path, 'utf8');
    for (let cut = 1; cut < whole.length; cut += 17) {
      writeFileSync(path, whole + whole.slice(0, cut));
      ledger = await Ledger.open(path);
      expect(ledger.used('a')).toBe(1);
      await ledger.close();
      expect(readFileSync(path, 'utf8')).toBe(whole);
    }
  });

  it('a damaged line in the middle is refused, by its number', async () => {
    const path = fresh();
    appendFileSync(
      path,
      '{"type":"reserve","id":"1","peer":"a","reveal":"sum","at":"2026-01-01T00:00:00Z"}\n{"type":"reser\n{}\n',
    );
    await expect(Ledger.open(path)).rejects.toThrow(/line 2: not JSON/);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('one process at a time; a lock left by a crash does not count', async () => {
    const path = fresh();
    const ledger = await Ledger.open(path);
    await expect(Ledger.open(path)).rejects.toThrow(/another process \(\d+\) uses this ledger/);
    await ledger.close();
    writeFileSync(`${path}.lock`, '999999999');
    await (await Ledger.open(path)).close();
    writeFileSync(`${path}.lock`, String(process.pid)); // a container, in which every process has the same number
    await (await Ledger.open(path)).close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('of several that find a lock of a crash, one gets the ledger', async () => {
    const path = fresh();
    writeFileSync(`${path}.lock`, '999999999');
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => Ledger.open(path)));
    const got = opened.filter((result) => result.status === 'fulfilled');
    expect(got).toHaveLength(1);
    await got[0]!.value.close();
  });
});

describe('parameters', () => {
  it('the largest set follows from the memory', () => {
    expect(defaultMaximum(16 * 2 ** 30)).toBe(178_956_970);
    expect(defaultMaximum(2 ** 50)).toBe(2 ** 31 - 1);
    expect(defaultMaximum(1)).toBe(1);
  });

  it('values have as many bits as can be summed', () => {
    expect(mostValueBits(256)).toBe(32);
    expect(mostValueBits(1_000_000)).toBe(20);
    expect(mostValueBits(2 ** 31 - 1)).toBe(9);
    expect([0, 1, 2, 255, 256, 2 ** 32 - 1].map(bitsOf)).toEqual([1, 1, 2, 8, 9, 32]);
  });

  it('noise as reports show it covers the truth in 95 % of draws', () => {
    for (const noise of [
      { mechanism: 'discrete-laplace', numerator: 25, denominator: 2 },
      { mechanism: 'discrete-gaussian', numerator: 300, denominator: 1 },
    ] as const) {
      const { within95 } = appliedNoise({ noise } as Agreement)!;
      const draws = Array.from({ length: 4000 }, () => Math.abs(drawNoise(noise, csprng)));
      const inside = draws.filter((draw) => draw <= within95).length / draws.length;
      expect(inside).toBeGreaterThan(0.93);
      expect(inside).toBeLessThan(0.975);
    }
  });
});
