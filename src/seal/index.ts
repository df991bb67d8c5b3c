export type { EncryptionKey, SealEngine } from './engine.ts';
export { DiscreteGaussian } from './gaussian.ts';
export { InlineSealEngine } from './inline.ts';
export { loadSeal, SEAL_VERSION } from './load.ts';
export { packResidues, unpackResidues } from './pack.ts';
export {
  type Arithmetic,
  bitLength,
  capacity,
  checkSecurity,
  ciphertextBytes,
  dataPrimes,
  type KeyMode,
  MAXIMUM_MODULUS_BITS,
  PARAMETER_SETS,
  type ParameterSet,
  parameterSet,
  polynomialBytes,
  SEED_BYTES,
  type SetName,
} from './parameters.ts';
export {
  type Capability,
  describe,
  largest,
  planSum,
  type SumPlan,
  type SumShape,
  thresholdSet,
} from './plan.ts';
export { checkFinite } from './real.ts';
export { hasSeal, type SealExecutor, slicePlan, sliceUnit, wordsBefore } from './slice.ts';
export { CiphertextSum, checkContribution, packSum, sumBytes, unpackSum } from './sum.ts';
export { commonReference, jointPublicKey, publicShare, shareSecret, weightedShare } from './threshold.ts';
