import { applyMasksAsync, MASK_BLOCK } from './mask.ts';
import type { Executor, MaskPlan, PointPlan } from './plan.ts';
import { runPointPlan } from './points.ts';
import type { RingWords } from './words.ts';

/** Runs plans on the calling thread. It yields to the event loop now and then, so that timers and sockets stay alive. */
export const inlineExecutor: Executor = {
  threads: 1,
  async mask(plan: MaskPlan, into: RingWords, signal?: AbortSignal): Promise<void> {
    // Block by block of the vector, and within a block some terms at a time, so that the event loop is never held for long.
    const perBlock = MASK_BLOCK / into.BYTES_PER_ELEMENT;
    let budget = YIELD_BYTES;
    for (let start = 0; start < into.length; start += perBlock) {
      const block = into.subarray(start, Math.min(into.length, start + perBlock));
      const atOnce = Math.max(1, Math.floor(YIELD_BYTES / block.byteLength));
      for (let t = 0; t < plan.terms.length; t += atOnce) {
        signal?.throwIfAborted();
        const terms = plan.terms.slice(t, t + atOnce);
        await applyMasksAsync(block, terms, plan.suite, start);
        budget -= terms.length * block.byteLength;
        if (budget > 0) continue;
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
