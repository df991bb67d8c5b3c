import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareResults } from '../../src/cli/bench/compare.ts';
import type { Results } from '../../src/cli/bench/results.ts';
import { mad, median } from '../../src/cli/bench/stats.ts';
import { capture } from '../cli/capture.ts';

function results(cells: Record<string, { runs: number[]; bytes: number }>, cpu = 'cpu'): Results {
  const machine = { cpu, threads: 2, memoryBytes: 0, os: '', node: '20', v8: '', version: '', commit: null, load: 0 };
  const rows = Object.entries(cells).map(([id, { runs, bytes }]) => ({
    id,
    cell: { kind: 'round', scheme: 'plain', clients: 2, dimension: 2, dropout: 0, threads: 1, seed: 1 } as const,
    times: { serverMs: { median: median(runs), mad: mad(runs), runs } },
    counts: { bytesUp: bytes },
    parameters: {},
    peakRss: 0,
    baseRss: 0,
    noisy: false,
    cpuShare: 1,
  }));
  return { format: 'subrosa-bench/1', machine, date: '', command: '', quick: true, micro: [], rows, failed: [] };
}

const SEVEN = [10, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6];

describe('compareResults', () => {
  it('calls a clear change significant and noise the same', () => {
    const before = results({ a: { runs: SEVEN, bytes: 100 }, b: { runs: SEVEN, bytes: 100 } });
    const after = results({
      a: { runs: SEVEN.map((ms) => ms * 2), bytes: 100 },
      b: { runs: SEVEN.map((ms) => ms + 0.05), bytes: 100 },
    });
    const { differences } = compareResults(before, after);
    expect(differences.map(({ id, what, verdict }) => [id, what, verdict])).toEqual([
      ['a', 'serverMs', 'worse'],
      ['b', 'serverMs', 'same'],
    ]);
    // Two comparisons: the exact p of a clear order, 2 / C(14, 7), doubled.
    expect(differences[0]!.p).toBeCloseTo((2 * 2) / 3432);
    expect(compareResults(after, before).differences[0]!.verdict).toBe('better');
  });

  it('says how many figures have too few runs to tell', () => {
    const three = { runs: [1, 2, 3], bytes: 1 };
    const found = compareResults(
      results({ a: three, b: { runs: SEVEN, bytes: 1 } }),
      results({ a: three, b: { runs: SEVEN, bytes: 1 } }),
    );
    // 2 / C(6, 3) can never be below 5 %, 2 / C(14, 7) can.
    expect(found.powerless).toBe(1);
  });

  it('takes any difference of a count for real', () => {
    const { differences } = compareResults(
      results({ a: { runs: [1], bytes: 100 } }),
      results({ a: { runs: [1], bytes: 101 } }),
    );
    expect(differences.find(({ kind }) => kind === 'count')).toMatchObject({
      what: 'bytesUp',
      verdict: 'worse',
      ratio: 1.01,
    });
  });

  it('says which cells have no partner, and when the machines differ', () => {
    const found = compareResults(
      results({ a: { runs: [1], bytes: 1 } }),
      results({ b: { runs: [1], bytes: 1 } }, 'another'),
    );
    expect(found).toMatchObject({ differences: [], onlyBefore: ['a'], onlyAfter: ['b'], sameMachine: false });
  });
});

describe('subrosa bench compare', () => {
  const folder = mkdtempSync(join(tmpdir(), 'subrosa-compare-'));
  const file = (name: string, value: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };

  it('prints what differs', async () => {
    const a = file('a.json', results({ cell: { runs: SEVEN, bytes: 100 } }));
    const b = file('b.json', results({ cell: { runs: SEVEN.map((ms) => ms / 2), bytes: 90 } }));
    const { code, stdout } = await capture(['bench', 'compare', a, b]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/serverMs.*better/);
    expect(stdout).toMatch(/bytesUp.*0\.900.*better/);
    expect(JSON.parse((await capture(['bench', 'compare', a, b, '--json'])).stdout).differences).toHaveLength(2);
  });

  it.each([
    ['a file that is not there', () => join(folder, 'none.json'), /ENOENT/],
    ['another file', () => file('other.json', { format: 'x' }), /not a results file: format/],
  ])('refuses %s', async (_, path, message) => {
    const good = file('good.json', results({}));
    const { code, stdout, stderr } = await capture(['bench', 'compare', path(), good]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });
});
