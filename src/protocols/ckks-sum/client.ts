import { equalBytes } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { wordBytes } from '../../kernels/index.ts';
import { checkVector, copyVector, packVector, type RingVector } from '../../math/index.ts';
import { Once } from '../../once.ts';
import type { Rng } from '../../random/index.ts';
import { type EncryptionKey, type SealEngine, unpackSum } from '../../seal/index.ts';
import type { Identity, Member } from '../index.ts';
import { checkOpaque } from './decryptor.ts';
import type { JointKey, SharedKey } from './keys.ts';
import type { Open, Opened, Upload } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';
import { openedStatement, signerOf, uploadStatement } from './signing.ts';

/** A client's steps: encrypt once; with a shared key perhaps open the sum, once. */

interface Opener {
  readonly round: CkksSumRound;
  readonly engine: SealEngine;
  readonly member: Member;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

interface Contribution extends Opener {
  readonly input: RingVector;
}

/** @throws {TypeError|RangeError} when `me` is no client of the round, lacks its identity key, or the input has another shape */
function contribution(round: CkksSumRound, engine: SealEngine, me: Identity, input: RingVector): Contribution {
  const index = round.clientIndex.get(me.id);
  if (index === undefined) throw new RangeError(`${JSON.stringify(me.id)} is not a client of this round`);
  checkVector(input, round.spec.bits, round.spec.length);
  const member = round.clients[index]!;
  return { round, engine, member, sign: signerOf(round, me, member), input: copyVector(input) };
}

async function encrypt(from: Contribution, key: EncryptionKey, keyId: Uint8Array): Promise<Upload> {
  const { round, engine, member, sign, input } = from;
  const ciphertexts = await engine.encrypt(round.plan, key, input);
  wordBytes(input.words).fill(0);
  return { signature: sign(uploadStatement(round, member.id, keyId, ciphertexts)), ciphertexts };
}

/**
 * Refuses a joint key that is not the round's.
 * @throws {ProtocolError} `key-mismatch`, or `weak-parameters` for a lower threshold than agreed
 */
export function checkJointKey(round: CkksSumRound, key: JointKey): void {
  const { parts } = key;
  const { keyId } = round.parameters;
  if (parts.set.name !== round.plan.set.name)
    throw new ProtocolError('key-mismatch', `a joint key of ${parts.set.name}, expected ${round.plan.set.name}`);
  if (keyId === undefined ? !equalBytes(parts.session, round.session) : !equalBytes(key.id, keyId))
    throw new ProtocolError('key-mismatch', 'the joint key is not the one this round agreed on');
  if (parts.threshold !== round.plan.threshold)
    throw new ProtocolError(
      'weak-parameters',
      `a joint key with threshold ${parts.threshold}, expected ${round.plan.threshold}`,
    );
}

/** A client that waits for the joint key. */
export class AwaitingJointKey {
  readonly #contribution: Once<Contribution>;

  constructor(round: CkksSumRound, engine: SealEngine, me: Identity, input: RingVector) {
    this.#contribution = new Once('AwaitingJointKey', contribution(round, engine, me, input));
  }

  /** @throws {ProtocolError} as {@link checkJointKey} */
  async receive(key: JointKey): Promise<Upload> {
    const from = this.#contribution.take();
    checkJointKey(from.round, key);
    return await encrypt(from, { mode: 'public', publicKey: key.publicKey }, key.id);
  }
}

/** A client that holds the shared key. */
export class SharedKeyHolder {
  readonly #contribution: Once<Contribution>;

  constructor(round: CkksSumRound, engine: SealEngine, me: Identity, input: RingVector) {
    this.#contribution = new Once('SharedKeyHolder', contribution(round, engine, me, input));
  }

  async contribute(key: SharedKey, rng: Rng): Promise<readonly [AwaitingSum, Upload]> {
    const from = this.#contribution.take();
    const { round } = from;
    if (!equalBytes(key.id, round.parameters.keyId!)) throw new TypeError('this is not the shared key of the round');
    const upload = await encrypt(from, { mode: 'shared', secret: key.expose() }, key.id);
    return [new AwaitingSum(from, key, rng), upload];
  }
}

/** A client that the server may ask to open the sum. */
export class AwaitingSum {
  readonly #state: Once<Opener & { readonly key: SharedKey; readonly rng: Rng }>;

  constructor({ round, engine, member, sign }: Opener, key: SharedKey, rng: Rng) {
    this.#state = new Once('AwaitingSum', { round, engine, member, sign, key, rng });
  }

  /**
   * Opens the sum, floods it (CKKS), rounds it and signs what it found.
   * @throws {ProtocolError} `below-minimum-cohort`, `inconsistent-survivors` when this client is not in it, `bad-ciphertext`
   */
  async receive({ contributors, sum }: Open): Promise<Opened> {
    const { round, engine, member, sign, key, rng } = this.#state.take();
    const { minimumCohort } = round.spec;
    if (contributors.length < minimumCohort) {
      throw new ProtocolError(
        'below-minimum-cohort',
        `a sum over ${contributors.length} clients, at least ${minimumCohort} are agreed`,
      );
    }
    if (!contributors.includes(round.clientIndex.get(member.id)!))
      throw new ProtocolError('inconsistent-survivors', 'asked to open a sum that this client is not in');
    const ciphertexts = unpackSum(round.plan, sum);
    checkOpaque(ciphertexts, round.plan.chunks);
    const packed = packVector(await engine.open(round.plan, ciphertexts, key.expose(), rng));
    return { signature: sign(openedStatement(round, contributors, sum, packed)), packed };
  }
}
