import { ProtocolError } from '../errors.ts';
import {
  applyMasksAsync,
  curve,
  type MaskTerm,
  type PointPlan,
  runPointPlan,
  supportsTier,
  TIERS,
} from '../kernels/index.ts';
import type {
  BadPoint,
  Done,
  JobHandlers,
  MaskJob,
  MaskResult,
  PointsJob,
  PointsResult,
  SealJob,
  SealResult,
} from './jobs.ts';

/** The worker's side of every kind of job. */
export const jobHandlers: JobHandlers = { ping: () => ({ value: TIERS.filter(supportsTier) }), mask, points, seal };

/** SEAL and all that belongs to it is loaded by the first such job: most pools never run one. */
async function seal(job: SealJob): Promise<Done<SealResult>> {
  const { runSealJob } = await import('./seal-job.ts');
  return await runSealJob(job);
}

async function mask({ suite, seeds, signs, words, from }: MaskJob): Promise<Done<MaskResult>> {
  try {
    const terms = Array.from(signs, (sign, i): MaskTerm => {
      return { seed: seeds.subarray(32 * i, 32 * (i + 1)), sign: sign as 1 | -1 };
    });
    await applyMasksAsync(words, terms, suite, from);
  } finally {
    seeds.fill(0);
  }
  return { value: words, transfer: [words.buffer as ArrayBuffer] };
}

function points(plan: PointsJob): Done<PointsResult> {
  try {
    const result = runPointPlan(plan);
    return { value: { points: result }, transfer: [result.buffer as ArrayBuffer] };
  } catch (error) {
    // Only the caller knows which part of which batch this is, so it gets the place and words the error.
    const bad = error instanceof ProtocolError ? findBadPoint(plan) : undefined;
    if (bad === undefined) throw error;
    return { value: { bad } };
  } finally {
    wipe(plan);
  }
}

/** The first bad point in the order in which the plan's operation reads them. */
function findBadPoint(plan: PointPlan): BadPoint | undefined {
  if (plan.op !== 'multiply' && plan.op !== 'sum') return undefined;
  const columns = plan.op === 'sum' ? plan.columns : 1;
  const rows = plan.points.length / (32 * columns);
  const group = curve();
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const at = 32 * (row * columns + column);
      try {
        group.checkPoints(plan.points.subarray(at, at + 32));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        return { row, column, identity: error.code === 'identity-element' };
      }
    }
  }
  return undefined;
}

function wipe(plan: PointPlan): void {
  switch (plan.op) {
    case 'blind':
      plan.items.data.fill(0); // identifiers
      plan.scalar.fill(0);
      break;
    case 'multiply':
      plan.scalar.fill(0);
      break;
    case 'encrypt':
      plan.values.fill(0);
      plan.randomness.fill(0);
      break;
    case 'sum':
  }
}
