import type { Report } from '../../aggregate/index.ts';
import { fixedPoint } from '../../encoding/index.ts';
import { describeLeaving, type Leaving } from './schedule.ts';
import { type DecryptorOptions, messagesOf, type SchemeName, setUp } from './schemes.ts';
import { type Contribution, Federation, type SecureRound } from './secure-round.ts';
import { World, type WorldOptions } from './world.ts';

export interface HospitalsOptions extends WorldOptions, DecryptorOptions {
  readonly scheme: SchemeName;
}

/** One round, as the table and the JSON show it. */
export interface RoundResult {
  /** From 1. */
  readonly round: number;
  /** Whose update is in the sum. */
  readonly survivors: readonly string[];
  /** Whose update is not. */
  readonly dropped: readonly string[];
  /** Everybody who left, also after contributing, and when. */
  readonly left: Readonly<Record<string, string>>;
  /** Whether the secure sum equals the plain integer sum in every word. */
  readonly exact: boolean;
  /** The largest difference of a word of the secure sum from the plain sum, in units of the ring. */
  readonly maxError: number;
  /** What the scheme promises that difference stays below; 0: the sum is exact. */
  readonly errorBound: number;
  /** Of the model after this round, on the held-out set, 0 .. 1. */
  readonly accuracy: number;
  /** The same for the training without protection. */
  readonly plaintextAccuracy: number;
  /** Of one client, the mean over the hospitals that stayed to the end. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** bytesUp for each parameter of the model. */
  readonly bytesPerParameter: number;
  /** Both, as a multiple of what a client would send without protection. */
  readonly expansion: number;
  /** Work in the protocol, of one client (the mean again) and of the server and its helpers together; training is not in it. */
  readonly clientMs: number;
  readonly serverMs: number;
}

export interface HospitalsResult {
  readonly scheme: SchemeName;
  /** The scheme's own name, e.g. `pairwise-masks`. */
  readonly schemeName: string;
  readonly parameters: Report['parameters'];
  /** Who learns what. */
  readonly learns: Report['learns'];
  readonly seed: number;
  readonly hospitals: Readonly<Record<string, { readonly examples: number; readonly aloneAccuracy: number }>>;
  /** Number of examples that nobody trains on. */
  readonly heldOut: number;
  /** Number of model parameters. */
  readonly modelSize: number;
  /** What a client would send in a round without protection. */
  readonly plaintextBytes: number;
  readonly rounds: readonly RoundResult[];
  /** After the last round. */
  readonly accuracy: number;
  readonly plaintextAccuracy: number;
  /** Of the best of all hospitals that train alone, for as many rounds. */
  readonly aloneAccuracy: number;
  /** Whether every round was exact. */
  readonly exact: boolean;
}

/** No hospital has more examples; agreed beforehand, so that the real counts can stay secret. */
const MOST_EXAMPLES = 2048;
const CLIP = 10;

/** Rounding to nearest, so that the result follows from the seed, which keys and masks never do. */
const encoding = () =>
  fixedPoint({ clip: { l2: CLIP }, bits: 20, weights: { max: MOST_EXAMPLES }, rounding: 'nearest' });

/** The models that are trained side by side. */
interface Models {
  /** Through the aggregator. */
  readonly secure: Float64Array;
  /** The same without protection. */
  readonly open: Float64Array;
  /** Each hospital by itself. */
  readonly alone: readonly Float64Array[];
}

/**
 * Several hospitals train one model, and the aggregator sees sums only; beside it the same training without protection, and each hospital
 * alone.
 * @param onRound called after every round
 * @throws {Failure} when the scheme has no parameters for so many hospitals and so much dropout
 * @throws {ProtocolError} when a round fails
 */
