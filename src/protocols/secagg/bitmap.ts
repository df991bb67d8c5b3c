import type { Reader } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';

/**
 * A set of clients, one bit each by their place in the sorted cohort: client i is bit i mod 8 (value 2^(i mod 8)) of byte
 * floor(i / 8). Small on the wire, and two lists of clients cannot overlap or name a stranger.
 */
export class ClientSet {
  /** ceil(size / 8) bytes; bits from `size` on are zero. */
  readonly bytes: Uint8Array;
  /** How many clients there are to choose from. */
  readonly size: number;

  constructor(size: number, bytes: Uint8Array = new Uint8Array(Math.ceil(size / 8))) {
    this.size = size;
    this.bytes = bytes;
  }

  static of(size: number, indices: Iterable<number>): ClientSet {
    const out = new ClientSet(size);
    for (const index of indices) out.add(index);
    return out;
  }

  /** A copy: a set outlives its frame. @throws {ProtocolError} `malformed` when bytes are missing or a bit from `size` on is set */
  static read(reader: Reader, size: number, what: string): ClientSet {
    const bytes = reader.bytes(Math.ceil(size / 8));
    if (size % 8 !== 0 && bytes[bytes.length - 1]! >>> (size % 8) !== 0) {
      throw new ProtocolError('malformed', `${what}: a bit beyond the ${size} clients is set`);
    }
    return new ClientSet(size, bytes);
  }

  has(index: number): boolean {
    return index < this.size && ((this.bytes[index >>> 3]! >>> (index & 7)) & 1) === 1;
  }

  add(index: number): void {
    if (index >= this.size) throw new RangeError(`client ${index} of ${this.size}`);
    this.bytes[index >>> 3]! |= 1 << (index & 7);
  }

  get count(): number {
    let count = 0;
    for (let byte of this.bytes) for (; byte !== 0; byte &= byte - 1) count++;
    return count;
  }

  /** The members in ascending order. */
  indices(): number[] {
    const out: number[] = [];
    for (let i = 0; i < this.size; i++) if (this.has(i)) out.push(i);
    return out;
  }

  isSubsetOf(other: ClientSet): boolean {
    return this.bytes.every((byte, i) => (byte & ~other.bytes[i]!) === 0);
  }
}
