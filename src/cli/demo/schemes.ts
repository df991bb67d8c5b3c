import { additiveShares, pairwiseMasks, plaintext, type Scheme } from '../../aggregate/index.ts';
import { findParameters } from '../../protocols/secagg/index.ts';
import { Failure } from '../terminal.ts';
import type { Messages } from './schedule.ts';

export const SCHEMES = ['pairwise', 'shares', 'plain'] as const;
export type SchemeName = (typeof SCHEMES)[number];

/** The aggregation servers of additive sharing, run by parties that do not collude. */
const SERVERS = ['server-1', 'server-2', 'server-3'];

/** A scheme as the demonstration sets it up. */
export interface Setup {
  /** A new one for each party: nothing is shared but the network. */
  readonly make: () => Scheme;
  readonly helpers: readonly string[];
}

/** What a client sends in each scheme. */
export function messagesOf(name: SchemeName): Messages {
  switch (name) {
    case 'pairwise':
      return { names: ['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'UnmaskShares'], frames: 1, contributed: 3 };
    case 'shares':
      return { names: ['Shares'], frames: SERVERS.length, contributed: 1 };
    case 'plain':
      return { names: ['Input'], frames: 1, contributed: 1 };
  }
}

/**
 * @param hospitals how many
 * @param most how many of them leave in the worst round
 * @throws {Failure} when too many leave, or no degree and threshold exist
 */
export function setUp(name: SchemeName, hospitals: number, most: number): Setup {
  switch (name) {
    case 'pairwise': {
      // One hospital may hand the aggregator all it knows.
      const stated = { dropout: most / hospitals, corrupt: 1 / hospitals, adversary: 'honest-but-curious' } as const;
      if (findParameters({ clients: hospitals, ...stated }) === undefined) {
        throw new Failure(
          `no parameters exist for pairwise masks when ${most} of ${hospitals} hospitals leave a round and 1 colludes with the aggregator: ` +
            'no threshold is both secret and reachable',
          'fewer dropouts, more hospitals, or --scheme shares',
        );
      }
      return { make: () => pairwiseMasks(stated), helpers: [] };
    }
    case 'shares':
      checkEnoughStay(hospitals, most);
      return { make: () => additiveShares({ mode: 'additive' }), helpers: SERVERS };
    case 'plain':
      checkEnoughStay(hospitals, most);
      return { make: plaintext, helpers: [] };
  }
}

function checkEnoughStay(hospitals: number, most: number): void {
  if (hospitals - most >= 2) return;
  throw new Failure(`${most} of ${hospitals} hospitals leave a round, but a sum needs at least 2`, 'fewer dropouts');
}
