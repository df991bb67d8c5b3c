import { concatBytes, equalBytes, toHex } from '../../bytes/index.ts';
import { checkAgreementKey, verifySignature } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { addWords, type RingWords, zeroWords } from '../../kernels/index.ts';
import { ClientSet } from './bitmap.ts';
import type { Step } from './client-states.ts';
import { encodeNonces, encodeRoster, entryBytes } from './codec.ts';
import { ringGraph } from './graph.ts';
import { Derivations } from './keys.ts';
import {
  type AdvertiseKeys,
  type ConsistencyCheck,
  type EncryptedShares,
  type MaskedInput,
  Nonces,
  PAIR_BYTES,
  type RevealNonce,
  Roster,
  type ShareKeys,
  type SignedSurvivors,
  type Survivors,
} from './messages.ts';
import { type Degree, degreeFor } from './policy.ts';
import type { Round } from './round.ts';
import { CollectingUnmaskShares } from './server-unmask.ts';

/**
 * The server's side of a round as typed states, one a phase. `receive` checks one client's message, and throws when the client has to
 * be excluded; `exclude` forgets a client; `close` ends the phase with whoever is there, gives the next state and what to
 * send, or throws when too few are left. A closed state throws on any further use.
 */
abstract class Collecting<Message> {
  protected readonly inbox: Map<number, Message> = new Map();
  #closed = false;

  /** Who may still send. */
  abstract readonly expected: ClientSet;
  /** How many messages the phase needs at least. */
  abstract readonly least: number;

  protected accept(index: number, message: Message): void {
    this.#open();
    if (!this.expected.has(index)) throw new ProtocolError('unexpected-message', 'this client has left the round');
    if (this.inbox.has(index)) throw new ProtocolError('equivocation', 'a second message of the same phase');
    this.inbox.set(index, message);
  }

  /** Forgets what a client sent in this phase, as far as that can be. */
  exclude(index: number): void {
    this.inbox.delete(index);
  }

  protected seal(): void {
    this.#open();
    this.#closed = true;
  }

  #open(): void {
    if (this.#closed) throw new TypeError(`${this.constructor.name} was already closed`);
  }

  protected senders(n: number): ClientSet {
    return ClientSet.of(n, this.inbox.keys());
  }
}

export type { Collecting };

/** The first state of the server. */
export function open(round: Round): CollectingKeys {
  return new CollectingKeys(round);
}

export class CollectingKeys extends Collecting<AdvertiseKeys> {
  readonly #round: Round;
  readonly #derive: Derivations;
  readonly #keys = new Map<string, number>();
  readonly expected: ClientSet;
  readonly least: number;

  constructor(round: Round) {
    super();
    this.#round = round;
    this.#derive = new Derivations(round);
    this.expected = ClientSet.of(round.n, round.members.keys());
    this.least = Math.max(3, round.spec.minimumCohort);
  }

