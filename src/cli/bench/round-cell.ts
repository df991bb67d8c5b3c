import {
  additiveShares,
  bfvSum,
  ckksSum,
  createAggregator,
  pairwiseMasks,
  plaintext,
  type Round,
  type Scheme,
} from '../../aggregate/index.ts';
import { fixedPoint } from '../../encoding/index.ts';
import type { Executor } from '../../kernels/index.ts';
import { csprng, type Rng, SeededRng } from '../../random/index.ts';
import { memoryNetwork } from '../../session/index.ts';
import { leaving, Observer, observe } from '../demo/observe.ts';
import { messagesOf } from '../demo/schemes.ts';
import type { RoundCell, RoundRun } from './cell.ts';
import { CountingExecutor } from './counting.ts';
import { BITS_PER_VALUE, corruptShare, HELPERS, NORM, THRESHOLD } from './setting.ts';

const SERVER = 'server';
/** The scheme of a cell, as the documentation recommends it against parties that follow the protocol. */
function schemeOf({ scheme, clients, dropout }: RoundCell): {
  readonly make: Scheme;
  readonly helpers: readonly string[];
} {
  switch (scheme) {
    case 'plain':
      return { make: plaintext(), helpers: [] };
    case 'pairwise': {
      const stated = { dropout, corrupt: corruptShare(clients), adversary: 'honest-but-curious' } as const;
      return { make: pairwiseMasks(stated), helpers: [] };
    }
    case 'shares':
      return { make: additiveShares({ mode: 'additive' }), helpers: HELPERS };
    case 'ckks':
      return { make: ckksSum({ threshold: THRESHOLD }), helpers: HELPERS };
    case 'bfv':
      return { make: bfvSum({ threshold: THRESHOLD }), helpers: HELPERS };
  }
}

/** Updates with coordinates uniform in [-1, 1), scaled to one norm. */
function updates(cell: RoundCell): Float64Array[] {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, cell.seed, true);
  const rng = new SeededRng(seed);
  const words = new Uint32Array(cell.dimension);
  return Array.from({ length: cell.clients }, () => {
    rng.fill(new Uint8Array(words.buffer));
    const update = Float64Array.from(words, (word) => word / 2 ** 31 - 1);
    const factor = NORM / Math.sqrt(update.reduce((sum, value) => sum + value * value, 0));
    return update.map((value) => value * factor);
  });
}

/**
 * Plays rounds of one cell. All parties share the process and take turns, so that each is charged for its own work.
 * @param executor where heavy arithmetic runs; the caller closes it
 */
export class RoundStudy {
  readonly #cell: RoundCell;
  readonly #executor: CountingExecutor;
  readonly #updates: readonly Float64Array[];
  readonly #rng: Rng;
  #number = 0;
  parameters: Readonly<Record<string, string | number | boolean>> = {};

  constructor(cell: RoundCell, executor: Executor, rng: Rng = csprng) {
    this.#cell = cell;
    this.#executor = new CountingExecutor(executor);
    this.#updates = updates(cell);
    this.#rng = rng;
  }

  /** @throws {Error} when the result is not the mean of the survivors' updates within what the encoding promises */
  async run(): Promise<RoundRun> {
    const { clients: n, dimension, dropout } = this.#cell;
    const { make, helpers } = schemeOf(this.#cell);
    const observer = new Observer(false);
    const network = memoryNetwork();
    const aggregator = await createAggregator({
      scheme: observe(make, () => observer),
      encoding: fixedPoint({ clip: { l2: NORM }, bits: BITS_PER_VALUE }),
      workers: this.#executor,
      minimumCohort: 2,
      rng: this.#rng,
    });
    this.#executor.reset();
    const clients = Array.from({ length: n }, (_, i) => `client-${i}`);
    const number = this.#number++;
    const round: Round = {
      task: 'bench',
      number,
      model: Float64Array.of(number),
      dimension,
      server: SERVER,
      clients,
      helpers,
    };
    const gone = Math.floor(dropout * n);
    const messages = messagesOf(this.#cell.scheme);
    const frames = (messages.contributed - 1) * messages.frames;
    const lines = clients.map((id, i) => {
      const line = network.transport(id);
      return i < gone ? leaving(line, frames, observer) : line;
    });
    const failed = new AbortController();
    const options = { signal: failed.signal };
    const part = async <T>(id: string, work: Promise<T>): Promise<T | undefined> => {
      try {
        return await work;
      } catch (error) {
        if (!observer.hungUp(id)) failed.abort(error);
        return undefined;
      }
    };
    const playing = clients.map((id, i) =>
      i < gone && frames === 0
        ? undefined
        : part(id, aggregator.contribute(round, this.#updates[i]!, lines[i]!, options)),
    );
    const assisting = helpers.map((id) => part(id, aggregator.assist(round, network.transport(id), options)));
    const collected = await part(SERVER, aggregator.collect(round, network.transport(SERVER), options));
    await Promise.all([...playing, ...assisting]);
    await network.close();
    if (failed.signal.aborted) throw failed.signal.reason;
    if (collected === undefined) throw new Error('the server ended without a result');
    this.parameters = collected.report.parameters;

    const stayed = clients.slice(gone);
    const mean = (of: (id: string) => number) => stayed.reduce((sum, id) => sum + of(id), 0) / stayed.length;
    const bytes = (id: string) => network.meter.party(id).up + network.meter.party(id).down;
    const everybody = [SERVER, ...clients, ...helpers].map((id) => network.meter.party(id));
    return {
      kind: 'round',
      clientMs: mean((id) => observer.ms(id)),
      serverMs: observer.ms(SERVER),
      helperMs: helpers.reduce((sum, id) => sum + observer.ms(id), 0),
      serverPhases: observer.phases(SERVER),
      bytesUp: mean((id) => network.meter.party(id).up),
      bytesDown: mean((id) => network.meter.party(id).down),
      serverBytes: bytes(SERVER),
      helperBytes: helpers.reduce((sum, id) => sum + bytes(id), 0),
      totalBytes: network.meter.total,
      frames: everybody.reduce((sum, { framesUp }) => sum + framesUp, 0),
      survivors: collected.count,
      relativeError: this.#error(collected.mean, collected.survivors, gone),
      counts: this.#executor.counts,
    };
  }

  #error(mean: Float64Array, survivors: readonly string[], gone: number): number {
    if (survivors.length !== this.#cell.clients - gone) {
      throw new Error(`${survivors.length} survivors, expected ${this.#cell.clients - gone}`);
    }
    const truth = new Float64Array(mean.length);
    for (const update of this.#updates.slice(gone)) for (const [i, value] of update.entries()) truth[i]! += value;
    let wrong = 0;
    let norm = 0;
    for (const [i, value] of truth.entries()) {
      const expected = value / survivors.length;
      wrong += (mean[i]! - expected) ** 2;
      norm += expected ** 2;
    }
    const error = Math.sqrt(wrong / norm);
    if (!(error < 0.05)) throw new Error(`the mean is off by ${error} of its norm`);
    return error;
  }
}
