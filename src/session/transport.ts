import type { PartyId } from '../protocols/index.ts';

/** A frame and who sent it. */
export interface Received {
  /** Authenticated by the transport: the protocols believe it. */
  readonly from: PartyId;
  /** Not to be changed. */
  readonly frame: Uint8Array;
}

/**
 * One party's end of the network: whole frames to and from named parties.
 *
 * What an implementation promises:
 * - frames between two parties arrive in the order in which they were sent, each at most once, or not at all;
 * - `from` is who really sent the frame;
 * - a frame is delimited and its size limited before it is held in memory.
 *
 * Confidentiality is not asked for: what must stay secret is encrypted by the protocols. A transport lives as long as its owner likes and
 * carries many rounds, one after the other or at once.
 */
export interface Transport {
  readonly me: PartyId;
  /**
   * Resolves when the frame is handed to the network, which says nothing about arrival. Rejects when `to` cannot be reached; for the protocol
   * that is the same as a frame that got lost.
   */
  send(to: PartyId, frame: Uint8Array): Promise<void>;
  /** All frames for this party. It ends when the transport is closed. To be iterated by one reader. */
  frames(): AsyncIterable<Received>;
  /** Idempotent. */
  close(): Promise<void>;
}
