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
export { JointKey, KeyShare, SharedKey } from './keys.ts';
export { type CkksSumParameters, type CkksSumRound, ckksSumRound, keyGenerationRound } from './parameters.ts';
export {
  type ClientOptions,
  ckksSumClient,
  ckksSumDecryptor,
  type DecryptorOptions,
  keyGenerationDecryptor,
} from './parties.ts';
export { ckksSumServer, keyGenerationServer, type ServerOptions } from './server.ts';
