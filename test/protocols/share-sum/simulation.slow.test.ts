import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

const rounds = process.env.SUBROSA_NIGHTLY ? 100_000 : 5_000;

describe(`share-sum, ${rounds} rounds under loss, repetition, reordering and crashes`, () => {
  it('end in the exact sum or a named error', async () => {
    let exact = 0;
    for (let seed = 1_000_000; seed < 1_000_000 + rounds; seed++) {
      try {
        if ((await simulate(seed)).outcome !== undefined) exact++;
      } catch (cause) {
        const command = `SUBROSA_SEED=${seed} npx vitest run --project unit test/protocols/share-sum/simulation.test.ts`;
        throw new Error(`replay this failure with ${command}`, { cause });
      }
    }
    expect(exact).toBeGreaterThan(rounds / 4);
  });
});
