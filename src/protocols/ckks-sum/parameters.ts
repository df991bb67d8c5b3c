import { Writer } from '../../bytes/index.ts';
import { type Arithmetic, parameterSet, planSum, type SetName, type SumPlan } from '../../seal/index.ts';
import { checkRoundSpec, type Member, type PartyId, type RoundSpec, sessionId, sortedMembers } from '../index.ts';

/** What the operator states; part of the session id. */
export interface CkksSumParameters {
  readonly arithmetic: Arithmetic;
  readonly set: SetName;
  /** How many of the decryptors (spec.helpers) decrypt, 2 .. their number. With a shared key: 1. */
  readonly threshold: number;
  /** Rounds that one key serves, at most: more rounds need more noise. */
  readonly rounds: number;
  /** Bits of statistical security of all decryptions under one key together; see docs/spec/ckks-sum.md. */
  readonly statisticalSecurity: number;
  /**
   * What the decryptors look at before they decrypt: every signed upload, adding them up themselves (`uploads`: safe against a server that asks for
   * one client's ciphertext), or the server's sum and the signed digests of what should be in it (`sum`: a server that lies is found out
   * only when somebody compares the uploads it kept).
   */
  readonly check: 'uploads' | 'sum';
  /** The id of the key made before: needed with a shared key; with threshold keys, absent means that the round makes its own. */
  readonly keyId?: Uint8Array;
}

export const LABEL = 'subrosa/ckks-sum/v1';
const KEYGEN_LABEL = 'subrosa/ckks-sum/keygen/v1';

/** A round made precise: what every party derives from spec and parameters. */
export interface CkksSumRound {
  readonly spec: RoundSpec;
  readonly parameters: CkksSumParameters;
  readonly plan: SumPlan;
  readonly session: Uint8Array;
  readonly server: PartyId;
  /** Sorted; messages refer to clients by their position here. */
  readonly clients: readonly Member[];
  /** Sorted; decryptor i has the point i + 1. */
  readonly decryptors: readonly Member[];
  readonly clientIndex: ReadonlyMap<PartyId, number>;
  readonly decryptorIndex: ReadonlyMap<PartyId, number>;
  /** Whether all clients and decryptors have identity keys: then everything they say is signed. */
  readonly signed: boolean;
}

/** @throws {TypeError|RangeError} when spec and parameters do not fit each other or the parameter set */
export function ckksSumRound(spec: RoundSpec, parameters: CkksSumParameters): CkksSumRound {
  return makeRound(LABEL, spec, parameters);
}

/** The session that makes a key for later rounds: the spec names the decryptors and the largest round the key is for. */
export function keyGenerationRound(spec: RoundSpec, parameters: CkksSumParameters): CkksSumRound {
  const { keyId: _, ...rest } = parameters;
  return makeRound(KEYGEN_LABEL, spec, rest);
}

function makeRound(label: string, spec: RoundSpec, parameters: CkksSumParameters): CkksSumRound {
  checkRoundSpec(spec);
  const { arithmetic, threshold, rounds, statisticalSecurity } = parameters;
  const set = parameterSet(parameters.set);
  const shared = set.keys === 'shared';
  if (parameters.check !== 'uploads' && parameters.check !== 'sum')
    throw new TypeError(`check ${JSON.stringify(parameters.check)}, expected 'uploads' or 'sum'`);
  if (parameters.keyId !== undefined && parameters.keyId.length !== 32)
    throw new RangeError(`a key id of ${parameters.keyId.length} bytes, expected 32`);
  if (shared && parameters.keyId === undefined) throw new TypeError('a shared key is named by its id');
  if (shared && spec.helpers.length !== 0)
    throw new RangeError(`${spec.helpers.length} helpers: with a shared key the clients decrypt, expected none`);
  if (!shared && (spec.helpers.length < 2 || spec.helpers.length > 255))
    throw new RangeError(`${spec.helpers.length} helpers, expected 2 .. 255 decryptors`);
  const least = shared ? 1 : 2;
  const most = shared ? 1 : spec.helpers.length;
  if (!Number.isInteger(threshold) || threshold < least || threshold > most)
    throw new RangeError(`threshold ${threshold} of ${spec.helpers.length} decryptors, expected ${least} .. ${most}`);
  const plan = planSum({
    set,
    arithmetic,
    clients: spec.clients.length,
    length: spec.length,
    bits: spec.bits,
    decryptors: shared ? 1 : spec.helpers.length,
    threshold,
    rounds,
    statisticalSecurity,
  });
  const clients = sortedMembers(spec.clients);
  const decryptors = sortedMembers(spec.helpers);
  const keyed = [...clients, ...decryptors].filter(({ key }) => key !== undefined).length;
  if (keyed !== 0 && keyed !== clients.length + decryptors.length) {
    const unnamed = [...clients, ...decryptors].find(({ key }) => key === undefined)!;
    throw new RangeError(
      `${JSON.stringify(unnamed.id)} has no identity key, others have: give all of them one, or none`,
    );
  }
  return {
    spec,
    parameters,
    plan,
    session: sessionId(label, encodeParameters(parameters), spec),
    server: spec.server.id,
    clients,
    decryptors,
    clientIndex: new Map(clients.map(({ id }, i) => [id, i])),
    decryptorIndex: new Map(decryptors.map(({ id }, i) => [id, i])),
    signed: keyed > 0,
  };
}

function encodeParameters(p: CkksSumParameters): Uint8Array {
  const out = new Writer();
  out.text(p.arithmetic).text(p.set).u8(p.threshold).u64(BigInt(p.rounds)).u8(p.statisticalSecurity).text(p.check);
  out.u8(p.keyId === undefined ? 0 : 1);
  if (p.keyId !== undefined) out.bytes(p.keyId);
  return out.finish();
}
