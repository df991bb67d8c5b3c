import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import { ProtocolError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { printable } from './reliable-errors.ts';
import type { Link, LinkListener } from './reliable-link.ts';
import { FrameWatch } from './websocket-frames.ts';

/** What a connection may cost before it is cut. All in milliseconds. */
export interface LinkDeadlines {
  /** TCP, TLS, upgrade and greeting together. Default 10,000. */
  readonly handshake: number;
  /** Silence, pings unanswered. Default 30,000. */
  readonly idle: number;
  /** A frame that has begun must end within this time and one second more for every 64 KiB of it. Default 30,000. */
  readonly frame: number;
}

export const LINK_DEADLINES: LinkDeadlines = { handshake: 10_000, idle: 30_000, frame: 30_000 };

/** The slowest line that is put up with, bytes per second. */
const SLOWEST = 64 * 1024;
/** Pings per idle deadline. */
const PINGS = 3;
/** Milliseconds that a peer gets to answer our closing frame. */
const GOODBYE = 2_000;
/** Bytes of answers to pings that a peer may leave unread. */
const UNREAD = 64 * 2 ** 20;

/** One WebSocket connection of two identities, from greeting to end. */
export class WebSocketLink implements Link {
  readonly #ws: WebSocket;
  readonly #socket: TLSSocket;
  readonly #raw: Socket;
  readonly #watch: FrameWatch;
  readonly #clock: Clock;
  readonly #deadlines: LinkDeadlines;
  #listener: LinkListener | undefined;
  readonly #early: Uint8Array[] = [];
  #ended: { readonly error: Error | undefined } | undefined;
  #cancelFrame: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #heard = true;
  #silent = 0;

  /**
   * To be made in the turn in which the WebSocket opens, so that no byte is missed.
   * @param raw the TCP connection under the TLS socket, whose bytes are counted
   * @param masked whether the peer is the client
   * @param limit bytes of the longest message until {@link limit} is called
   */
  constructor(
    ws: WebSocket,
    socket: TLSSocket,
    raw: Socket,
    masked: boolean,
    limit: number,
    clock: Clock,
    deadlines: LinkDeadlines,
  ) {
    this.#ws = ws;
    this.#socket = socket;
    this.#raw = raw;
    this.#watch = new FrameWatch(masked, limit);
    this.#clock = clock;
    this.#deadlines = deadlines;
    socket.prependListener('data', (chunk: Buffer) => this.#bytes(chunk));
    ws.on('message', (data) => this.#message(data as Buffer));
    ws.on('ping', () => {
      if (ws.bufferedAmount > UNREAD) this.cut(new Error('the peer does not read what it asks for'));
    });
    ws.on('error', (error) => this.cut(error));
    ws.on('close', (code, reason) => this.#end(closing(code, reason.toString())));
    this.#ping();
  }

  get bytesSent(): number {
    return this.#raw.bytesWritten;
  }

  get bytesReceived(): number {
    return this.#raw.bytesRead;
  }

  limit(bytes: number): void {
    this.#watch.limit = bytes;
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener.message(message);
    if (this.#ended !== undefined) listener.closed(this.#ended.error);
  }

  /** Until the next listener comes, messages wait. */
  hold(): void {
    this.#listener = undefined;
  }

  send(message: Uint8Array): void {
    if (this.#ended === undefined && this.#ws.readyState === this.#ws.OPEN) this.#ws.send(message);
  }

  close(): void {
    this.#goodbye(1000, '', new Error('this side has closed the connection'));
  }

  cut(error: Error): void {
    this.#end(error);
    this.#ws.terminate();
  }

  /** Sends a closing frame after everything else and leaves the connection a little time for it. */
  #goodbye(code: number, reason: string, error: Error): void {
    if (this.#ended !== undefined) return;
    this.#end(error);
    const cancel = this.#clock.after(GOODBYE, () => this.#ws.terminate());
    this.#ws.once('close', cancel);
    this.#ws.close(code, reason);
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#cancelFrame?.();
    this.#cancelPing?.();
    this.#listener?.closed(error);
  }

  #message(data: Buffer): void {
    if (this.#ended !== undefined) return;
    const message = new Uint8Array(data.buffer, data.byteOffset, data.length);
    if (this.#listener === undefined) this.#early.push(message);
    else this.#listener.message(message);
  }

  #bytes(chunk: Uint8Array): void {
    if (this.#ended !== undefined) return;
    let ended: number;
    try {
      ended = this.#watch.take(chunk);
    } catch (error) {
      this.#goodbye(REFUSED, (error as Error).message.slice(0, 100), error as Error);
      // What else comes is thrown away, not gathered.
      this.#socket.removeAllListeners('data').resume().end();
      return;
    }
    if (ended > 0) this.#heard = true;
    if (ended > 0 || !this.#watch.partial) {
      this.#cancelFrame?.();
      this.#cancelFrame = undefined;
    }
    if (this.#watch.partial) this.#cancelFrame ??= this.#frameDeadline();
  }

  /**
   * Armed with the first byte of a frame. When the time is up and the frame is long, it gets the time that the slowest line would need for the
   * rest, once.
   */
  #frameDeadline(extra = 0): () => void {
    return this.#clock.after(extra === 0 ? this.#deadlines.frame : extra, () => {
      const { missing } = this.#watch;
      const more = Math.floor((missing / SLOWEST) * 1000);
      if (extra === 0 && more >= 1) this.#cancelFrame = this.#frameDeadline(more);
      else this.cut(new Error(`the peer began a frame and did not end it: ${missing} bytes are missing`));
    });
  }

  #ping(): void {
    this.#cancelPing = this.#clock.after(this.#deadlines.idle / PINGS, () => {
      this.#silent = this.#heard || this.#watch.partial ? 0 : this.#silent + 1;
      if (this.#silent >= PINGS) {
        this.cut(new Error(`nothing was heard for ${this.#deadlines.idle} ms`));
        return;
      }
      this.#heard = false;
      this.#ws.ping();
      this.#ping();
    });
  }
}

/** RFC 6455, section 7.4.1: a protocol error. With it goes why we refuse a peer's frame. */
const REFUSED = 1002;

function closing(code: number, reason: string): Error | undefined {
  if (code === 1000) return undefined;
  const words = printable(reason);
  if (code === REFUSED) return new ProtocolError('aborted', `the peer refused a frame: ${words}`);
  if (code === 1006) return new Error('the connection was lost');
  return new Error(`the connection was closed with code ${code}${words === '' ? '' : `: ${words}`}`);
}
