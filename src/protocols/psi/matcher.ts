import { ProtocolError } from '../../errors.ts';
import { csprng, type Rng } from '../../random/index.ts';
import { Partitions, partitionsFor, type Spill } from './spill.ts';
import { KeyedHash, TokenTable } from './token-table.ts';

/** What the receiver joins: its own tokens, as the sender returns them, and those of the sender's set. */
export interface MatcherSizes {
  readonly own: number;
  readonly theirs: number;
  readonly tokenBytes: number;
  /** Bytes that come with every element of the sender's set. */
  readonly payloadBytes: number;
}

/** Called for an element of both sets. The payload is source[at .. at + payloadBytes), only during the call. */
export type OnHit = (row: number, place: number, source: Uint8Array, at: number) => void;

/** Both sets of tokens, joined. Elements that come twice are refused: at once in memory, by the end of {@link rest} on disk. */
export interface Matcher {
  /** The next token of the own set is source[at ..]. */
  own(source: Uint8Array, at: number): void;
  /** The sender's element at `place` has the token tokens[at ..]; its payload is payloads[payloadAt ..]. */
  theirs(tokens: Uint8Array, at: number, place: number, payloads: Uint8Array, payloadAt: number, hit: OnHit): void;
  /** After the last element: finds what could not be found before, a piece at a time. */
  rest(hit: OnHit): Generator<void>;
}

export function createMatcher(sizes: MatcherSizes, rng: Rng = csprng, spill?: Spill): Matcher {
  if (spill === undefined || matcherMemory(sizes) <= spill.memoryBytes) return new MemoryMatcher(sizes, rng);
  return new DiskMatcher(sizes, rng, spill);
}

/** Bytes that the join takes in memory. */
export function matcherMemory({ own, theirs, tokenBytes }: MatcherSizes): number {
  return TokenTable.memory(own, tokenBytes) + TokenTable.memory(theirs, tokenBytes);
}

function repeatedOwn(): never {
  throw new ProtocolError('duplicate-element', 'the sender returned the same token twice', { phase: 'Evaluated' });
}

function repeatedTheirs(): never {
  throw new ProtocolError('duplicate-element', 'the sender sent the same element twice', { phase: 'SenderSet' });
}

class MemoryMatcher implements Matcher {
  readonly #own: TokenTable;
  readonly #theirs: TokenTable;

  constructor({ own, theirs, tokenBytes }: MatcherSizes, rng: Rng) {
    this.#own = new TokenTable(own, tokenBytes, rng);
    this.#theirs = new TokenTable(theirs, tokenBytes, rng);
  }

  own(source: Uint8Array, at: number): void {
    if (!this.#own.add(source, at)) repeatedOwn();
  }

  theirs(tokens: Uint8Array, at: number, place: number, payloads: Uint8Array, payloadAt: number, hit: OnHit): void {
    if (!this.#theirs.add(tokens, at)) repeatedTheirs();
    const row = this.#own.find(tokens, at);
    if (row >= 0) hit(row, place, payloads, payloadAt);
  }

  *rest(): Generator<void> {}
}

/**
 * Both sets dealt out to partitions by a secret hash of the token (the sender chooses its tokens, and could put all into one otherwise), then
 * joined partition by partition. Records are token, then row or place (u32, little endian), then payload.
 */
class DiskMatcher implements Matcher {
  readonly #sizes: MatcherSizes;
  readonly #rng: Rng;
  readonly #hash: KeyedHash;
  readonly #shift: number;
  readonly #own: Partitions;
  readonly #theirs: Partitions;
  #rows = 0;

  constructor(sizes: MatcherSizes, rng: Rng, spill: Spill) {
    const { tokenBytes, payloadBytes } = sizes;
    const count = partitionsFor(matcherMemory(sizes), spill.memoryBytes);
    this.#sizes = sizes;
    this.#rng = rng;
    this.#hash = new KeyedHash(rng);
    this.#shift = 32 - Math.log2(count);
    this.#own = new Partitions(spill.open(), count, tokenBytes + 4, spill.memoryBytes / 2);
    this.#theirs = new Partitions(spill.open(), count, tokenBytes + 4 + payloadBytes, spill.memoryBytes / 2);
  }

  #partition(source: Uint8Array, at: number): number {
    return this.#hash.of(source, at, this.#sizes.tokenBytes) >>> this.#shift;
  }

  own(source: Uint8Array, at: number): void {
    const record = this.#own.next(this.#partition(source, at));
    record.set(source.subarray(at, at + this.#sizes.tokenBytes));
    writeNumber(record, this.#sizes.tokenBytes, this.#rows++);
  }

  theirs(tokens: Uint8Array, at: number, place: number, payloads: Uint8Array, payloadAt: number): void {
    const { tokenBytes, payloadBytes } = this.#sizes;
    const record = this.#theirs.next(this.#partition(tokens, at));
    record.set(tokens.subarray(at, at + tokenBytes));
    writeNumber(record, tokenBytes, place);
    record.set(payloads.subarray(payloadAt, payloadAt + payloadBytes), tokenBytes + 4);
  }

  *rest(hit: OnHit): Generator<void> {
    const { tokenBytes, payloadBytes } = this.#sizes;
    for (let p = 0; p < this.#own.count; p++) {
      const table = new TokenTable(this.#own.size(p), tokenBytes, this.#rng);
      const rows = new Uint32Array(this.#own.size(p));
      for (const records of this.#own.records(p)) {
        for (let at = 0; at < records.length; at += tokenBytes + 4) {
          rows[table.size] = readNumber(records, at + tokenBytes);
          if (!table.add(records, at)) repeatedOwn();
        }
      }
      const seen = new TokenTable(this.#theirs.size(p), tokenBytes, this.#rng);
      for (const records of this.#theirs.records(p)) {
        for (let at = 0; at < records.length; at += tokenBytes + 4 + payloadBytes) {
          if (!seen.add(records, at)) repeatedTheirs();
          const found = table.find(records, at);
          if (found >= 0) hit(rows[found]!, readNumber(records, at + tokenBytes), records, at + tokenBytes + 4);
        }
        yield;
      }
    }
  }
}

function writeNumber(into: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) into[at + i] = value >>> (8 * i);
}

function readNumber(from: Uint8Array, at: number): number {
  return (from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16) | (from[at + 3]! << 24)) >>> 0;
}

/** A growing list of numbers below 2^32, four bytes each. */
export class IndexList {
  #values: Uint32Array = new Uint32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const grown = new Uint32Array(Math.ceil(1.5 * this.#size));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = value;
  }

  /** The list itself, not a copy. */
  get values(): Uint32Array {
    return this.#values.subarray(0, this.#size);
  }
}
