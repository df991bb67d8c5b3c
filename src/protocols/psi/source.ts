import type { Items } from '../../kernels/index.ts';
import { csprng, type Rng } from '../../random/index.ts';

/** A set of distinct normalised identifiers, handed out in pieces. */
export interface ItemSource {
  readonly size: number;
  /** The next `count` identifiers, with values where the reveal needs them. A sender's source must be in secret random order. */
  next(count: number): Promise<{ readonly items: Items; readonly values?: ArrayLike<number> }>;
}

/**
 * A source over identifiers in memory.
 * @param identifiers normalised and distinct
 * @param values one per identifier, for a sender with `sum` or `frequency`
 * @param order the order to hand them out in: as they are (a receiver) or shuffled (a sender)
 * @throws {RangeError} for duplicates or a wrong number of values
 * @throws {TypeError} for another order: a sender whose order is not secret gives away which of its items matched
 */
export function memorySource(
  identifiers: readonly string[],
  order: 'rows' | 'shuffled',
  values?: ArrayLike<number>,
  rng: Rng = csprng,
): ItemSource & { readonly order: Uint32Array } {
  if (order !== 'rows' && order !== 'shuffled') {
    throw new TypeError(`order ${String(order)}, expected rows (of a receiver) or shuffled (of a sender)`);
  }
  if (new Set(identifiers).size !== identifiers.length) throw new RangeError('identifiers must be distinct');
  if (values !== undefined && values.length !== identifiers.length) {
    throw new RangeError(`${values.length} values for ${identifiers.length} identifiers`);
  }
  const rows = Uint32Array.from({ length: identifiers.length }, (_, i) => i);
  if (order === 'shuffled') shuffleInPlace(rows, rng);
  let at = 0;
  return {
    size: identifiers.length,
    order: rows,
    async next(count) {
      const taken = rows.subarray(at, at + count);
      if (taken.length !== count) throw new RangeError(`${count} identifiers wanted, ${taken.length} are left`);
      at += count;
      const items = toItems(Array.from(taken, (row) => identifiers[row]!));
      return values === undefined ? { items } : { items, values: Array.from(taken, (row) => values[row]!) };
    },
  };
}

/** Strings as UTF-8 in one buffer. */
export function toItems(strings: readonly string[]): Items {
  const encoder = new TextEncoder();
  const offsets = new Uint32Array(strings.length + 1);
  let data = new Uint8Array(16 * strings.length + 64);
  let used = 0;
  for (let i = 0; i < strings.length; i++) {
    const text = strings[i]!;
    if (used + 3 * text.length > data.length) {
      const grown = new Uint8Array(2 * data.length + 3 * text.length);
      grown.set(data.subarray(0, used));
      data = grown;
    }
    const ascii = writeAscii(text, data, used);
    used += ascii ? text.length : encoder.encodeInto(text, data.subarray(used)).written;
    offsets[i + 1] = used;
  }
  return { data: data.subarray(0, used), offsets };
}

/** Short texts of ASCII, as nearly all identifiers are, cost less than a call of the encoder. @returns false when it is none */
function writeAscii(text: string, into: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    into[at + i] = code;
  }
  return true;
}

/** Fisher-Yates over a typed array: uniform, every draw by rejection, randomness taken in blocks. */
export function shuffleInPlace(places: Uint32Array, rng: Rng): void {
  const block = new Uint32Array(Math.min(16_384, Math.max(1, places.length)));
  let left = 0;
  const below = (bound: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      if (left === 0) {
        rng.fill(new Uint8Array(block.buffer));
        left = block.length;
      }
      const word = block[--left]!;
      block[left] = 0;
      if (word < limit) return word % bound;
    }
  };
  for (let i = places.length - 1; i > 0; i--) {
    const j = below(i + 1);
    const held = places[i]!;
    places[i] = places[j]!;
    places[j] = held;
  }
}
