import { type Aggregate, type Aggregator, createAggregator, type Round } from '../../aggregate/index.ts';
import type { Encoding } from '../../encoding/index.ts';
import { addInto, type RingVector, reduce, subtractFrom, zeroVector } from '../../math/index.ts';
import { FRAME_HEADER, type PartyId } from '../../protocols/index.ts';
import { type MemoryNetwork, memoryNetwork } from '../../session/index.ts';
import { leaving, Observer, observe } from './observe.ts';
import type { Setup } from './schemes.ts';

const SERVER = 'aggregator';

/** A hospital's part of a round. */
export interface Contribution {
  readonly id: PartyId;
  readonly update: Float64Array;
  /** Its number of examples. */
  readonly weight: number;
  /** Its line goes dead after so many frames; `undefined`: it stays. */
  readonly leavesAfter: number | undefined;
}

/** A round's result and cost. */
export interface SecureRound {
  readonly aggregate: Aggregate;
  /** Whether the secure sum equals the plain integer sum of what the survivors put in, in every word. */
  readonly exact: boolean;
  /** The largest difference of a word of the secure sum from the plain sum, and what the scheme promises. */
  readonly maxError: number;
  readonly errorBound: number;
  /** Means over the hospitals that stayed to the end: bytes and milliseconds of one client. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly clientMs: number;
  readonly serverMs: number;
  /** What a client would send without protection: the same integers in the open. */
  readonly plaintextBytes: number;
}

/** All parties of the federation in one process, each with an aggregator of its own, connected by nothing but frames. */
export class Federation implements AsyncDisposable {
  readonly #clients: ReadonlyMap<PartyId, Aggregator>;
  readonly #helpers: ReadonlyMap<PartyId, Aggregator>;
  readonly #server: Aggregator;
  readonly #network: MemoryNetwork;
  readonly #observed: { now: Observer };
  readonly #helpersLeave: Setup['helpersLeave'];

  private constructor(
    clients: ReadonlyMap<PartyId, Aggregator>,
    helpers: ReadonlyMap<PartyId, Aggregator>,
    server: Aggregator,
    observed: { now: Observer },
    helpersLeave: Setup['helpersLeave'],
  ) {
    this.#helpersLeave = helpersLeave;
    this.#clients = clients;
    this.#helpers = helpers;
    this.#server = server;
    this.#network = memoryNetwork();
    this.#observed = observed;
  }

  static async create(
    hospitals: readonly PartyId[],
    setup: Setup,
    encoding: () => Encoding,
    minimumCohort: number,
  ): Promise<Federation> {
    const observed = { now: new Observer() };
    const aggregator = () =>
      createAggregator({ scheme: observe(setup.make(), () => observed.now), encoding: encoding(), minimumCohort });
    const each = async (ids: readonly PartyId[]) => {
      const made = new Map<PartyId, Aggregator>();
      for (const id of ids) made.set(id, await aggregator());
      return made;
    };
    return new Federation(
      await each(hospitals),
      await each(setup.helpers),
      await aggregator(),
      observed,
      setup.helpersLeave,
    );
  }

