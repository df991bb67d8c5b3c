import { equalBytes } from '../../bytes/index.ts';
import { checkAgreementKey } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { ClientSet } from './bitmap.ts';
import type { Derivations } from './keys.ts';
import type { AdvertiseKeys, Nonces, Roster, SignedSurvivors } from './messages.ts';
import type { Degree } from './policy.ts';
import { isSigned, type Round } from './round.ts';

/**
 * What a client checks before it goes on. An honest server has excluded whoever sent bad keys, nonces or signatures, so that what is found
 * here is the server's doing.
 */

/** @throws {ProtocolError} `bad-key` when the client's own keys are missing or not the ones it sent */
export function checkOwnEntry(round: Round, roster: Roster, me: number, sent: AdvertiseKeys): void {
  const { id } = round.members[me]!;
  if (!roster.present.has(me))
    throw blame(round, 'bad-key', `the roster lacks the keys of ${JSON.stringify(id)} itself`);
  const same =
    equalBytes(roster.boxKey(me), sent.boxKey) &&
    equalBytes(roster.maskKey(me), sent.maskKey) &&
    (sent.signed === undefined || equalBytes(roster.commitment(me), sent.signed.commitment));
  if (!same) throw blame(round, 'bad-key', `the roster has other keys of ${JSON.stringify(id)} than it sent`);
}

/** @throws {ProtocolError} `bad-key` for a key that is not canonical, of low order, or there twice */
export function checkRoster(round: Round, roster: Roster): void {
  const keys: Uint8Array[] = [];
  for (const index of roster.present.indices()) {
    const [boxKey, maskKey] = [roster.boxKey(index), roster.maskKey(index)];
    for (const key of [boxKey, maskKey]) {
      try {
        checkAgreementKey(key);
      } catch (cause) {
        const text = `roster, ${JSON.stringify(round.members[index]!.id)}: ${(cause as Error).message}`;
        throw blame(round, 'bad-key', text, cause);
      }
      keys.push(key);
    }
  }
  if (hasDuplicate(keys)) throw blame(round, 'bad-key', 'the roster has the same public key twice');
}

/** Sorts 48-bit prefixes as numbers, and looks at whole keys only where two prefixes are equal. */
function hasDuplicate(keys: readonly Uint8Array[]): boolean {
  const prefixes = Float64Array.from(keys, (key) => {
    const high = key[0]! * 2 ** 16 + key[1]! * 2 ** 8 + key[2]!;
    return high * 2 ** 24 + key[3]! * 2 ** 16 + key[4]! * 2 ** 8 + key[5]!;
  }).sort();
  if (prefixes.every((prefix, i) => i === 0 || prefix !== prefixes[i - 1])) return false;
  return new Set(keys.map((key) => key.join())).size !== keys.length;
}

/** @throws {ProtocolError} `bad-signature` when a client's keys in the roster are not signed by its identity key */
export function checkSignatures(round: Round, derive: Derivations, roster: Roster, index: number): void {
  const { id } = round.members[index]!;
  const statement = derive.advertised(index, roster.boxKey(index), roster.maskKey(index), roster.commitment(index));
  if (!isSigned(round, index, statement, roster.signature(index))) {
    throw blame(round, 'bad-signature', `roster: the keys of ${JSON.stringify(id)} are not signed by it`);
  }
}

/** @throws {ProtocolError} `unknown-party` or `bad-commitment` */
export function checkNonces(round: Round, derive: Derivations, roster: Roster, nonces: Nonces, me: number): void {
  if (!nonces.revealed.isSubsetOf(roster.present)) {
    throw blame(round, 'unknown-party', 'a nonce of a client that is not in the roster');
  }
  if (!nonces.revealed.has(me)) throw blame(round, 'bad-commitment', "this client's own nonce is missing");
  for (const index of nonces.revealed.indices()) {
    if (!equalBytes(derive.nonceCommitment(nonces.nonce(index), index), roster.commitment(index))) {
      const id = JSON.stringify(round.members[index]!.id);
      throw blame(round, 'bad-commitment', `the nonce of ${id} does not open its commitment`);
    }
  }
}

