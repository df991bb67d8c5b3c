import { ProtocolError } from '../errors.ts';
import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { packSimd, unpackSimd } from './pack-simd.ts';
import { RING_SMALL } from './ring-exports.ts';
import { type RingWords, wordBits, wordBytes } from './words.ts';

/**
 * Bit packing: words of Z_{2^bits} travel as `bits` bits each, not as 32 or 64.
 *
 * Word i takes the bits i * bits .. (i + 1) * bits - 1 of the byte string, its lowest bit first; bit j of the string is bit
 * j mod 8 (value 2^(j mod 8)) of byte floor(j / 8). The last byte is filled up with zero bits.
 */

/** Bytes that `length` words of `bits` bits take: ceil(bits * length / 8). */
export function packedBytes(bits: number, length: number): number {
  return Math.ceil((bits * length) / 8);
}

/**
 * The low `bits` bits of every word, packed. Bits above are ignored.
 * @param words `Uint32Array` for bits <= 32, `BigUint64Array` above
 * @param bits 1 .. 64
 * @throws {RangeError} when bits is out of range
 * @throws {TypeError} when the words have the wrong width
 */
export function packWords(words: RingWords, bits: number, tier?: Tier): Uint8Array {
  checkPackBits(bits);
  if (8 * words.BYTES_PER_ELEMENT !== wordBits(bits)) {
    throw new TypeError(
      `packing ${bits} bits takes ${wordBits(bits)}-bit words, found ${8 * words.BYTES_PER_ELEMENT}-bit ones`,
    );
  }
  if (bits === 32 || bits === 64) return wordBytes(words).slice();
  if (bits === 8) return new Uint8Array(words as Uint32Array);
  if (bits === 16) return new Uint8Array(new Uint16Array(words as Uint32Array).buffer);
  if (!plain(words.byteLength, tier)) return packSimd(words, bits);
  // One spare word takes the upper part of a last piece that ends exactly at a word boundary.
  const out = new Uint32Array(Math.ceil((bits * words.length) / 32) + 1);
  if (words instanceof Uint32Array) pack32(words, bits, out);
  else pack64(words, bits, out);
  return new Uint8Array(out.buffer).slice(0, packedBytes(bits, words.length));
}

/**
 * The inverse of {@link packWords}, for bytes that a peer sent.
 * @param bits 1 .. 64
 * @param length how many words are expected
 * @throws {ProtocolError} `malformed` unless there are exactly ceil(bits * length / 8) bytes and the bits that fill up the last
 *   one are zero; checked before memory is allocated
 * @throws {RangeError} when bits or length is out of range
 */
export function unpackWords(bytes: Uint8Array, bits: number, length: number, tier?: Tier): RingWords {
  checkPackBits(bits);
  if (!Number.isInteger(length) || length < 0 || length >= 2 ** 32) {
    throw new RangeError(`${length} words, expected an integer in 0 .. 2^32 - 1`);
  }
  const expected = packedBytes(bits, length);
  if (bytes.length !== expected) {
    throw new ProtocolError(
      'malformed',
      `packed vector: found ${bytes.length} bytes, expected ${expected} for ${length} words of ${bits} bits`,
    );
  }
  const used = (bits * length) % 8;
  if (used !== 0 && bytes[expected - 1]! >>> used !== 0) {
    throw new ProtocolError('malformed', `packed vector: the last ${8 - used} bits are not zero`);
  }
  if (bits === 8) return new Uint32Array(bytes);
  if (bits <= 32) {
    const words = new Uint32Array(length);
    if (bits === 32) wordBytes(words).set(bytes);
    else if (plain(words.byteLength, tier)) unpack32(aligned(bytes), bits, words);
    else unpackSimd(bytes, bits, words);
    return words;
  }
  const words = new BigUint64Array(length);
  if (bits === 64) wordBytes(words).set(bytes);
  else if (plain(words.byteLength, tier)) unpack64(aligned(bytes), bits, words);
  else unpackSimd(bytes, bits, words);
  return words;
}

function pack32(words: Uint32Array, bits: number, out: Uint32Array): void {
  const mask = 2 ** bits - 1;
  let at = 0; // the 32-bit piece of `out` that is being filled,
  let filled = 0; // and how many of its bits are, always < 32
  let piece = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]! & mask;
    piece |= word << filled;
    filled += bits;
    if (filled >= 32) {
      out[at++] = piece;
      filled -= 32;
      piece = word >>> (bits - filled); // the `filled` upper bits that did not fit
    }
  }
  out[at] = piece;
}

/** 33 .. 63 bits: the low half is a whole 32-bit piece, the high half has the other bits. */
function pack64(words: BigUint64Array, bits: number, out: Uint32Array): void {
  const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
  const highBits = bits - 32;
  const mask = 2 ** highBits - 1;
  let at = 0;
  let filled = 0;
  let piece = 0;
  for (let i = 0; i < halves.length; i += 2) {
    const low = halves[i]!;
    const high = halves[i + 1]! & mask;
    out[at++] = piece | (low << filled);
    piece = filled === 0 ? 0 : low >>> (32 - filled); // JavaScript shifts by 32 as by 0
    piece |= high << filled;
    filled += highBits;
    if (filled >= 32) {
      out[at++] = piece;
      filled -= 32;
      piece = high >>> (highBits - filled);
    }
  }
  out[at] = piece;
}

function unpack32(packed: Uint32Array, bits: number, words: Uint32Array): void {
  const mask = 2 ** bits - 1;
  let at = 0;
  let used = 0;
  for (let i = 0; i < words.length; i++) {
    let word = packed[at]! >>> used;
    used += bits;
    if (used >= 32) {
      at++;
      used -= 32;
      if (used > 0) word |= packed[at]! << (bits - used);
    }
    words[i] = word & mask;
  }
}

function unpack64(packed: Uint32Array, bits: number, words: BigUint64Array): void {
  const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
  const highBits = bits - 32;
  const mask = 2 ** highBits - 1;
  let at = 0;
  let used = 0;
  for (let i = 0; i < halves.length; i += 2) {
    const low = packed[at++]! >>> used;
    halves[i] = used === 0 ? low : low | (packed[at]! << (32 - used));
    let high = packed[at]! >>> used;
    used += highBits;
    if (used >= 32) {
      at++;
      used -= 32;
      if (used > 0) high |= packed[at]! << (highBits - used);
    }
    halves[i + 1] = high & mask;
  }
}

/** A copy that starts at a word boundary, since a frame's view may start anywhere, with a spare word to read into. */
function aligned(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4) + 1);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/** Whether to take the plain loops: no SIMD, or a vector too short to be worth two copies. */
function plain(bytes: number, tier: Tier | undefined): boolean {
  return chooseTier(SIMD_TIERS, tier) === 'reference' || (tier === undefined && bytes < RING_SMALL);
}

function checkPackBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 1 || bits > 64) {
    throw new RangeError(`packing to ${bits} bits, expected an integer in 1 .. 64`);
  }
}
