export {
  type Aggregate,
  type Aggregator,
  type AggregatorOptions,
  type ContributeOptions,
  createAggregator,
  type Participation,
  type RunOptions,
} from './aggregator.ts';
export type { Report } from './report.ts';
export { type PreparedRound, prepareRound, type Round } from './round.ts';
export type { Scheme } from './scheme.ts';
export { bfvSum } from './schemes/bfv.ts';
export { ckksSum } from './schemes/ckks.ts';
export type { HomomorphicOptions, SharedKeyOptions } from './schemes/ckks-common.ts';
export { type PairwiseMasksOptions, pairwiseMasks } from './schemes/pairwise.ts';
export { plaintext } from './schemes/plain.ts';
export { type AdditiveSharesOptions, additiveShares } from './schemes/shares.ts';
