import { describe, expect, it } from 'vitest';
import { type Cell, cellId } from '../../src/cli/bench/cell.ts';
import { BUILT_IN } from '../../src/cli/bench/constants.ts';
import { dot, fitNonNegative } from '../../src/cli/bench/fit.ts';
import { fitModel, predict, psiTerms, roundTerms, workingSet } from '../../src/cli/bench/model.ts';
import type { Results, Row } from '../../src/cli/bench/results.ts';
import { capture } from '../cli/capture.ts';

describe('fitNonNegative', () => {
  it('finds the constants of exact data', () => {
    const rows = [1, 2, 3, 5, 8].map((x) => [1, x, x * x * 1e6]);
    const truth = [3, 0.5, 2e-6];
    const found = fitNonNegative(
      rows,
      rows.map((row) => dot(truth, row)),
    );
    for (const [i, value] of found.entries()) expect(value / truth[i]!).toBeCloseTo(1, 4);
  });

  it('gives no negative cost', () => {
    const found = fitNonNegative(
      [
        [1, 1],
        [1, 2],
        [1, 3],
      ],
      [3, 2, 1],
    );
    for (const value of found) expect(value).toBeGreaterThanOrEqual(0);
  });
});

/** Cells whose times follow the model exactly. */
function exactResults(): Results {
  const rows = [5, 10, 20, 40, 80].flatMap((clients) =>
    [1_000, 10_000, 100_000].map((dimension): Row => {
      const cell: Cell = { kind: 'round', scheme: 'shares', clients, dimension, dropout: 0, threads: 1, seed: 1 };
      const time = (median: number) => ({ median, mad: 0, runs: [median] });
      return {
        id: cellId(cell),
        cell,
        times: {
          clientMs: time(0.1 + 2e-5 * dimension),
          serverMs: time(1 + 0.01 * clients + 1e-6 * dimension),
          helperMs: time(1 + 0.5 * clients + 3e-6 * clients * dimension),
        },
        counts: { bytesUp: 200 + dimension * 2.5, bytesDown: 0, serverBytes: 300 },
        parameters: {},
        peakRss: 1e8,
        baseRss: 5e7,
        noisy: false,
        cpuShare: 1,
      };
    }),
  );
  const machine = {
    cpu: 'test',
    threads: 1,
    memoryBytes: 0,
    os: '',
    node: '20',
    v8: '',
    version: '',
    commit: null,
    load: 0,
  };
  return { format: 'subrosa-bench/1', machine, date: '', command: '', quick: true, micro: [], rows, failed: [] };
}

describe('fitModel', () => {
  it('predicts cells it has not seen, and says how well', () => {
    const { clientMs, helperMs } = fitModel(exactResults()).rounds['shares']!;
    expect(clientMs!.heldOut.cells).toBe(4);
    expect(clientMs!.heldOut.worstError).toBeLessThan(1e-3);
    const far = { clients: 1000, dimension: 1e6, dropout: 0 };
    const client = predict(clientMs, roundTerms('shares', far, 'clientMs'))!;
    expect(client.value).toBeCloseTo(20.1, 1);
    expect(client.dominant).toBe('seeds and masks');
    expect(predict(helperMs, roundTerms('shares', far, 'helperMs'))!.value).toBeCloseTo(3501, -1);
  });

  it('has no prediction without a measurement or for a round that cannot run', () => {
    expect(predict(undefined, { a: 1 })).toBeUndefined();
    expect(roundTerms('pairwise', { clients: 10, dimension: 5, dropout: 0.9 }, 'clientMs')).toBeUndefined();
  });
});

it('knows what a client must hold', () => {
  // 1000 doubles, two vectors of 32-bit words, the frame.
  expect(workingSet('client', { clients: 10, dimension: 1000, dropout: 0 }, 2500)).toBe(8000 + 8000 + 2500);
});

it('counts PSI bytes as the specification has them', () => {
  const { leftBytes, rightBytes } = BUILT_IN.psi['ristretto255']!;
  const cell = { reveal: 'members', left: 1e6, right: 1e6 } as const;
  // 32 bytes an element, tokens of 10 bytes (docs/spec/psi.md), and a little around them.
  expect(predict(leftBytes, psiTerms(cell, 'leftBytes'))!.value / 32e6).toBeCloseTo(1, 1);
  expect(predict(rightBytes, psiTerms(cell, 'rightBytes'))!.value / 42e6).toBeCloseTo(1, 0);
});

describe('subrosa plan', () => {
  it('predicts every scheme, with what dominates and the error', async () => {
    const argv = ['plan', '--clients', '10000', '--params', '1e8', '--dropout', '0.1', '--bandwidth', '20Mbps'];
    const { code, stdout } = await capture([...argv, '--json']);
    expect(code).toBe(0);
    const { query, schemes } = JSON.parse(stdout);
    expect(query).toEqual({ clients: 10_000, params: 1e8, dropout: 0.1, bandwidth: 20e6 });
    expect(schemes.map((one: { scheme: string }) => one.scheme)).toEqual([
      'plain',
      'pairwise',
      'shares',
      'ckks',
      'bfv',
    ]);
    const [plain, pairwise] = schemes;
    // 30 bits a word.
    expect(plain.client.up.value / 375e6).toBeCloseTo(1, 3);
    expect(pairwise.client.up.value / 375e6).toBeCloseTo(1, 2);
    expect(pairwise.client.transferMs).toBeCloseTo((8000 * (pairwise.client.up.value + pairwise.client.down)) / 20e6);
    expect(pairwise.server.ms.dominant).toMatch(/masks/);
    const text = await capture(argv);
    expect(text.stdout).toMatch(/pairwise.*h/);
  });

  it('predicts intersections', async () => {
    const { code, stdout } = await capture(['plan', 'psi', '--left', '1e9', '--right', '1e7', '--json']);
    expect(code).toBe(0);
    const { query, reveals } = JSON.parse(stdout);
    expect(query).toEqual({ left: 1e9, right: 1e7, bandwidth: 20e6 });
    expect(reveals.map((one: { reveal: string }) => one.reveal)).toEqual(['members', 'count', 'sum', 'frequency']);
  });

  it.each([
    [['plan', '--clients', '10'], /'--params' not specified/],
    [['plan', 'psi', '--left', '10'], /'--right' not specified/],
    [['plan', '--clients', '10', '--params', '1.5'], /'1.5'.*whole number/],
    [['plan', '--clients', '10', '--params', '5', '--bandwidth', '20'], /'20'.*20Mbps/],
  ])('%s is a wrong command line', async (argv, message) => {
    const { code, stdout, stderr } = await capture(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
