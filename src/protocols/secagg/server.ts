import { equalBytes } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Executor } from '../../kernels/index.ts';
import { reduce } from '../../math/index.ts';
import {
  type Dropout,
  decodeFrame,
  encodeFrame,
  type Identity,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type RoundSpec,
  type Status,
  type Sum,
} from '../index.ts';
import type { ClientSet } from './bitmap.ts';
import {
  decodeAdvertiseKeys,
  decodeConsistencyCheck,
  decodeMaskedInput,
  decodeRevealNonce,
  decodeShareKeys,
  decodeUnmaskShares,
  encodeEncryptedShares,
  encodeNonces,
  encodeRoster,
  encodeSignedSurvivors,
  encodeSurvivors,
} from './codec.ts';
import { MESSAGE, type MessageType } from './messages.ts';
import type { SecaggParameters } from './policy.ts';
import { type Round, resolveRound } from './round.ts';
import { CollectingKeys, CollectingNonces, open } from './server-join.ts';
import { CollectingMaskedInputs, CollectingShareKeys, CollectingSignatures } from './server-states.ts';
import type { CollectingUnmaskShares, SumWork } from './server-unmask.ts';

/**
 * The server of one round of pairwise-mask aggregation: it learns the sum over the survivors.
 *
 * It excludes clients that send what they must not, and goes on while enough are left. A phase ends when everybody has answered, or at its
 * `deadline`.
 *
 * @param me when given, must be the spec's server
 * @throws {TypeError|RangeError} when spec and parameters do not fit together
 */
export function secaggServer(
  spec: RoundSpec,
  parameters: SecaggParameters,
  executor: Executor,
  me?: Identity,
): Party<Sum> {
  if (me !== undefined && me.id !== spec.server.id) {
    throw new RangeError(
      `${JSON.stringify(me.id)} is not the server of the round, ${JSON.stringify(spec.server.id)} is`,
    );
  }
  return new SecaggServer(resolveRound(spec, parameters), executor);
}

type State =
  | CollectingKeys
  | CollectingNonces
  | CollectingShareKeys
  | CollectingMaskedInputs
  | CollectingSignatures
  | CollectingUnmaskShares;

class SecaggServer implements Party<Sum> {
  readonly id: PartyId;
  readonly #round: Round;
  readonly #executor: Executor;
  #state: State | undefined;
  #phase = 'AdvertiseKeys';
  /** The type that this phase collects. */
  #awaits: MessageType = MESSAGE.AdvertiseKeys;
  #started = false;
  /** Whose message this phase lacks, ascending. */
  #missing = new Set<number>();
  #received = 0;
  /** Hash of the one frame of each type that counts, by type, then index. */
  readonly #seen = new Map<number, Map<number, Uint8Array>>();
  readonly #dropped = new Map<number, Dropout>();
  /** Clients that are not listened to any more. */
  readonly #silenced = new Set<number>();
  /** Why clients were excluded: also those whose input stays in the sum. */
  readonly #reasons: ProtocolError[] = [];
  /** Survivors proven to have sent a bad share. */
  readonly #blamed = new Map<number, Dropout>();
  /** k; known from ShareKeys on. */
  #degree = 0;
  #survivors: ClientSet | undefined;
  #outcome: Sum | undefined;

