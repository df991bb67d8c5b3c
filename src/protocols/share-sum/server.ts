import { equalBytes } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Executor, MaskPlan, MaskTerm } from '../../kernels/index.ts';
import { addInto, packVector, unpackVector, zeroVector } from '../../math/index.ts';
import { Once } from '../../once.ts';
import type { Identity, Outgoing, Party, PartyId, RoundSpec, Status } from '../index.ts';
import {
  bodyOf,
  contributorsDigest,
  decodeContributors,
  decodeShare,
  encodeHoldings,
  encodePartialSum,
  frameOf,
} from './codec.ts';
import { type Contributors, EXCLUSIONS, type Exclusion, type Holdings, type Share, TYPES } from './messages.ts';
import { getsVector, type ShareSumParameters, type ShareSumRound, shareSumRound } from './params.ts';

/** What one server is to add up: seeds to expand, vectors to unpack. */
export interface SumPlan {
  readonly plan: MaskPlan;
  readonly packed: readonly Uint8Array[];
  /** For {@link PartialSum.contributors}. */
  readonly contributors: Uint8Array;
}

/** A server that collects shares. */
export class AwaitingShares {
  readonly #round: Once<ShareSumRound>;

  constructor(round: ShareSumRound) {
    this.#round = new Once('AwaitingShares', round);
  }

  /**
   * The shares are in, or their time is up.
   * @param shares by client index
   */
  receive(
    shares: ReadonlyMap<number, Share>,
    excluded: ReadonlyMap<number, Exclusion>,
  ): readonly [AwaitingContributors, Holdings] {
    const round = this.#round.take();
    const held = new Map([...shares].map(([client, { tag }]) => [client, tag]));
    return [new AwaitingContributors(round, shares), { held, excluded }];
  }
}

/** A server that has said whose shares it holds, and will add up one set of them, once. */
export class AwaitingContributors {
  readonly #round: ShareSumRound;
  readonly #shares: Once<ReadonlyMap<number, Share>>;

  constructor(round: ShareSumRound, shares: ReadonlyMap<number, Share>) {
    this.#round = round;
    this.#shares = new Once('AwaitingContributors', shares);
  }

  /**
   * Which shares to add up. The shares are spent whatever the answer: a second set would reveal the difference of two sums.
   * @throws {ProtocolError} `already-revealed` on a second call, `below-minimum-cohort`, or `inconsistent-survivors` for a client
   *   whose share this server does not hold
   */
  receive(contributors: Contributors): SumPlan {
    const round = this.#round;
    if (this.#shares.spent)
      throw new ProtocolError('already-revealed', 'a second set of contributors: the first was answered');
    const shares = this.#shares.take();
    const { clients } = contributors;
    if (clients.length < round.spec.minimumCohort) {
      throw new ProtocolError(
        'below-minimum-cohort',
        `${clients.length} contributors, at least ${round.spec.minimumCohort} are agreed`,
      );
    }
    const terms: MaskTerm[] = [];
    const packed: Uint8Array[] = [];
    for (const index of clients) {
      const share = shares.get(index);
      if (share === undefined) {
        throw new ProtocolError('inconsistent-survivors', `no share of contributor ${round.clients[index]} was held`);
      }
      if (share.kind === 'seed') terms.push({ seed: share.seed, sign: 1 });
      else packed.push(share.packed);
    }
    return { plan: { suite: round.suite, terms }, packed, contributors: contributorsDigest(round, contributors) };
  }
}

/**
 * An aggregation server's party (one of spec.helpers).
 * @throws {TypeError|RangeError} when spec and parameters do not fit, or `me` is not a helper of the round
 */
export function shareSumServer(
  spec: RoundSpec,
  parameters: ShareSumParameters,
  me: Identity,
  executor: Executor,
): Party<void> {
  return new Server(shareSumRound(spec, parameters), me.id, executor);
}

class Server implements Party<void> {
  readonly id: PartyId;
  readonly outcome = undefined;
  readonly #round: ShareSumRound;
  readonly #index: number;
  readonly #executor: Executor;
  readonly #collecting: AwaitingShares;
  /** Bodies as received, to tell a retransmission from equivocation. */
  readonly #bodies = new Map<number, Uint8Array>();
  readonly #shares = new Map<number, Share>();
  readonly #excluded = new Map<number, Exclusion>();
  #awaiting: AwaitingContributors | undefined;
  #answered: Uint8Array | undefined;
  #phase: 'Share' | 'Holdings' | 'Contributors' | 'Done' | 'Failed' = 'Share';

  constructor(round: ShareSumRound, id: PartyId, executor: Executor) {
    const index = round.serverIndex.get(id);
    if (index === undefined) throw new RangeError(`${JSON.stringify(id)} is not a helper of this round`);
    this.id = id;
    this.#round = round;
    this.#index = index;
    this.#executor = executor;
    this.#collecting = new AwaitingShares(round);
  }

