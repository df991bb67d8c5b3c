import { ProtocolError } from '../errors.ts';
import { FRAME_COST, WINDOW } from './reliable-outbox.ts';

interface Reader {
  readonly resolve: (frame: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The receiving half of a channel: what has come, in order, until the application takes it. */
export class Arrivals {
  readonly #frames: Uint8Array[] = [];
  #cost = 0;
  readonly #readers: Reader[] = [];
  #closed = false;
  #received = 0;
  #taken = 0;

  /** How many numbered messages have come. */
  get received(): number {
    return this.#received;
  }

  /** How many frames were taken. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Whether a numbered message is the next one, which counts it; an old one is a repetition.
   * @throws {ProtocolError} `malformed` for one from the future
   */
  isNew(sequence: number): boolean {
    if (sequence < this.#received) return false;
    if (sequence > this.#received) {
      throw new ProtocolError('malformed', `frame number ${sequence}, expected ${this.#received}`);
    }
    this.#received += 1;
    return true;
  }

  /** @throws {ProtocolError} `malformed` when more is waiting than the peer may send */
  push(frame: Uint8Array): void {
    const cost = frame.length + FRAME_COST;
    if (this.#frames.length > 0 && this.#cost + cost > WINDOW) {
      throw new ProtocolError('malformed', `more than ${WINDOW} bytes under way: the peer does not wait`);
    }
    const reader = this.#readers.shift();
    if (reader !== undefined || this.#closed) {
      this.#taken += 1;
      reader?.resolve(frame);
    } else {
      this.#frames.push(frame);
      this.#cost += cost;
    }
  }

  /** A frame that is there. */
  take(): Uint8Array | undefined {
    const frame = this.#frames.shift();
    if (frame === undefined) return undefined;
    this.#cost -= frame.length + FRAME_COST;
    this.#taken += 1;
    return frame;
  }

  /** The frame that comes next. */
  next(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
    });
  }

  /** Rejects those who wait. What has come stays. */
  refuse(error: Error): void {
    for (const { reject } of this.#readers.splice(0)) reject(error);
  }

  /** Nobody takes anything any more: what waits and what comes is thrown away. */
  close(error: Error): void {
    this.#closed = true;
    this.#frames.length = 0;
    this.#cost = 0;
    this.refuse(error);
  }
}