  constructor(round: Round, executor: Executor) {
    this.id = round.spec.server.id;
    this.#round = round;
    this.#executor = executor;
    this.#enter(open(round), 'AdvertiseKeys', MESSAGE.AdvertiseKeys);
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    return [];
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    const index = this.#round.indexOf.get(from);
    if (index === undefined) {
      throw new ProtocolError('unknown-party', `a frame from ${JSON.stringify(from)}, who is not in the cohort`);
    }
    if (this.#state === undefined || this.#silenced.has(index)) return [];
    try {
      this.#accept(this.#state, index, frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#exclude(index, ProtocolError.locate(error, { phase: this.#phase, culprits: [from] }) as ProtocolError);
    }
    return this.#missing.size === 0 ? this.#close() : [];
  }

  #accept(state: State, index: number, frame: Uint8Array): void {
    const { type, body } = decodeFrame(PROTOCOLS.secagg, this.#round.session, frame);
    const digest = sha256(frame);
    const earlier = this.#seen.get(type)?.get(index);
    if (earlier !== undefined) {
      if (equalBytes(earlier, digest)) return;
      throw new ProtocolError('equivocation', `a second, different message of type ${type}`);
    }
    if (type !== this.#awaits || !this.#missing.has(index)) {
      throw new ProtocolError('unexpected-message', `message type ${type}, expected ${this.#awaits}`);
    }
    this.#check(state, index, body);
    this.#missing.delete(index);
    this.#received++;
    const seen = this.#seen.get(type) ?? new Map<number, Uint8Array>();
    this.#seen.set(type, seen.set(index, digest));
  }

  #check(state: State, index: number, body: Uint8Array): void {
    if (state instanceof CollectingKeys) state.receive(index, decodeAdvertiseKeys(this.#round, body));
    else if (state instanceof CollectingNonces) state.receive(index, decodeRevealNonce(body));
    else if (state instanceof CollectingShareKeys) state.receive(index, decodeShareKeys(body, this.#degree));
    else if (state instanceof CollectingMaskedInputs) state.receive(index, decodeMaskedInput(this.#round, body));
    else if (state instanceof CollectingSignatures) state.receive(index, decodeConsistencyCheck(body));
    else state.receive(index, decodeUnmaskShares(body, this.#degree));
  }

  /** From here on the client is not heard. Before its input has been added it drops out, afterwards the input stays in the sum. */
  #exclude(index: number, reason: ProtocolError): void {
    this.#silenced.add(index);
    this.#reasons.push(reason);
    this.#missing.delete(index);
    const added = this.#survivors?.has(index) || this.#seen.get(MESSAGE.MaskedInput)?.has(index);
    if (!added) this.#drop(index, reason);
    else if (reason.code === 'bad-share') {
      this.#blamed.set(index, { id: this.#round.members[index]!.id, phase: this.#phase, reason });
    }
    this.#state?.exclude(index);
  }

  #drop(index: number, reason?: ProtocolError): void {
    this.#silenced.add(index);
    if (this.#dropped.has(index)) return;
    const { id } = this.#round.members[index]!;
    this.#dropped.set(index, { id, phase: this.#phase, ...(reason === undefined ? {} : { reason }) });
  }

  async deadline(phase: string): Promise<Outgoing[]> {
    if (this.#state === undefined || phase !== this.#phase) return [];
    for (const index of this.#missing) {
      this.#silenced.add(index);
      if (this.#survivors === undefined) this.#drop(index);
    }
    this.#missing.clear();
    return this.#close();
  }

  async #close(): Promise<Outgoing[]> {
    const phase = this.#phase;
    try {
      let out: Outgoing[] = [];
      // A phase in which nobody is left to answer is over at once.
      while (this.#state !== undefined && this.#missing.size === 0) out = out.concat(await this.#step(this.#state));
      return out;
    } catch (error) {
      this.#phase = 'Failed';
      this.#state = undefined;
      this.#missing.clear();
      throw this.#blame(error, phase);
    }
  }

  /** A round that fails because too few are left names those who were excluded before, and says why the first of them was. */
  #blame(error: unknown, phase: string): unknown {
    if (!(error instanceof ProtocolError) || error.culprits.length > 0) return ProtocolError.locate(error, { phase });
    const culprits = this.#reasons.flatMap((reason) => reason.culprits);
    return new ProtocolError(error.code, error.message, { phase, culprits, cause: error.cause ?? this.#reasons[0] });
  }

  async #step(state: State): Promise<Outgoing[]> {
    const round = this.#round;
    if (state instanceof CollectingKeys) {
      const [next, roster] = state.close();
      const out = this.#toAll(next.expected, MESSAGE.Roster, encodeRoster(roster));
      if (next instanceof CollectingNonces) this.#enter(next, 'RevealNonces', MESSAGE.RevealNonce);
      else this.#enterShareKeys(next);
      return out;
    }
    if (state instanceof CollectingNonces) {
      const [next, nonces] = state.close();
      this.#enterShareKeys(next);
      return this.#toAll(next.expected, MESSAGE.Nonces, encodeNonces(nonces));
    }
    if (state instanceof CollectingShareKeys) {
      const [next, outbox] = state.close();
      // Whoever has too few neighbours left gets nothing: it drops out here.
      for (const { id } of round.members) {
        const index = round.indexOf.get(id)!;
        if (!next.expected.has(index)) this.#drop(index);
      }
      this.#enter(next, 'MaskedInput', MESSAGE.MaskedInput);
      return this.#toEach(outbox, MESSAGE.EncryptedShares, encodeEncryptedShares);
    }
    if (state instanceof CollectingMaskedInputs) {
      const [next, message] = state.close();
      this.#survivors = message.set;
      if (next instanceof CollectingSignatures) this.#enter(next, 'ConsistencyCheck', MESSAGE.ConsistencyCheck);
      else this.#enter(next, 'Unmask', MESSAGE.UnmaskShares);
      return this.#toAll(this.#heard(message.set), MESSAGE.Survivors, encodeSurvivors(message));
    }
    if (state instanceof CollectingSignatures) {
      const [next, message] = state.close();
      this.#enter(next, 'Unmask', MESSAGE.UnmaskShares);
      return this.#toAll(this.#heard(next.expected), MESSAGE.SignedSurvivors, encodeSignedSurvivors(message));
    }
    await this.#finish(state.close());
    return [];
  }

  async #finish({ plan, sum, survivors }: SumWork): Promise<void> {
    const { spec, members } = this.#round;
    // Nothing is awaited any more: a frame that comes while masks are computed finds no state.
    this.#state = undefined;
    try {
      await this.#executor.mask(plan, sum);
    } finally {
      for (const { seed } of plan.terms) seed.fill(0);
    }
    this.#outcome = {
      sum: reduce({ bits: spec.bits, words: sum }),
      survivors: survivors.indices().map((index) => members[index]!.id),
      dropped: byIndex(this.#dropped),
      ...(this.#blamed.size === 0 ? {} : { blamed: byIndex(this.#blamed) }),
    };
    this.#phase = 'Done';
  }

  #enterShareKeys(next: CollectingShareKeys): void {
    this.#degree = next.degree.k;
    this.#enter(next, 'ShareKeys', MESSAGE.ShareKeys);
  }

  #enter(state: State, phase: string, awaits: MessageType): void {
    this.#state = state;
    this.#phase = phase;
    this.#awaits = awaits;
    this.#received = 0;
    this.#missing = new Set(this.#heard(state.expected));
  }

  #heard(set: ClientSet): number[] {
    return set.indices().filter((index) => !this.#silenced.has(index));
  }

  /** One frame for all. */
  #toAll(receivers: ClientSet | readonly number[], type: MessageType, body: Uint8Array): Outgoing[] {
    const frame = encodeFrame(PROTOCOLS.secagg, type, this.#round.session, body);
    const indices = Array.isArray(receivers) ? receivers : (receivers as ClientSet).indices();
    return indices.map((index: number) => ({ to: this.#round.members[index]!.id, frame }));
  }

  #toEach<Message>(
    outbox: ReadonlyMap<number, Message>,
    type: MessageType,
    encode: (message: Message) => Uint8Array,
  ): Outgoing[] {
    return [...outbox].map(([index, message]) => ({
      to: this.#round.members[index]!.id,
      frame: encodeFrame(PROTOCOLS.secagg, type, this.#round.session, encode(message)),
    }));
  }

  get status(): Status {
    if (this.#state === undefined) return { phase: this.#phase, awaiting: [], needed: 0 };
    const awaiting = Array.from(this.#missing, (index) => this.#round.members[index]!.id);
    const lacking = Math.max(0, this.#state.least - this.#received);
    return { phase: this.#phase, awaiting, needed: Math.min(lacking, awaiting.length) };
  }

  get outcome(): Sum | undefined {
    return this.#outcome;
  }
}

function byIndex(parties: ReadonlyMap<number, Dropout>): Dropout[] {
  return [...parties].sort(([a], [b]) => a - b).map(([, dropout]) => dropout);
}
