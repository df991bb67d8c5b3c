import type { Encoding, Update, VectorCodec } from '../encoding/index.ts';
import { ProtocolError } from '../errors.ts';
import { type Executor, inlineExecutor } from '../kernels/index.ts';
import type { RingVector } from '../math/index.ts';
import type { Dropout, Identity, Party, PartyId, RoundSpec, Status } from '../protocols/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import { type Clock, type Deadlines, drive, PhaseMeter, type PhaseTraffic, type Transport } from '../session/index.ts';
import { makeReport, type Report } from './report.ts';
import { type PreparedRound, prepareRound, type Round } from './round.ts';
import type { Scheme } from './scheme.ts';

/** How a party takes part in rounds. Scheme, encoding and minimumCohort must be the same for all of them. */
export interface AggregatorOptions {
  /** How the sum is computed and who must be trusted for what, e.g. `pairwiseMasks({ ... })`. */
  readonly scheme: Scheme;
  /** How updates become integers and back, e.g. `fixedPoint({ clip: { l2: 4 }, bits: 16 })`. */
  readonly encoding: Encoding;
  /** Differential privacy is not part of this version: anything but `undefined` is refused, so that nobody believes to have it. */
  readonly privacy?: undefined;
  /**
   * Where heavy arithmetic runs: `inline`, on the calling thread (the default); `auto`, on a pool of workers, one for each thread of the machine, where the
   * platform has threads; so many workers, 1 .. 64; or on an executor of yours. A pool starts with the first work worth it and is closed with the
   * aggregator; an executor of yours you close.
   */
  readonly workers?: 'inline' | 'auto' | number | Executor;
  /**
   * Milliseconds a phase may last, by role. The first phase begins with the call, so that it must leave the clients time to train. Default 120,000 for
   * server and helpers, who set the pace, and 600,000 for clients, whose server waits for others.
   */
  readonly deadlines?: { readonly server?: Deadlines; readonly client?: Deadlines; readonly helper?: Deadlines };
  /** What deadlines are measured with; default the system's. */
  readonly clock?: Clock;
  /** A sum over fewer contributors is refused by everybody, at least 2. Default: a majority of the cohort. */
  readonly minimumCohort?: number;
  /** Default: the operating system's generator; another one only to replay a run. */
  readonly rng?: Rng;
}

/** What may be said of one call. */
export interface RunOptions {
  /** Leaves the round: the call rejects with `aborted`, and for the others this party has dropped out. */
  readonly signal?: AbortSignal;
  /** Called after every step, e.g. to show progress. */
  readonly onStatus?: (status: Status) => void;
}

/** What may be said of one contribution. */
export interface ContributeOptions extends RunOptions {
  /**
   * What this update weighs in the mean, e.g. its number of examples. It travels inside the protected vector: only the sum of the survivors'
   * weights is revealed. Required when the encoding has `weights`, refused when it has not.
   */
  readonly weight?: number;
}

/** What a client or a helper did in a round. */
export interface Participation {
  /** Bytes and working time, in total and by phase. */
  readonly traffic: { readonly total: PhaseTraffic; readonly phases: readonly PhaseTraffic[] };
}

/** What the server learns from a round. */
export interface Aggregate {
  /** Weighted mean of the survivors' updates: sum / weight; `dimension` values. */
  readonly mean: Float64Array;
  /** Sum of weight x update over the survivors; `dimension` values. */
  readonly sum: Float64Array;
  /** Sum of the survivors' weights; `count` when the encoding has no weights. */
  readonly weight: number;
  /** Number of survivors. */
  readonly count: number;
  readonly survivors: readonly PartyId[];
  readonly dropped: readonly Dropout[];
  /** Values cut by `clip.value`, over all survivors; `undefined` when the encoding does not count them. */
  readonly saturated: number | undefined;
  /** Survivors whose update was longer than `clip.l2`; `undefined` when the encoding does not count them. */
  readonly clipped: number | undefined;
  /** The sum of the encoded contributions, bit for bit, before decoding. */
  readonly exact: RingVector;
  readonly report: Report;
}

/**
 * Weighted means of updates that nobody may see.
 *
 * The same object plays any role; usually every party has its own, in its own process, made with the same scheme and encoding.
 */
