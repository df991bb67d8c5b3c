/**
 * Runs task(0) .. task(count - 1), started in order, at most `width` at a time. After a failure none is started any more; when those that
 * were have ended, the failure of the lowest index is thrown: the one that a plain loop would have thrown.
 */
export async function inLanes(count: number, width: number, task: (index: number) => Promise<void>): Promise<void> {
  const failures = new Map<number, unknown>();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count && failures.size === 0) {
      const index = next++;
      try {
        await task(index);
      } catch (error) {
        failures.set(index, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
}
