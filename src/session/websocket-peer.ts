import { ProtocolError } from '../errors.ts';
import type { PartyId } from '../protocols/index.ts';
import type { Clock } from './clock.ts';
import type { SecureChannel } from './reliable-link.ts';

/** One peer: its channel once it is there, and the frames that wait for it. */
export class PeerEnd {
  readonly id: PartyId;
  channel: SecureChannel | undefined;
  #pastSent = 0;
  #pastReceived = 0;
  readonly #clock: Clock;
  readonly #wait: number;
  #present: Promise<SecureChannel> = Promise.reject(new Error('nobody was expected'));
  #resolve: (channel: SecureChannel) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #cancel: () => void = () => {};

  constructor(id: PartyId, clock: Clock, wait: number) {
    this.id = id;
    this.#clock = clock;
    this.#wait = wait;
    this.#present.catch(() => {});
    this.expect();
  }

  get bytesSent(): number {
    return this.#pastSent + (this.channel?.bytesSent ?? 0);
  }

  get bytesReceived(): number {
    return this.#pastReceived + (this.channel?.bytesReceived ?? 0);
  }

  /** From now on frames wait for the next channel. */
  expect(): void {
    this.#forget();
    this.#present = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#present.catch(() => {}); // whoever sends hears of it
    this.#cancel = this.#clock.after(this.#wait, () => {
      this.failed(new ProtocolError('timeout', `${JSON.stringify(this.id)} did not turn up within ${this.#wait} ms`));
    });
  }

  arrived(channel: SecureChannel): void {
    this.#cancel();
    this.#forget();
    this.channel = channel;
    this.#resolve(channel);
  }

  failed(error: Error): void {
    this.#cancel();
    this.#reject(error);
  }

  #forget(): void {
    this.#pastSent = this.bytesSent;
    this.#pastReceived = this.bytesReceived;
    this.channel = undefined;
  }

  /** Frames for one peer keep their order: all that come too early wait for the same promise. */
  async send(frame: Uint8Array): Promise<void> {
    const channel = this.channel ?? (await this.#present);
    await channel.send(frame);
  }
}