export interface Aggregator extends AsyncDisposable {
  /**
   * A client's part of a round. It resolves when this client has done all it had to: a frame that the transport could not deliver is a frame lost,
   * and whether the update is in the sum is for the server to say.
   * @param update `round.dimension` finite values; not changed
   * @throws {TypeError|RangeError} for a wrong argument, or a round number used before
   * @throws {ProtocolError} when the server does something it must not, a deadline passes, or the signal fires: nothing was revealed that the
   *   scheme does not allow, and this client may not join the same round again
   */
  contribute(round: Round, update: Update, transport: Transport, options?: ContributeOptions): Promise<Participation>;
  /**
   * The server's part.
   * @throws {ProtocolError} when too few contributors are left (`below-threshold`, `below-minimum-cohort`), a deadline passes, or the signal fires
   */
  collect(round: Round, transport: Transport, options?: RunOptions): Promise<Aggregate>;
  /** A helper's part, for schemes that have helpers. */
  assist(round: Round, transport: Transport, options?: RunOptions): Promise<Participation>;
  /** Calls off what is running and closes the executor if the aggregator made it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws {TypeError|RangeError} for options that cannot work */
export async function createAggregator(options: AggregatorOptions): Promise<Aggregator> {
  if (typeof options?.scheme?.client !== 'function') {
    throw new TypeError('scheme: expected a Scheme, such as pairwiseMasks({ ... }) gives');
  }
  if (typeof options.encoding?.prepare !== 'function') {
    throw new TypeError('encoding: expected an Encoding, such as fixedPoint({ ... }) gives');
  }
  if (options.privacy !== undefined) {
    throw new TypeError('privacy: differential privacy is not part of this version; leave the option out');
  }
  const { workers = 'inline' } = options;
  const known = workers === 'inline' || workers === 'auto' || typeof workers === 'number';
  if (!known && typeof workers?.mask !== 'function') {
    throw new TypeError(
      `workers: found ${JSON.stringify(workers)}, expected 'inline', 'auto', a number or an Executor`,
    );
  }
  if (typeof workers === 'object') return new SchemeAggregator(options, workers, false);
  return new SchemeAggregator(options, workers === 'inline' ? inlineExecutor : await pooled(workers), true);
}

/** A pool of workers. With `auto`, the calling thread where the platform has no others. */
async function pooled(size: number | 'auto'): Promise<Executor> {
  const { createPool, hasThreads, poolExecutor } = await import('../workers/index.ts');
  return size === 'auto' && !hasThreads() ? inlineExecutor : poolExecutor(createPool({ size }));
}

type Role = 'server' | 'client' | 'helper';

const DEFAULT_DEADLINES = { server: 120_000, client: 600_000, helper: 120_000 } as const;

class SchemeAggregator implements Aggregator {
  readonly #options: AggregatorOptions;
  readonly #executor: Executor;
  readonly #ownsExecutor: boolean;
  /** One for every call that is running: a thousand listeners on one signal would look like a leak. */
  readonly #running = new Set<AbortController>();
  #closed = false;
  /** What was made of the last round of a cohort. */
  readonly #prepared = new WeakMap<
    Round['clients'],
    { readonly fields: readonly unknown[]; readonly made: PreparedRound }
  >();
  /** Round numbers already played, by role, party and task. */
  readonly #played = new Map<string, Set<number>>();

  constructor(options: AggregatorOptions, executor: Executor, ownsExecutor: boolean) {
    this.#options = options;
    this.#executor = executor;
    this.#ownsExecutor = ownsExecutor;
  }

