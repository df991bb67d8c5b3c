import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8, Writer } from '../bytes/index.ts';
import { checkBits, type RingVector } from '../math/index.ts';
import type { PartyId } from './party.ts';

/** A party as the roster pins it. */
export interface Member {
  readonly id: PartyId;
  /** Ed25519 public key, 32 bytes. Needed in the malicious-server model and by authenticated transports. */
  readonly key?: Uint8Array;
}

/** This party itself. */
export interface Identity {
  readonly id: PartyId;
  /** Ed25519 secret key (seed), 32 bytes, of the key that the roster pins. */
  readonly secretKey?: Uint8Array;
}

/**
 * What all parties of a round agree on beforehand. Its hash is the session id, to which every key, share, signature and sealed box
 * is bound: parties with different specs cannot understand each other.
 */
export interface RoundSpec {
  /** What is being computed, e.g. `mnist/fedavg`; 1 .. 255 bytes of UTF-8. */
  readonly task: string;
  /** 0 .. 2^32 - 1; never used twice with the same task and roster. */
  readonly round: number;
  /**
   * 32 bytes: a hash of everything else contributors must agree on (the global model, the encoding). A server that sends different models to
   * different clients to tell their updates apart gets noise.
   */
  readonly context: Uint8Array;
  readonly server: Member;
  /** The cohort, in any order; the session id sorts it. 2 .. 65,535 */
  readonly clients: readonly Member[];
  /** Further parties some schemes need (aggregation servers, decryptors). */
  readonly helpers: readonly Member[];
  /** The sum is over Z_{2^bits}, bits in 8 .. 64. */
  readonly bits: number;
  /** Words in a contribution, 1 .. 2^32 - 1. */
  readonly length: number;
  /** A sum over fewer contributors is refused. At least 2. */
  readonly minimumCohort: number;
}

/** The sum over the survivors: what the server learns, and all it learns. */
export interface Sum {
  /** Canonical words of the sum over Z_{2^bits}. */
  readonly sum: RingVector;
  /** Whose contributions are in the sum, sorted. */
  readonly survivors: readonly PartyId[];
  readonly dropped: readonly Dropout[];
  /**
   * Survivors that were proven to have sent a bad share, with the phase and the error (`bad-share`): their contributions are in the sum, which is
   * exact all the same, and they need not be asked again. Absent when there are none.
   */
  readonly blamed?: readonly Dropout[];
}

/** Somebody whose contribution is not in the sum. */
export interface Dropout {
  readonly id: PartyId;
  /** The phase whose message did not come, or was refused. */
  readonly phase: string;
  /** Why the server excluded it, when it did not just fall silent. */
  readonly reason?: Error;
}

const MAX_CLIENTS = 65_535;

/** @throws {TypeError|RangeError} naming the first field that is wrong */
export function checkRoundSpec(spec: RoundSpec): void {
  const task = utf8(spec.task).length;
  if (task < 1 || task > 255) throw new RangeError(`task of ${task} bytes, expected 1 .. 255`);
  if (!Number.isInteger(spec.round) || spec.round < 0 || spec.round >= 2 ** 32) {
    throw new RangeError(`round ${spec.round}, expected an integer in 0 .. 2^32 - 1`);
  }
  if (spec.context.length !== 32) throw new RangeError(`context of ${spec.context.length} bytes, expected 32`);
  checkBits(spec.bits);
  if (!Number.isInteger(spec.length) || spec.length < 1 || spec.length >= 2 ** 32) {
    throw new RangeError(`length ${spec.length}, expected an integer in 1 .. 2^32 - 1`);
  }
  if (spec.clients.length < 2 || spec.clients.length > MAX_CLIENTS) {
    throw new RangeError(`${spec.clients.length} clients, expected 2 .. ${MAX_CLIENTS}`);
  }
  if (!Number.isInteger(spec.minimumCohort) || spec.minimumCohort < 2 || spec.minimumCohort > spec.clients.length) {
    throw new RangeError(`minimumCohort ${spec.minimumCohort}, expected 2 .. ${spec.clients.length} (the cohort)`);
  }
  const seen = new Set<PartyId>();
  for (const member of [spec.server, ...spec.clients, ...spec.helpers]) {
    checkPartyId(member.id);
    if (seen.has(member.id)) throw new RangeError(`party ${JSON.stringify(member.id)} is listed twice`);
    seen.add(member.id);
    if (member.key !== undefined && member.key.length !== 32) {
      throw new RangeError(`identity key of ${JSON.stringify(member.id)} has ${member.key.length} bytes, expected 32`);
    }
  }
}

/** @throws {RangeError} for an id that is not 1 .. 64 bytes of UTF-8 */
export function checkPartyId(id: PartyId): void {
  const bytes = utf8(id).length;
  if (bytes < 1 || bytes > 64) throw new RangeError(`party id of ${bytes} bytes, expected 1 .. 64`);
}

/** Members sorted by the bytes of their ids: the order that indices refer to. */
export function sortedMembers(members: readonly Member[]): Member[] {
  // Every id is encoded once, not once a comparison: it is felt with 1,000 members.
  const keyed = members.map((member) => ({ member, key: utf8(member.id) }));
  return keyed.sort((a, b) => compareUtf8(a.key, b.key)).map(({ member }) => member);
}

/** Order of the UTF-8 bytes (which is the order of code points, not that of UTF-16 units). */
export function compareIds(a: PartyId, b: PartyId): number {
  return compareUtf8(utf8(a), utf8(b));
}

function compareUtf8(x: Uint8Array, y: Uint8Array): number {
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x[i]! - y[i]!;
  }
  return x.length - y.length;
}

/** The canonical bytes of a spec; docs/spec/secagg.md gives the layout. */
export function encodeRoundSpec(spec: RoundSpec): Uint8Array {
  checkRoundSpec(spec);
  const out = new Writer(128 + 100 * spec.clients.length);
  out.text(spec.task).u32(spec.round).bytes(spec.context).u8(spec.bits).u32(spec.length).u32(spec.minimumCohort);
  writeMembers(out, [spec.server]);
  writeMembers(out, sortedMembers(spec.clients));
  writeMembers(out, sortedMembers(spec.helpers));
  return out.finish();
}

function writeMembers(out: Writer, members: readonly Member[]): void {
  out.u32(members.length);
  for (const { id, key } of members) {
    out.text(id).u8(key === undefined ? 0 : 1);
    if (key !== undefined) out.bytes(key);
  }
}

/**
 * The session id: SHA-256 over the protocol's label, the scheme's parameters and the canonical spec.
 * @param label protocol name and version, e.g. `subrosa/secagg/v1`
 * @param parameters the scheme's own canonical parameter bytes
 */
export function sessionId(label: string, parameters: Uint8Array, spec: RoundSpec): Uint8Array {
  const head = new Writer().text(label).sized(parameters).finish();
  return sha256(concatBytes(head, encodeRoundSpec(spec)));
}
