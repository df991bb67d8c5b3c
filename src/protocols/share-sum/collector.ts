import { equalBytes } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { addInto, type RingVector, reduce, unpackVector, zeroVector } from '../../math/index.ts';
import { Once } from '../../once.ts';
import type { Dropout, Outgoing, Party, PartyId, RoundSpec, Status, Sum } from '../index.ts';
import { bodyOf, contributorsDigest, decodeHoldings, decodePartialSum, encodeContributors, frameOf } from './codec.ts';
import { type Contributors, type Exclusion, type Holdings, type PartialSum, TYPES } from './messages.ts';
import { type ShareSumParameters, type ShareSumRound, shareSumRound } from './params.ts';

/** The set whose sum the collector asks for, and the servers that hold all of it. Indices, ascending. */
export interface Selection extends Contributors {
  readonly servers: readonly number[];
}

/**
 * Chooses the contributors: the clients of whose input every chosen server holds a share, all of the same sharing (with the same tag). In additive mode all k servers are chosen. In Shamir mode, servers are
 * taken in the order of how many clients they hold (then of their index); of the prefixes of at least t servers, the one with the most
 * clients in common wins, and among equals the longest: a server that lost most shares costs no contributors, and as many servers as
 * possible may still crash.
 */
export function selectContributors(round: ShareSumRound, holdings: ReadonlyMap<number, Holdings>): Selection {
  const order = [...holdings.keys()].sort((a, b) => holdings.get(b)!.held.size - holdings.get(a)!.held.size || a - b);
  let common = new Map<number, Uint8Array>();
  let best: Selection = { clients: [], servers: [] };
  order.forEach((server, i) => {
    const { held } = holdings.get(server)!;
    common = new Map(i === 0 ? held : [...common].filter(([client, tag]) => sameTag(tag, held.get(client))));
    if (i + 1 >= round.threshold && common.size >= best.clients.length) {
      best = {
        clients: [...common.keys()].sort((a, b) => a - b),
        servers: order.slice(0, i + 1).sort((a, b) => a - b),
      };
    }
  });
  return best;
}

function sameTag(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && equalBytes(a, b);
}

/** A collector that waits for the servers' holdings. */
export class AwaitingHoldings {
  readonly #round: Once<ShareSumRound>;

  constructor(round: ShareSumRound) {
    this.#round = new Once('AwaitingHoldings', round);
  }

  /**
   * @param holdings by server index
   * @throws {ProtocolError} `below-threshold` when fewer than t servers answered, `below-minimum-cohort` when too few clients are held by
   *   the same servers
   */
  receive(holdings: ReadonlyMap<number, Holdings>): readonly [AwaitingPartialSums, Contributors] {
    const round = this.#round.take();
    if (holdings.size < round.threshold) {
      throw new ProtocolError('below-threshold', `${holdings.size} servers left, ${round.threshold} are needed`);
    }
    const selection = selectContributors(round, holdings);
    if (selection.clients.length < round.spec.minimumCohort) {
      throw new ProtocolError(
        'below-minimum-cohort',
        `${selection.clients.length} clients reached the same servers, at least ${round.spec.minimumCohort} are agreed`,
      );
    }
    return [new AwaitingPartialSums(round, selection), selection];
  }
}

/** A collector that waits for the chosen servers' sums. */
export class AwaitingPartialSums {
  readonly selection: Selection;
  readonly #round: Once<ShareSumRound>;

  constructor(round: ShareSumRound, selection: Selection) {
    this.selection = selection;
    this.#round = new Once('AwaitingPartialSums', round);
  }