  async contribute(
    round: Round,
    update: Update,
    transport: Transport,
    options: ContributeOptions = {},
  ): Promise<Participation> {
    const { scheme, rng = csprng } = this.#options;
    const { spec, codec, me } = this.#begin('client', round, transport);
    const input = codec.encode(update, { rng, ...(options.weight === undefined ? {} : { weight: options.weight }) });
    const party = scheme.client(spec, me, input, this.#executor, rng);
    const meter = new PhaseMeter();
    await this.#drive('client', party, spec, transport, meter, options);
    return { traffic: { total: meter.total, phases: meter.phases } };
  }

  async collect(round: Round, transport: Transport, options: RunOptions = {}): Promise<Aggregate> {
    const { scheme } = this.#options;
    const { spec, codec, me } = this.#begin('server', round, transport);
    const party = scheme.server(spec, this.#executor, me);
    const meter = new PhaseMeter();
    const outcome = await this.#drive('server', party, spec, transport, meter, options);
    const decoded = codec.decode(outcome.sum, outcome.survivors.length, scheme.errorBound?.(spec));
    return {
      ...decoded,
      survivors: outcome.survivors,
      dropped: outcome.dropped,
      exact: outcome.sum,
      report: makeReport(scheme, spec, codec, outcome, decoded, meter),
    };
  }

  async assist(round: Round, transport: Transport, options: RunOptions = {}): Promise<Participation> {
    const { scheme, rng = csprng } = this.#options;
    if (scheme.helper === undefined) throw new TypeError(`${scheme.name} has no helpers`);
    const { spec, me } = this.#begin('helper', round, transport);
    const party = scheme.helper(spec, me, this.#executor, rng);
    const meter = new PhaseMeter();
    await this.#drive('helper', party, spec, transport, meter, options);
    return { traffic: { total: meter.total, phases: meter.phases } };
  }

  /** Checks everything the caller can get wrong about the round. */
  #begin(
    role: Role,
    round: Round,
    transport: Transport,
  ): { readonly spec: RoundSpec; readonly codec: VectorCodec; readonly me: Identity } {
    if (this.#closed) throw new TypeError('this aggregator is closed');
    const { scheme, encoding, minimumCohort } = this.#options;
    const me: Identity = round.me ?? { id: transport.me };
    if (me.id !== transport.me) {
      throw new RangeError(`round.me is ${JSON.stringify(me.id)}, the transport is ${JSON.stringify(transport.me)}'s`);
    }
    const prepared = this.#prepare(round, () => {
      const made = prepareRound(round, encoding, minimumCohort);
      scheme.check(made.spec);
      return made;
    });
    const { spec } = prepared;
    const members = role === 'client' ? spec.clients : role === 'helper' ? spec.helpers : [spec.server];
    if (!members.some(({ id }) => id === me.id)) {
      throw new RangeError(`${JSON.stringify(me.id)} is not a ${role} of this round`);
    }
    return { ...prepared, me };
  }

  /** Many parties in one process whose rounds differ in `me` alone share what is derived from them: the cohort is checked and hashed once. */
  #prepare(round: Round, make: () => PreparedRound): PreparedRound {
    const { task, number, model, dimension, server, clients, helpers } = round;
    const known = this.#prepared.get(clients);
    const fields = [task, number, model, dimension, server, helpers, clients.length];
    if (known?.fields.every((field, i) => field === fields[i])) return known.made;
    const made = make();
    this.#prepared.set(clients, { fields, made });
    return made;
  }

  /** Marks the round as played, before anything leaves this party. */
  #play(key: string, number: number): void {
    const played = this.#played.get(key) ?? new Set();
    if (played.has(number)) {
      throw new RangeError(`round ${number} was already played: repeat a failed round under a new number`);
    }
    this.#played.set(key, played.add(number));
  }

  async #drive<Outcome>(
    role: Role,
    party: Party<Outcome>,
    spec: RoundSpec,
    transport: Transport,
    meter: PhaseMeter,
    options: RunOptions,
  ): Promise<Outcome> {
    this.#play(JSON.stringify([role, party.id, spec.task]), spec.round);
    const running = new AbortController();
    this.#running.add(running);
    const signals = options.signal === undefined ? [] : [options.signal];
    const driven = drive(party, transport, {
      session: this.#options.scheme.session(spec),
      deadlines: this.#options.deadlines?.[role] ?? DEFAULT_DEADLINES[role],
      ...(this.#options.clock === undefined ? {} : { clock: this.#options.clock }),
      signal: AbortSignal.any([running.signal, ...signals]),
      meter,
      ...(options.onStatus === undefined ? {} : { onStatus: options.onStatus }),
    });
    try {
      return await driven;
    } catch (error) {
      // With the aggregator its pool was closed, and work that was under way there may be what noticed it.
      if (!running.signal.aborted || error instanceof ProtocolError) throw error;
      const { phase } = party.status;
      const { reason } = running.signal;
      throw new ProtocolError('aborted', `${party.id} was called off in ${phase}`, { phase, cause: reason });
    } finally {
      this.#running.delete(running);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const running of this.#running) running.abort(new Error('the aggregator was closed'));
    if (this.#ownsExecutor) await this.#executor[Symbol.asyncDispose]();
  }
}
