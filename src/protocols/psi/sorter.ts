import { ProtocolError } from '../../errors.ts';
import { Partitions, partitionsFor, type Spill } from './spill.ts';

/** Bytes of memory to sort a token: itself, twice, and its number and leading bytes, which the sort copies once. */
const OVERHEAD = 24;

/**
 * Sorts byte strings of one length and finds equal ones: the tokens that a sender returns without saying whose they are. In memory, or partition by
 * partition of their leading bits, where these are uniform: every token was made with this party's own secret.
 */
export class TokenSorter {
  readonly #bytes: number;
  readonly #memory: Uint8Array | undefined;
  readonly #partitions: Partitions | undefined;
  readonly #shift: number = 32;
  #size = 0;

  /** @param bytes length of a token, at least 4 */
  constructor(capacity: number, bytes: number, spill?: Spill) {
    this.#bytes = bytes;
    const needed = TokenSorter.memory(capacity, bytes);
    if (spill === undefined || needed <= spill.memoryBytes) this.#memory = new Uint8Array(capacity * bytes);
    else {
      const count = partitionsFor(needed, spill.memoryBytes);
      this.#partitions = new Partitions(spill.open(), count, bytes, spill.memoryBytes);
      this.#shift = 32 - Math.log2(count);
    }
  }

  /** Bytes of memory to sort so many. */
  static memory(capacity: number, bytes: number): number {
    return capacity * (2 * bytes + OVERHEAD);
  }

  /** Adds source[at .. at + bytes). */
  add(source: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    if (this.#partitions === undefined) {
      const to = this.#size++ * bytes;
      for (let i = 0; i < bytes; i++) this.#memory![to + i] = source[at + i]!;
      return;
    }
    this.#partitions.next(leading(source, at) >>> this.#shift).set(source.subarray(at, at + bytes));
    this.#size++;
  }

  /**
   * All tokens, ascending, in pieces of any length.
   * @throws {ProtocolError} `duplicate-element` on equal ones, before the piece that would contain them
   */
  *sorted(phase: string): Generator<Uint8Array> {
    if (this.#partitions === undefined) {
      yield sortTokens(this.#memory!.subarray(0, this.#size * this.#bytes), this.#bytes, phase);
      return;
    }
    for (let p = 0; p < this.#partitions.count; p++) {
      const tokens = new Uint8Array(this.#partitions.size(p) * this.#bytes);
      let at = 0;
      for (const records of this.#partitions.records(p)) {
        tokens.set(records, at);
        at += records.length;
      }
      yield sortTokens(tokens, this.#bytes, phase);
    }
  }
}

/** Cuts what `pieces` give into lengths of `bytes`; the last may be shorter. */
export function* cutInto(pieces: Iterable<Uint8Array>, bytes: number): Generator<Uint8Array> {
  let held = new Uint8Array(bytes);
  let used = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + bytes - used);
      held.set(taken, used);
      used += taken.length;
      at += taken.length;
      if (used < bytes) continue;
      yield held;
      held = new Uint8Array(bytes);
      used = 0;
    }
  }
  if (used > 0) yield held.subarray(0, used);
}

/** Bytewise ascending. */
function sortTokens(tokens: Uint8Array, bytes: number, phase: string): Uint8Array {
  const n = tokens.length / bytes;
  const keys = Uint32Array.from({ length: n }, (_, i) => leading(tokens, i * bytes));
  const compare = (a: number, b: number): number => {
    const difference = keys[a]! - keys[b]!;
    if (difference !== 0) return difference;
    for (let i = 4; i < bytes; i++) {
      const later = tokens[a * bytes + i]! - tokens[b * bytes + i]!;
      if (later !== 0) return later;
    }
    return 0;
  };
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(compare);
  const out = new Uint8Array(tokens.length);
  for (let i = 0; i < n; i++) {
    if (i > 0 && compare(order[i - 1]!, order[i]!) === 0) {
      throw new ProtocolError('duplicate-element', 'the peer sent the same element twice', { phase });
    }
    const from = order[i]! * bytes;
    for (let j = 0; j < bytes; j++) out[i * bytes + j] = tokens[from + j]!;
  }
  return out;
}

/** The first four bytes as a number, so that numbers compare as the bytes do. */
function leading(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}
