import { type Rng, shuffle, uniformBelow } from '../../random/index.ts';
import { uniform } from './draw.ts';

/** A hospital that leaves a round: its line goes dead when it has sent this many messages. */
export interface Leaving {
  readonly hospital: number;
  readonly messages: number;
}

/** Who leaves in each round, and when. */
export interface Schedule {
  /** The most hospitals that leave in one round. */
  readonly most: number;
  readonly rounds: readonly (readonly Leaving[])[];
}

/** What a client of a scheme sends in a round, in order, and which message is its contribution. */
export interface Messages {
  /** Names of a client's messages; the last one need not be awaited by a schedule. */
  readonly names: readonly string[];
  /** Frames that make up one message: one to the server, or one to each of several. */
  readonly frames: number;
  /** Messages after which the contribution is in the server's hands: who leaves from here on is still in the sum. */
  readonly contributed: number;
}

/**
 * The schedule of the demonstration: in every second round one hospital leaves just before it would send its contribution, and another just after
 * (with pairwise masks: after ShareKeys, and after MaskedInput). Of 4 hospitals only the first leaves and of 3 none: fewer than three
 * others could not finish the round without them.
 */
export function demonstration(hospitals: number, rounds: number, messages: Messages): Schedule {
  const most = Math.min(2, hospitals - 3);
  const leaving = (round: number): Leaving[] => {
    if (round % 2 === 0) return [];
    const first = round % hospitals;
    return [
      { hospital: first, messages: messages.contributed - 1 },
      { hospital: (first + 2) % hospitals, messages: messages.contributed },
    ].slice(0, most);
  };
  return { most, rounds: Array.from({ length: rounds }, (_, round) => leaving(round)) };
}

/**
 * A random schedule: in each round floor(dropout x hospitals) of them leave, or, when that is less than one, one of them with probability
 * dropout x hospitals; each after a random number of messages.
 */
export function randomly(hospitals: number, rounds: number, messages: Messages, dropout: number, rng: Rng): Schedule {
  const expected = dropout * hospitals;
  const whole = Math.floor(expected + 1e-9);
  const leaving = (): Leaving[] => {
    const count = whole > 0 ? whole : uniform(rng) < expected ? 1 : 0;
    const order = shuffle(
      Array.from({ length: hospitals }, (_, i) => i),
      rng,
    );
    return order
      .slice(0, count)
      .sort((a, b) => a - b)
      .map((hospital) => ({ hospital, messages: uniformBelow(messages.contributed + 1, rng) }))
      .sort((a, b) => a.messages - b.messages || a.hospital - b.hospital);
  };
  return { most: Math.max(whole, expected > 0 ? 1 : 0), rounds: Array.from({ length: rounds }, leaving) };
}

/** When a hospital left, in words: `after ShareKeys`. */
export function describeLeaving({ messages }: Leaving, { names }: Messages): string {
  return messages === 0 ? `before ${names[0]}` : `after ${names[messages - 1]}`;
}
