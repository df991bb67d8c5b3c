import { checkBits } from '../math/index.ts';

/** The numbers of a fixed-point encoding that follow from n, d and the options. */
export interface Layout {
  /** B: bits of a word. */
  readonly ringBits: number;
  /** Q = 2^(b-1) - 1: the largest quantised value. */
  readonly largest: number;
  /**
   * R: the largest integer one client may put into any word. n * R * 2^headroom < 2^(B-1), so that a sum cannot wrap, and
   * n * R < 2^51, so that it is exact as a number and in rounding. R >= Q.
   */
  readonly room: number;
  /** Word counts and offsets: values at 0, then weight, then clipped, then the digits of saturated. */
  readonly weightAt: number;
  readonly weightWords: 0 | 1;
  readonly clippedAt: number;
  readonly clippedWords: 0 | 1;
  readonly saturatedAt: number;
  readonly saturatedWords: number;
  /** A count of up to d is written in digits of this base, a power of two with base - 1 <= R: one word may be too small for it. */
  readonly saturatedBase: number;
  readonly length: number;
}

export interface LayoutInput {
  readonly clients: number;
  readonly dimension: number;
  /** b */
  readonly valueBits: number;
  readonly headroom: number;
  readonly ring: number | undefined;
  readonly weighted: boolean;
  readonly countClipped: boolean;
  readonly countSaturated: boolean;
}

/** @throws {RangeError} when a sum over n clients could overflow the ring */
export function layout(input: LayoutInput): Layout {
  const { clients, dimension, valueBits, headroom } = input;
  const largest = 2 ** (valueBits - 1) - 1;
  const clientBits = 32 - Math.clz32(clients - 1); // ceil(log2 n), exact on every platform
  const needed = valueBits + clientBits + headroom;
  const ringBits = input.ring ?? Math.max(8, needed);
  if (input.ring === undefined && ringBits > 64) {
    throw new RangeError(
      `${valueBits} bits a value + ceil(log2 ${clients}) clients + ${headroom} bits of headroom need a ring of ${needed} bits, at most 64 are there`,
    );
  }
  checkBits(ringBits);
  // BigInt, because 2^63 is beyond the exact integers of a number.
  const limit = 2n ** BigInt(ringBits - 1);
  const reach = BigInt(clients) * BigInt(largest) * 2n ** BigInt(headroom);
  if (reach >= limit) {
    throw new RangeError(
      `the ring Z_2^${ringBits} overflows: ${clients} clients * largest value ${largest} * 2^${headroom} headroom = ${reach}, must stay below 2^${ringBits - 1} = ${limit}; a ring of ${needed} bits is enough`,
    );
  }
  const wrap = (limit - 1n) / (BigInt(clients) * 2n ** BigInt(headroom));
  const exact = (2n ** 51n - 1n) / BigInt(clients);
  const room = Number(wrap < exact ? wrap : exact);

  let saturatedBase = 2;
  while (2 * saturatedBase - 1 <= room) saturatedBase *= 2;
  let saturatedWords = 0;
  if (input.countSaturated) {
    for (let span = 1; span <= dimension; span *= saturatedBase) saturatedWords++;
  }
  const weightWords = input.weighted ? 1 : 0;
  const clippedWords = input.countClipped ? 1 : 0;
  const weightAt = dimension;
  const clippedAt = weightAt + weightWords;
  const saturatedAt = clippedAt + clippedWords;
  return {
    ringBits,
    largest,
    room,
    weightAt,
    weightWords,
    clippedAt,
    clippedWords,
    saturatedAt,
    saturatedWords,
    saturatedBase,
    length: saturatedAt + saturatedWords,
  };
}
