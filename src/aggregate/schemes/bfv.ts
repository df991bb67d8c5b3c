import type { Scheme } from '../scheme.ts';
import { type HomomorphicOptions, homomorphicSum, type SharedKeyOptions } from './ckks-common.ts';

/**
 * The homomorphic sum over integers (BFV with coefficient packing): as `ckksSum`, but exact, at half the bytes. Words of any width; those above
 * about 24 bits travel in limbs.
 *
 * @throws {RangeError} in `check(spec)` when the round does not fit the parameter set
 */
export function bfvSum(options: HomomorphicOptions | SharedKeyOptions = {}): Scheme {
  return homomorphicSum('bfv-sum', 'bfv', options);
}
