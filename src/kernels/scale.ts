import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { multiplyAddWords as multiplyAddReference } from './reference/ring.ts';
import { overPieces, RING_SMALL } from './ring-exports.ts';
import type { RingWords } from './words.ts';

/**
 * a[i] += factor * b[i], wrapping at the word width, in time that depends on the lengths only.
 * @param factor public; 0 .. 2^64 - 1 (reduced modulo 2^32 for 32-bit words)
 * @throws {RangeError} when the vectors differ in length or width
 */
export function multiplyAddWords(a: RingWords, b: RingWords, factor: bigint, tier?: Tier): void {
  if (a.length !== b.length || a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT) {
    throw new RangeError(
      `vectors of ${a.length} x ${8 * a.BYTES_PER_ELEMENT} and ${b.length} x ${8 * b.BYTES_PER_ELEMENT} bits`,
    );
  }
  if (chooseTier(SIMD_TIERS, tier) === 'reference' || (tier === undefined && a.byteLength < RING_SMALL)) {
    multiplyAddReference(a, b, BigInt.asUintN(64, factor));
    return;
  }
  const low = Number(BigInt.asUintN(32, factor));
  const high = Number(BigInt.asUintN(32, factor >> 32n));
  if (a instanceof Uint32Array) overPieces(a, b, ({ multiplyAdd32 }, p, q, n) => multiplyAdd32(p, q, n, low));
  else overPieces(a, b, ({ multiplyAdd64 }, p, q, n) => multiplyAdd64(p, q, n, low, high));
}
