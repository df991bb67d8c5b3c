export { CURVE_TIERS, type Curve, type CurveTier, curve } from './curve.ts';
export { badPoint } from './curve-checks.ts';
export { enableRelaxedSimd, forceTier, supportsTier, TIERS, type Tier } from './features.ts';
export { invertGf16, multiplyGf16 } from './gf16.ts';
export { hadamard } from './hadamard.ts';
export { expandMessages, type HashAlgorithm, hashItems } from './hash.ts';
export { inlineExecutor } from './inline.ts';
export { applyMask, applyMasks, applyMasksAsync, MASK_BLOCK } from './mask.ts';
export { packedBytes, packWords, unpackWords } from './pack.ts';
export { type Executor, type Items, type MaskPlan, type MaskTerm, type PointPlan, SUITES, type Suite } from './plan.ts';
export { runPointPlan } from './points.ts';
export {
  addPackedResidues,
  addResidues,
  addSeed,
  packedResidueBytes,
  packResidues,
  subtractPackedResidues,
  subtractResidues,
  subtractSeed,
  unpackResidues,
} from './residues.ts';
export { addWords, scaleWords, subtractWords } from './ring.ts';
export { roundStochastic } from './round.ts';
export { multiplyAddWords } from './scale.ts';
export { combineShamir, lagrangeShamir, splitShamir } from './shamir.ts';
export { type RingWords, wordBits, wordBytes, zeroWords } from './words.ts';
