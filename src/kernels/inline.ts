import { applyMask } from './mask.ts';
import type { Executor, MaskPlan, PointPlan } from './plan.ts';
import { runPointPlan } from './points.ts';
import type { RingWords } from './words.ts';

/** Runs plans on the calling thread. It yields to the event loop between terms, so that timers and sockets stay alive. */
export const inlineExecutor: Executor = {
  threads: 1,
  async mask(plan: MaskPlan, into: RingWords, signal?: AbortSignal): Promise<void> {
    let budget = YIELD_BYTES;
    for (const term of plan.terms) {
      signal?.throwIfAborted();
      applyMask(into, term, plan.suite);
      budget -= into.byteLength;
      if (budget <= 0) {
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
        budget = YIELD_BYTES;
      }
    }
  },
  async points(plan: PointPlan, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return runPointPlan(plan);
  },
  async [Symbol.asyncDispose]() {},
};

const YIELD_BYTES = 32 * 2 ** 20;
