import type { Scheme } from '../scheme.ts';
import { type HomomorphicOptions, homomorphicSum, type SharedKeyOptions } from './ckks-common.ts';

/**
 * The homomorphic sum over approximate reals (CKKS): clients encrypt, the server adds ciphertexts it cannot read, the decryptors (the round's
 * `helpers`, at least 2) decrypt the sum together. The sum is found up to an error bound that `Scheme.errorBound` gives and the report
 * states; words of at most 52 bits.
 *
 * With `sharedKey` all clients hold one secret key, as in TenSEAL's and NVFlare's deployments, and one of them opens the sum: **any client together
 * with the server reads everything**.
 *
 * Needs the optional package node-seal. docs/spec/ckks-sum.md has the protocol and its limits.
 * @throws {RangeError} in `check(spec)` when the round does not fit the parameter set
 */
export function ckksSum(options: HomomorphicOptions | SharedKeyOptions = {}): Scheme {
  return homomorphicSum('ckks-sum', 'ckks', options);
}
