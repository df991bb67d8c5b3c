import { toHex } from '../../src/bytes/index.ts';
import { packVector } from '../../src/math/index.ts';
import type { RoundSpec } from '../../src/protocols/index.ts';
import {
  decodeContributors,
  decodeHoldings,
  encodeContributors,
  encodeHoldings,
  frameOf,
  type ShareSumParameters,
  type ShareSumRound,
  shareSumRound,
  TYPES,
} from '../../src/protocols/share-sum/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import { play, type Sent, spec } from '../protocols/share-sum/harness.ts';

/**
 * The scenarios behind test/vectors/share-sum/v1. Written by
 * `SUBROSA_WRITE_VECTORS=1 npx vitest run --project unit test/protocols/share-sum/vectors.test.ts`.
 */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly parameters: ShareSumParameters;
  readonly spec: RoundSpec;
  /** What arrives for a message that was sent: itself (true), nothing (false), or these. */
  readonly network?: (message: Sent, round: ShareSumRound) => boolean | readonly Sent[];
  /** For `bad_*`: the code that some party refuses with, or that a dropout's reason has. */
  readonly code?: string;
}

const additive: ShareSumParameters = { mode: 'additive', suite: 'aes256ctr' };
const shamir: ShareSumParameters = { mode: 'shamir', threshold: 2, suite: 'aes256ctr' };
const three = spec(3, 3, { length: 5, bits: 20 });
const four = spec(4, 3, { length: 5, bits: 20 });

const is = (message: Sent, party: string, type: number) => message.from === party && message.frame[5] === type;
const body = (message: Sent) => message.frame.subarray(38);

/** `message` with its bytes changed. */
function altered(message: Sent, change: (frame: Uint8Array) => Uint8Array | undefined): Sent[] {
  const frame = message.frame.slice();
  return [{ ...message, frame: change(frame) ?? frame }];
}

const set = (at: number, value: number) => (frame: Uint8Array) => {
  frame[at < 0 ? frame.length + at : at] = value;
  return frame;
};

/** Client-1's share for server-0 goes wrong; everything else is in order. */
function badShare(name: string, description: string, code: string, change: (message: Sent) => readonly Sent[]): Scenario {
  return {
    name: `bad_share_${name}`,
    description,
    parameters: additive,
    spec: three,
    code,
    network: (m) => (m.from === 'client-1' && m.to === 'server-0' ? change(m) : true),
  };
}

/** The contributors that server-0 is told go wrong. */
function badContributors(
  name: string,
  description: string,
  code: string,
  change: (message: Sent, round: ShareSumRound) => readonly Sent[],
): Scenario {
  return {
    name: `bad_contributors_${name}`,
    description,
    parameters: additive,
    spec: four,
    code,
    network: (m, round) => {
      if (m.from === 'client-3' && m.to === 'server-0') return false; // server-0 lacks client-3's share
      return is(m, 'collector', TYPES.contributors) && m.to === 'server-0' ? change(m, round) : true;
    },
  };
}

const contributors = (m: Sent, round: ShareSumRound, change: (clients: number[]) => number[]): Sent => {
  const { clients } = decodeContributors(round, body(m));
  return { ...m, frame: frameOf(round, TYPES.contributors, encodeContributors(round, { clients: change([...clients]) })) };
};

