import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

// One seed alone: SUBROSA_SEED=<seed> npx vitest run --project unit test/protocols/share-sum/simulation.test.ts
const only = process.env.SUBROSA_SEED;

describe('share-sum under loss, repetition, reordering and crashes', () => {
  it('ends in the exact sum or a named error', async () => {
    const seeds = only === undefined ? Array.from({ length: 600 }, (_, i) => i) : [Number(only)];
    let exact = 0;
    for (const seed of seeds) {
      try {
        if ((await simulate(seed)).outcome !== undefined) exact++;
      } catch (cause) {
        throw new Error(`SUBROSA_SEED=${seed} replays this failure`, { cause });
      }
    }
    // Not all rounds may fail, or nothing would be tested.
    if (only === undefined) expect(exact).toBeGreaterThan(150);
  });
});
