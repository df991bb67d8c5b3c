/** What to do with each chunk of a stream. */
export interface ChunkSteps<Plan, Work> {
  /** What is to be computed for chunk `index`: called in order, the next not before the last is done. */
  take(index: number): Promise<Plan>;
  /** The computation; with a depth above 1 that of the next chunk may run at the same time. */
  work(plan: Plan): Promise<Work>;
  /** Called in order, one at a time. */
  finish(work: Work, index: number): Promise<void>;
}

/**
 * Works through the chunks of a stream with `depth` of them under way: above 1, the workers of a pool have the next chunk to work on while the last is
 * framed, hashed and sent. Ends with the first error in the order of the chunks; nothing is taken after it.
 */
export async function pipelined<Plan, Work>(
  chunks: number,
  depth: number,
  steps: ChunkSteps<Plan, Work>,
): Promise<void> {
  let over = false;
  let turn: Promise<unknown> = Promise.resolve();
  const start = (index: number): Promise<Work> => {
    const taken = turn.then(() => {
      if (over) throw new TypeError('a chunk before this one has failed');
      return steps.take(index);
    });
    turn = taken;
    const work = taken.then((plan) => steps.work(plan));
    work.catch(() => {}); // heard below, in order
    return work;
  };
  const started = Array.from({ length: Math.min(depth, chunks) }, (_, index) => start(index));
  try {
    for (let index = 0; index < chunks; index++) {
      const work = await started.shift()!;
      const more = index + depth < chunks;
      if (more && depth > 1) started.push(start(index + depth));
      await steps.finish(work, index);
      if (more && depth === 1) started.push(start(index + depth));
    }
  } finally {
    over = true;
  }
}