export const scenarios: readonly Scenario[] = [
  { name: 'additive', description: 'Three clients, three servers, nobody drops out.', parameters: additive, spec: three },
  {
    name: 'additive_chacha20_64_bits',
    description: 'Two servers, Z_2^64, ChaCha20 for the seeds.',
    parameters: { mode: 'additive', suite: 'chacha20' },
    spec: spec(3, 2, { bits: 64, length: 3 }),
  },
  {
    name: 'additive_dropout',
    description: 'client-0 reaches no server, client-2 only some: both have dropped out.',
    parameters: additive,
    spec: four,
    network: (m) => m.from !== 'client-0' && !(m.from === 'client-2' && m.to === 'server-1'),
  },
  { name: 'shamir', description: 'Shamir 2 of 3 over GR(2^20, 2), nobody drops out.', parameters: shamir, spec: three },
  {
    name: 'shamir_3_of_5_chacha20_64_bits',
    description: 'Shamir 3 of 5 over GR(2^64, 3), ChaCha20 for the seeds.',
    parameters: { mode: 'shamir', threshold: 3, suite: 'chacha20' },
    spec: spec(3, 5, { bits: 64, length: 4 }),
  },
  {
    name: 'shamir_dropout',
    description: 'client-0 reaches no server, client-2 two of three: client-2 is in the sum, server-1 is not asked.',
    parameters: shamir,
    spec: four,
    network: (m) => m.from !== 'client-0' && !(m.from === 'client-2' && m.to === 'server-1'),
  },
  {
    name: 'shamir_server_crash_before_holdings',
    description: 'server-0 crashes before it reports its holdings.',
    parameters: shamir,
    spec: three,
    network: (m) => m.from !== 'server-0',
  },
  {
    name: 'shamir_server_crash_before_partial_sum',
    description: 'server-2 crashes after it reported its holdings.',
    parameters: shamir,
    spec: three,
    network: (m) => !is(m, 'server-2', TYPES.partialSum),
  },
  badShare('magic', 'A frame that is not ours.', 'malformed', (m) => altered(m, set(0, 0))),
  badShare('version', 'A frame of another version.', 'unsupported-version', (m) => altered(m, set(3, 2))),
  badShare('type', 'A message that servers do not await.', 'unexpected-message', (m) => altered(m, set(5, 4))),
  badShare('session', 'A frame of another session.', 'wrong-session', (m) => altered(m, set(6, m.frame[6]! ^ 1))),
  badShare('kind', 'A share that is neither seed nor vector.', 'malformed', (m) => altered(m, set(38, 2))),
  badShare('truncated', 'A share that ends early.', 'malformed', (m) => altered(m, (frame) => frame.slice(0, -1))),
  badShare('extended', 'A share with a byte left over.', 'malformed', (m) =>
    altered(m, (frame) => new Uint8Array([...frame, 0])),
  ),
  badShare('equivocation', 'Two different shares.', 'equivocation', (m) => [m, ...altered(m, set(-1, m.frame.at(-1)! ^ 1))]),
  {
    name: 'bad_share_two_sharings',
    description: 'server-0 has a share of client-1 with another tag: of another sharing, which adds up to noise with the rest.',
    parameters: additive,
    spec: three,
    code: 'equivocation',
    network: (m) => (m.from === 'client-1' && m.to === 'server-0' ? altered(m, set(39, m.frame[39]! ^ 1)) : true),
  },
  {
    name: 'bad_share_filling_bits',
    description: 'A vector whose last byte is not filled up with zero bits.',
    parameters: additive,
    spec: { ...three, bits: 19 },
    code: 'malformed',
    network: (m) => (m.from === 'client-1' && m.to === 'server-1' ? altered(m, set(-1, 0x80)) : true),
  },
  badShare('seed_for_vector', 'A vector for a server that is due a seed.', 'bad-share', (m) => [
    { ...m, frame: new Uint8Array([...m.frame.subarray(0, 38), 1, ...new Uint8Array(16 + 13)]) },
  ]),
  badContributors('below_minimum', 'Fewer contributors than the minimum cohort.', 'below-minimum-cohort', (m, round) => [
    contributors(m, round, (clients) => clients.slice(0, 1)),
  ]),
  badContributors('not_held', 'A contributor whose share the server does not hold.', 'inconsistent-survivors', (m, round) => [
    contributors(m, round, (clients) => [...clients, 3]),
  ]),
  badContributors('twice', 'A second set of contributors.', 'already-revealed', (m, round) => [
    m,
    contributors(m, round, (clients) => clients.slice(0, 2)),
  ]),
  badContributors('out_of_range', 'A client that does not exist.', 'malformed', (m) =>
    altered(m, set(38, m.frame[38]! | 0x10)),
  ),
  badContributors('extended', 'A bitmap with a byte left over.', 'malformed', (m) =>
    altered(m, (frame) => new Uint8Array([...frame, 0])),
  ),
  {
    name: 'bad_holdings_held_and_excluded',
    description: 'server-1 says of one client both that it holds its share and that it excluded it; all k servers are needed.',
    parameters: additive,
    spec: three,
    code: 'below-threshold',
    network: (m, round) => {
      if (!is(m, 'server-1', TYPES.holdings)) return true;
      const { held } = decodeHoldings(round, body(m));
      const both = encodeHoldings(round, { held, excluded: new Map([[held.keys().next().value!, 'malformed']]) });
      return [{ ...m, frame: frameOf(round, TYPES.holdings, both) }];
    },
  },
  {
    name: 'bad_partial_sum_other_set',
    description: 'server-1 adds up another set than it was asked for; all k servers are needed.',
    parameters: additive,
    spec: three,
    code: 'below-threshold',
    network: (m) => (is(m, 'server-1', TYPES.partialSum) ? altered(m, set(38, m.frame[38]! ^ 1)) : true),
  },
  {
    name: 'bad_partial_sum_contradicts',
    description: 'server-1 sends a wrong sum; one server more than the threshold answered, so that it is noticed.',
    parameters: shamir,
    spec: three,
    code: 'bad-share',
    network: (m) => (is(m, 'server-1', TYPES.partialSum) ? altered(m, set(-1, m.frame.at(-1)! ^ 1)) : true),
  },
  {
    name: 'bad_server_crash',
    description: 'A server crashes in additive mode, where all are needed.',
    parameters: additive,
    spec: three,
    code: 'below-threshold',
    network: (m) => m.from !== 'server-2',
  },
  {
    name: 'bad_below_minimum_cohort',
    description: 'Too few clients are left.',
    parameters: shamir,
    spec: three,
    code: 'below-minimum-cohort',
    network: (m) => m.from !== 'client-0' && m.from !== 'client-2',
  },
];

