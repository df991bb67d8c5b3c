import { describe, expect, it } from 'vitest';
import { type Cell, cellId } from '../../src/cli/bench/cell.ts';
import { BUILT_IN } from '../../src/cli/bench/constants.ts';
import { dot, fitNonNegative } from '../../src/cli/bench/fit.ts';
import { BYTE_TARGETS, fitModel, predict, roundTerms, workingSet } from '../../src/cli/bench/model.ts';
import { runPsi } from '../../src/cli/bench/psi-cell.ts';
import type { Results, Row } from '../../src/cli/bench/results.ts';
import { RoundStudy } from '../../src/cli/bench/round-cell.ts';
import { type Parts, psiBytes, roundBytes } from '../../src/cli/bench/wire.ts';
import { inlineExecutor } from '../../src/kernels/index.ts';
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
    expect(clientMs!.heldOut.cells).toBe(15);
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
  expect(workingSet('client', 'shares', { clients: 10, dimension: 1000, dropout: 0 })).toBe(8000 + 8000 + 2500);
});

describe('bytes on the wire', () => {
  const point = (clients: number, dropout: number) => ({ clients, dimension: 300, dropout });
  it.each([
    ['plain', point(5, 0.2)],
    ['pairwise', point(5, 0)],
    ['pairwise', point(12, 0.25)],
    ['pairwise', point(40, 0.1)],
    ['shares', point(9, 0.3)],
    ['ckks', point(5, 0.2)],
    ['bfv', point(3, 0)],
  ] as const)('are what the specification says: %s %o', async (scheme, at) => {
    const run = await new RoundStudy({ kind: 'round', scheme, ...at, threads: 1, seed: 1 }, inlineExecutor).run();
    const found = Object.fromEntries(BYTE_TARGETS.map((target) => [target, run[target]]));
    const said = Object.fromEntries(BYTE_TARGETS.map((target) => [target, total(roundBytes(scheme, at, target)!)]));
    expect(said).toEqual(found);
  });

  it.each(['members', 'count', 'sum', 'frequency'] as const)('of an intersection: %s', async (reveal) => {
    const cell = { kind: 'psi', suite: 'ristretto255', reveal, left: 30, right: 50, threads: 1, seed: 1 } as const;
    const { leftBytes, rightBytes } = await runPsi(cell, inlineExecutor);
    expect(total(psiBytes(cell, 'leftBytes'))).toBe(leftBytes);
    expect(total(psiBytes(cell, 'rightBytes'))).toBe(rightBytes);
  });

  it('were measured so in the results behind the built-in constants', () => {
    for (const costs of [...Object.values(BUILT_IN.rounds), ...Object.values(BUILT_IN.psi)]) {
      for (const [target, { heldOut }] of Object.entries(costs)) {
        if (/bytes/i.test(target)) expect(heldOut.worstError).toBe(0);
      }
    }
  });
});

const total = (parts: Parts): number => Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);

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
    expect(pairwise.client.transferMs).toBeCloseTo(
      (8000 * (pairwise.client.up.value + pairwise.client.down.value)) / 20e6,
    );
    // Which of the two weighs more is for the fit to say.
    expect(pairwise.server.ms.dominant).toMatch(/masks|vectors/);
    const text = await capture(argv);
    expect(text.stdout).toMatch(/server .*\d h/);
    // The noise of so large a sum would drown it: said, not predicted.
    expect(schemes[3].impossible).toMatch(/does not fit 10000 clients/);
    expect(text.stdout).toMatch(/ckks: .*does not fit 10000 clients/);
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
