import type { RingVector } from '../math/index.ts';
import { halves } from './modular.ts';
import type { SumPlan } from './plan.ts';

/**
 * What CKKS carries of a ring vector: its words as signed integers, N/2 reals a ciphertext (Cheon, Kim, Kim and Song, ePrint
 * 2016/421; the transform itself is SEAL's). Sums come back rounded to the nearest integer.
 */

/** The slots of chunk `chunk`; positions past the end hold 0. */
export function slotsOf(input: RingVector, chunk: number, plan: SumPlan): Float64Array {
  const slots = plan.set.degree / 2;
  const start = chunk * slots;
  const count = Math.min(slots, plan.length - start);
  const out = new Float64Array(slots);
  const modulus = 2 ** plan.bits;
  const half = modulus / 2;
  if (input.words instanceof Uint32Array) {
    const unused = 32 - plan.bits;
    for (let i = 0; i < count; i++) out[i] = (input.words[start + i]! << unused) >> unused;
    return out;
  }
  const wide = halves(input.words);
  const highMask = 2 ** (plan.bits - 32) - 1;
  for (let i = 0; i < count; i++) {
    const at = start + i;
    const value = wide[2 * at]! + 2 ** 32 * ((wide[2 * at + 1]! & highMask) >>> 0);
    out[i] = value >= half ? value - modulus : value;
  }
  return out;
}

/** Rounds decoded slots into the words of the sum. */
export function slotsInto(sum: RingVector, chunk: number, slots: Float64Array, plan: SumPlan): void {
  const start = chunk * slots.length;
  const count = Math.min(slots.length, plan.length - start);
  for (let i = 0; i < count; i++) {
    const value = Math.round(slots[i]!);
    if (sum.words instanceof Uint32Array) {
      const modulus = 2 ** plan.bits;
      sum.words[start + i] = ((value % modulus) + modulus) % modulus;
    } else {
      sum.words[start + i] = BigInt.asUintN(plan.bits, BigInt(value));
    }
  }
}

/**
 * Refuses what would spoil every slot of its ciphertext.
 * @throws {RangeError} naming the index of the first NaN or infinity
 */
export function checkFinite(values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) throw new RangeError(`value ${i} is ${values[i]}, expected a finite number`);
  }
}
