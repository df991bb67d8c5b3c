import { ProtocolError } from '../errors.ts';
import { fromUtf8 } from './bytes.ts';

/**
 * Reads little-endian fields from bytes that a peer sent. Every read checks that the bytes are there *before* anything is
 * allocated, and {@link Reader.end} refuses what is left over.
 *
 * All methods throw `ProtocolError('malformed')` when the bytes run out.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** @param what names the message in errors */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Refuses unless exactly `bytes` bytes are left: for a body whose length is known from its header. */
  expect(bytes: number): this {
    if (this.remaining !== bytes) {
      throw new ProtocolError('malformed', `${this.#what}: found ${this.remaining} bytes, expected ${bytes}`);
    }
    return this;
  }

  #take(bytes: number): number {
    if (bytes > this.remaining) {
      throw new ProtocolError('malformed', `${this.#what}: found ${this.remaining} bytes, expected ${bytes} more`);
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** `length` bytes as a copy of their own. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  /** `length` bytes as a view into the frame. */
  view(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** `u32` length, then that many bytes, at most `maximum`. */
  sized(maximum: number): Uint8Array {
    const length = this.u32();
    if (length > maximum) {
      throw new ProtocolError('malformed', `${this.#what}: a field of ${length} bytes, at most ${maximum} allowed`);
    }
    return this.bytes(length);
  }

  /** `u8` length, then UTF-8. */
  text(): string {
    const bytes = this.view(this.u8());
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      throw new ProtocolError('malformed', `${this.#what}: text that is not UTF-8`, { cause });
    }
  }

  /**
   * A `u32` count of items of at least `itemBytes` bytes each; refuses a count that the rest of the message cannot hold, so
   * that a peer cannot make us allocate more than it sent.
   */
  count(itemBytes: number): number {
    const count = this.u32();
    if (count * itemBytes > this.remaining) {
      throw new ProtocolError('malformed', `${this.#what}: ${count} items announced, ${this.remaining} bytes follow`);
    }
    return count;
  }

  /** Refuses bytes left over. */
  end(): void {
    if (this.remaining !== 0) throw new ProtocolError('malformed', `${this.#what}: ${this.remaining} bytes left over`);
  }
}
