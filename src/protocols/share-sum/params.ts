import { Writer } from '../../bytes/index.ts';
import type { Suite } from '../../kernels/index.ts';
import { RingShamir } from '../../sharing/index.ts';
import { checkRoundSpec, type PartyId, type RoundSpec, sessionId, sortedMembers } from '../index.ts';

/** How inputs are shared among the k aggregation servers. Part of the session id. */
export type ShareSumParameters = {
  /** Which keystream expands seeds; `aes256ctr` by default. */
  readonly suite?: Suite;
} & (
  | {
      /** k of k: every server is needed; the input is safe unless all k collude. */
      readonly mode: 'additive';
    }
  | {
      /** t of k by Shamir's scheme: k - t servers may crash; the input is safe unless t collude. */
      readonly mode: 'shamir';
      /** t, floor(k / 2) + 1 .. k: two sets of t servers overlap, so that no two sums can be opened. */
      readonly threshold: number;
    }
);

/** What session ids of this protocol are hashed with. */
export const SHARE_SUM_LABEL = 'subrosa/share-sum/v1';

/** At most this many aggregation servers. */
export const MAX_SERVERS = 255;

/** What follows from a round spec and the parameters; the same for all parties. */
export interface ShareSumRound {
  readonly spec: RoundSpec;
  /** Session id, 32 bytes. */
  readonly session: Uint8Array;
  readonly mode: 'additive' | 'shamir';
  readonly suite: Suite;
  /** Sorted; a client's index is its place here. */
  readonly clients: readonly PartyId[];
  readonly clientIndex: ReadonlyMap<PartyId, number>;
  /** The aggregation servers, sorted; server j has Shamir point j + 1. */
  readonly servers: readonly PartyId[];
  readonly serverIndex: ReadonlyMap<PartyId, number>;
  readonly collector: PartyId;
  /** t; k in additive mode. */
  readonly threshold: number;
  /** Undefined in additive mode. */
  readonly shamir: RingShamir | undefined;
  /** Words in a share: spec.length, in Shamir mode rounded up to a multiple of the Galois ring's degree. */
  readonly shareLength: number;
}

/**
 * Checks spec and parameters and derives what the parties need.
 * @throws {TypeError|RangeError} saying what does not fit
 */
export function shareSumRound(spec: RoundSpec, parameters: ShareSumParameters): ShareSumRound {
  checkRoundSpec(spec);
  const k = spec.helpers.length;
  if (k < 2 || k > MAX_SERVERS) {
    throw new RangeError(`share-sum: ${k} aggregation servers (spec.helpers), expected 2 .. ${MAX_SERVERS}`);
  }
  const suite = parameters.suite ?? 'aes256ctr';
  if (suite !== 'aes256ctr' && suite !== 'chacha20') throw new RangeError(`share-sum: unknown suite ${String(suite)}`);
  const { mode } = parameters;
  if (mode !== 'additive' && mode !== 'shamir') throw new RangeError(`share-sum: unknown mode ${String(mode)}`);
  const threshold = mode === 'additive' ? k : parameters.threshold;
  const least = Math.floor(k / 2) + 1;
  if (!Number.isInteger(threshold) || threshold < least || threshold > k) {
    throw new RangeError(
      `share-sum: threshold ${threshold} of ${k} servers, expected ${least} .. ${k}: with less than a majority, ` +
        'two sets of servers could open two different sums',
    );
  }
  const shamir = mode === 'additive' ? undefined : new RingShamir(k, threshold);
  const clients = sortedMembers(spec.clients).map((member) => member.id);
  const servers = sortedMembers(spec.helpers).map((member) => member.id);
  const encoded = new Writer()
    .u8(mode === 'additive' ? 0 : 1)
    .u8(suite === 'aes256ctr' ? 0 : 1)
    .u16(threshold)
    .finish();
  return {
    spec,
    session: sessionId(SHARE_SUM_LABEL, encoded, spec),
    mode,
    suite,
    clients,
    clientIndex: new Map(clients.map((id, i) => [id, i])),
    servers,
    serverIndex: new Map(servers.map((id, i) => [id, i])),
    collector: spec.server.id,
    threshold,
    shamir,
    shareLength: shamir?.shareLength(spec.length) ?? spec.length,
  };
}

/**
 * Whether this client sends this server a vector of full length; the other t - 1 servers get seeds. Full vectors go to k - t + 1 servers in
 * a row, starting at a place that moves on from client to client, which spreads the traffic evenly.
 */
export function getsVector(round: ShareSumRound, client: number, server: number): boolean {
  const k = round.servers.length;
  return (((server - client) % k) + k) % k <= k - round.threshold;
}
