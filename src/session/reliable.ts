import { ProtocolError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { Arrivals } from './reliable-arrivals.ts';
import { abortError, peerClosed } from './reliable-errors.ts';
import { checkFrameLimit, type Link, type SecureChannel } from './reliable-link.ts';
import {
  type AbortReason,
  CONTROL_BYTES,
  DATA_HEADER,
  decodeReliable,
  encodeReliable,
  type ReliableMessage,
} from './reliable-messages.ts';
import { type Numbered, Outbox } from './reliable-outbox.ts';

export interface ReliableOptions {
  readonly peerKey: Uint8Array;
  readonly clock: Clock;
  readonly frameLimit: number;
  /** Milliseconds to wait for a new link. */
  readonly patience: number;
  /** Milliseconds to wait for the peer to confirm the end. */
  readonly goodbye: number;
  /** The link broke; another one is wanted. */
  readonly lost: (error: Error) => void;
  /** Nothing more will happen. */
  readonly ended: () => void;
}

/** Milliseconds to wait for a peer that has confirmed everything but the goodbye. */
const LINGER = 1_000;

/**
 * The channel over whatever link there is. Both directions number their frames; a frame is kept until the peer confirms it, and after a break
 * both sides say how far they have come. The owner brings the links: see {@link ReliableChannel.attach}.
 */
export class ReliableChannel implements SecureChannel {
  readonly peerKey: Uint8Array;
  readonly #options: ReliableOptions;
  #link: Link | undefined;
  #frameLimit: number;
  #links = 0;
  #pastSent = 0;
  #pastReceived = 0;
  #cancelPatience: (() => void) | undefined;

  readonly #outbox: Outbox = new Outbox((message) => this.#transmit(message));

  readonly #arrivals: Arrivals = new Arrivals();
  #acknowledging = false;

  #peerFinished = false;
  #closing: Promise<void> | undefined;
  #finishing: (() => void) | undefined;
  #error: Error | undefined;

  constructor(options: ReliableOptions) {
    this.peerKey = options.peerKey;
    this.#options = options;
    this.#frameLimit = options.frameLimit;
  }

  /** Why it is over, if it is. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many numbered messages have come. */
  get received(): number {
    return this.#arrivals.received;
  }

  get bytesSent(): number {
    return this.#pastSent + (this.#link?.bytesSent ?? 0);
  }

  get bytesReceived(): number {
    return this.#pastReceived + (this.#link?.bytesReceived ?? 0);
  }

  get reconnections(): number {
    return Math.max(0, this.#links - 1);
  }

  /**
   * Goes on over a new link, whose handshake is done.
   * @param peerReceived how many numbered messages the peer says it has
   */
  attach(link: Link, peerReceived: number): void {
    if (this.#error !== undefined) {
      link.close();
      return;
    }
    this.#cancelPatience?.();
    this.#release()?.cut(new Error('a newer connection took over'));
    this.#link = link;
    this.#links += 1;
    this.#applyLimit();
    try {
      this.#confirm(peerReceived);
    } catch (error) {
      this.refuse('called-off', (error as Error).message, error as Error);
      return;
    }
    this.#outbox.resend();
    this.#acknowledge();
    link.listen({
      message: (bytes) => {
        if (this.#link === link) this.#message(bytes);
      },
      closed: (error) => {
        if (this.#link === link) this.#detached(error);
      },
    });
  }

  send(frame: Uint8Array): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new TypeError('this channel is closed'));
    if (this.#peerFinished) return Promise.reject(peerClosed());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return this.#outbox.push(frame);
  }

  receive(): Promise<Uint8Array> {
    const frame = this.#arrivals.take();
    if (frame !== undefined) {
      this.#acknowledgeSoon();
      return Promise.resolve(frame);
    }
    if (this.#closing !== undefined) return Promise.reject(new TypeError('this channel is closed'));
    if (this.#peerFinished) return Promise.reject(peerClosed());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return this.#arrivals.next();
  }

  limit(frameBytes: number): void {
    checkFrameLimit(frameBytes);
    this.#frameLimit = frameBytes;
    this.#applyLimit();
  }

  #applyLimit(): void {
    this.#link?.limit(Math.max(this.#frameLimit + DATA_HEADER, CONTROL_BYTES));
  }

  close(): Promise<void> {
    this.#closing ??= this.#goodbye();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #goodbye(): Promise<void> {
    this.#arrivals.close(new TypeError('this channel is closed'));
    let unconfirmed = 0;
    if (this.#error === undefined && !this.#peerFinished) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(this.#options.goodbye, () => {
          this.fail(new ProtocolError('timeout', 'the peer did not confirm the end of the session'));
        });
        this.#finishing = () => {
          cancel();
          unconfirmed = this.#peerFinished ? 0 : this.#outbox.frames;
          resolve();
        };
        this.#outbox.finish();
        this.#linger();
      });
    }
    const why = this.#error;
    this.fail(new TypeError('this channel is closed'));
    if (unconfirmed > 0) {
      const message = `closed with ${unconfirmed} frames that the peer has not confirmed: ${why?.message}`;
      throw new ProtocolError('timeout', message, { cause: why });
    }
  }

  abort(why: string): void {
    this.refuse('called-off', why, new ProtocolError('aborted', `called off: ${why}`));
  }

  /** Tells the peer that the session is over, and ends it here with `error`. */
  refuse(reason: AbortReason, text: string, error: Error): void {
    this.#link?.send(encodeReliable({ type: 'abort', reason, text }));
    this.fail(error);
  }

  /** The only way out: after it nothing is awaited and no timer runs. */
  fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#cancelPatience?.();
    this.#release()?.close();
    this.#arrivals.refuse(this.#peerFinished ? peerClosed() : error);
    this.#finishing?.();
    this.#outbox.refuse(error);
    this.#options.ended();
  }

  /** Closing without a link and with nothing unconfirmed but the goodbye itself: the peer may come back for it, or be gone for good. */
  #linger(): void {
    if (this.#finishing === undefined || this.#link !== undefined || this.#outbox.frames > 0) return;
    this.#cancelPatience?.();
    this.#cancelPatience = this.#options.clock.after(Math.min(LINGER, this.#options.goodbye), () => {
      this.fail(new ProtocolError('timeout', 'the peer is gone'));
    });
  }

  #release(): Link | undefined {
    const link = this.#link;
    if (link === undefined) return undefined;
    this.#pastSent += link.bytesSent;
    this.#pastReceived += link.bytesReceived;
    this.#link = undefined;
    return link;
  }

  #detached(reason: Error | undefined): void {
    this.#release();
    if (reason instanceof ProtocolError) {
      this.fail(reason);
      return;
    }
    // After the peer's goodbye, an orderly end is what is left to come. After a cut it may not know that its last frames are here.
    if (this.#peerFinished && reason === undefined) return;
    const error = reason ?? new Error('the peer closed the connection');
    this.#cancelPatience = this.#options.clock.after(this.#options.patience, () => {
      const seconds = this.#options.patience / 1000;
      const message = `the connection was lost and did not come back within ${seconds} s (${error.message})`;
      this.fail(new ProtocolError('timeout', message, { cause: error }));
    });
    this.#linger();
    this.#options.lost(error);
  }

  #transmit({ sequence, frame }: Numbered): void {
    if (this.#link === undefined) return;
    this.#link.send(
      encodeReliable(frame === undefined ? { type: 'finish', sequence } : { type: 'data', sequence, frame }),
    );
  }

  #message(bytes: Uint8Array): void {
    try {
      this.#handle(decodeReliable(bytes));
    } catch (error) {
      this.refuse('called-off', (error as Error).message, error as Error);
    }
  }

  #handle(message: ReliableMessage): void {
    switch (message.type) {
      case 'data':
      case 'finish':
        if (this.#arrivals.isNew(message.sequence)) {
          if (this.#peerFinished) throw new ProtocolError('unexpected-message', 'a message after the last one');
          if (message.type === 'data') this.#arrivals.push(message.frame);
          else this.#finished();
        }
        this.#acknowledgeSoon();
        break;
      case 'acknowledge':
        this.#confirm(message.received, message.taken);
        break;
      case 'abort':
        this.fail(abortError(message.reason, message.text));
        break;
      default:
        throw new ProtocolError('unexpected-message', `a ${message.type} in the middle of a session`);
    }
  }

  #finished(): void {
    this.#peerFinished = true;
    this.#acknowledge();
    this.#arrivals.refuse(peerClosed());
    this.#outbox.refuse(peerClosed());
    this.#finishing?.();
  }

  #confirm(received: number, taken?: number): void {
    this.#outbox.confirm(received, taken);
    if (this.#outbox.empty) this.#finishing?.();
  }

  /** One acknowledgement for all that happens in this turn. */
  #acknowledgeSoon(): void {
    if (this.#acknowledging) return;
    this.#acknowledging = true;
    queueMicrotask(() => {
      this.#acknowledging = false;
      this.#acknowledge();
    });
  }

  #acknowledge(): void {
    this.#link?.send(
      encodeReliable({ type: 'acknowledge', received: this.#arrivals.received, taken: this.#arrivals.taken }),
    );
  }
}
