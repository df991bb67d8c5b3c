import { ProtocolError } from '../errors.ts';

/** What may be under way in one direction: sent, and not yet taken by the peer's application. */
export const WINDOW: number = 8 * 2 ** 20;
/** What a frame costs in the window beside its bytes, so that empty frames do not fill the memory. */
export const FRAME_COST = 64;

/** A numbered message; without a frame it is the finish. */
export interface Numbered {
  readonly sequence: number;
  readonly frame: Uint8Array | undefined;
}

interface Waiting {
  readonly frame: Uint8Array | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The sending half of a channel: frames get numbers, are kept until the peer confirms them, and wait while too much is under way. */
export class Outbox {
  readonly #transmit: (message: Numbered) => void;
  #sent = 0;
  /** Sent and not confirmed, in order. */
  readonly #unconfirmed: Numbered[] = [];
  #confirmed = 0;
  /** Costs of the messages from number `#taken` on. */
  readonly #costs: number[] = [];
  #taken = 0;
  #underWay = 0;
  readonly #waiting: Waiting[] = [];

  constructor(transmit: (message: Numbered) => void) {
    this.#transmit = transmit;
  }

  /** Resolves when the frame is under way. */
  push(frame: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#proceed();
    });
  }

  /** After all that was pushed: nothing more comes. */
  finish(): void {
    this.#waiting.push({ frame: undefined, resolve: () => {}, reject: () => {} });
    this.#proceed();
  }

  /** Everything was confirmed. */
  get empty(): boolean {
    return this.#unconfirmed.length === 0 && this.#waiting.length === 0;
  }

  /** How many frames the peer has not confirmed. */
  get frames(): number {
    return [...this.#unconfirmed, ...this.#waiting].filter(({ frame }) => frame !== undefined).length;
  }

  /** Sends again what is not confirmed. */
  resend(): void {
    for (const message of this.#unconfirmed) this.#transmit(message);
  }

  /** Rejects those who wait. */
  refuse(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /**
   * The peer has `received` messages and its application has taken `taken` of them.
   * @param taken left as it is when the peer did not say
   * @throws {ProtocolError} `malformed` when that cannot be
   */
  confirm(received: number, taken: number = this.#taken): void {
    if (received > this.#sent || taken > received || received < this.#confirmed || taken < this.#taken) {
      const expected = `received ${this.#confirmed} .. ${this.#sent}, taken at least ${this.#taken}`;
      throw new ProtocolError(
        'malformed',
        `an acknowledgement of ${received} received, ${taken} taken; expected ${expected}`,
      );
    }
    this.#unconfirmed.splice(0, received - this.#confirmed);
    this.#confirmed = received;
    for (const cost of this.#costs.splice(0, taken - this.#taken)) this.#underWay -= cost;
    this.#taken = taken;
    this.#proceed();
  }

  #proceed(): void {
    while (this.#waiting.length > 0) {
      const { frame, resolve } = this.#waiting[0]!;
      const cost = frame === undefined ? 0 : frame.length + FRAME_COST;
      if (this.#underWay > 0 && this.#underWay + cost > WINDOW && frame !== undefined) return;
      this.#waiting.shift();
      const message = { sequence: this.#sent++, frame };
      this.#unconfirmed.push(message);
      this.#costs.push(cost);
      this.#underWay += cost;
      this.#transmit(message);
      resolve();
    }
  }
}
