import { plaintext, type Scheme } from '../../aggregate/index.ts';
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
      return { names: ['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'Unmask'], frames: 1, contributed: 3 };
    case 'shares':
      return { names: ['Shares'], frames: SERVERS.length, contributed: 1 };
    case 'plain':
      return { names: ['Input'], frames: 1, contributed: 1 };
  }
}

/**
 * @param hospitals how many
 * @param mostLeaving how many of them leave in the worst round
 * @throws {RangeError} when no parameters exist
 */
export function setUp(name: SchemeName, _hospitals: number, _mostLeaving: number): Setup {
  switch (name) {
    case 'pairwise':
      throw new Error('later');
    case 'shares':
      throw new Error('later');
    case 'plain':
      return { make: plaintext, helpers: [] };
  }
}
