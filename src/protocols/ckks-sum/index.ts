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
