import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import * as reference from './reference/ring.ts';
import { overPieces, RING_SMALL } from './ring-exports.ts';
import type { RingWords } from './words.ts';

/**
 * a[i] += b[i], wrapping at the word width.
 * @throws {RangeError} when the vectors differ in length or width
 */
export function addWords(a: RingWords, b: RingWords, tier?: Tier): void {
  checkAlike(a, b);
  if (plain(a, tier)) reference.addWords(a, b);
  else if (a instanceof Uint32Array) overPieces(a, b, ({ add32 }, p, q, count) => add32(p, q, count));
  else overPieces(a, b, ({ add64 }, p, q, count) => add64(p, q, count));
}

/**
 * a[i] -= b[i], wrapping at the word width.
 * @throws {RangeError} when the vectors differ in length or width
 */
export function subtractWords(a: RingWords, b: RingWords, tier?: Tier): void {
  checkAlike(a, b);
  if (plain(a, tier)) reference.subtractWords(a, b);
  else if (a instanceof Uint32Array) overPieces(a, b, ({ subtract32 }, p, q, count) => subtract32(p, q, count));
  else overPieces(a, b, ({ subtract64 }, p, q, count) => subtract64(p, q, count));
}

/**
 * a[i] *= factor, wrapping at the word width.
 * @param factor any integer; reduced modulo 2^32 or 2^64
 */
export function scaleWords(a: RingWords, factor: bigint, tier?: Tier): void {
  if (plain(a, tier)) {
    reference.scaleWords(a, BigInt.asUintN(64, factor));
    return;
  }
  const low = Number(BigInt.asUintN(32, factor));
  const high = Number(BigInt.asUintN(32, factor >> 32n));
  if (a instanceof Uint32Array) overPieces(a, undefined, ({ scale32 }, p, _, count) => scale32(p, count, low));
  else overPieces(a, undefined, ({ scale64 }, p, _, count) => scale64(p, count, low, high));
}

/** Whether to take the plain loop: no SIMD, or a vector too short to be worth two copies. */
function plain(a: RingWords, tier: Tier | undefined): boolean {
  return chooseTier(SIMD_TIERS, tier) === 'reference' || (tier === undefined && a.byteLength < RING_SMALL);
}

function checkAlike(a: RingWords, b: RingWords): void {
  if (a.length !== b.length || a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT) {
    throw new RangeError(
      `vectors of ${a.length} x ${8 * a.BYTES_PER_ELEMENT} and ${b.length} x ${8 * b.BYTES_PER_ELEMENT} bits`,
    );
  }
}
