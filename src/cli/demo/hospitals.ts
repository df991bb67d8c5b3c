import type { Report } from '../../aggregate/index.ts';
import { fixedPoint } from '../../encoding/index.ts';
import { type Examples, holdOut, loadDigits, splitUnevenly } from './digits.ts';
import { generator } from './draw.ts';
import { accuracy, initialise, type Mlp, mlp } from './mlp.ts';
import { demonstration, describeLeaving, type Messages, randomly, type Schedule } from './schedule.ts';
import { messagesOf, type SchemeName, setUp } from './schemes.ts';
import { Federation } from './secure-round.ts';
import { train } from './sgd.ts';

export interface HospitalsOptions {
  readonly scheme: SchemeName;
  readonly rounds: number;
  readonly hospitals: number;
  /** Share that leaves in each round; `undefined`: the demonstration's own schedule. */
  readonly dropout: number | undefined;
  /** Of the data split, the model's start, the shuffling and the schedule. Never of keys and masks. */
  readonly seed: number;
}

export interface RoundResult {
  readonly round: number;
  /** Whose update is in the sum. */
  readonly survivors: readonly string[];
  /** Whose update is not. */
  readonly dropped: readonly string[];
  /** Everybody who left, also after contributing, and when. */
  readonly left: Readonly<Record<string, string>>;
  readonly exact: boolean;
  readonly accuracy: number;
  readonly plaintextAccuracy: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly expansion: number;
  readonly clientMs: number;
  readonly serverMs: number;
}

export interface HospitalsResult {
  readonly scheme: SchemeName;
  /** The scheme's own name, e.g. `pairwise-masks`. */
  readonly schemeName: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly learns: { readonly server: string; readonly clients: string; readonly helpers?: string };
  readonly seed: number;
  readonly hospitals: Readonly<Record<string, { readonly examples: number; readonly aloneAccuracy: number }>>;
  readonly heldOut: number;
  readonly modelSize: number;
  readonly plaintextBytes: number;
  readonly rounds: readonly RoundResult[];
  readonly accuracy: number;
  readonly plaintextAccuracy: number;
  readonly aloneAccuracy: number;
  readonly exact: boolean;
}

const HELD_OUT = 0.2;
const HIDDEN = 48;
const EPOCHS = 4;
const BATCH = 8;
const RATE = 0.2;
/** No hospital has more examples; agreed beforehand, so that the real counts can stay secret. */
const MOST_EXAMPLES = 2048;
const CLIP = 8;

/** What a run needs besides its options. */
interface World {
  readonly model: Mlp;
  readonly ids: readonly string[];
  readonly data: readonly Examples[];
  readonly heldOut: Examples;
  readonly messages: Messages;
  readonly schedule: Schedule;
}

/**
 * Several hospitals train one model, and the aggregator sees sums only; beside it the same training without protection, and each hospital
 * alone.
 * @param onRound called after every round
 * @throws {RangeError} when the scheme has no parameters for so many hospitals and so much dropout
 * @throws {ProtocolError} when a round fails
 */
