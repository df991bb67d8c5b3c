import { csprng, type Rng, randomBytes } from '../../random/index.ts';

const EMPTY = 0xffff_ffff;

/**
 * A hash table from fixed-length byte strings to the order they were added in. Open addressing over flat typed arrays: about
 * `bytes + 8` bytes of memory an entry.
 *
 * Whoever chooses the strings must not be able to choose the collisions: the slot comes from a multiply-shift hash with secret
 * random multipliers.
 */
export class TokenTable {
  readonly #bytes: number;
  readonly #entries: Uint8Array;
  readonly #slots: Uint32Array;
  readonly #shift: number;
  readonly #keys: Uint32Array;
  #size = 0;

  /**
   * @param capacity the most entries it will hold, below 2^31
   * @param bytes length of an entry, at least 4
   */
  constructor(capacity: number, bytes: number, rng: Rng = csprng) {
    const bits = Math.max(4, Math.ceil(Math.log2(capacity + 1)) + 1);
    this.#bytes = bytes;
    this.#entries = new Uint8Array(capacity * bytes);
    this.#slots = new Uint32Array(2 ** bits).fill(EMPTY);
    this.#shift = 32 - bits;
    const keys = randomBytes(16, rng);
    this.#keys = new Uint32Array(keys.buffer);
    for (let i = 0; i < 4; i++) this.#keys[i]! |= 1;
  }

  get size(): number {
    return this.#size;
  }

  #slot(source: Uint8Array, at: number): number {
    const [k0, k1, k2, k3] = this.#keys as unknown as [number, number, number, number];
    const last = at + this.#bytes - 4;
    const a = Math.imul(word(source, at) ^ k2, k0);
    const b = Math.imul(word(source, last) ^ k3, k1);
    const mixed = Math.imul((a ^ (a >>> 15)) + (b ^ (b >>> 13)), k2);
    return (mixed ^ (mixed >>> 16)) >>> this.#shift;
  }

  #same(index: number, source: Uint8Array, at: number): boolean {
    const mine = index * this.#bytes;
    for (let i = 0; i < this.#bytes; i++) if (this.#entries[mine + i] !== source[at + i]) return false;
    return true;
  }

  /** Index of the entry equal to source[at .. at + bytes), or -1. */
  find(source: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#slot(source, at); ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]!;
      if (index === EMPTY) return -1;
      if (this.#same(index, source, at)) return index;
    }
  }

  /**
   * Adds source[at .. at + bytes) as the next entry; false when it is there already (nothing is added then).
   * @throws {RangeError} when the table is full
   */
  add(source: Uint8Array, at: number): boolean {
    const mask = this.#slots.length - 1;
    for (let slot = this.#slot(source, at); ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]!;
      if (index === EMPTY) {
        if ((this.#size + 1) * this.#bytes > this.#entries.length) throw new RangeError('the token table is full');
        this.#entries.set(source.subarray(at, at + this.#bytes), this.#size * this.#bytes);
        this.#slots[slot] = this.#size++;
        return true;
      }
      if (this.#same(index, source, at)) return false;
    }
  }
}

function word(source: Uint8Array, at: number): number {
  return source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24);
}
