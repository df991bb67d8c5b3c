/**
 * The sans-I/O face of a protocol party, and what a framework with its own transport drives.
 *
 * A party does no I/O: frames go in, frames come out. It awaits only its executor's arithmetic.
 */

/** A name unique in the round, 1 .. 64 bytes of UTF-8. */
export type PartyId = string;

/** A frame to send. */
export interface Outgoing {
  readonly to: PartyId;
  /** Not to be changed: one buffer may be sent to several parties. */
  readonly frame: Uint8Array;
}

/** Where a party stands. */
export interface Status {
  /** The phase it is in, e.g. `ShareKeys`; `Done` when there is an outcome, `Failed` after an error it cannot survive. */
  readonly phase: string;
  /** Whose message this phase still awaits. */
  readonly awaiting: readonly PartyId[];
  /** How many of them must still answer for the phase to be able to end at its deadline; 0 when it could end now. */
  readonly needed: number;
}

/**
 * One party of one round.
 *
 * - A frame from a peer is hostile until checked. A server excludes the peer and goes on while enough are left; a client, whose only peer is
 *   the server, rejects with a `ProtocolError` and is `Failed` from then on: no later call makes it reveal anything.
 * - The same frame twice is ignored (retransmission); a different frame in its place is equivocation.
 * - Calls must not overlap: await one before the next.
 */
export interface Party<Outcome> {
  readonly id: PartyId;
  /** The first messages, if this party speaks first. To be called once. */
  start(): Promise<Outgoing[]>;
  /** @param from authenticated by the transport */
  receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]>;
  /**
   * The time for `phase` is up: who is missing has dropped out. Ignored when the party has left `phase` already, so that a late timer does
   * no harm.
   */
  deadline(phase: string): Promise<Outgoing[]>;
  readonly status: Status;
  readonly outcome: Outcome | undefined;
}