  get status(): Status {
    const phase = this.#phase;
    if (phase === 'Done' || phase === 'Failed') return { phase, awaiting: [], needed: 0 };
    if (this.#awaiting !== undefined) return { phase, awaiting: [this.#round.collector], needed: 1 };
    const awaiting = this.#round.clients.filter((_, i) => !this.#shares.has(i) && !this.#excluded.has(i));
    return { phase, awaiting, needed: Math.max(0, this.#round.spec.minimumCohort - this.#shares.size) };
  }

  async start(): Promise<Outgoing[]> {
    return [];
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    if (from === this.#round.collector) return this.#fromCollector(frame);
    const client = this.#round.clientIndex.get(from);
    if (client === undefined) {
      throw new ProtocolError('unknown-party', `a frame from ${JSON.stringify(from)}, who is no client of this round`, {
        phase: this.#phase,
        culprits: [from],
      });
    }
    // Once the holdings are sent, a share comes too late.
    if (this.#awaiting !== undefined || this.#phase === 'Failed' || this.#excluded.has(client)) return [];
    this.#fromClient(client, frame);
    return this.#shares.size + this.#excluded.size === this.#round.clients.length ? this.#sendHoldings() : [];
  }

  #fromClient(client: number, frame: Uint8Array): void {
    try {
      const body = bodyOf(this.#round, TYPES.share, frame);
      const before = this.#bodies.get(client);
      if (before !== undefined) {
        if (equalBytes(before, body)) return;
        throw new ProtocolError('equivocation', 'two different shares of one client');
      }
      const share = decodeShare(this.#round, body);
      const expected = getsVector(this.#round, client, this.#index) ? 'vector' : 'seed';
      if (share.kind !== expected) throw new ProtocolError('bad-share', `a ${share.kind}, expected a ${expected}`);
      this.#bodies.set(client, body);
      this.#shares.set(client, share);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#bodies.delete(client);
      this.#shares.delete(client);
      this.#excluded.set(client, EXCLUSIONS.find((code) => code === error.code) ?? 'malformed');
    }
  }

  #sendHoldings(): Outgoing[] {
    const [next, holdings] = this.#collecting.receive(this.#shares, this.#excluded);
    this.#awaiting = next;
    this.#bodies.clear();
    const body = encodeHoldings(this.#round, holdings);
    return [{ to: this.#round.collector, frame: frameOf(this.#round, TYPES.holdings, body) }];
  }

  /** The collector asks for one sum. Whatever else it says ends the round for this server. */
  async #fromCollector(frame: Uint8Array): Promise<Outgoing[]> {
    if (this.#phase === 'Failed') throw this.#error('aborted', 'this server has failed');
    try {
      const body = bodyOf(this.#round, TYPES.contributors, frame);
      if (this.#answered !== undefined) {
        if (equalBytes(this.#answered, body)) return [];
        throw this.#error('already-revealed', 'a second set of contributors: the first was answered');
      }
      if (this.#awaiting === undefined)
        throw this.#error('unexpected-message', 'contributors before the holdings were sent');
      this.#answered = body; // the latch, before anything is computed
      const sum = this.#awaiting.receive(decodeContributors(this.#round, body));
      const packed = await this.#add(sum);
      this.#shares.clear();
      this.#phase = 'Done';
      const reply = encodePartialSum({ contributors: sum.contributors, packed });
      return [{ to: this.#round.collector, frame: frameOf(this.#round, TYPES.partialSum, reply) }];
    } catch (error) {
      const phase = this.#phase;
      if (phase !== 'Done') {
        this.#phase = 'Failed';
        this.#shares.clear();
      }
      throw ProtocolError.locate(error, { phase, culprits: [this.#round.collector] });
    }
  }

  async #add({ plan, packed }: SumPlan): Promise<Uint8Array> {
    const { spec, shareLength } = this.#round;
    const sum = zeroVector(spec.bits, shareLength);
    for (const bytes of packed) addInto(sum, unpackVector(bytes, spec.bits, shareLength));
    await this.#executor.mask(plan, sum.words);
    return packVector(sum);
  }

  #error(code: 'aborted' | 'already-revealed' | 'unexpected-message', message: string): ProtocolError {
    return new ProtocolError(code, message, { phase: this.#phase, culprits: [this.#round.collector] });
  }

  /**
   * A server's phases follow the round: clients share, servers report (`Holdings`), the collector answers (`Contributors`).
   * @throws {ProtocolError} `timeout` when the collector has not answered at the end of the last
   */
  async deadline(phase: string): Promise<Outgoing[]> {
    if (phase !== this.#phase) return [];
    if (phase === 'Share') {
      this.#phase = 'Holdings';
      return this.#awaiting === undefined ? this.#sendHoldings() : [];
    }
    if (phase === 'Holdings') this.#phase = 'Contributors';
    else if (phase === 'Contributors') {
      this.#phase = 'Failed';
      this.#shares.clear();
      throw new ProtocolError('timeout', 'the collector named no contributors in time', { phase });
    }
    return [];
  }
}
