export {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER,
  type Frame,
  frameSession,
  PROTOCOLS,
  type ProtocolNumber,
} from './frame.ts';
export type { Outgoing, Party, PartyId, Status } from './party.ts';
export {
  checkPartyId,
  checkRoundSpec,
  compareIds,
  type Dropout,
  encodeRoundSpec,
  type Identity,
  type Member,
  type RoundSpec,
  type Sum,
  sessionId,
  sortedMembers,
} from './round-spec.ts';
