import { csprng, type Rng, randomBytes } from '../../random/index.ts';

const EMPTY = 0xffff_ffff;

/** A secret hash of byte strings: whoever chooses the strings must not be able to choose which of them collide. */
export class KeyedHash {
  readonly #keys: Uint32Array;

  constructor(rng: Rng = csprng) {
    this.#keys = new Uint32Array(randomBytes(16, rng).buffer);
    for (let i = 0; i < 4; i++) this.#keys[i]! |= 1;
  }

  /** 32 bits of the `bytes` (at least 4) bytes at source[at], by multiply-shift with the secret odd multipliers. */
  of(source: Uint8Array, at: number, bytes: number): number {
    const keys = this.#keys;
    const a = Math.imul(word(source, at) ^ keys[2]!, keys[0]!);
    const b = Math.imul(word(source, at + bytes - 4) ^ keys[3]!, keys[1]!);
    const mixed = Math.imul((a ^ (a >>> 15)) + (b ^ (b >>> 13)), keys[2]!);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }
}

/**
 * A hash table from fixed-length byte strings to the order they were added in. Open addressing over flat typed arrays, at most three
 * quarters full.
 */
export class TokenTable {
  readonly #bytes: number;
  readonly #entries: Uint8Array;
  readonly #slots: Uint32Array;
  readonly #shift: number;
  readonly #hash: KeyedHash;
  #size = 0;

  /**
   * @param capacity the most entries it will hold, below 2^31
   * @param bytes length of an entry, at least 4
   */
  constructor(capacity: number, bytes: number, rng: Rng = csprng) {
    const bits = slotBits(capacity);
    this.#bytes = bytes;
    this.#entries = new Uint8Array(capacity * bytes);
    this.#slots = new Uint32Array(2 ** bits).fill(EMPTY);
    this.#shift = 32 - bits;
    this.#hash = new KeyedHash(rng);
  }

  /** Bytes of memory of a table: `bytes` and 5.3 to 10.7 more an entry. */
  static memory(capacity: number, bytes: number): number {
    return capacity * bytes + 4 * 2 ** slotBits(capacity);
  }

  get size(): number {
    return this.#size;
  }

  #same(index: number, source: Uint8Array, at: number): boolean {
    const entries = this.#entries;
    const mine = index * this.#bytes;
    for (let i = 0; i < this.#bytes; i++) if (entries[mine + i] !== source[at + i]) return false;
    return true;
  }

  /** Index of the entry equal to source[at .. at + bytes), or -1. */
  find(source: Uint8Array, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.#hash.of(source, at, this.#bytes) >>> this.#shift; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index === EMPTY) return -1;
      if (this.#same(index, source, at)) return index;
    }
  }

  /**
   * Adds source[at .. at + bytes) as the next entry; false when it is there already (nothing is added then).
   * @throws {RangeError} when the table is full
   */
  add(source: Uint8Array, at: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.#hash.of(source, at, this.#bytes) >>> this.#shift; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index === EMPTY) {
        const to = this.#size * this.#bytes;
        if (to + this.#bytes > this.#entries.length) throw new RangeError('the token table is full');
        for (let i = 0; i < this.#bytes; i++) this.#entries[to + i] = source[at + i]!;
        slots[slot] = this.#size++;
        return true;
      }
      if (this.#same(index, source, at)) return false;
    }
  }
}

function slotBits(capacity: number): number {
  return Math.max(4, Math.ceil(Math.log2((capacity + 1) * (4 / 3))));
}

function word(source: Uint8Array, at: number): number {
  return source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24);
}