/** What the check of a survivor set needs to know. */
export interface Situation {
  readonly round: Round;
  readonly me: number;
  readonly degree: Degree;
  readonly cohort: ClientSet;
  readonly neighbours: readonly number[];
  readonly shared: ClientSet;
}

/** @throws {ProtocolError} `inconsistent-survivors`, `below-minimum-cohort`, `below-threshold` */
export function checkSurvivors(state: Situation, set: ClientSet): void {
  const { round, me, degree, cohort, neighbours, shared } = state;
  if (!set.isSubsetOf(cohort)) throw blame(round, 'inconsistent-survivors', 'a survivor that is not in the cohort');
  if (!set.has(me)) throw blame(round, 'inconsistent-survivors', 'the survivor set lacks this client itself');
  const stranger = neighbours.find((v, place) => set.has(v) && !shared.has(place));
  if (stranger !== undefined) {
    const id = JSON.stringify(round.members[stranger]!.id);
    throw blame(round, 'inconsistent-survivors', `survivor ${id} had not shared its keys`);
  }
  if (set.count < degree.minimum) {
    throw blame(round, 'below-minimum-cohort', `${set.count} survivors, at least ${degree.minimum} were agreed`);
  }
  const alive = neighbours.filter((v) => set.has(v)).length;
  if (alive < degree.t) {
    throw blame(round, 'below-threshold', `${alive} neighbours survived, at least ${degree.t} are needed`);
  }
}

/** What the check of the signatures needs to know. */
export interface Signed extends Situation {
  readonly derive: Derivations;
  readonly view: Uint8Array;
}

/**
 * That t neighbours signed the set and, where there is one, the quorum of all clients. It verifies the signatures of all neighbours,
 * then others in the order of the cohort until the quorum is reached; those beyond that prove nothing more.
 * @throws {ProtocolError} `inconsistent-survivors`, `bad-signature`
 */
export function checkSigned(state: Signed, own: ClientSet, { set, signers, signatures }: SignedSurvivors): void {
  const { round, derive, view, neighbours, degree } = state;
  if (!equalBytes(set.bytes, own.bytes)) {
    throw blame(round, 'inconsistent-survivors', 'another survivor set than the one this client signed');
  }
  if (!signers.isSubsetOf(own)) throw blame(round, 'bad-signature', 'a signature of a client that is not a survivor');
  const near = neighbours.filter((v) => signers.has(v));
  if (near.length < degree.t) {
    const text = `${near.length} neighbours signed the survivor set, ${degree.t} are needed`;
    throw blame(round, 'inconsistent-survivors', text);
  }
  const all = signers.indices();
  if (all.length < degree.quorum) {
    const text = `${all.length} clients signed the survivor set, ${degree.quorum} of all ${round.n} are needed`;
    throw blame(round, 'inconsistent-survivors', text);
  }
  const first = new Set(near);
  const others = all.filter((v) => !first.has(v)).slice(0, Math.max(0, degree.quorum - near.length));
  const rank = new Map(all.map((v, i) => [v, i]));
  const statement = derive.survivors(view, own.bytes);
  for (const v of [...near, ...others]) {
    const { id } = round.members[v]!;
    const at = 64 * rank.get(v)!;
    if (!isSigned(round, v, statement, signatures.subarray(at, at + 64))) {
      const text = `the signature of ${JSON.stringify(id)} on the survivor set does not verify`;
      throw blame(round, 'bad-signature', text);
    }
  }
}

function blame(round: Round, code: ProtocolError['code'], message: string, cause?: unknown): ProtocolError {
  return new ProtocolError(code, message, { culprits: [round.spec.server.id], cause });
}
