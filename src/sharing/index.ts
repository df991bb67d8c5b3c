export { AdditiveShare, reconstructAdditive, type ShareBody, type SharingOf, splitAdditive } from './additive.ts';
export { BadShares } from './consistency.ts';
export {
  ByteInterpolator,
  ByteShare,
  type ByteSplit,
  type CombineOptions,
  MAX_SHARES,
  shareBytes,
  splitBytes,
  splitBytesBatch,
} from './shamir-bytes.ts';
export { FieldInterpolator, FieldShare, type FieldSplit, splitField } from './shamir-field.ts';
export { RingShamir } from './shamir-ring.ts';
export { fieldGroup, ringGroup, type VectorGroup } from './vector-group.ts';
export { type Interpolator, reconstructVerified } from './verified.ts';