/** Plays a scenario and gives what its file holds. */
export async function makeVector({ name, description, parameters, spec, network, code }: Scenario): Promise<unknown> {
  const round = shareSumRound(spec, parameters);
  const seeds = Object.fromEntries(spec.clients.map(({ id }, i) => [id, new Uint8Array(32).fill(0x10 + i)]));
  const result = await play(spec, parameters, {
    seed: 77,
    clientRng: (id) => new SeededRng(seeds[id]!),
    network: (message) => network?.(message, round) ?? true,
  });
  const { outcome } = result;
  return {
    name,
    description,
    protocol: 'subrosa/share-sum/v1',
    parameters,
    spec: {
      ...spec,
      context: toHex(spec.context),
    },
    session: toHex(round.session),
    clients: spec.clients.map(({ id }) => ({
      id,
      rng: toHex(seeds[id]!),
      input: toHex(packVector(result.inputs.get(id)!)),
    })),
    events: result.events.map(({ party, receives, deadline, sends, error }) => ({
      party,
      ...(receives && { receives: { from: receives.from, frame: toHex(receives.frame) } }),
      ...(deadline && { deadline }),
      sends: sends.map(({ to, frame }) => ({ to, frame: toHex(frame) })),
      ...(error && { error: error.code }),
    })),
    ...(code && { code }),
    outcome:
      outcome === undefined
        ? null
        : {
            sum: toHex(packVector(outcome.sum)),
            survivors: outcome.survivors,
            dropped: outcome.dropped.map(({ id, phase, reason }) => ({
              id,
              phase,
              ...(reason && { reason: (reason as Error & { code: string }).code }),
            })),
          },
  };
}