export async function trainHospitals(
  options: HospitalsOptions,
  signal: AbortSignal,
  onRound: (round: RoundResult) => void = () => {},
): Promise<HospitalsResult> {
  const messages = messagesOf(options.scheme);
  const world = new World(options, messages);
  const { ids, schedule, start } = world;
  const { decryptors, decryptThreshold, decryptorDropout } = options;
  const setup = setUp(options.scheme, ids.length, schedule.most, {
    ...(decryptors === undefined ? {} : { decryptors }),
    ...(decryptThreshold === undefined ? {} : { decryptThreshold }),
    ...(decryptorDropout === undefined ? {} : { decryptorDropout }),
  });
  await using federation = await Federation.create(ids, setup, encoding, Math.max(2, ids.length - schedule.most));

  let models: Models = { secure: start, open: start, alone: ids.map(() => start) };
  let last: SecureRound | undefined;
  const rounds: RoundResult[] = [];
  for (const [round, leaves] of schedule.rounds.entries()) {
    const trained = await trainAll(world, models, round, signal);
    const contributions = contributionsOf(world, models, trained, leaves, messages.frames);
    last = await federation.run(round, models.secure, contributions, signal);
    const { mean, survivors } = last.aggregate;
    models = {
      secure: plus(models.secure, mean),
      open: plus(models.open, world.average(minusEach(trained.open, models.open), survivors)),
      alone: trained.alone,
    };
    const left = leaves.map((leaving) => [ids[leaving.hospital]!, describeLeaving(leaving, messages)]);
    const result = { round: round + 1, ...resultOf(world, last, models), left: Object.fromEntries(left) };
    rounds.push(result);
    onRound(result);
  }
  return summary(options, world, models, rounds, last!);
}

/** What every hospital makes of each of the models in a round. */
interface Trained {
  readonly secure: readonly Float64Array[];
  readonly open: readonly Float64Array[];
  readonly alone: readonly Float64Array[];
}

async function trainAll(world: World, models: Models, round: number, signal: AbortSignal): Promise<Trained> {
  const secure: Float64Array[] = [];
  const open: Float64Array[] = [];
  const alone: Float64Array[] = [];
  for (const hospital of world.ids.keys()) {
    secure.push(world.train(models.secure, hospital, round));
    open.push(world.train(models.open, hospital, round));
    alone.push(world.train(models.alone[hospital]!, hospital, round));
    await breathe(signal);
  }
  return { secure, open, alone };
}

/** Lets a key press or a redraw through between two hospitals' training. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

function contributionsOf(
  { ids, data }: World,
  models: Models,
  trained: Trained,
  leaves: readonly Leaving[],
  frames: number,
): Contribution[] {
  const updates = minusEach(trained.secure, models.secure);
  return ids.map((id, i) => {
    const leaving = leaves.find(({ hospital }) => hospital === i);
    return {
      id,
      update: updates[i]!,
      weight: data[i]!.count,
      leavesAfter: leaving === undefined ? undefined : leaving.messages * frames,
    };
  });
}

function resultOf(world: World, run: SecureRound, models: Models): Omit<RoundResult, 'round' | 'left'> {
  const { survivors } = run.aggregate;
  return {
    survivors,
    dropped: world.ids.filter((id) => !survivors.includes(id)),
    exact: run.exact,
    maxError: run.maxError,
    errorBound: run.errorBound,
    accuracy: world.accuracy(models.secure),
    plaintextAccuracy: world.accuracy(models.open),
    bytesUp: run.bytesUp,
    bytesDown: run.bytesDown,
    bytesPerParameter: run.bytesUp / world.start.length,
    expansion: (run.bytesUp + run.bytesDown) / run.plaintextBytes,
    clientMs: microseconds(run.clientMs),
    serverMs: microseconds(run.serverMs),
  };
}

function summary(
  { scheme, seed }: HospitalsOptions,
  world: World,
  models: Models,
  rounds: readonly RoundResult[],
  { aggregate, plaintextBytes }: SecureRound,
): HospitalsResult {
  const alone = models.alone.map((parameters) => world.accuracy(parameters));
  const { accuracy, plaintextAccuracy } = rounds.at(-1)!;
  const { scheme: schemeName, parameters, learns } = aggregate.report;
  return {
    scheme,
    schemeName,
    parameters,
    learns,
    seed,
    hospitals: Object.fromEntries(
      world.ids.map((id, i) => [id, { examples: world.data[i]!.count, aloneAccuracy: alone[i]! }]),
    ),
    heldOut: world.heldOut.count,
    modelSize: world.start.length,
    plaintextBytes,
    rounds,
    accuracy,
    plaintextAccuracy,
    aloneAccuracy: Math.max(...alone),
    exact: rounds.every(({ exact }) => exact),
  };
}

/** Whether a round's sum is what its scheme promises: exact, or within the bound. */
export function asPromised({ exact, maxError, errorBound }: RoundResult): boolean {
  return exact || (errorBound > 0 && maxError <= errorBound);
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

function minusEach(vectors: readonly Float64Array[], b: Float64Array): Float64Array[] {
  return vectors.map((vector) => vector.map((value, i) => value - b[i]!));
}

/** Milliseconds to three places: more would be noise. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