  /** @throws {ProtocolError} `bad-key`, `bad-signature` */
  receive(index: number, message: AdvertiseKeys): void {
    const { boxKey, maskKey, signed } = message;
    checkAgreementKey(boxKey);
    checkAgreementKey(maskKey);
    const hexes = [toHex(boxKey), toHex(maskKey)];
    if (hexes[0] === hexes[1]) throw new ProtocolError('bad-key', 'one key for boxes and masks');
    if (hexes.some((hex) => this.#keys.has(hex))) {
      throw new ProtocolError('bad-key', 'a public key that another client advertised before');
    }
    if (this.#round.malicious) {
      const statement = this.#derive.advertised(index, boxKey, maskKey, signed!.commitment);
      if (!verifySignature(this.#round.members[index]!.key!, statement, signed!.signature)) {
        throw new ProtocolError('bad-signature', 'the signature on the advertised keys does not verify');
      }
    }
    this.accept(index, message);
    for (const hex of hexes) this.#keys.set(hex, index);
  }

  override exclude(index: number): void {
    super.exclude(index);
    for (const [hex, owner] of this.#keys) if (owner === index) this.#keys.delete(hex);
  }

  /** @throws {ProtocolError} `below-minimum-cohort`, `below-threshold` */
  close(): Step<CollectingNonces | CollectingShareKeys, Roster> {
    this.seal();
    const round = this.#round;
    const present = this.senders(round.n);
    const parts = present.indices().flatMap((index) => {
      const { boxKey, maskKey, signed } = this.inbox.get(index)!;
      return signed === undefined ? [boxKey, maskKey] : [boxKey, maskKey, signed.commitment, signed.signature];
    });
    const roster = new Roster(present, concatBytes(...parts), entryBytes(round));
    const degree = degreeOrFail(round, present.count, present.count);
    if (round.malicious) return [new CollectingNonces(round, roster), roster];
    const view = this.#derive.view(encodeRoster(roster));
    return [new CollectingShareKeys({ round, roster, view, degree, cohort: present }), roster];
  }
}

export class CollectingNonces extends Collecting<RevealNonce> {
  readonly #round: Round;
  readonly #roster: Roster;
  readonly #derive: Derivations;
  readonly expected: ClientSet;
  readonly least: number;

  constructor(round: Round, roster: Roster) {
    super();
    this.#round = round;
    this.#roster = roster;
    this.#derive = new Derivations(round);
    this.expected = roster.present;
    this.least = Math.max(3, round.spec.minimumCohort);
  }

  /** @throws {ProtocolError} `bad-commitment` */
  receive(index: number, message: RevealNonce): void {
    if (!equalBytes(this.#derive.nonceCommitment(message.nonce, index), this.#roster.commitment(index))) {
      throw new ProtocolError('bad-commitment', 'the nonce does not open its commitment');
    }
    this.accept(index, message);
  }

  /** @throws {ProtocolError} `below-minimum-cohort`, `below-threshold` */
  close(): Step<CollectingShareKeys, Nonces> {
    this.seal();
    const [round, roster] = [this.#round, this.#roster];
    const revealed = this.senders(round.n);
    const parts = revealed.indices().map((index) => this.inbox.get(index)!.nonce);
    const nonces = new Nonces(revealed, concatBytes(...parts));
    const degree = degreeOrFail(round, roster.present.count, revealed.count);
    const view = this.#derive.view(encodeRoster(roster), encodeNonces(nonces));
    return [new CollectingShareKeys({ round, roster, view, degree, cohort: revealed }), nonces];
  }
}

function degreeOrFail(round: Round, joined: number, revealed: number): Degree {
  const { minimumCohort } = round.spec;
  if (revealed < minimumCohort) {
    throw new ProtocolError(
      'below-minimum-cohort',
      `${revealed} clients joined, at least ${minimumCohort} were agreed`,
    );
  }
  const degree = degreeFor(round.parameters, round.n, joined, revealed, minimumCohort);
  if (degree !== undefined) return degree;
  throw new ProtocolError(
    'below-threshold',
    `${revealed} of ${round.n} clients joined: too few for the agreed dropout and corruption`,
  );
}

interface CohortFields {
  readonly round: Round;
  readonly roster: Roster;
  readonly view: Uint8Array;
  readonly degree: Degree;
  readonly cohort: ClientSet;
}

/** The cohort once its graph is known. */
export interface Cohort extends CohortFields {
  /** By index in the sorted cohort; ascending; empty for clients that are not in it. */
  readonly neighbours: readonly (readonly number[])[];
}

/** The place of `peer` among the neighbours of another client, or -1. */
export function placeOf(neighbours: readonly number[], peer: number): number {
  let [low, high] = [0, neighbours.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = neighbours[middle]!;
    if (found === peer) return middle;
    if (found < peer) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export class CollectingShareKeys extends Collecting<ShareKeys> {
  readonly #cohort: Cohort;
  readonly expected: ClientSet;
  readonly least: number;

  constructor(fields: CohortFields) {
    super();
    const nodes = fields.cohort.indices();
    const graph = ringGraph(fields.view, nodes.length, fields.degree.k);
    const neighbours: number[][] = Array.from({ length: fields.round.n }, () => []);
    nodes.forEach((index, node) => {
      neighbours[index] = Array.from(graph.neighbours(node), (other) => nodes[other]!);
    });
    this.#cohort = { ...fields, neighbours };
    this.expected = fields.cohort;
    this.least = fields.degree.minimum;
  }

  get degree(): Degree {
    return this.#cohort.degree;
  }

  /** The decoder has checked that there is one entry for each neighbour; only the neighbours can open them. */
  receive(index: number, message: ShareKeys): void {
    this.accept(index, message);
  }

  /**
   * Clients with fewer than t neighbours that shared their keys are left out: nobody could ever remove their masks.
   * @throws {ProtocolError} `below-minimum-cohort`
   */
  close(): Step<CollectingMaskedInputs, ReadonlyMap<number, EncryptedShares>> {
    this.seal();
    const { round, neighbours, degree } = this.#cohort;
    const sharing = reachable(this.senders(round.n), neighbours, degree.t);
    if (sharing.count < degree.minimum) {
      const found = `${sharing.count} clients shared their keys with at least ${degree.t} neighbours that did`;
      throw new ProtocolError('below-minimum-cohort', `${found}, ${degree.minimum} are needed`);
    }
    const outbox = new Map<number, EncryptedShares>();
    for (const index of sharing.indices()) {
      const senders = new ClientSet(degree.k);
      const parts: Uint8Array[] = [];
      neighbours[index]!.forEach((peer, place) => {
        if (!sharing.has(peer)) return;
        senders.add(place);
        const at = placeOf(neighbours[peer]!, index) * PAIR_BYTES;
        parts.push(this.inbox.get(peer)!.pairs.subarray(at, at + PAIR_BYTES));
      });
      outbox.set(index, { senders, pairs: concatBytes(...parts) });
    }
    return [new CollectingMaskedInputs(this.#cohort, sharing, this.inbox), outbox];
  }
}

/** The largest subset in which everybody has at least t neighbours. */
function reachable(set: ClientSet, neighbours: readonly (readonly number[])[], t: number): ClientSet {
  let current = set;
  for (;;) {
    const next = ClientSet.of(
      set.size,
      current.indices().filter((index) => aliveNeighbours(neighbours[index]!, current) >= t),
    );
    if (next.count === current.count) return next;
    current = next;
  }
}

export function aliveNeighbours(neighbours: readonly number[], set: ClientSet): number {
  let count = 0;
  for (const peer of neighbours) if (set.has(peer)) count++;
  return count;
}

/** The cohort once inputs are in: their sum, still masked. */
export interface Masked {
  readonly cohort: Cohort;
  /** Who shared keys. */
  readonly sharing: ClientSet;
  readonly survivors: ClientSet;
  readonly sharedKeys: ReadonlyMap<number, ShareKeys>;
  readonly accumulator: RingWords;
}

export class CollectingMaskedInputs extends Collecting<true> {
  readonly #cohort: Cohort;
  readonly #shareKeys: ReadonlyMap<number, ShareKeys>;
  readonly #accumulator: RingWords;
  readonly expected: ClientSet;
  readonly least: number;

  constructor(cohort: Cohort, sharing: ClientSet, shareKeys: ReadonlyMap<number, ShareKeys>) {
    super();
    this.#cohort = cohort;
    this.#shareKeys = shareKeys;
    const { spec } = cohort.round;
    this.#accumulator = zeroWords(spec.bits, spec.length);
    this.expected = sharing;
    this.least = cohort.degree.minimum;
  }

  /** Adds the input to the one accumulator: no input is kept. */
  receive(index: number, { words }: MaskedInput): void {
    this.accept(index, true);
    addWords(this.#accumulator, words);
  }

  /** An input that was added stays: it cannot be taken out again. */
  override exclude(): void {}

  /** @throws {ProtocolError} `below-minimum-cohort`, `below-threshold`: nobody has been asked to reveal anything then */
  close(): Step<CollectingSignatures | CollectingUnmaskShares, Survivors> {
    this.seal();
    const { round, degree, neighbours } = this.#cohort;
    const survivors = this.senders(round.n);
    if (survivors.count < degree.minimum) {
      const text = `${survivors.count} clients sent their input, at least ${degree.minimum} were agreed`;
      throw new ProtocolError('below-minimum-cohort', text);
    }
    for (const index of this.expected.indices()) {
      const alive = aliveNeighbours(neighbours[index]!, survivors);
      if (alive >= degree.t || (alive === 0 && !survivors.has(index))) continue;
      const id = JSON.stringify(round.members[index]!.id);
      throw new ProtocolError('below-threshold', `${alive} neighbours of ${id} are left, ${degree.t} are needed`);
    }
    const masked: Masked = {
      cohort: this.#cohort,
      sharing: this.expected,
      survivors,
      sharedKeys: this.#shareKeys,
      accumulator: this.#accumulator,
    };
    const message = { set: survivors };
    return [
      round.malicious ? new CollectingSignatures(masked) : new CollectingUnmaskShares(masked, survivors),
      message,
    ];
  }
}

export class CollectingSignatures extends Collecting<ConsistencyCheck> {
  readonly #masked: Masked;
  readonly #statement: Uint8Array;
  readonly expected: ClientSet;
  readonly least: number;

  constructor(masked: Masked) {
    super();
    this.#masked = masked;
    const { round, view, degree } = masked.cohort;
    this.#statement = new Derivations(round).survivors(view, masked.survivors.bytes);
    this.expected = masked.survivors;
    this.least = degree.t;
  }

  /** @throws {ProtocolError} `bad-signature` */
  receive(index: number, message: ConsistencyCheck): void {
    if (!verifySignature(this.#masked.cohort.round.members[index]!.key!, this.#statement, message.signature)) {
      throw new ProtocolError('bad-signature', 'the signature on the survivor set does not verify');
    }
    this.accept(index, message);
  }

  /** Sends t signatures to every signer that has t neighbours that signed. @throws {ProtocolError} `below-threshold` */
  close(): Step<CollectingUnmaskShares, ReadonlyMap<number, SignedSurvivors>> {
    this.seal();
    const { cohort, survivors } = this.#masked;
    const { degree, neighbours } = cohort;
    const signed = this.senders(cohort.round.n);
    const outbox = new Map<number, SignedSurvivors>();
    for (const index of signed.indices()) {
      const signers = new ClientSet(degree.k);
      const signatures: Uint8Array[] = [];
      neighbours[index]!.forEach((peer, place) => {
        if (signatures.length === degree.t || !signed.has(peer)) return;
        signers.add(place);
        signatures.push(this.inbox.get(peer)!.signature);
      });
      if (signatures.length < degree.t) continue;
      outbox.set(index, { set: survivors, signers, signatures: concatBytes(...signatures) });
    }
    const asked = ClientSet.of(cohort.round.n, outbox.keys());
    const next = new CollectingUnmaskShares(this.#masked, asked);
    next.checkReachable();
    return [next, outbox];
  }
}
