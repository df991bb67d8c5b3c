export {
  type Arithmetic,
  type Capability,
  describe,
  InlineSealEngine,
  type ParameterSet,
  parameterSet,
  planSum,
  type SealEngine,
  type SetName,
  type SumPlan,
  type SumShape,
} from '../../seal/index.ts';
export { AwaitingJointKey, AwaitingSum, SharedKeyHolder } from './client.ts';
export { AwaitingContributors, AwaitingDecrypt } from './decryptor.ts';
export { AwaitingCommitments, AwaitingDealings, commitKey, type Step, UnconfirmedShare } from './keygen.ts';
export { JointKey, KeyShare, SharedKey } from './keys.ts';
export {
  type Commitments,
  type Contributors,
  type Dealings,
  type Decrypt,
  type KeyCommit,
  type KeyConfirm,
  type KeyReveal,
  type Open,
  type Opened,
  type PartialDecryption,
  type Ready,
  TYPES,
  type Upload,
} from './messages.ts';
export { type CkksSumParameters, type CkksSumRound, ckksSumRound, keyGenerationRound } from './parameters.ts';
export {
  type ClientOptions,
  ckksSumClient,
  ckksSumDecryptor,
  type DecryptorOptions,
  keyGenerationDecryptor,
} from './parties.ts';
export { ckksSumServer, keyGenerationServer, type ServerOptions } from './server.ts';
