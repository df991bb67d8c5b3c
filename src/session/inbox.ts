import { toHex } from '../bytes/index.ts';
import { frameSession, type PartyId } from '../protocols/index.ts';
import type { Received, Transport } from './transport.ts';

/** What a session hears: its frames, and the end of the transport. */
export interface Listener {
  frame(received: Received): void;
  closed(error?: unknown): void;
}

/** Frames that one peer may have waiting here for rounds that this party has not begun. */
const EARLY_FRAMES = 16;
/** Bytes of all such frames together. */
const EARLY_BYTES = 256 * 2 ** 20;
/** Ended sessions whose late frames are recognised and dropped. */
const ENDED = 4096;

const inboxes = new WeakMap<Transport, Inbox>();

/**
 * Sorts the frames of one transport by session.
 *
 * One transport carries many rounds. A fast client sends the first frame of round 8 while the server still waits for a slow one in round 7, and a
 * delayed frame of round 7 may come when its client is in round 8. Neither may disturb the other: early frames wait (within limits, so that nobody
 * can fill our memory), late ones are dropped.
 */
export class Inbox {
  readonly #transport: Transport;
  readonly #listeners = new Map<string, Listener>();
  readonly #early = new Map<string, Received[]>();
  readonly #earlyFrames = new Map<PartyId, number>();
  #earlyBytes = 0;
  readonly #ended = new Set<string>();
  #end: { readonly error?: unknown } | undefined;
  #reading = false;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  static of(transport: Transport): Inbox {
    let found = inboxes.get(transport);
    if (found === undefined) {
      found = new Inbox(transport);
      inboxes.set(transport, found);
    }
    return found;
  }

  /**
   * Hears a session until the returned function is called.
   * @throws {TypeError} when somebody hears it already, or has
   */
  open(session: Uint8Array, listener: Listener): () => void {
    const key = toHex(session);
    if (this.#listeners.has(key) || this.#ended.has(key)) {
      throw new TypeError(`session ${key.slice(0, 8)}... was already run on this transport`);
    }
    this.#listeners.set(key, listener);
    for (const received of this.#early.get(key) ?? []) {
      this.#forget(received);
      listener.frame(received);
    }
    this.#early.delete(key);
    if (this.#end !== undefined) listener.closed(this.#end.error);
    else if (!this.#reading) void this.#read();
    return () => this.#close(key);
  }

  #close(key: string): void {
    if (!this.#listeners.delete(key)) return;
    this.#ended.add(key);
    if (this.#ended.size > ENDED) this.#ended.delete(this.#ended.values().next().value!);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      for await (const received of this.#transport.frames()) this.#route(received);
      this.#end = {};
    } catch (error) {
      this.#end = { error };
    }
    for (const listener of this.#listeners.values()) listener.closed(this.#end.error);
    this.#early.clear();
  }

  #route(received: Received): void {
    const session = frameSession(received.frame);
    if (session === undefined) return; // too short to be of any session
    const key = toHex(session);
    const listener = this.#listeners.get(key);
    if (listener !== undefined) listener.frame(received);
    else if (!this.#ended.has(key)) this.#keep(key, received);
  }

  #keep(key: string, received: Received): void {
    const frames = this.#earlyFrames.get(received.from) ?? 0;
    if (frames >= EARLY_FRAMES || this.#earlyBytes + received.frame.length > EARLY_BYTES) return;
    this.#earlyFrames.set(received.from, frames + 1);
    this.#earlyBytes += received.frame.length;
    const waiting = this.#early.get(key);
    if (waiting === undefined) this.#early.set(key, [received]);
    else waiting.push(received);
  }

  #forget(received: Received): void {
    const frames = this.#earlyFrames.get(received.from)! - 1;
    if (frames === 0) this.#earlyFrames.delete(received.from);
    else this.#earlyFrames.set(received.from, frames);
    this.#earlyBytes -= received.frame.length;
  }
}
