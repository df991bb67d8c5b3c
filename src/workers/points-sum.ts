import { curve } from '../kernels/index.ts';
import type { BadPoint, PointsResult } from './jobs.ts';

/** Adds up the sums of the chunks, column by column; a chunk's sum may be the identity, which is no summand. */
export function addUp(parts: readonly Uint8Array[], columns: number): Uint8Array {
  const out = new Uint8Array(32 * columns);
  for (let column = 0; column < columns; column++) {
    const at = 32 * column;
    const summands = parts
      .map((part) => part.subarray(at, at + 32))
      .filter((point) => !point.every((byte) => byte === 0));
    const points = new Uint8Array(32 * summands.length);
    for (const [i, point] of summands.entries()) points.set(point, 32 * i);
    out.set(curve().sum(points), at);
  }
  return out;
}

/**
 * The bad point that a plain loop over columns, and over the rows of a column, meets first.
 * @param step rows of a chunk
 */
export function findBad(results: readonly PointsResult[], step: number): BadPoint | undefined {
  let first: BadPoint | undefined;
  for (const [chunk, result] of results.entries()) {
    if (!('bad' in result)) continue;
    const bad = { ...result.bad, row: chunk * step + result.bad.row };
    // Chunks come in the order of their rows, so only an earlier column wins.
    if (first === undefined || bad.column < first.column) first = bad;
  }
  return first;
}
