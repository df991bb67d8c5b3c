import { describe, expect, it } from 'vitest';
import type { Adversary } from '../../../src/protocols/secagg/index.ts';
import { expectExact, id, play, setup } from './play.ts';

/** A thousand clients in one process, a tenth of which leave: half of them before their input is in, half of them after. */
describe('a cohort of 1,000', () => {
  it.each(['honest-but-curious', 'malicious-server'] satisfies Adversary[])('%s', async (adversary) => {
    const from = setup({
      clients: 1000,
      length: 10_000,
      bits: 24,
      minimumCohort: 800,
      parameters: { adversary, dropout: 0.1, corrupt: 0.1 },
    });
    const early = new Set(Array.from({ length: 50 }, (_, i) => id(20 * i)));
    const late = new Set(Array.from({ length: 50 }, (_, i) => id(20 * i + 7)));
    const played = await play(from, (envelope, name) => {
      const lost =
        (name === 'MaskedInput' && early.has(envelope.from)) || (name === 'UnmaskShares' && late.has(envelope.from));
      return lost ? [] : [envelope];
    });
    expectExact(from, played);
    expect(played.sum!.survivors).toHaveLength(950);
    expect(played.sum!.dropped.map((dropout) => dropout.id)).toEqual([...early]);
  });
});
