import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, Writer } from '../bytes/index.ts';
import type { Encoding, VectorCodec } from '../encoding/index.ts';
import type { Identity, Member, PartyId, RoundSpec } from '../protocols/index.ts';

/** One round of a task, as every party describes it for itself. They must agree on all of it but `me`. A value: make a new one for every round. */
export interface Round {
  /** What is being computed, e.g. `mnist/fedavg`; 1 .. 255 bytes of UTF-8. */
  readonly task: string;
  /** 0 .. 2^32 - 1. A number is used once per task: a round that failed is repeated under a new number. */
  readonly number: number;
  /**
   * The global model that the updates refer to, or a digest of it. A server that shows different models to different clients, to tell their
   * updates apart, gets nothing it can read.
   */
  readonly model: ArrayBufferView;
  /** Values in an update, at least 1. */
  readonly dimension: number;
  readonly server: PartyId | Member;
  /** The cohort, in any order, 2 .. 65,535. */
  readonly clients: readonly (PartyId | Member)[];
  /** Parties that some schemes need besides: the aggregation servers of additive sharing, the decryptors of homomorphic sums. */
  readonly helpers?: readonly (PartyId | Member)[];
  /** This party, when the scheme signs with identity keys; otherwise its name is the transport's. */
  readonly me?: Identity;
}

/** A round made precise: the spec all parties hash into the session id, and the codec between updates and ring vectors. */
export interface PreparedRound {
  readonly spec: RoundSpec;
  readonly codec: VectorCodec;
}

const CONTEXT = 'subrosa/aggregate/context/v1';
const ROTATION = 'subrosa/aggregate/rotation/v1';

/**
 * - rotation seed = SHA-256(label || task || number || SHA-256(model)): public, and the same for all parties;
 * - context = SHA-256(label || SHA-256(model) || digest of the encoding): parties who disagree on either are in different sessions.
 *
 * @param minimumCohort default: a majority of the cohort
 * @throws {TypeError|RangeError} naming what does not fit
 */
export function prepareRound(round: Round, encoding: Encoding, minimumCohort?: number): PreparedRound {
  const { task, number, dimension } = round;
  if (!ArrayBuffer.isView(round.model))
    throw new TypeError('round.model: expected the model, or a digest, as a view of bytes');
  const clients = round.clients.map(member);
  const model = sha256(viewBytes(round.model));
  const codec = encoding.prepare({ clients: clients.length, dimension, seed: rotationSeed(task, number, model) });
  const digest = codec.digest();
  const spec: RoundSpec = {
    task,
    round: number,
    context: sha256(concatBytes(new Writer().text(CONTEXT).finish(), model, digest)),
    server: member(round.server),
    clients,
    helpers: (round.helpers ?? []).map(member),
    bits: codec.bits,
    length: codec.length,
    minimumCohort: minimumCohort ?? Math.floor(clients.length / 2) + 1,
  };
  return { spec, codec };
}

function rotationSeed(task: string, number: number, model: Uint8Array): Uint8Array {
  return sha256(new Writer().text(ROTATION).text(task).u32(number).bytes(model).finish());
}

function member(party: PartyId | Member): Member {
  return typeof party === 'string' ? { id: party } : party;
}

function viewBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
