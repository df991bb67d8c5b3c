import { equalBytes, toHex, Writer } from '../../bytes/index.ts';
import { type Aead, checkVerifyKey, SigningKey, sha256, verifySignature } from '../../crypto/index.ts';
import {
  checkRoundSpec,
  type Identity,
  type Member,
  type PartyId,
  type RoundSpec,
  sessionId,
  sortedMembers,
} from '../index.ts';
import { checkParameters, encodeParameters, type SecaggParameters } from './policy.ts';

export const LABEL = 'subrosa/secagg/v1';

/** A round with everything derived from its spec that all parties compute alike. Clients are known by their index in the sorted cohort. */
export interface Round {
  readonly spec: RoundSpec;
  readonly parameters: SecaggParameters;
  readonly session: Uint8Array;
  readonly n: number;
  /** Sorted by id. */
  readonly members: readonly Member[];
  readonly indexOf: ReadonlyMap<PartyId, number>;
  /** Each id as it enters hashes: u8 length, UTF-8. */
  readonly idBytes: readonly Uint8Array[];
  readonly malicious: boolean;
  readonly aead: Aead;
  /** Signatures found valid in this round, by the hash of key, statement and signature: {@link isSigned}. */
  readonly valid: Set<string>;
}

const known = new WeakMap<RoundSpec, { readonly parameters: string; readonly round: Round }>();

/**
 * Checks spec and parameters and derives the round. Specs are values and not to be changed: a thousand clients in one process that
 * give the same spec object share one derived round.
 * @throws {TypeError|RangeError} saying what does not fit
 */
export function resolveRound(spec: RoundSpec, parameters: SecaggParameters): Round {
  const key = JSON.stringify(Object.entries(parameters).sort());
  const found = known.get(spec);
  if (found?.parameters === key) return found.round;
  checkRoundSpec(spec);
  const n = spec.clients.length;
  checkParameters(parameters, n);
  const malicious = parameters.adversary === 'malicious-server';
  if (malicious) checkIdentityKeys(spec.clients);
  const members = sortedMembers(spec.clients);
  const round: Round = {
    spec,
    parameters,
    session: sessionId(LABEL, encodeParameters(parameters, n), spec),
    n,
    members,
    indexOf: new Map(members.map(({ id }, index) => [id, index])),
    idBytes: members.map(({ id }) => new Writer(65).text(id).finish()),
    malicious,
    aead: parameters.suite === 'aes256ctr' ? 'aes-256-gcm' : 'chacha20-poly1305',
    valid: new Set(),
  };
  known.set(spec, { parameters: key, round });
  return round;
}

/**
 * Whether client `index` signed the statement. Every client of a malicious server's round checks hundreds of signatures, all clients
 * nearly the same ones: those of one process that share the round check each once. Only what verified is remembered.
 */
export function isSigned(round: Round, index: number, statement: Uint8Array, signature: Uint8Array): boolean {
  const key = round.members[index]!.key!;
  const memo = toHex(sha256(key, signature, statement));
  if (round.valid.has(memo)) return true;
  const valid = verifySignature(key, statement, signature);
  if (valid) round.valid.add(memo);
  return valid;
}

/** The session id of a round: 32 bytes, in the header of each of its frames. */
export function secaggSession(spec: RoundSpec, parameters: SecaggParameters): Uint8Array {
  return resolveRound(spec, parameters).session.slice();
}

/**
 * The index of this client in the cohort.
 * @throws {RangeError} when it is not in the cohort
 */
export function checkIdentity(round: Round, me: Identity): number {
  const index = round.indexOf.get(me.id);
  if (index === undefined) throw new RangeError(`${JSON.stringify(me.id)} is not among the clients of the round`);
  if (round.malicious && me.secretKey === undefined) {
    throw new TypeError(`${JSON.stringify(me.id)} needs its secret key: keys are signed against a malicious server`);
  }
  return index;
}

/**
 * The signing key of this client.
 * @throws {RangeError} when it is not the one whose public key the roster pins
 */
export function checkSecretKey(round: Round, me: Identity): SigningKey {
  const key = new SigningKey(me.secretKey!);
  if (!equalBytes(key.publicKey, round.members[checkIdentity(round, me)]!.key!)) {
    throw new RangeError(`the secret key of ${JSON.stringify(me.id)} does not belong to the key in the roster`);
  }
  return key;
}

function checkIdentityKeys(clients: readonly Member[]): void {
  const keys: { readonly id: PartyId; readonly key: Uint8Array }[] = clients.map(({ id, key }) => {
    if (key === undefined) {
      throw new RangeError(`client ${JSON.stringify(id)} has no identity key: the malicious-server model needs one`);
    }
    try {
      checkVerifyKey(key);
    } catch (cause) {
      throw new RangeError(`client ${JSON.stringify(id)}: ${(cause as Error).message}`, { cause });
    }
    return { id, key };
  });
  keys.sort((a, b) => compare(a.key, b.key));
  for (let i = 1; i < keys.length; i++) {
    if (equalBytes(keys[i - 1]!.key, keys[i]!.key)) {
      throw new RangeError(
        `clients ${JSON.stringify(keys[i - 1]!.id)} and ${JSON.stringify(keys[i]!.id)} have one identity key`,
      );
    }
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** The start of everything that is hashed, signed or authenticated: label, suite, session, purpose. */
export function domain(round: Round, purpose: string): Uint8Array {
  return new Writer(96).text(LABEL).text(round.parameters.suite).bytes(round.session).text(purpose).finish();
}
