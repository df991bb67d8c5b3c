import type { Socket } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Channel } from '../../protocols/psi/index.ts';

/** A channel that knows what went over the wire. */
export interface MeteredChannel extends Channel {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Lets what was sent arrive, then closes. */
  close(): Promise<void>;
}

const HEADER = 4;
/** Above every frame of a run whose chunks are below 4 MiB and whose sets have fewer than 2^31 identifiers. */
const MAXIMUM_FRAME = 2 ** 28 + 2 ** 16;
/** Frames waiting to be read: beyond this the socket is told to wait. */
const HIGH_WATER = 4 * 2 ** 20;
/** Bytes waiting to be sent: up to this the sender goes on computing, so that a slow moment of either party does not stop the other. */
const WINDOW = 4 * 2 ** 20;

/**
 * Frames over a local socket: a u32 length, little endian, then the frame. No secrecy and no identities of its own: for two processes of one
 * user on one machine, over a socket in a folder that only this user can enter.
 */
export class SocketChannel implements MeteredChannel {
  readonly #socket: Socket;
  readonly #frames: Uint8Array[] = [];
  #parts: Buffer[] = [];
  #have = 0;
  #want = -1;
  #queued = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, signal?: AbortSignal) {
    this.#socket = socket;
    socket.on('data', (data) => this.#take(data as Buffer));
    socket.on('error', (cause) => this.#fail(new ProtocolError('aborted', 'the connection broke', { cause })));
    socket.on('close', () => this.#fail(new ProtocolError('aborted', 'the peer closed the connection')));
    const onAbort = () => {
      this.#fail(signal!.reason as Error);
      socket.destroy();
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  }

  get bytesSent(): number {
    return this.#socket.bytesWritten;
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  send(frame: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const length = Buffer.alloc(HEADER);
    length.writeUInt32LE(frame.length);
    this.#socket.cork();
    this.#socket.write(length);
    const room = this.#socket.write(frame);
    this.#socket.uncork();
    if (room || this.#socket.writableLength <= WINDOW) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#socket.off('drain', settle);
        this.#socket.off('close', settle);
        if (this.#socket.destroyed) reject(this.#failure ?? new ProtocolError('aborted', 'the connection broke'));
        else resolve();
      };
      this.#socket.on('drain', settle);
      this.#socket.on('close', settle);
    });
  }

  async receive(): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) {
        this.#queued -= frame.length;
        if (this.#queued < HIGH_WATER) this.#socket.resume();
        return frame;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else {
        this.#socket.once('close', () => resolve());
        this.#socket.end();
        this.#socket.resume();
      }
    });
  }

  #take(data: Buffer): void {
    this.#parts.push(data);
    this.#have += data.length;
    while (this.#have >= (this.#want < 0 ? HEADER : this.#want)) {
      if (this.#want < 0) {
        this.#want = this.#cut(HEADER).readUInt32LE();
        if (this.#want > MAXIMUM_FRAME) {
          const found = this.#want;
          this.#fail(
            new ProtocolError('size-mismatch', `a frame of ${found} bytes, expected at most ${MAXIMUM_FRAME}`),
          );
          this.#socket.destroy();
          return;
        }
      } else {
        const frame = this.#cut(this.#want);
        this.#want = -1;
        this.#queued += frame.length;
        this.#frames.push(frame);
        if (this.#queued > HIGH_WATER) this.#socket.pause();
      }
    }
    this.#wake?.();
  }

  /** The first `length` bytes of what has arrived. */
  #cut(length: number): Buffer {
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#have -= length;
    this.#parts = this.#have === 0 ? [] : [whole.subarray(length)];
    return whole.subarray(0, length);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}
