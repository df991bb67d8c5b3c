import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { roundStochastic as roundStochasticReference } from './reference/round.ts';
import { withRingMemory } from './ring-exports.ts';

/**
 * Unbiased stochastic rounding, in place: y becomes floor(y) + 1 with probability y - floor(y), else floor(y). The coin of value i
 * is the 53-bit integer u = floor(r0 / 2^5) * 2^26 + floor(r1 / 2^6) of its two random 32-bit words, compared with
 * (y - floor(y)) * 2^53: both are exact, so every tier gives the same bits.
 * @param values |y| <= 2^52; integers stay as they are (-0 becomes 0)
 * @param random uniform words, two for each value
 * @throws {RangeError} unless there are exactly two words for each value
 */
export function roundStochastic(values: Float64Array, random: Uint32Array, tier?: Tier): void {
  if (random.length !== 2 * values.length) {
    throw new RangeError(`${values.length} values take ${2 * values.length} random words, found ${random.length}`);
  }
  if (chooseTier(SIMD_TIERS, tier) === 'reference') {
    roundStochasticReference(values, random);
    return;
  }
  const most = Math.min(PIECE, values.length);
  const randomAt = 8 * (most + 1);
  withRingMemory(2 * randomAt, (exports, base, memory) => {
    const held = new Float64Array(memory.buffer, base, most + 1);
    const coins = new Uint32Array(memory.buffer, base + randomAt, 2 * most);
    for (let start = 0; start < values.length; start += PIECE) {
      const piece = values.subarray(start, start + PIECE);
      held.set(piece);
      coins.set(random.subarray(2 * start, 2 * (start + piece.length)));
      exports.roundStochastic(base, base + randomAt, piece.length + (piece.length % 2));
      piece.set(held.subarray(0, piece.length));
    }
  });
}

/** Values rounded at a time: 64 KiB. */
const PIECE = 8192;
