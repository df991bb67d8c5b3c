import { sha256 } from '@noble/hashes/sha2.js';
import { type Rng, randomBytes, SeededRng } from '../../random/index.ts';

/** A uniform real in (0, 1), 48 bits fine: for models and splits, never for masks. */
export function uniform(rng: Rng): number {
  const b = randomBytes(6, rng);
  let value = 0;
  for (const byte of b) value = value * 256 + byte;
  return (value + 0.5) / 2 ** 48;
}

/** A standard normal (Box and Muller 1958, one of the pair). */
export function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(uniform(rng))) * Math.cos(2 * Math.PI * uniform(rng));
}

/**
 * The generator of one purpose of one run: the same seed and purpose give the same stream, another purpose an independent one, so that a
 * change in one part of the demonstration does not shift the randomness of the others.
 */
export function generator(seed: number, purpose: string): Rng {
  return new SeededRng(sha256(new TextEncoder().encode(`subrosa demo|${seed}|${purpose}`)));
}