  /**
   * @param number never used before
   * @param model the parameters that the updates refer to
   * @throws {ProtocolError} when the round fails
   */
  async run(
    number: number,
    model: Float64Array,
    contributions: readonly Contribution[],
    signal: AbortSignal,
  ): Promise<SecureRound> {
    const observer = new Observer();
    this.#observed.now = observer;
    this.#network.meter.reset();
    const round: Round = {
      task: 'digits/fedavg',
      number,
      model,
      dimension: model.length,
      server: SERVER,
      clients: [...this.#clients.keys()],
      helpers: [...this.#helpers.keys()],
    };
    // One failure that is nobody's leaving calls everybody off, rather than leaving them to wait for one another.
    const failed = new AbortController();
    const options = { signal: AbortSignal.any([signal, failed.signal]) };
    const part = async <T>(id: PartyId, work: Promise<T>): Promise<T | undefined> => {
      try {
        return await work;
      } catch (error) {
        if (!observer.hungUp(id)) failed.abort(error);
        return undefined;
      }
    };

    // Whose line is dead from the start must be known before the server begins to wait.
    const lines = contributions.map(({ id, leavesAfter }) => {
      const line = this.#network.transport(id);
      return leavesAfter === undefined ? line : leaving(line, leavesAfter, observer);
    });
    const clients = contributions.map(({ id, update, weight, leavesAfter }, i) =>
      leavesAfter === 0
        ? undefined
        : part(id, this.#clients.get(id)!.contribute(round, update, lines[i]!, { ...options, weight })),
    );
    const helpersLeave = this.#helpersLeave?.(number);
    const helpers = [...this.#helpers].map(([id, helper]) => {
      const line = this.#network.transport(id);
      const after = helpersLeave?.get(id);
      return part(id, helper.assist(round, after === undefined ? line : leaving(line, after, observer), options));
    });
    const server = part(SERVER, this.#server.collect(round, this.#network.transport(SERVER), options));
    await Promise.all([...clients, ...helpers]);
    const aggregate = await server;
    if (failed.signal.aborted) throw failed.signal.reason;
    if (aggregate === undefined) throw new Error('the server ended without a result');
    return this.#measure(aggregate, contributions, observer);
  }

  #measure(aggregate: Aggregate, contributions: readonly Contribution[], observer: Observer): SecureRound {
    const stayed = contributions.filter(({ id }) => !observer.hungUp(id)).map(({ id }) => id);
    const mean = (of: (id: PartyId) => number) => stayed.reduce((sum, id) => sum + of(id), 0) / stayed.length;
    const { bits, words } = aggregate.exact;
    const bound = aggregate.report.parameters['errorBound'];
    return {
      aggregate,
      exact: equalsPlainSum(aggregate, observer.inputs),
      maxError: maxError(aggregate, observer.inputs),
      errorBound: typeof bound === 'number' ? bound : 0,
      bytesUp: Math.round(mean((id) => this.#network.meter.party(id).up)),
      bytesDown: Math.round(mean((id) => this.#network.meter.party(id).down)),
      clientMs: mean((id) => observer.ms(id)),
      serverMs: observer.ms(SERVER) + [...this.#helpers.keys()].reduce((sum, id) => sum + observer.ms(id), 0),
      plaintextBytes: FRAME_HEADER + Math.ceil((words.length * bits) / 8),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const aggregator of [...this.#clients.values(), ...this.#helpers.values(), this.#server])
      await aggregator[Symbol.asyncDispose]();
    await this.#network.close();
  }
}

/** The largest difference of a word from the sum of what the survivors put in, as a signed number of the ring. */
export function maxError(
  { exact, survivors }: Pick<Aggregate, 'exact' | 'survivors'>,
  inputs: ReadonlyMap<PartyId, RingVector>,
): number {
  const difference = zeroVector(exact.bits, exact.words.length);
  for (const id of survivors) {
    const input = inputs.get(id);
    if (input === undefined) return Number.POSITIVE_INFINITY;
    addInto(difference, input);
  }
  subtractFrom(difference, exact);
  let worst = 0;
  for (const word of reduce(difference).words)
    worst = Math.max(worst, Math.abs(Number(BigInt.asIntN(exact.bits, BigInt(word)))));
  return worst;
}

/** Adds up in the open what the survivors put in, and compares every word. */
export function equalsPlainSum(
  { exact, survivors }: Pick<Aggregate, 'exact' | 'survivors'>,
  inputs: ReadonlyMap<PartyId, RingVector>,
): boolean {
  const plain = zeroVector(exact.bits, exact.words.length);
  for (const id of survivors) {
    const input = inputs.get(id);
    if (input === undefined) return false;
    addInto(plain, input);
  }
  return reduce(plain).words.every((word, i) => word === exact.words[i]);
}
