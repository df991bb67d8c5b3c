import { expect } from 'vitest';
import { toHex } from '../../../src/bytes/index.ts';
import { type ShareSumParameters, shareSumRound, TYPES } from '../../../src/protocols/share-sum/index.ts';
import { uniformBelow } from '../../../src/random/index.ts';
import { plainSum, play, type Result, type Sent, seeded, spec } from './harness.ts';

/** Errors that a round without liars may end in. */
const EXPECTED = new Set(['below-threshold', 'below-minimum-cohort', 'timeout']);

/**
 * One round under a network that loses, repeats and reorders messages and crashes parties at any message boundary, all from one
 * seed; then the oracles: the outcome is exact or an expected error, and no coalition could have opened a second sum.
 */
export async function simulate(seed: number): Promise<Result> {
  const rng = seeded(seed);
  const below = (bound: number) => uniformBelow(bound, rng);
  const k = 2 + below(4);
  const least = Math.floor(k / 2) + 1;
  const suite = below(2) === 0 ? 'aes256ctr' : 'chacha20';
  const parameters: ShareSumParameters =
    below(3) === 0 ? { mode: 'additive', suite } : { mode: 'shamir', threshold: least + below(k - least + 1), suite };
  const clients = 2 + below(7);
  const round = spec(clients, k, {
    bits: 8 + below(57),
    length: 1 + below(6),
    minimumCohort: 2 + below(clients - 1),
  });
  const loss = below(4); // out of 16
  const repeat = below(4);
  const crashes = below(3) === 0 ? 1 + below(3) : 0; // out of 64, at every call
  const crashed = new Set<string>();
  const result = await play(round, parameters, {
    seed: seed + 2 ** 31, // the network's dice are not the parties'
    pick: below,
    crashed: (id) => {
      if (id !== 'collector' && below(64) < crashes) crashed.add(id);
      return crashed.has(id);
    },
    network: (message) => {
      if (below(16) < loss) return false;
      return below(16) < repeat ? [message, message] : true;
    },
  });
  exactOrExpected(result);
  oneSumAtMost(result, parameters);
  return result;
}

function exactOrExpected({ spec, inputs, outcome, errors, parties }: Result): void {
  for (const [id, error] of errors) expect(EXPECTED, `${id}: ${error.message}`).toContain(error.code);
  if (outcome === undefined) {
    expect(parties.get('collector')!.status.phase).toBe('Failed');
    expect(errors.has('collector')).toBe(true);
    return;
  }
  expect(outcome.sum).toEqual(plainSum(spec, inputs, outcome.survivors));
  expect(outcome.survivors.length).toBeGreaterThanOrEqual(spec.minimumCohort);
  expect(outcome.survivors.length + outcome.dropped.length).toBe(spec.clients.length);
}

/** Every server answers for one set at most, no seed serves twice, and only one set reaches t answers. */
export function oneSumAtMost({ spec, transcript }: Result, parameters: ShareSumParameters): void {
  const { threshold } = shareSumRound(spec, parameters);
  const sums = transcript.filter(({ frame }: Sent) => frame[5] === TYPES.partialSum);
  expect(new Set(sums.map(({ from }) => from)).size).toBe(sums.length);
  const answers = new Map<string, number>();
  for (const { frame } of sums) {
    const set = toHex(frame.subarray(38, 70));
    answers.set(set, (answers.get(set) ?? 0) + 1);
  }
  expect([...answers.values()].filter((count) => count >= threshold).length).toBeLessThanOrEqual(1);
  const seeds = transcript.filter(({ frame }) => frame[5] === TYPES.share && frame[38] === 0);
  expect(new Set(seeds.map(({ frame }) => toHex(frame.subarray(55)))).size).toBe(seeds.length);
}
