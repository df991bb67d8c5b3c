import { badPoint, type Items, inlineExecutor, type PointPlan } from '../kernels/index.ts';
import type { PointsResult } from './jobs.ts';
import { inLanes } from './lanes.ts';
import { addUp, findBad } from './points-sum.ts';
import type { PreparedJob, WorkerPool } from './pool.ts';

/**
 * Items of one job, at least and at most. A multiplication takes some 40 us, decoding and adding a point some 4 us: a job is some
 * milliseconds, after which an abort is noticed and somebody else has a turn. Batches of less than two such chunks run inline.
 */
const MULTIPLICATIONS = { least: 64, most: 512 } as const;
const ADDITIONS = { least: 1024, most: 8192 } as const;

/** Chunks are multiples of this, as the batches inside the curve kernels are. */
const ALIGN = 64;

/** Runs a batch chunk by chunk, at most two chunks a worker at a time, so that little more than the result is in memory. */
export async function spreadPoints(
  pool: WorkerPool,
  plan: PointPlan,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const count = itemsOf(plan);
  const step = count === undefined ? 0 : chunkSize(plan, count, pool.size);
  // Small batches gain nothing. Malformed ones go to the executor that defines what happens then.
  if (count === undefined || count < 2 * step) return await inlineExecutor.points(plan, signal);
  // What all chunks share (scalar, key) is checked once, by a batch of none, before anything is copied.
  await inlineExecutor.points(slice(plan, 0, 0), signal);

  const results: PointsResult[] = [];
  await inLanes(Math.ceil(count / step), 2 * pool.size, async (index) => {
    const from = index * step;
    const to = Math.min(count, from + step);
    const prepare = (): PreparedJob<'points'> => {
      const chunk = slice(plan, from, to);
      return { input: chunk, transfer: buffersOf(chunk) };
    };
    const result = await pool.run('points', prepare, {
      bytes: jobBytes(plan, from, to),
      signal,
      ahead: true,
    });
    // `sum` reads column by column: the first bad point may be in any chunk, so all of them are heard.
    if (plan.op !== 'sum' && 'bad' in result) throw badPoint(from + result.bad.row, count, result.bad.identity);
    results[index] = result;
  });
  const bad = findBad(results, step);
  if (bad !== undefined) throw badPoint(bad.row, count, bad.identity);
  const points = results.map((result) => ('points' in result ? result.points : new Uint8Array(0)));
  return plan.op === 'sum' ? addUp(points, plan.columns) : join(points);
}

/** How many items (for `sum`: rows) can be dealt out, or `undefined` when the plan is malformed. */
function itemsOf(plan: PointPlan): number | undefined {
  switch (plan.op) {
    case 'blind':
      return itemCount(plan.items);
    case 'multiply':
      return whole(plan.points.length / 32);
    case 'encrypt':
      return plan.values.length === plan.randomness.length ? whole(plan.values.length / 32) : undefined;
    case 'sum':
      return plan.columns > 0 ? whole(plan.points.length / (32 * plan.columns)) : undefined;
  }
}

function whole(count: number): number | undefined {
  return Number.isInteger(count) ? count : undefined;
}

function itemCount({ data, offsets }: Items): number | undefined {
  if (offsets[0] !== 0 || offsets.at(-1) !== data.length) return undefined;
  for (let i = 1; i < offsets.length; i++) if (offsets[i]! < offsets[i - 1]!) return undefined;
  return offsets.length - 1;
}

/** Four chunks a worker, so that an uneven end costs little, between the least and the most that make a good job. */
function chunkSize(plan: PointPlan, count: number, workers: number): number {
  const { least, most } = plan.op === 'sum' ? ADDITIONS : MULTIPLICATIONS;
  const columns = plan.op === 'sum' ? plan.columns : 1;
  const fair = Math.ceil(count / (4 * workers) / ALIGN) * ALIGN;
  return Math.min(Math.max(fair, Math.ceil(least / columns)), Math.ceil(most / columns));
}

/** Items from .. to - 1 as a plan of its own, in buffers of its own. */
function slice(plan: PointPlan, from: number, to: number): PointPlan {
  switch (plan.op) {
    case 'blind': {
      const { data, offsets } = plan.items;
      const start = offsets[from]!;
      const items = {
        data: copy(data, start, offsets[to]!),
        offsets: offsets.slice(from, to + 1).map((offset) => offset - start),
      };
      return { op: 'blind', items, scalar: copy(plan.scalar) };
    }
    case 'multiply':
      return { op: 'multiply', points: copy(plan.points, 32 * from, 32 * to), scalar: copy(plan.scalar) };
    case 'encrypt': {
      const values = copy(plan.values, 32 * from, 32 * to);
      const randomness = copy(plan.randomness, 32 * from, 32 * to);
      return { op: 'encrypt', values, randomness, key: copy(plan.key) };
    }
    case 'sum': {
      const row = 32 * plan.columns;
      return { op: 'sum', points: copy(plan.points, row * from, row * to), columns: plan.columns };
    }
  }
}

/** In memory of its own: `slice` of a Node `Buffer` would be a view, and moving it would take the whole buffer away. */
function copy(bytes: Uint8Array, from?: number, to?: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}

/** All of a slice's buffers move to the worker, which wipes the secret ones: no copy stays here. */
function buffersOf(plan: PointPlan): Transferable[] {
  return arraysOf(plan).map(({ buffer }) => buffer as ArrayBuffer);
}

function arraysOf(plan: PointPlan): readonly (Uint8Array | Uint32Array)[] {
  switch (plan.op) {
    case 'blind':
      return [plan.items.data, plan.items.offsets, plan.scalar];
    case 'multiply':
      return [plan.points, plan.scalar];
    case 'encrypt':
      return [plan.values, plan.randomness, plan.key];
    case 'sum':
      return [plan.points];
  }
}

/** Bytes of input and result of a chunk. */
function jobBytes(plan: PointPlan, from: number, to: number): number {
  switch (plan.op) {
    case 'blind':
      return plan.items.offsets[to]! - plan.items.offsets[from]! + 36 * (to - from);
    case 'multiply':
      return 64 * (to - from);
    case 'encrypt':
      return 128 * (to - from);
    case 'sum':
      return 32 * plan.columns * (to - from + 1);
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
