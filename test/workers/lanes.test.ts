import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inLanes } from '../../src/workers/lanes.ts';

it('starts tasks in order, no more than the width at a time, and throws the failure of the lowest index', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.boolean(), { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (scheduler, fails, width) => {
        const started: number[] = [];
        let running = 0;
        const lanes = inLanes(fails.length, width, async (index) => {
          started.push(index);
          expect(++running).toBeLessThanOrEqual(width);
          await scheduler.schedule(Promise.resolve());
          running--;
          if (fails[index]) throw index;
        });
        const outcome = lanes.then(
          () => undefined,
          (failure: unknown) => failure,
        );
        await scheduler.waitFor(outcome);
        expect(running).toBe(0);
        expect(started).toEqual(started.map((_, i) => i));
        const first = fails.indexOf(true);
        expect(await outcome).toBe(first < 0 ? undefined : first);
        if (first < 0) expect(started.length).toBe(fails.length);
      },
    ),
  );
});
