import { additiveShares, bfvSum, ckksSum, pairwiseMasks, plaintext, type Scheme } from '../../aggregate/index.ts';
import { findParameters } from '../../protocols/secagg/index.ts';
import { Failure, UsageError } from '../terminal.ts';
import type { Messages } from './schedule.ts';

export const SCHEMES = ['pairwise', 'shares', 'ckks', 'bfv', 'plain'] as const;
export type SchemeName = (typeof SCHEMES)[number];

/** The aggregation servers of additive sharing, run by parties that do not collude. */
const SERVERS = ['server-1', 'server-2', 'server-3'];

/** A scheme as the demonstration sets it up. */
export interface Setup {
  /** A new one for each party: nothing is shared but the network. */
  readonly make: () => Scheme;
  readonly helpers: readonly string[];
  /** Helpers that leave a round, and after how many frames; none when absent. */
  readonly helpersLeave?: (round: number) => ReadonlyMap<string, number>;
}

/** The decryptors of the homomorphic schemes. */
export interface DecryptorOptions {
  /** How many, 2 .. 20. */
  readonly decryptors?: number;
  /** How many of them it takes; default: a majority. */
  readonly decryptThreshold?: number;
  /** How many leave each round, others in every round, when they have confirmed the round's key. */
  readonly decryptorDropout?: number;
}

/** What a client sends in each scheme. */
export function messagesOf(name: SchemeName): Messages {
  switch (name) {
    case 'pairwise':
      return { names: ['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'UnmaskShares'], frames: 1, contributed: 3 };
    case 'shares':
      return { names: ['Shares'], frames: SERVERS.length, contributed: 1 };
    case 'ckks':
    case 'bfv':
      return { names: ['Upload'], frames: 1, contributed: 1 };
    case 'plain':
      return { names: ['Input'], frames: 1, contributed: 1 };
  }
}

/**
 * @param hospitals how many
 * @param most how many of them leave in the worst round
 * @throws {Failure} when too many leave, or no degree and threshold exist
 * @throws {UsageError} for decryptors that the scheme has not, or that are fewer than the threshold
 */
export function setUp(name: SchemeName, hospitals: number, most: number, decryptors: DecryptorOptions = {}): Setup {
  if (name !== 'ckks' && name !== 'bfv' && Object.values(decryptors).some((value) => value !== undefined))
    throw new UsageError(`scheme ${name} has no decryptors`, '--scheme ckks or --scheme bfv');
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
    case 'ckks':
    case 'bfv':
      checkEnoughStay(hospitals, most);
      return homomorphic(name, decryptors);
    case 'plain':
      checkEnoughStay(hospitals, most);
      return { make: plaintext, helpers: [] };
  }
}

/** Frames of a decryptor before it would say which sum it is ready to decrypt: KeyCommit, KeyReveal, KeyConfirm. */
const KEY_FRAMES = 3;

function homomorphic(name: 'ckks' | 'bfv', options: DecryptorOptions): Setup {
  const { decryptors = 3, decryptorDropout: leave = 0 } = options;
  const threshold = options.decryptThreshold ?? Math.floor(decryptors / 2) + 1;
  if (threshold > decryptors)
    throw new UsageError(`--decrypt-threshold ${threshold}: there are ${decryptors} decryptors`);
  if (decryptors - leave < threshold) {
    throw new Failure(
      `${leave} of ${decryptors} decryptors leave a round, but ${threshold} are needed to decrypt`,
      'a smaller --decryptor-dropout or --decrypt-threshold, or more --decryptors',
    );
  }
  const helpers = Array.from({ length: decryptors }, (_, i) => `decryptor-${i + 1}`);
  const scheme = name === 'ckks' ? ckksSum : bfvSum;
  return {
    make: () => scheme({ threshold }),
    helpers,
    helpersLeave: (round) =>
      new Map(Array.from({ length: leave }, (_, i) => [helpers[(round + i) % decryptors]!, KEY_FRAMES])),
  };
}

function checkEnoughStay(hospitals: number, most: number): void {
  if (hospitals - most >= 2) return;
  throw new Failure(`${most} of ${hospitals} hospitals leave a round, but a sum needs at least 2`, 'fewer dropouts');
}
