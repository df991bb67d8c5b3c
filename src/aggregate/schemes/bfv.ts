import type { Scheme } from '../scheme.ts';
import { type HomomorphicOptions, homomorphicSum, type SharedKeyOptions } from './ckks-common.ts';

/**
 * The homomorphic sum over integers (BFV with coefficient packing): as `ckksSum`, but exact, at half the bytes. Words of any width: with
 * threshold keys those of up to 32 bits, which a default encoding stays far below, travel whole at 17.6 bytes (30 bits and more: 18.3), wider ones in limbs.
 *
 * @throws {RangeError} in `check(spec)` when the round does not fit the parameter set
 */
export function bfvSum(options: HomomorphicOptions | SharedKeyOptions = {}): Scheme {
  return homomorphicSum('bfv-sum', 'bfv', options);
}
