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
export { reconstructVerified } from './verified.ts';
