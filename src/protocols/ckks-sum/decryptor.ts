import { ProtocolError } from '../../errors.ts';
import { Once } from '../../once.ts';
import type { Rng } from '../../random/index.ts';
import { CiphertextSum, packSum, type SealEngine, unpackSum, weightedShare } from '../../seal/index.ts';
import type { Step } from './keygen.ts';
import type { KeyShare } from './keys.ts';
import type { Contributors, Decrypt, PartialDecryption, Ready } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';
import { checkSigned, partialStatement, sumStatement, uploadStatement } from './signing.ts';

/** A decryptor's steps of one sum: sign what is to be decrypted, then decrypt it, once. */

interface Context {
  readonly round: CkksSumRound;
  readonly engine: SealEngine;
  readonly key: KeyShare;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly rng: Rng;
}

/**
 * Refuses ciphertexts whose second polynomial is zero: they hide nothing.
 * @throws {ProtocolError} `bad-ciphertext`
 */
export function checkOpaque(sum: CiphertextSum, chunks: number): void {
  for (let chunk = 0; chunk < chunks; chunk++) {
    if (sum.polynomial(chunk, 1).every((word) => word === 0n))
      throw new ProtocolError('bad-ciphertext', `chunk ${chunk} of the sum is a transparent ciphertext`);
  }
}

/**
 * Refuses a key whose decryptions this round's noise is not sized for: it must hide the sums of all rounds that the key serves, not of one.
 * @throws {RangeError} naming both numbers
 */
export function checkKeyRounds({ parameters }: CkksSumRound, key: KeyShare): void {
  if (key.rounds <= parameters.rounds) return;
  throw new RangeError(
    `a key share for ${key.rounds} rounds, but the noise of this round is sized for ${parameters.rounds}: state the rounds of the key`,
  );
}

export class AwaitingContributors {
  readonly #context: Once<Context>;

  /** @throws {RangeError} as {@link checkKeyRounds} */
  constructor(context: Context) {
    checkKeyRounds(context.round, context.key);
    this.#context = new Once('AwaitingContributors', context);
  }

  /**
   * Checks who is in the sum, adds up their uploads (or takes the server's sum, as the round says) and signs both.
   * @throws {ProtocolError} `below-minimum-cohort`, `bad-signature`, `bad-ciphertext`
   */
  async receive(message: Contributors): Promise<Step<AwaitingDecrypt, Ready>> {
    const context = this.#context.take();
    const { round, engine, key, sign } = context;
    const { plan, spec } = round;
    const size = Math.max(message.uploads.size, message.digests.size);
    if (size < spec.minimumCohort) {
      throw new ProtocolError(
        'below-minimum-cohort',
        `a sum over ${size} clients, at least ${spec.minimumCohort} are agreed`,
      );
    }
    const digests = new Map<number, Uint8Array>();
    for (const [client, { digest, signature }] of message.digests) {
      checkSigned(round.signed, round.clients[client]!, digest, signature);
      digests.set(client, digest);
    }
    let sum: CiphertextSum;
    if (round.parameters.check === 'uploads') {
      sum = new CiphertextSum(plan);
      for (const [client, { ciphertexts, signature }] of message.uploads) {
        const member = round.clients[client]!;
        const digest = uploadStatement(round, member.id, key.joint.id, ciphertexts);
        checkSigned(round.signed, member, digest, signature);
        await engine.add(plan, sum, ciphertexts);
        digests.set(client, digest);
      }
    } else {
      sum = unpackSum(plan, message.sum);
    }
    checkOpaque(sum, plan.chunks);
    const statement = sumStatement(round, key.joint.id, digests, packSum(plan, sum));
    return [new AwaitingDecrypt(context, sum, statement), { statement, signature: sign(statement) }];
  }
}

export class AwaitingDecrypt {
  readonly #state: Once<{ readonly context: Context; readonly sum: CiphertextSum; readonly statement: Uint8Array }>;

  constructor(context: Context, sum: CiphertextSum, statement: Uint8Array) {
    this.#state = new Once('AwaitingDecrypt', { context, sum, statement });
  }

  /**
   * Decrypts, if this decryptor is among the chosen ones. Its key share marks the session as used before anything is computed.
   * @returns the partial decryption, signed; undefined when others were chosen
   * @throws {ProtocolError} `weak-parameters` unless exactly `threshold` decryptors are chosen, `bad-signature` unless all of them signed the same
   *   statement as this one, `already-revealed`, `policy` when the key's rounds are used up
   */
  async receive(chosen: Decrypt): Promise<PartialDecryption | undefined> {
    const { context, sum, statement } = this.#state.take();
    const { round, engine, key, sign, rng } = context;
    if (chosen.size !== round.plan.threshold)
      throw new ProtocolError('weak-parameters', `${chosen.size} decryptors chosen, expected ${round.plan.threshold}`);
    for (const [index, signature] of chosen) checkSigned(round.signed, round.decryptors[index]!, statement, signature);
    if (!chosen.has(key.index)) return undefined;
    const points = [...chosen.keys()].map((index) => index + 1);
    const share = weightedShare(round.plan.set, key.take(round.session), key.index + 1, points);
    try {
      const packed = await engine.partial(round.plan, sum, share, rng);
      return { signature: sign(partialStatement(round, statement, packed)), packed };
    } finally {
      share.fill(0n);
    }
  }
}
