import type { Executor } from '../kernels/index.ts';
import type { SealEngine } from './engine.ts';
import { capacity } from './parameters.ts';
import type { SumPlan } from './plan.ts';

/**
 * Parts of a plan. Every chunk of a contribution is a ciphertext of its own, so some of its chunks are the contribution of a shorter vector, and
 * several threads can share the work.
 */

/**
 * How many chunks a part must be a multiple of: two, because SEAL transforms two at a time, and as many as end at a word where an exact sum
 * carries words in several limbs.
 */
export function sliceUnit(plan: SumPlan): number {
  let unit = 2;
  while (plan.arithmetic === 'bfv' && (unit * plan.set.degree) % plan.limbs !== 0) unit += 2;
  return unit;
}

/** Words of the vector in the chunks before `chunk`, a multiple of {@link sliceUnit} or the number of chunks. */
export function wordsBefore(plan: SumPlan, chunk: number): number {
  const limbs = plan.arithmetic === 'bfv' ? plan.limbs : 1;
  return Math.min(plan.length, (chunk * capacity(plan.set, plan.arithmetic)) / limbs);
}

/** The plan of chunks from .. to - 1 alone. Noise, scale and bounds are those of the whole. */
export function slicePlan(plan: SumPlan, from: number, to: number): SumPlan {
  const chunks = to - from;
  return {
    ...plan,
    chunks,
    firstChunk: (plan.firstChunk ?? 0) + from,
    length: wordsBefore(plan, to) - wordsBefore(plan, from),
    bytes: (plan.bytes / plan.chunks) * chunks,
  };
}

/** An executor that has SEAL on its threads. */
export interface SealExecutor extends Executor {
  readonly seal: SealEngine;
}

export function hasSeal(executor: Executor): executor is SealExecutor {
  return typeof (executor as Partial<SealExecutor>).seal?.encrypt === 'function';
}
