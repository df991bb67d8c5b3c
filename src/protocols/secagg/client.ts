import { equalBytes } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Executor } from '../../kernels/index.ts';
import { checkVector, type RingVector } from '../../math/index.ts';
import { csprng, type Rng } from '../../random/index.ts';
import {
  decodeFrame,
  encodeFrame,
  type Identity,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type RoundSpec,
  type Status,
} from '../index.ts';
import {
  AwaitingNonces,
  AwaitingRoster,
  AwaitingShares,
  AwaitingSignatures,
  AwaitingSurvivors,
  DONE,
  join,
} from './client-states.ts';
import {
  decodeEncryptedShares,
  decodeNonces,
  decodeRoster,
  decodeSignedSurvivors,
  decodeSurvivors,
  encodeAdvertiseKeys,
  encodeConsistencyCheck,
  encodeMaskedInput,
  encodeRevealNonce,
  encodeShareKeys,
  encodeUnmaskShares,
} from './codec.ts';
import { MESSAGE, type MessageType, type ShareKeys } from './messages.ts';
import type { SecaggParameters } from './policy.ts';
import { checkIdentity, checkSecretKey, type Round, resolveRound } from './round.ts';

/**
 * A client of one round of pairwise-mask aggregation.
 *
 * One object is one life: a client that crashes in or after MaskedInput must not come back with a new object for the same round, it drops
 * out. (One that does come back draws new keys, and the server excludes it.)
 *
 * @param me with `secretKey` against a malicious server
 * @param input spec.length words of Z_{2^spec.bits}; copied when it is masked, not changed
 * @throws {TypeError|RangeError} when spec, parameters, identity and input do not fit together
 */
export function secaggClient(
  spec: RoundSpec,
  parameters: SecaggParameters,
  me: Identity,
  input: RingVector,
  executor: Executor,
  rng: Rng = csprng,
): Party<void> {
  return new SecaggClient(resolveRound(spec, parameters), me, input, executor, rng);
}

type State = AwaitingRoster | AwaitingNonces | AwaitingShares | AwaitingSurvivors | AwaitingSignatures;

/** In each state: the phase it is in (its own last message), and the type it awaits. */
const AWAITS: readonly (readonly [
  state: abstract new (...args: never[]) => State,
  phase: string,
  type: MessageType,
])[] = [
  [AwaitingRoster, 'AdvertiseKeys', MESSAGE.Roster],
  [AwaitingNonces, 'RevealNonces', MESSAGE.Nonces],
  [AwaitingShares, 'ShareKeys', MESSAGE.EncryptedShares],
  [AwaitingSurvivors, 'MaskedInput', MESSAGE.Survivors],
  [AwaitingSignatures, 'ConsistencyCheck', MESSAGE.SignedSurvivors],
];

class SecaggClient implements Party<void> {
  readonly id: PartyId;
  readonly outcome = undefined;
  readonly #round: Round;
  readonly #me: Identity;
  readonly #executor: Executor;
  readonly #rng: Rng;
  #input: RingVector | undefined;
  #state: State | undefined;
  #phase = 'AdvertiseKeys';
  #awaits: MessageType = MESSAGE.Roster;
  #started = false;
  /** Neighbours; known once the keys are shared. */
  #degree = 0;
  /** Hash of each frame that was acted upon, by type. */
  readonly #seen = new Map<number, Uint8Array>();