  /**
   * @param sums by server index, of chosen servers
   * @returns the sum over the contributors, canonical
   * @throws {ProtocolError} `below-threshold` when fewer than t sums came; `bad-share` when more than t came and contradict each other
   */
  receive(sums: ReadonlyMap<number, PartialSum>): RingVector {
    const round = this.#round.take();
    const { bits, length } = round.spec;
    if (sums.size < round.threshold) {
      throw new ProtocolError('below-threshold', `${sums.size} partial sums, ${round.threshold} are needed`);
    }
    const servers = [...sums.keys()].sort((a, b) => a - b);
    const vector = (server: number) => unpackVector(sums.get(server)!.packed, bits, round.shareLength);
    if (round.shamir === undefined) {
      const sum = zeroVector(bits, length);
      for (const server of servers) addInto(sum, vector(server));
      return reduce(sum);
    }
    const used = servers.slice(0, round.threshold);
    const points = used.map((server) => server + 1);
    const values = used.map(vector);
    for (const extra of servers.slice(round.threshold)) {
      const predicted = round.shamir.interpolate(points, values, extra + 1);
      const found = vector(extra);
      let same = true;
      for (let i = 0; i < found.words.length; i++) if (found.words[i] !== predicted.words[i]) same = false;
      if (!same) {
        const names = servers.map((server) => round.servers[server]).join(', ');
        throw new ProtocolError(
          'bad-share',
          `the partial sums of ${names} contradict each other: one of these servers, or a contributor's shares, are wrong`,
        );
      }
    }
    const { words } = round.shamir.interpolate(points, values, 0);
    return { bits, words: words.slice(0, length) };
  }
}

/**
 * The collector's party (spec.server): it learns the sum.
 * @throws {TypeError|RangeError} when spec and parameters do not fit
 */
export function shareSumCollector(spec: RoundSpec, parameters: ShareSumParameters): Party<Sum> {
  return new Collector(shareSumRound(spec, parameters));
}

class Collector implements Party<Sum> {
  readonly id: PartyId;
  readonly #round: ShareSumRound;
  readonly #holding: AwaitingHoldings;
  readonly #holdings = new Map<number, Holdings>();
  readonly #sums = new Map<number, PartialSum>();
  readonly #bodies = new Map<string, Uint8Array>();
  readonly #excluded = new Map<number, ProtocolError>();
  #summing: AwaitingPartialSums | undefined;
  #digest: Uint8Array | undefined;
  #phase: 'Share' | 'Holdings' | 'PartialSum' | 'Done' | 'Failed' = 'Share';
  #outcome: Sum | undefined;

  constructor(round: ShareSumRound) {
    this.id = round.collector;
    this.#round = round;
    this.#holding = new AwaitingHoldings(round);
  }

  get outcome(): Sum | undefined {
    return this.#outcome;
  }

