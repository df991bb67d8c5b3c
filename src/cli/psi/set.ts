import { type ItemSource, shuffleInPlace } from '../../protocols/psi/index.ts';
import { csprng, type Rng, randomBytes } from '../../random/index.ts';

/** The distinct identifiers of one party, ready for a protocol run. */
export interface IdentifierSet {
  readonly size: number;
  readonly largestValue: number;
  /**
   * The identifiers in order of their first row (a receiver), or in a fresh, secret, uniformly random order (a sender). A new source for every run.
   */
  source(order: 'rows' | 'shuffled'): Promise<OrderedSource>;
  close(): Promise<void>;
}

export interface OrderedSource extends ItemSource {
  /** Row numbers in the file of the identifiers at these places of the order, ascending. */
  rowsOf(places: ArrayLike<number>): Promise<Float64Array>;
}

/** Gathers identifiers row by row; equal ones become one, their values added up. */
export interface SetBuilder {
  add(identifier: string, row: number, value: number): void;
  finish(): Promise<IdentifierSet>;
}

const EMPTY = 0xffff_ffff;

/**
 * A set in memory: all identifiers as UTF-8 in one buffer, found again through a hash table of typed arrays. A million e-mail addresses take
 * about 60 MB; as JavaScript strings they would take four times that.
 */
export class MemorySet implements SetBuilder, IdentifierSet {
  #data = new Uint8Array(1 << 16);
  #used = 0;
  #offsets = new Uint32Array(1 << 12);
  #rows = new Float64Array(1 << 12);
  #values = new Float64Array(1 << 12);
  #hashes = new Uint32Array(1 << 12);
  #slots: Uint32Array = new Uint32Array(1 << 13).fill(EMPTY);
  #size = 0;
  readonly #encoder = new TextEncoder();
  readonly #keys: Uint32Array;
  readonly #rng: Rng;

  constructor(rng: Rng = csprng) {
    this.#rng = rng;
    this.#keys = new Uint32Array(randomBytes(8, rng).buffer);
    this.#keys[1]! |= 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of all identifiers together. */
  get bytes(): number {
    return this.#used;
  }

  get largestValue(): number {
    let largest = 0;
    for (let i = 0; i < this.#size; i++) if (this.#values[i]! > largest) largest = this.#values[i]!;
    return largest;
  }

  add(identifier: string, row: number, value: number): void {
    const start = this.#used;
    this.#reserve(3 * identifier.length);
    const { written } = this.#encoder.encodeInto(identifier, this.#data.subarray(start));
    const hash = this.#hash(start, start + written);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; this.#slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]!;
      if (this.#hashes[index] === hash && this.#same(index, start, written)) {
        this.#values[index]! += value;
        return;
      }
    }
    const index = this.#size++;
    this.#slots[slot] = index;
    this.#used = start + written;
    this.#offsets[index + 1] = this.#used;
    this.#rows[index] = row;
    this.#values[index] = value;
    this.#hashes[index] = hash;
    if (2 * this.#size > this.#slots.length) this.#rehash();
  }

  async finish(): Promise<IdentifierSet> {
    // Only the builder looks identifiers up.
    this.#slots = new Uint32Array(0);
    this.#hashes = new Uint32Array(0);
    return this;
  }

  /** Every identifier with its first row and value, in order. */
  *entries(): Generator<readonly [identifier: string, row: number, value: number]> {
    const decoder = new TextDecoder();
    for (let i = 0; i < this.#size; i++) {
      const bytes = this.#data.subarray(this.#offsets[i]!, this.#offsets[i + 1]!);
      yield [decoder.decode(bytes), this.#rows[i]!, this.#values[i]!];
    }
  }

  async source(order: 'rows' | 'shuffled'): Promise<OrderedSource> {
    const places = Uint32Array.from({ length: this.#size }, (_, i) => i);
    if (order === 'shuffled') shuffleInPlace(places, this.#rng);
    let at = 0;
    return {
      size: this.#size,
      next: async (count) => {
        if (at + count > this.#size) throw new RangeError(`${count} identifiers wanted, ${this.#size - at} are left`);
        const taken = places.subarray(at, at + count);
        at += count;
        return this.#items(taken);
      },
      rowsOf: async (wanted) => Float64Array.from(wanted, (place) => this.#rows[places[place]!]!).sort(),
    };
  }

  async close(): Promise<void> {
    this.#data = new Uint8Array(0);
  }

  #items(taken: Uint32Array): { items: { data: Uint8Array; offsets: Uint32Array }; values: Float64Array } {
    const offsets = new Uint32Array(taken.length + 1);
    for (const [i, index] of taken.entries()) {
      offsets[i + 1] = offsets[i]! + this.#offsets[index + 1]! - this.#offsets[index]!;
    }
    const data = new Uint8Array(offsets[taken.length]!);
    for (const [i, index] of taken.entries()) {
      data.set(this.#data.subarray(this.#offsets[index]!, this.#offsets[index + 1]!), offsets[i]!);
    }
    return { items: { data, offsets }, values: Float64Array.from(taken, (index) => this.#values[index]!) };
  }

  /** Keyed, so that nobody can choose identifiers that all fall into one slot. */
  #hash(start: number, end: number): number {
    let h = this.#keys[0]!;
    const key = this.#keys[1]!;
    for (let i = start; i < end; i++) {
      h = Math.imul(h ^ this.#data[i]!, key);
      h ^= h >>> 15;
    }
    h = Math.imul(h ^ (h >>> 13), 0x2c1b3c6d);
    return (h ^ (h >>> 16)) >>> 0;
  }

  #same(index: number, start: number, length: number): boolean {
    const mine = this.#offsets[index]!;
    if (this.#offsets[index + 1]! - mine !== length) return false;
    for (let i = 0; i < length; i++) if (this.#data[mine + i] !== this.#data[start + i]) return false;
    return true;
  }

  #reserve(more: number): void {
    if (this.#used + more > this.#data.length) {
      const grown = new Uint8Array(Math.max(Math.ceil(this.#data.length * 1.5), this.#used + more));
      grown.set(this.#data.subarray(0, this.#used));
      this.#data = grown;
    }
    if (this.#size + 1 < this.#offsets.length) return;
    const length = Math.ceil(this.#offsets.length * 1.5);
    const grow = <A extends Uint32Array | Float64Array>(old: A, fresh: A): A => {
      fresh.set(old);
      return fresh;
    };
    this.#offsets = grow(this.#offsets, new Uint32Array(length));
    this.#rows = grow(this.#rows, new Float64Array(length));
    this.#values = grow(this.#values, new Float64Array(length));
    this.#hashes = grow(this.#hashes, new Uint32Array(length));
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length).fill(EMPTY);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = this.#hashes[index]! & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}
