import crypto from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Cell, cellId, type PsiCell } from '../../src/cli/bench/cell.ts';
import { runPsi } from '../../src/cli/bench/psi-cell.ts';
import { RoundStudy } from '../../src/cli/bench/round-cell.ts';
import { inlineExecutor } from '../../src/kernels/index.ts';
import { type Rng, SeededRng } from '../../src/random/index.ts';
import { Allocations } from './allocations.ts';

/**
 * The guard against getting slower or fatter without noticing: what a round costs in bytes on the wire, frames, keystream, multiplications, key
 * agreements and large buffers does not depend on the machine, so it is compared exactly. A change that is meant is recorded with
 *
 *   SUBROSA_RECORD_COUNTS=1 npx vitest run --project unit test/bench/counts.test.ts
 *
 * and its reason belongs in the commit.
 */
const FILE = new URL('counts.json', import.meta.url);
const RECORD = process.env['SUBROSA_RECORD_COUNTS'] !== undefined;
type Counts = Record<string, Record<string, number>>;
const expected: Counts = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
const recorded: Counts = {};

const round = (
  scheme: 'plain' | 'pairwise' | 'shares' | 'ckks' | 'bfv',
  clients: number,
  dimension: number,
  dropout: number,
): Cell => ({
  kind: 'round',
  scheme,
  clients,
  dimension,
  dropout,
  threads: 1,
  seed: 1,
});
const psi = (
  suite: PsiCell['suite'],
  reveal: 'members' | 'count' | 'sum' | 'frequency',
  left: number,
  right: number,
): Cell => ({
  kind: 'psi',
  suite,
  reveal,
  left,
  right,
  threads: 1,
  seed: 1,
});

const CELLS: readonly Cell[] = [
  round('plain', 6, 20_000, 0),
  round('pairwise', 6, 20_000, 0),
  round('pairwise', 6, 20_000, 0.34),
  round('pairwise', 40, 2_000, 0.1),
  round('shares', 6, 20_000, 0),
  round('ckks', 4, 4_000, 0),
  round('bfv', 4, 4_000, 0),
  psi('ristretto255', 'members', 300, 400),
  psi('ristretto255', 'count', 300, 400),
  psi('ristretto255', 'sum', 300, 400),
  psi('ristretto255', 'frequency', 300, 400),
  psi('unbalanced', 'members', 300, 400),
  psi('openmined-p256', 'members', 8, 8),
];

/** Buffers from this size count: frames, vectors and batches of points do, keys and headers do not. */
const LARGE = 8_192;

/** A Golomb-coded filter is a few bytes longer or shorter under another key. */
function varies(cell: Cell): boolean {
  return cell.kind === 'psi' && cell.suite !== 'ristretto255';
}

/** Counts what parties draw for keys, seeds, rounding and noise. */
class CountingRng implements Rng {
  readonly #inner = new SeededRng(new Uint8Array(32));
  bytes = 0;

  fill(out: Uint8Array): Uint8Array {
    this.bytes += out.length;
    return this.#inner.fill(out);
  }
}

async function count(cell: Cell): Promise<Record<string, number>> {
  const agreements = vi.spyOn(crypto, 'diffieHellman');
  let rng = new CountingRng();
  const play =
    cell.kind === 'round'
      ? () => {
          rng = new CountingRng();
          return new RoundStudy(cell, inlineExecutor, rng).run();
        }
      : () => runPsi(cell, inlineExecutor);
  // The first round of a process also fills caches: tables, staging buffers, instances of WebAssembly.
  await play();
  agreements.mockClear();
  const allocations = new Allocations(LARGE);
  try {
    const run = await play();
    const { counts, frames } = run;
    const bytes =
      run.kind === 'round'
        ? {
            bytesUp: run.bytesUp,
            bytesDown: run.bytesDown,
            serverBytes: run.serverBytes,
            helperBytes: run.helperBytes,
            totalBytes: run.totalBytes,
          }
        : { leftBytes: run.leftBytes, ...(!varies(cell) && { rightBytes: run.rightBytes }) };
    const large = allocations.stop();
    return {
      ...bytes,
      frames,
      ...counts,
      keyAgreements: agreements.mock.calls.length,
      ...(cell.kind === 'round' && { randomBytes: rng.bytes }),
      // That of a sum varies by one from run to run.
      ...(!(cell.kind === 'psi' && cell.reveal === 'sum') && { largeAllocations: large.count }),
      // Tables and filters of an intersection are a few bytes longer or shorter from key to key.
      ...(cell.kind === 'round' && { largeAllocatedBytes: large.bytes }),
    };
  } finally {
    allocations.stop();
    agreements.mockRestore();
  }
}

describe('costs that do not depend on the machine', () => {
  it.each(CELLS.map((cell) => [cellId(cell), cell] as const))('%s', async (id, cell) => {
    const found = await count(cell);
    recorded[id] = found;
    if (!RECORD) expect(found).toEqual(expected[id]);
  });

  it('has no counts of cells that are gone', () => {
    if (!RECORD) expect(Object.keys(expected).sort()).toEqual(CELLS.map(cellId).sort());
  });

  afterAll(() => {
    if (RECORD) writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
  });
});
