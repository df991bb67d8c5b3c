import { RING_PIECE, withRingMemory } from './ring-exports.ts';
import { type RingWords, wordBytes } from './words.ts';

/**
 * Packing in the kernel's memory, piece by piece. A piece is a multiple of 64 words, so that its bits fill whole bytes wherever it
 * starts. The checks are the face's (pack.ts).
 */

/** @param bits 1 .. 31 or 33 .. 63 */
export function packSimd(words: RingWords, bits: number): Uint8Array {
  const width = words.BYTES_PER_ELEMENT;
  const perPiece = RING_PIECE / width;
  const most = Math.min(RING_PIECE, words.byteLength);
  const out = new Uint8Array(Math.ceil((bits * words.length) / 8));
  // After the words: one word of padding to an even count, then the packed bytes and the spare 8 that the last store may touch.
  const packedAt = most + 16;
  withRingMemory(packedAt + most + 16, ({ pack32, pack64 }, base, memory) => {
    const bytes = wordBytes(words);
    for (let start = 0; start < words.length; start += perPiece) {
      const piece = bytes.subarray(start * width, Math.min(bytes.length, (start + perPiece) * width));
      const count = piece.length / width;
      memory.set(piece, base);
      memory.fill(0, base + piece.length, base + piece.length + width);
      if (width === 4) pack32(base, count + (count % 2), bits, base + packedAt);
      else pack64(base, count, bits, base + packedAt);
      const packed = Math.ceil((bits * count) / 8);
      out.set(memory.subarray(base + packedAt, base + packedAt + packed), (bits * start) / 8);
    }
  });
  return out;
}

/** @param words zeros of the right length and width, filled in */
export function unpackSimd(bytes: Uint8Array, bits: number, words: RingWords): void {
  const width = words.BYTES_PER_ELEMENT;
  const perPiece = RING_PIECE / width;
  const most = Math.min(RING_PIECE, words.byteLength);
  const packedAt = most;
  withRingMemory(packedAt + most + 16, ({ unpack32, unpack64 }, base, memory) => {
    const out = wordBytes(words);
    for (let start = 0; start < words.length; start += perPiece) {
      const count = Math.min(perPiece, words.length - start);
      const from = (bits * start) / 8;
      memory.set(bytes.subarray(from, from + Math.ceil((bits * count) / 8)), base + packedAt);
      if (width === 4) unpack32(base + packedAt, count, bits, base);
      else unpack64(base + packedAt, count, bits, base);
      out.set(memory.subarray(base, base + count * width), start * width);
    }
  });
}
