import { concatBytes } from '../../bytes/index.ts';
import { verifySignature } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { addWords, type RingWords, zeroWords } from '../../kernels/index.ts';
import { ClientSet } from './bitmap.ts';
import type { Step } from './client-states.ts';
import { ringGraph } from './graph.ts';
import { Derivations } from './keys.ts';
import {
  type ConsistencyCheck,
  type EncryptedShares,
  type MaskedInput,
  PAIR_BYTES,
  type ShareKeys,
  type SignedSurvivors,
  type Survivors,
} from './messages.ts';
import type { Degree } from './policy.ts';
import {
  aliveNeighbours,
  type Cohort,
  type CohortFields,
  Collecting,
  type Masked,
  placeOf,
} from './server-collecting.ts';
import { CollectingUnmaskShares } from './server-unmask.ts';

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
    this.least = Math.max(degree.t, degree.quorum);
  }

  /** @throws {ProtocolError} `bad-signature` */
  receive(index: number, message: ConsistencyCheck): void {
    if (!verifySignature(this.#masked.cohort.round.members[index]!.key!, this.#statement, message.signature)) {
      throw new ProtocolError('bad-signature', 'the signature on the survivor set does not verify');
    }
    this.accept(index, message);
  }

  /**
   * Sends all signatures, the same message to every signer that has t neighbours that signed.
   * @throws {ProtocolError} `below-threshold` when fewer than the quorum signed, or some secret has fewer than t holders that can be asked
   */
  close(): Step<CollectingUnmaskShares, SignedSurvivors> {
    this.seal();
    const { cohort, survivors } = this.#masked;
    const { round, degree, neighbours } = cohort;
    const signers = this.senders(round.n);
    const all = signers.indices();
    if (all.length < degree.quorum) {
      const text = `${all.length} of ${round.n} clients signed the survivor set, ${degree.quorum} are needed`;
      throw new ProtocolError('below-threshold', text);
    }
    const asked = all.filter((index) => aliveNeighbours(neighbours[index]!, signers) >= degree.t);
    const next = new CollectingUnmaskShares(this.#masked, ClientSet.of(round.n, asked));
    next.checkReachable();
    const signatures = concatBytes(...all.map((index) => this.inbox.get(index)!.signature));
    return [next, { set: survivors, signers, signatures }];
  }
}