  get status(): Status {
    const phase = this.#phase;
    if (phase === 'Done' || phase === 'Failed') return { phase, awaiting: [], needed: 0 };
    const awaiting = this.#missing().map((server) => this.#round.servers[server]!);
    const came = this.#summing === undefined ? this.#holdings.size : this.#sums.size;
    return { phase, awaiting, needed: Math.max(0, this.#round.threshold - came) };
  }

  /** Servers that still owe the message of this phase. */
  #missing(): number[] {
    const due = this.#summing?.selection.servers ?? [...this.#round.servers.keys()];
    const came = this.#summing === undefined ? this.#holdings : this.#sums;
    return due.filter((server) => !came.has(server) && !this.#excluded.has(server));
  }

  async start(): Promise<Outgoing[]> {
    return [];
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    const server = this.#round.serverIndex.get(from);
    if (server === undefined) {
      throw new ProtocolError('unknown-party', `a frame from ${JSON.stringify(from)}, who is no server of this round`, {
        phase: this.#phase,
        culprits: [from],
      });
    }
    if (this.#phase === 'Done' || this.#phase === 'Failed' || this.#excluded.has(server)) return [];
    try {
      this.#accept(server, frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#exclude(server, error);
    }
    return this.#missing().length === 0 ? this.#next() : this.#failIfHopeless();
  }

  #accept(server: number, frame: Uint8Array): void {
    // A retransmission of the holdings may come in the next phase.
    const type = this.#summing !== undefined && frame[5] !== TYPES.holdings ? TYPES.partialSum : TYPES.holdings;
    const body = bodyOf(this.#round, type, frame);
    const key = `${type}:${server}`;
    const before = this.#bodies.get(key);
    if (before !== undefined) {
      if (equalBytes(before, body)) return;
      throw new ProtocolError('equivocation', `two different messages of type ${type}`);
    }
    if (type === TYPES.holdings) {
      if (this.#summing !== undefined) return; // too late to be chosen
      this.#holdings.set(server, decodeHoldings(this.#round, body));
    } else {
      if (!this.#summing!.selection.servers.includes(server)) {
        throw new ProtocolError('unexpected-message', 'a partial sum that was not asked for');
      }
      const sum = decodePartialSum(this.#round, body);
      if (!equalBytes(sum.contributors, this.#digest!)) {
        throw new ProtocolError('inconsistent-survivors', 'a partial sum over other contributors than were asked for');
      }
      this.#sums.set(server, sum);
    }
    this.#bodies.set(key, body);
  }

  #exclude(server: number, error: ProtocolError): void {
    this.#excluded.set(server, error);
    this.#sums.delete(server);
    if (this.#summing === undefined) this.#holdings.delete(server);
  }

  /** Fails at once when the servers that are left cannot reach the threshold. */
  #failIfHopeless(): Outgoing[] {
    const came = this.#summing === undefined ? this.#holdings.size : this.#sums.size;
    return came + this.#missing().length < this.#round.threshold ? this.#next() : [];
  }

  /** The phase is over: nobody is missing, or the time is up. */
  #next(): Outgoing[] {
    const phase = this.#phase;
    try {
      return this.#summing === undefined ? this.#select() : this.#finish(this.#summing);
    } catch (error) {
      this.#phase = 'Failed';
      const [cause] = this.#excluded.values();
      const culprits = [...this.#excluded.keys()].map((server) => this.#round.servers[server]!);
      if (!(error instanceof ProtocolError) || cause === undefined)
        throw ProtocolError.locate(error, { phase, culprits });
      throw new ProtocolError(error.code, error.message, { phase, culprits, cause });
    }
  }

  #select(): Outgoing[] {
    const [next, contributors] = this.#holding.receive(this.#holdings);
    this.#summing = next;
    this.#digest = contributorsDigest(this.#round, contributors);
    this.#phase = 'PartialSum';
    const frame = frameOf(this.#round, TYPES.contributors, encodeContributors(this.#round, contributors));
    return next.selection.servers.map((server) => ({ to: this.#round.servers[server]!, frame }));
  }

  #finish(summing: AwaitingPartialSums): Outgoing[] {
    const sum = summing.receive(this.#sums);
    const contributors = new Set(summing.selection.clients);
    const { clients } = this.#round;
    this.#outcome = {
      sum,
      survivors: clients.filter((_, i) => contributors.has(i)),
      dropped: [...clients.keys()].filter((i) => !contributors.has(i)).map((i) => this.#dropout(i)),
    };
    this.#phase = 'Done';
    return [];
  }

  /** Why a client is not in the sum: what a server says it did wrong, if any server says so, or that its shares are of two sharings. */
  #dropout(client: number): Dropout {
    const dropout = { id: this.#round.clients[client]!, phase: 'Share' };
    for (const [server, { excluded }] of this.#holdings) {
      const code: Exclusion | undefined = excluded.get(client);
      if (code === undefined) continue;
      const reason = new ProtocolError(code, `excluded by server ${this.#round.servers[server]}`, { phase: 'Share' });
      return { ...dropout, reason };
    }
    const tags = [...this.#holdings.values()].flatMap(({ held }) => held.get(client) ?? []);
    if (tags.every((tag) => equalBytes(tag, tags[0]!))) return dropout;
    const reason = new ProtocolError('equivocation', 'servers hold shares of two sharings of this client', {
      phase: 'Share',
    });
    return { ...dropout, reason };
  }

  /**
   * The collector's phases follow the round: clients share, servers report (`Holdings`), servers add up (`PartialSum`).
   * @throws {ProtocolError} `below-threshold`, `below-minimum-cohort` or `bad-share`
   */
  async deadline(phase: string): Promise<Outgoing[]> {
    if (phase !== this.#phase) return [];
    if (phase === 'Share') {
      this.#phase = 'Holdings';
      return [];
    }
    return phase === 'Holdings' || phase === 'PartialSum' ? this.#next() : [];
  }
}
