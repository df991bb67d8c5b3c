import { ProtocolError } from '../../errors.ts';
import { type Channel, type Hello, peekHello } from '../../protocols/psi/index.ts';
import type { SecureChannel } from '../../session/index.ts';

/** A Hello has at most 38 + 600 bytes, a Refused less. */
const HELLO_LIMIT = 1024;

/** This side of the run. */
type Own = { readonly role: 'receiver'; readonly chunk: number } | { readonly role: 'sender'; readonly size: number };

/**
 * The channel of one run: each phase takes no longer frames than its messages have, and a peer that says nothing for too long is given up.
 */
export class RunChannel implements Channel {
  readonly #channel: SecureChannel;
  readonly #patience: number;
  readonly #own: Own;
  readonly #signal: AbortSignal;
  #first: Uint8Array | undefined;
  #hello: Hello | undefined;
  /** Something went out: the peer may have learned something. */
  sent = false;

  /** @param patience seconds to wait for each message */
  constructor(channel: SecureChannel, own: Own, patience: number, signal: AbortSignal) {
    this.#channel = channel;
    this.#own = own;
    this.#patience = patience;
    this.#signal = signal;
    channel.limit(HELLO_LIMIT);
  }

  /** The peer's Hello, which the run will then receive as its first frame. @throws {ProtocolError} */
  async hello(): Promise<Hello> {
    this.#first = await this.receive();
    return peekHello(this.#first);
  }

  send(frame: Uint8Array): Promise<void> {
    this.sent = true;
    return this.#within(this.#channel.send(frame));
  }

  async receive(): Promise<Uint8Array> {
    if (this.#first !== undefined) {
      const first = this.#first;
      this.#first = undefined;
      return first;
    }
    const frame = await this.#within(this.#channel.receive());
    if (this.#hello === undefined) {
      try {
        this.#hello = peekHello(frame);
        this.#channel.limit(frameLimit(this.#hello, this.#own));
      } catch {
        // The run itself says what is wrong with it.
      }
    }
    return frame;
  }

  async #within<Value>(work: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    let onAbort = (): void => {};
    const late = new Promise<never>((_, reject) => {
      const seconds = this.#patience;
      timer = setTimeout(() => reject(new ProtocolError('timeout', `no answer within ${seconds} s`)), seconds * 1000);
      onAbort = () => reject(this.#signal.reason as Error);
      if (this.#signal.aborted) onAbort();
      else this.#signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      work.catch(() => {});
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', onAbort);
    }
  }
}

/** The longest frame that can come after the peer's Hello (docs/spec/psi.md, "Messages"). */
function frameLimit({ chunk, reveal, buckets }: Hello, own: Own): number {
  const results = reveal === 'sum' ? 1 : buckets.length;
  // To the sender come Blinded (the receiver's choice of chunks holds), MaskedSum and Matched; to the receiver SenderSet and shorter ones.
  if (own.role === 'sender') return HELLO_LIMIT + Math.max(32 * chunk, 64 * results, Math.ceil(own.size / 8));
  return HELLO_LIMIT + own.chunk * (32 + 64 * results);
}
