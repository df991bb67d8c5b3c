import { describe, expect, it } from 'vitest';
import { generator, normal } from '../../src/cli/demo/draw.ts';
import { randomly } from '../../src/cli/demo/schedule.ts';
import { messagesOf, SCHEMES, setUp } from '../../src/cli/demo/schemes.ts';
import { Federation } from '../../src/cli/demo/secure-round.ts';
import { Failure } from '../../src/cli/terminal.ts';
import { fixedPoint } from '../../src/encoding/index.ts';

const DIMENSION = 8;
const ROUNDS = 3;
const COHORTS = [3, 4, 5, 8];
const SHARES = [0, 0.1, 0.25, 0.34, 0.5, 0.67, 0.9];

/** Every cohort and every share of hospitals leaving either works, in every round, or is refused before it begins. */
describe.each(SCHEMES)('a federation with scheme %s', (scheme) => {
  it.each(COHORTS)('of %s hospitals', async (hospitals) => {
    const messages = messagesOf(scheme);
    const ids = Array.from({ length: hospitals }, (_, i) => `h${i}`);
    let ran = 0;
    // A round of these makes a key: fewer of them.
    const slow = scheme === 'ckks' || scheme === 'bfv';
    for (const share of slow ? [0, 0.34, 0.67] : SHARES) {
      const rng = generator(hospitals, `leaving ${share}`);
      const schedule = randomly(hospitals, slow ? 1 : ROUNDS, messages, share, rng);
      let setup: ReturnType<typeof setUp>;
      try {
        setup = setUp(scheme, hospitals, schedule.most);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        continue;
      }
      const encoding = () => fixedPoint({ clip: { l2: 10 }, weights: { max: 100 } });
      await using federation = await Federation.create(ids, setup, encoding, Math.max(2, hospitals - schedule.most));
      for (const [round, leaves] of schedule.rounds.entries()) {
        const gone = new Map(leaves.map((leaving) => [leaving.hospital, leaving.messages]));
        const contributions = ids.map((id, i) => ({
          id,
          update: new Float64Array(DIMENSION).map(() => normal(rng)),
          weight: i + 1,
          leavesAfter: gone.has(i) ? gone.get(i)! * messages.frames : undefined,
        }));
        const model = new Float64Array(DIMENSION).fill(round);
        const { aggregate, exact } = await federation.run(round, model, contributions, new AbortController().signal);
        expect(exact).toBe(true);
        // Whoever contributed before leaving is in the sum.
        const survivors = ids.filter((_, i) => (gone.get(i) ?? messages.contributed) >= messages.contributed);
        expect([...aggregate.survivors].sort()).toEqual([...survivors].sort());
        ran += 1;
      }
    }
    expect(ran).toBeGreaterThan(0);
  });
});
