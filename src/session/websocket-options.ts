import type { Clock } from './clock.ts';
import type { IdentityKey } from './identity.ts';
import { LINK_DEADLINES, type LinkDeadlines } from './websocket-link.ts';

/** The path that is served, and no other. */
export const PATH = '/subrosa';
/** The WebSocket subprotocol: peers of another version find out in the handshake. */
export const SUBPROTOCOL = 'subrosa.1';
/** What the WebSocket library may hold at most; the limit that counts is checked before. */
export const CEILING: number = 2 ** 31 + 64;

/** How long to wait for what. Milliseconds, 1 .. 2^31 - 1. */
export interface ChannelDeadlines extends LinkDeadlines {
  /** A broken connection may stay away so long before the channel fails. Default 120,000. */
  readonly patience: number;
  /** The peer has so long to confirm the end of a channel. Default 10,000. */
  readonly goodbye: number;
}

/** What both sides of a channel can set. */
export interface ChannelOptions {
  /** Who we are. */
  readonly identity: IdentityKey;
  /** Longest frame taken from a peer until the channel's `limit` is called, bytes. Default 16 MiB. */
  readonly frameLimit?: number;
  readonly deadlines?: Partial<ChannelDeadlines>;
  readonly clock?: Clock;
}

export const FRAME_LIMIT: number = 16 * 2 ** 20;

const DEADLINES: ChannelDeadlines = { ...LINK_DEADLINES, patience: 120_000, goodbye: 10_000 };

/** @throws {RangeError} naming the deadline that is out of range */
export function channelDeadlines(given: Partial<ChannelDeadlines> = {}): ChannelDeadlines {
  const deadlines = { ...DEADLINES, ...given };
  for (const [name, ms] of Object.entries(deadlines)) {
    if (!(ms >= 1 && ms < 2 ** 31)) throw new RangeError(`deadlines.${name} of ${ms} ms, expected 1 .. 2^31 - 1`);
  }
  return deadlines;
}