export async function trainHospitals(
  options: HospitalsOptions,
  signal: AbortSignal,
  onRound: (round: RoundResult) => void = () => {},
): Promise<HospitalsResult> {
  const { rounds, seed } = options;
  const world = prepare(options);
  const { model, ids, data, heldOut, schedule } = world;
  const setup = setUp(options.scheme, ids.length, schedule.most);
  const encoding = () =>
    // Rounding to nearest, so that the result follows from the seed though keys and masks never do.
    fixedPoint({ clip: { l2: CLIP }, bits: 20, weights: { max: MOST_EXAMPLES }, rounding: 'nearest' });
  await using federation = await Federation.create(ids, setup, encoding, Math.max(2, ids.length - schedule.most));

  let secure = initialise(model, generator(seed, 'model'));
  let plain = secure;
  const alone = data.map(() => plain);
  let report: Report | undefined;
  let plaintextBytes = 0;
  const results: RoundResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const updates: Float64Array[] = [];
    const plainUpdates: Float64Array[] = [];
    for (const [i, examples] of data.entries()) {
      const locally = (start: Float64Array) =>
        train(model, start, examples, sgd(round, rounds), generator(seed, `train ${round} ${i}`));
      updates.push(minus(locally(secure), secure));
      plainUpdates.push(minus(locally(plain), plain));
      alone[i] = locally(alone[i]!);
      await breathe(signal);
    }
    const leaves = new Map(schedule.rounds[round]!.map((leaving) => [leaving.hospital, leaving]));
    const run = await federation.run(
      round,
      secure,
      ids.map((id, i) => ({
        id,
        update: updates[i]!,
        weight: data[i]!.count,
        leavesAfter: leaves.has(i) ? leaves.get(i)!.messages * world.messages.frames : undefined,
      })),
      signal,
    );
    const { survivors, mean } = run.aggregate;
    secure = plus(secure, mean);
    plain = plus(
      plain,
      weightedMean(
        survivors.map((id) => ids.indexOf(id)),
        plainUpdates,
        data,
      ),
    );
    report = run.aggregate.report;
    plaintextBytes = run.plaintextBytes;
    const result: RoundResult = {
      round: round + 1,
      survivors,
      dropped: ids.filter((id) => !survivors.includes(id)),
      left: Object.fromEntries([...leaves].map(([i, leaving]) => [ids[i]!, describeLeaving(leaving, world.messages)])),
      exact: run.exact,
      accuracy: accuracy(model, secure, heldOut),
      plaintextAccuracy: accuracy(model, plain, heldOut),
      bytesUp: run.bytesUp,
      bytesDown: run.bytesDown,
      expansion: (run.bytesUp + run.bytesDown) / run.plaintextBytes,
      clientMs: run.clientMs,
      serverMs: run.serverMs,
    };
    results.push(result);
    onRound(result);
  }
  const alones = alone.map((parameters) => accuracy(model, parameters, heldOut));
  return {
    scheme: options.scheme,
    schemeName: report!.scheme,
    parameters: report!.parameters,
    learns: report!.learns,
    seed,
    hospitals: Object.fromEntries(ids.map((id, i) => [id, { examples: data[i]!.count, aloneAccuracy: alones[i]! }])),
    heldOut: heldOut.count,
    modelSize: model.size,
    plaintextBytes,
    rounds: results,
    accuracy: results.at(-1)!.accuracy,
    plaintextAccuracy: results.at(-1)!.plaintextAccuracy,
    aloneAccuracy: Math.max(...alones),
    exact: results.every(({ exact }) => exact),
  };
}

function prepare({ scheme, rounds, hospitals, dropout, seed }: HospitalsOptions): World {
  const { training, heldOut } = holdOut(loadDigits(), HELD_OUT, generator(seed, 'held out'));
  const messages = messagesOf(scheme);
  const width = String(hospitals).length;
  return {
    model: mlp(HIDDEN),
    ids: Array.from({ length: hospitals }, (_, i) => `h${String(i + 1).padStart(width, '0')}`),
    data: splitUnevenly(training, hospitals, generator(seed, 'split')),
    heldOut,
    messages,
    schedule:
      dropout === undefined
        ? demonstration(hospitals, rounds, messages)
        : randomly(hospitals, rounds, messages, dropout, generator(seed, 'leaving')),
  };
}

/** The learning rate falls to a quarter over the rounds, so that the last rounds settle. */
function sgd(round: number, rounds: number) {
  return { epochs: EPOCHS, batch: BATCH, rate: RATE * (1 - (0.75 * round) / rounds) };
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

/** Federated averaging in the open (McMahan et al. 2017): the same survivors and weights, no clipping, no rounding. */
function weightedMean(
  of: readonly number[],
  updates: readonly Float64Array[],
  data: readonly Examples[],
): Float64Array {
  const mean = new Float64Array(updates[0]!.length);
  const total = of.reduce((sum, i) => sum + data[i]!.count, 0);
  for (const i of of) {
    const share = data[i]!.count / total;
    updates[i]!.forEach((value, k) => {
      mean[k]! += share * value;
    });
  }
  return mean;
}

/** Lets a key press or a redraw through between two hospitals' training. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
