import { ProtocolError } from '../../errors.ts';
import type { RingWords } from '../../kernels/index.ts';
import { ClientSet } from './bitmap.ts';
import type { Roster, ShareKeys } from './messages.ts';
import type { Degree } from './policy.ts';
import type { Round } from './round.ts';

/**
 * The server's side of a round as typed states, one a phase. `receive` checks one client's message, and throws when the client has to
 * be excluded; `exclude` forgets a client; `close` ends the phase with whoever is there, gives the next state and what to
 * send, or throws when too few are left. A closed state throws on any further use.
 */
export abstract class Collecting<Message> {
  protected readonly inbox: Map<number, Message> = new Map();
  #closed = false;

  /** Who may still send. */
  abstract readonly expected: ClientSet;
  /** How many messages the phase needs at least. */
  abstract readonly least: number;

  protected accept(index: number, message: Message): void {
    this.#open();
    if (!this.expected.has(index)) throw new ProtocolError('unexpected-message', 'this client has left the round');
    if (this.inbox.has(index)) throw new ProtocolError('equivocation', 'a second message of the same phase');
    this.inbox.set(index, message);
  }

  /** Forgets what a client sent in this phase, as far as that can be. */
  exclude(index: number): void {
    this.inbox.delete(index);
  }

  protected seal(): void {
    this.#open();
    this.#closed = true;
  }

  #open(): void {
    if (this.#closed) throw new TypeError(`${this.constructor.name} was already closed`);
  }

  protected senders(n: number): ClientSet {
    return ClientSet.of(n, this.inbox.keys());
  }
}

export interface CohortFields {
  readonly round: Round;
  readonly roster: Roster;
  readonly view: Uint8Array;
  readonly degree: Degree;
  readonly cohort: ClientSet;
}

/** The cohort once its graph is known. */
export interface Cohort extends CohortFields {
  /** By index in the sorted cohort; ascending; empty for clients that are not in it. */
  readonly neighbours: readonly (readonly number[])[];
}

/** The place of `peer` among the neighbours of another client, or -1. */
export function placeOf(neighbours: readonly number[], peer: number): number {
  let [low, high] = [0, neighbours.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = neighbours[middle]!;
    if (found === peer) return middle;
    if (found < peer) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export function aliveNeighbours(neighbours: readonly number[], set: ClientSet): number {
  let count = 0;
  for (const peer of neighbours) if (set.has(peer)) count++;
  return count;
}

/** The cohort once inputs are in: their sum, still masked. */
export interface Masked {
  readonly cohort: Cohort;
  /** Who shared keys. */
  readonly sharing: ClientSet;
  readonly survivors: ClientSet;
  readonly sharedKeys: ReadonlyMap<number, ShareKeys>;
  readonly accumulator: RingWords;
}
