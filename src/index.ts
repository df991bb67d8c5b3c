export {
  type AdditiveSharesOptions,
  type Aggregate,
  type Aggregator,
  type AggregatorOptions,
  additiveShares,
  bfvSum,
  type ContributeOptions,
  ckksSum,
  createAggregator,
  type HomomorphicOptions,
  type PairwiseMasksOptions,
  type Participation,
  pairwiseMasks,
  plaintext,
  type Report,
  type Round,
  type RunOptions,
  type Scheme,
  type SharedKeyOptions,
} from './aggregate/index.ts';
export { type Encoding, type FixedPointOptions, fixedPoint, type Update, type VectorCodec } from './encoding/index.ts';
export { ERROR_CODES, type ErrorCode, ProtocolError, type ProtocolErrorOptions } from './errors.ts';
export { type Executor, inlineExecutor } from './kernels/index.ts';
export type { RingVector } from './math/index.ts';
export type {
  Dropout,
  Identity,
  Member,
  Outgoing,
  Party,
  PartyId,
  RoundSpec,
  Status,
  Sum,
} from './protocols/index.ts';
export type { Rng } from './random/index.ts';
export {
  type Clock,
  type Deadlines,
  type DriveOptions,
  drive,
  type MemoryNetwork,
  Meter,
  memoryNetwork,
  PhaseMeter,
  type PhaseTraffic,
  type Received,
  type Traffic,
  type Transport,
} from './session/index.ts';
