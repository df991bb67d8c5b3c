export { ReadyToShare, shareSumClient } from './client.ts';
export {
  bodyOf,
  contributorsDigest,
  decodeContributors,
  decodeHoldings,
  decodePartialSum,
  decodeShare,
  encodeContributors,
  encodeHoldings,
  encodePartialSum,
  encodeShare,
  frameOf,
} from './codec.ts';
export {
  AwaitingHoldings,
  AwaitingPartialSums,
  type Selection,
  selectContributors,
  shareSumCollector,
} from './collector.ts';
export {
  type Contributors,
  EXCLUSIONS,
  type Exclusion,
  type Holdings,
  type PartialSum,
  type Share,
  TAG_BYTES,
  TYPES,
} from './messages.ts';
export {
  getsVector,
  MAX_SERVERS,
  SHARE_SUM_LABEL,
  type ShareSumParameters,
  type ShareSumRound,
  shareSumRound,
} from './params.ts';
export { AwaitingContributors, AwaitingShares, type SumPlan, shareSumServer } from './server.ts';