  constructor(round: Round, me: Identity, input: RingVector, executor: Executor, rng: Rng) {
    checkIdentity(round, me);
    checkVector(input, round.spec.bits, round.spec.length);
    this.id = me.id;
    this.#round = round;
    this.#me = me;
    this.#input = input;
    this.#executor = executor;
    this.#rng = rng;
    // Wrong identity keys are the caller's mistake and found at once; the keys themselves are drawn in start().
    if (round.malicious) checkSecretKey(round, me);
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    if (this.#phase === 'Failed') return []; // the server spoke first
    const [state, message] = join(this.#round, this.#me, this.#rng);
    this.#enter(state);
    return this.#send(MESSAGE.AdvertiseKeys, encodeAdvertiseKeys(message));
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    const server = this.#round.spec.server.id;
    if (from !== server) {
      throw new ProtocolError(
        'unknown-party',
        `a frame from ${JSON.stringify(from)}, expected ${JSON.stringify(server)}`,
      );
    }
    if (this.#phase === 'Failed') return [];
    try {
      return await this.#receive(frame);
    } catch (error) {
      const phase = this.#phase;
      if (phase !== 'Done') this.#end('Failed');
      throw ProtocolError.locate(error, { phase, culprits: [server] });
    }
  }

  async #receive(frame: Uint8Array): Promise<Outgoing[]> {
    const { type, body } = decodeFrame(PROTOCOLS.secagg, this.#round.session, frame);
    const digest = sha256(frame);
    const earlier = this.#seen.get(type);
    if (earlier !== undefined) {
      if (equalBytes(earlier, digest)) return [];
      // The answer to a survivor set is given once: the other share of somebody would be revealed by a second one.
      if (this.#phase === 'Done')
        throw new ProtocolError('already-revealed', 'a second survivor set, after shares were revealed');
      throw new ProtocolError('equivocation', `a second, different message of type ${type}`);
    }
    if (this.#state === undefined || type !== this.#awaits) {
      throw new ProtocolError(
        'unexpected-message',
        `message type ${type}, expected ${this.#state ? this.#awaits : 'none'}`,
      );
    }
    this.#seen.set(type, digest);
    return this.#step(this.#state, body);
  }

  async #step(state: State, body: Uint8Array): Promise<Outgoing[]> {
    const round = this.#round;
    if (state instanceof AwaitingRoster) {
      const [next, message] = state.receive(decodeRoster(round, body));
      this.#enter(next);
      if ('nonce' in message) return this.#send(MESSAGE.RevealNonce, encodeRevealNonce(message));
      return this.#sendShares(message);
    }
    if (state instanceof AwaitingNonces) {
      const [next, message] = state.receive(decodeNonces(round, body));
      this.#enter(next);
      return this.#sendShares(message);
    }
    if (state instanceof AwaitingShares) {
      const [next, { plan, words }] = state.receive(decodeEncryptedShares(body, this.#degree), this.#input!);
      this.#input = undefined;
      // While masks are computed there is no state that a frame could reach.
      this.#state = undefined;
      try {
        await this.#executor.mask(plan, words.words);
      } finally {
        for (const { seed } of plan.terms) seed.fill(0);
      }
      // The caller let another call overlap, and it ended the round.
      if (this.#phase === 'Failed') return [];
      this.#enter(next);
      return this.#send(MESSAGE.MaskedInput, encodeMaskedInput(round, words));
    }
    if (state instanceof AwaitingSurvivors) {
      const [next, message] = state.receive(decodeSurvivors(round, body));
      if (next !== DONE) this.#enter(next);
      else this.#end('Done');
      return 'signature' in message
        ? this.#send(MESSAGE.ConsistencyCheck, encodeConsistencyCheck(message))
        : this.#send(MESSAGE.UnmaskShares, encodeUnmaskShares(message));
    }
    const [, message] = state.receive(decodeSignedSurvivors(round, body));
    this.#end('Done');
    return this.#send(MESSAGE.UnmaskShares, encodeUnmaskShares(message));
  }

  #sendShares(message: ShareKeys): Outgoing[] {
    this.#degree = (this.#state as AwaitingShares).degree;
    return this.#send(MESSAGE.ShareKeys, encodeShareKeys(message));
  }

  #enter(state: State): void {
    this.#state = state;
    const [, phase, type] = AWAITS.find(([known]) => state instanceof known)!;
    this.#phase = phase;
    this.#awaits = type;
  }

  /** Latched before anything is sent: from here on no frame reaches a state with secrets. */
  #end(phase: 'Done' | 'Failed'): void {
    this.#phase = phase;
    this.#state = undefined;
    this.#input = undefined;
  }

  #send(type: MessageType, body: Uint8Array): Outgoing[] {
    const { session, spec } = this.#round;
    return [{ to: spec.server.id, frame: encodeFrame(PROTOCOLS.secagg, type, session, body) }];
  }

  async deadline(phase: string): Promise<Outgoing[]> {
    if (phase !== this.#phase || this.#state === undefined) return [];
    this.#end('Failed');
    const { id } = this.#round.spec.server;
    throw new ProtocolError('timeout', `nothing from ${JSON.stringify(id)} in time`, { phase });
  }

  get status(): Status {
    const over = this.#phase === 'Done' || this.#phase === 'Failed';
    return { phase: this.#phase, awaiting: over ? [] : [this.#round.spec.server.id], needed: over ? 0 : 1 };
  }
}
