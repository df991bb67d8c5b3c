import { ProtocolError } from '../../errors.ts';
import { type Executor, type MaskTerm, wordBytes } from '../../kernels/index.ts';
import { checkVector, copyVector, packVector, type RingVector, reduce, zeroVector } from '../../math/index.ts';
import { Once } from '../../once.ts';
import { csprng, type Rng, randomBytes } from '../../random/index.ts';
import type { Identity, Outgoing, Party, PartyId, RoundSpec, Status } from '../index.ts';
import { encodeShare, frameOf } from './codec.ts';
import { type Share, TAG_BYTES, TYPES } from './messages.ts';
import { getsVector, type ShareSumParameters, type ShareSumRound, shareSumRound } from './params.ts';

/** A client that has not shared its input yet. */
export class ReadyToShare {
  readonly #round: ShareSumRound;
  readonly #index: number;
  readonly #rng: Once<Rng>;

  /** @param index the client's place in `round.clients` */
  constructor(round: ShareSumRound, index: number, rng: Rng = csprng) {
    this.#round = round;
    this.#index = index;
    this.#rng = new Once('ReadyToShare', rng);
  }

  /**
   * Splits the input: t - 1 servers get a fresh 32-byte seed each, the others a vector.
   * @param input spec.length words of Z_{2^spec.bits}; not changed
   * @returns the share of every server, in the order of `round.servers`
   * @throws {TypeError} on a second call
   */
  async receive(input: RingVector, executor: Executor): Promise<Share[]> {
    const round = this.#round;
    checkVector(input, round.spec.bits, round.spec.length);
    const rng = this.#rng.take();
    const tag = randomBytes(TAG_BYTES, rng);
    const seeds = round.servers.map((_, j) => (getsVector(round, this.#index, j) ? undefined : randomBytes(32, rng)));
    const vector =
      round.shamir === undefined
        ? await maskedInput(round, input, seeds, executor)
        : await interpolatedShares(round, input, seeds, executor);
    return seeds.map((seed, j) =>
      seed === undefined ? { tag, kind: 'vector', packed: packVector(vector(j)) } : { tag, kind: 'seed', seed },
    );
  }
}

/** Additive: the one vector is the input minus what all seeds expand to. */
async function maskedInput(
  round: ShareSumRound,
  input: RingVector,
  seeds: readonly (Uint8Array | undefined)[],
  executor: Executor,
): Promise<(server: number) => RingVector> {
  const rest = copyVector(input);
  const terms = seeds.flatMap((seed): MaskTerm[] => (seed === undefined ? [] : [{ seed, sign: -1 }]));
  await executor.mask({ suite: round.suite, terms }, rest.words);
  return () => rest;
}

/** Shamir: the vectors lie on the polynomials through the input at point 0 and what the t - 1 seeds expand to at their servers' points. */
async function interpolatedShares(
  round: ShareSumRound,
  input: RingVector,
  seeds: readonly (Uint8Array | undefined)[],
  executor: Executor,
): Promise<(server: number) => RingVector> {
  const { bits } = round.spec;
  const secret = zeroVector(bits, round.shareLength);
  wordBytes(secret.words).set(wordBytes(input.words));
  const points = [0];
  const values = [secret];
  for (const [server, seed] of seeds.entries()) {
    if (seed === undefined) continue;
    const expanded = zeroVector(bits, round.shareLength);
    await executor.mask({ suite: round.suite, terms: [{ seed, sign: 1 }] }, expanded.words);
    points.push(server + 1);
    values.push(reduce(expanded));
  }
  return (server) => round.shamir!.interpolate(points, values, server + 1);
}

/**
 * The client's party: it speaks once, to every aggregation server, and is done.
 * @param input spec.length words of Z_{2^spec.bits}; copied when it starts
 * @throws {TypeError|RangeError} when spec, parameters or input do not fit, or `me` is not a client of the round
 */
export function shareSumClient(
  spec: RoundSpec,
  parameters: ShareSumParameters,
  me: Identity,
  input: RingVector,
  executor: Executor,
  rng: Rng = csprng,
): Party<void> {
  return new Client(shareSumRound(spec, parameters), me.id, input, executor, rng);
}

class Client implements Party<void> {
  readonly id: PartyId;
  readonly outcome = undefined;
  readonly #round: ShareSumRound;
  readonly #input: Once<RingVector>;
  readonly #ready: ReadyToShare;
  readonly #executor: Executor;
  #phase: 'Share' | 'Done' | 'Failed' = 'Share';

  constructor(round: ShareSumRound, id: PartyId, input: RingVector, executor: Executor, rng: Rng) {
    const index = round.clientIndex.get(id);
    if (index === undefined) throw new RangeError(`${JSON.stringify(id)} is not a client of this round`);
    checkVector(input, round.spec.bits, round.spec.length);
    this.id = id;
    this.#round = round;
    this.#input = new Once('share-sum client', input);
    this.#ready = new ReadyToShare(round, index, rng);
    this.#executor = executor;
  }

  get status(): Status {
    return { phase: this.#phase, awaiting: [], needed: 0 };
  }

  async start(): Promise<Outgoing[]> {
    const input = this.#input.take();
    this.#phase = 'Failed'; // should the executor reject
    const shares = await this.#ready.receive(input, this.#executor);
    this.#phase = 'Done';
    return shares.map((share, j) => ({
      to: this.#round.servers[j]!,
      frame: frameOf(this.#round, TYPES.share, encodeShare(share)),
    }));
  }

  /** @throws {ProtocolError} `unexpected-message`: nobody has anything to say to a client */
  async receive(from: PartyId): Promise<Outgoing[]> {
    throw new ProtocolError('unexpected-message', `${this.id} awaits no message`, {
      phase: this.#phase,
      culprits: [from],
    });
  }

  async deadline(): Promise<Outgoing[]> {
    return [];
  }
}
