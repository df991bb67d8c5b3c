import { describe, expect, it } from 'vitest';
import { plainSum, play, spec } from './harness.ts';

describe('a large cohort', () => {
  it.each([
    ['additive', { mode: 'additive' }, undefined],
    ['Shamir 2 of 3 with a crashed server', { mode: 'shamir', threshold: 2 }, 'server-1'],
  ] as const)(
    'of 1,000 clients, 10,000 words and 10 % dropout is summed exactly: %s',
    async (_, parameters, crashed) => {
      const round = spec(1000, 3, { length: 10_000, bits: 40, minimumCohort: 500 });
      const result = await play(round, parameters, {
        network: ({ from }) => from !== crashed && !/^client-\d*7$/.test(from),
      });
      const { sum, survivors, dropped } = result.outcome!;
      expect(survivors).toHaveLength(900);
      expect(dropped).toHaveLength(100);
      const expected = plainSum(round, result.inputs, survivors);
      let wrong = 0;
      expected.words.forEach((word, i) => {
        if (sum.words[i] !== word) wrong++;
      });
      expect(wrong).toBe(0);
    },
  );
});
