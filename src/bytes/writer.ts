import { utf8 } from './bytes.ts';

/** Appends little-endian fields to a growing buffer. The mirror of {@link Reader}. */
export class Writer {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes to set aside at once; the buffer grows past it */
  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Growing replaces the view: reserve first, look at the view afterwards. */
  #reserve(bytes: number): number {
    const at = this.#length;
    const end = at + bytes;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return at;
  }

  u8(value: number): this {
    checkUint(value, 8);
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    checkUint(value, 16);
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    checkUint(value, 32);
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
      throw new RangeError(`${value} is not an unsigned 64-bit integer`);
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Raw bytes, without a length. */
  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** `u32` length, then the bytes. */
  sized(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }

  /** `u8` length, then UTF-8. */
  text(value: string): this {
    const bytes = utf8(value);
    if (bytes.length > 255) throw new RangeError(`text of ${bytes.length} bytes, at most 255 fit`);
    return this.u8(bytes.length).bytes(bytes);
  }

  /** The bytes written, in a buffer of exactly that size. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
}

function checkUint(value: number, bits: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${value} is not an unsigned ${bits}-bit integer`);
  }
}
