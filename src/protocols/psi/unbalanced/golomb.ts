import { ProtocolError } from '../../../errors.ts';

/**
 * A compact set of PRF outputs, shipped once to many small clients: Golomb-Rice code of the sorted, distinct 64-bit values
 * floor(first 8 bytes of F(y), big endian, * range / 2^64), range = n * 2^bits. A value that is not in the set is found in it with probability
 * at most 2^-bits; about bits + 1.5 bits an element.
 *
 *     u32 n | u8 bits | u32 length | code
 *
 * Each difference (the first one from 0): its quotient by 2^bits in unary (ones, then a zero), then `bits` bits of remainder, least significant
 * bit first. The last byte is filled up with zeros.
 */
export interface CompactSet {
  readonly items: number;
  /** -log2 of the false positive rate of one query, 1 .. 40 */
  readonly bits: number;
  readonly code: Uint8Array;
}

export function checkFilterBits(bits: number, items: number): void {
  if (!Number.isInteger(bits) || bits < 1 || bits > 40)
    throw new RangeError(`a filter of ${bits} bits, expected 1 .. 40`);
  if (!Number.isInteger(items) || items < 1 || items >= 2 ** 23) {
    throw new RangeError(`a filter over ${items} items, expected 1 .. 2^23 - 1`);
  }
}

/** @param outputs n x 64 bytes of F */
export function encodeCompactSet(outputs: Uint8Array, bits: number): CompactSet {
  const items = outputs.length / 64;
  checkFilterBits(bits, items);
  const values = filterValues(outputs, items, bits).sort();
  const out = new BitWriter(Math.ceil((items * (bits + 3)) / 8) + 16);
  const low = (1n << BigInt(bits)) - 1n;
  let previous = 0n;
  for (const value of values) {
    const delta = value - previous;
    for (let ones = delta >> BigInt(bits); ones > 0n; ones--) out.bit(1);
    out.bit(0);
    out.bits(Number(delta & low), bits);
    previous = value;
  }
  return { items, bits, code: out.finish() };
}

/** The values again, ascending. @throws {ProtocolError} `malformed` for a code that is cut off, too long or out of range */
export function decodeCompactSet({ items, bits, code }: CompactSet): BigUint64Array {
  const range = BigInt(items) << BigInt(bits);
  if (code.length * 8 < items * (bits + 1) || code.length * 8 > items * (bits + 2) + 7) {
    throw new ProtocolError('malformed', `filter: ${code.length} bytes do not hold ${items} items of ${bits} bits`);
  }
  const reader = new BitReader(code);
  const values = new BigUint64Array(items);
  let sum = 0n;
  for (let i = 0; i < items; i++) {
    let quotient = 0;
    while (reader.bit() === 1) quotient++;
    sum += (BigInt(quotient) << BigInt(bits)) + BigInt(reader.bits(bits));
    if (sum >= range) throw new ProtocolError('malformed', 'filter: a value beyond its range');
    values[i] = sum;
  }
  reader.end();
  return values;
}

/** What the outputs are looked up as. */
export function filterValues(outputs: Uint8Array, items: number, bits: number): BigUint64Array {
  const range = BigInt(items) << BigInt(bits);
  const view = new DataView(outputs.buffer, outputs.byteOffset, outputs.byteLength);
  return BigUint64Array.from({ length: outputs.length / 64 }, (_, i) => (view.getBigUint64(64 * i) * range) >> 64n);
}

/** Binary search. */
export function contains(sorted: BigUint64Array, value: bigint): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === value;
}

class BitWriter {
  #bytes: Uint8Array;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  bit(value: number): void {
    if (this.#at >> 3 === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (value) this.#bytes[this.#at >> 3]! |= 1 << (this.#at & 7);
    this.#at++;
  }

  bits(value: number, count: number): void {
    let rest = value;
    for (let i = 0; i < count; i++) {
      this.bit(rest % 2);
      rest = Math.floor(rest / 2);
    }
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, Math.ceil(this.#at / 8));
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new ProtocolError('malformed', 'filter: the code is cut off');
    return (byte >> (this.#at++ & 7)) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0, weight = 1; i < count; i++, weight *= 2) value += weight * this.bit();
    return value;
  }

  /** Only zeros up to the end of the last byte may be left. */
  end(): void {
    if (Math.ceil(this.#at / 8) !== this.#bytes.length) throw new ProtocolError('malformed', 'filter: bytes left over');
    while (this.#at < 8 * this.#bytes.length) {
      if (this.bit() !== 0) throw new ProtocolError('malformed', 'filter: padding that is not zero');
    }
  }
}
