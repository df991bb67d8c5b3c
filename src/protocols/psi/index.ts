export { peekHello } from './codec.ts';
export { composite, email, exact, type Normaliser, phone } from './identifiers.ts';
export type { Hello } from './messages.ts';
export {
  AwaitingResponse,
  type DataStructure,
  OPENMINED_SUITE,
  type OpenMinedOptions,
  OpenMinedServer,
  openMinedRequest,
} from './openmined/index.ts';
export {
  bucketOf,
  checkBuckets,
  DECODE_BOUND,
  MAXIMUM_SIZE,
  type PsiParameters,
  REVEALS,
  type Reveal,
  tokenBytes,
} from './params.ts';
export { AwaitingSenderSet, ReceiverAwaitingHello, ReceiverBlinding, receive } from './receiver.ts';
export { RefusedByPeer, refusal } from './refusal.ts';
export { AwaitingDone, AwaitingOpened, ReceiverFinishing, ReceiverMasking, type ReceiverResult } from './results.ts';
export { type Channel, type Progress, type RunOptions, runReceiver, runSender } from './run.ts';
export {
  AwaitingBlinded,
  AwaitingMaskedSum,
  AwaitingMatched,
  SenderAwaitingHello,
  SenderFinishing,
  SenderOffering,
  type SenderResult,
  send,
} from './sender.ts';
export type { Agreement } from './session.ts';
export { type ItemSource, memorySource, shuffleInPlace, toItems } from './source.ts';
export type { Scratch, Spill } from './spill.ts';
export { AwaitingAnswer, UnbalancedClient, type UnbalancedOptions, UnbalancedServer } from './unbalanced/index.ts';
