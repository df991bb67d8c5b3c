import { concatBytes, equalBytes, utf8 } from '../../bytes/index.ts';
import { AgreementKey, hkdfSha256, openBox, sealBox, sha256 } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { Once } from '../../once.ts';
import { type Rng, randomBytes } from '../../random/index.ts';
import {
  commonReference,
  dataPrimes,
  packResidues,
  publicShare,
  type SealEngine,
  shareSecret,
  unpackResidues,
} from '../../seal/index.ts';
import type { Identity } from '../index.ts';
import { encodeCommitments } from './codec.ts';
import { type JointKey, type JointKeyParts, jointKeyId, KeyShare } from './keys.ts';
import type { Commitments, Dealings, KeyCommit, KeyConfirm, KeyReveal } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';
import { sumShares } from './residues.ts';
import { checkSigned, commitStatement, shareCommitment, signerOf } from './signing.ts';

/**
 * A decryptor's steps of key generation: commit, reveal, confirm.
 *
 * The commitment stops rogue keys: whoever could choose its b_i after seeing the others' could make the joint key one of its own. A decryptor signs the
 * key only when every b_i in it opens its commitment and it holds a share of every dealer's secret.
 */

export type Step<Next, Message> = readonly [next: Next, message: Message];

interface Own {
  readonly index: number;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly agreement: AgreementKey;
  readonly secret: BigUint64Array;
  /** b_i, packed. */
  readonly share: Uint8Array;
  readonly nonce: Uint8Array;
  readonly commit: KeyCommit;
}

/**
 * Draws this decryptor's key.
 * @throws {TypeError|RangeError} when `me` is not a decryptor of the round, or lacks its identity key
 */
export async function commitKey(
  round: CkksSumRound,
  engine: SealEngine,
  me: Identity,
  rng: Rng,
): Promise<Step<AwaitingCommitments, KeyCommit>> {
  const index = round.decryptorIndex.get(me.id);
  if (index === undefined) throw new RangeError(`${JSON.stringify(me.id)} is not a decryptor of this round`);
  const sign = signerOf(round, me, round.decryptors[index]!);
  const { set } = round.plan;
  const { secret, publicKey } = await engine.generate(set);
  const words = publicShare(set, secret, publicKey, commonReference(set, round.session));
  const share = packResidues(words, set.primes, set.degree);
  const nonce = randomBytes(32, rng);
  const agreement = AgreementKey.generate(rng);
  const commitment = shareCommitment(round, me.id, nonce, share);
  const signature = sign(commitStatement(round, me.id, commitment, agreement.publicKey));
  const commit = { commitment, agreement: agreement.publicKey, signature };
  return [new AwaitingCommitments(round, { index, sign, agreement, secret, share, nonce, commit }, rng), commit];
}

export class AwaitingCommitments {
  readonly #state: Once<{ readonly round: CkksSumRound; readonly own: Own; readonly rng: Rng }>;

  constructor(round: CkksSumRound, own: Own, rng: Rng) {
    this.#state = new Once('AwaitingCommitments', { round, own, rng });
  }

  /**
   * Deals Shamir shares of the secret to everybody who committed, sealed.
   * @throws {ProtocolError} `below-threshold`, `bad-signature`, `bad-key`, or `bad-commitment` when the server changed this decryptor's commit
   */
  receive(commitments: Commitments): Step<AwaitingDealings, KeyReveal> {
    const { round, own, rng } = this.#state.take();
    const { set, threshold } = round.plan;
    checkCommitments(round, commitments, own);
    const points = [...commitments.keys()].map((index) => index + 1);
    const primes = dataPrimes(set);
    const shares = shareSecret(set, own.secret.subarray(0, primes.length * set.degree), points, threshold, rng);
    own.secret.fill(0n);
    const transcript = sha256(encodeCommitments(commitments));
    const sealed = new Map<number, Uint8Array>();
    let kept: BigUint64Array | undefined;
    for (const [i, [index, { agreement }]] of [...commitments].entries()) {
      const dealt = shares[i]!;
      if (index === own.index) {
        kept = dealt;
        continue;
      }
      const key = boxKey(round, own.agreement, agreement, own.index, index);
      sealed.set(
        index,
        sealBox('chacha20-poly1305', key, ZERO_NONCE, packResidues(dealt, primes, set.degree), transcript),
      );
      dealt.fill(0n);
    }
    const next = new AwaitingDealings(round, own, commitments, transcript, kept!);
    return [next, { nonce: own.nonce, share: own.share, sealed }];
  }
}

function checkCommitments(round: CkksSumRound, commitments: Commitments, own: Own): void {
  const mine = commitments.get(own.index);
  if (
    mine === undefined ||
    !equalBytes(mine.commitment, own.commit.commitment) ||
    !equalBytes(mine.agreement, own.commit.agreement)
  )
    throw new ProtocolError('bad-commitment', 'the commitments do not contain mine');
  if (commitments.size < round.plan.threshold)
    throw new ProtocolError('below-threshold', `${commitments.size} decryptors, ${round.plan.threshold} are needed`);
  const keys = new Set<string>();
  for (const [index, { commitment, agreement, signature }] of commitments) {
    const member = round.decryptors[index]!;
    checkSigned(round.signed, member, commitStatement(round, member.id, commitment, agreement), signature);
    keys.add(agreement.join());
  }
  if (keys.size !== commitments.size) throw new ProtocolError('bad-key', 'two decryptors bring the same X25519 key');
}

/** One key per direction and session, so the nonce may be constant. */
const ZERO_NONCE = new Uint8Array(12);

function boxKey(round: CkksSumRound, mine: AgreementKey, theirs: Uint8Array, from: number, to: number): Uint8Array {
  const info = concatBytes(utf8('subrosa/ckks-sum/share-box/v1\0'), Uint8Array.of(from, to));
  return hkdfSha256(mine.agree(theirs), round.session, info);
}

export class AwaitingDealings {
  readonly #state: Once<{
    readonly round: CkksSumRound;
    readonly own: Own;
    readonly commitments: Commitments;
    readonly transcript: Uint8Array;
    readonly kept: BigUint64Array;
  }>;

  constructor(round: CkksSumRound, own: Own, commitments: Commitments, transcript: Uint8Array, kept: BigUint64Array) {
    this.#state = new Once('AwaitingDealings', { round, own, commitments, transcript, kept });
  }

  /**
   * @returns this decryptor's share, whose joint key bears only its own signature so far
   * @throws {ProtocolError} `bad-commitment` or `bad-share` naming the dealer, `below-threshold`
   */
  receive(dealings: Dealings): Step<UnconfirmedShare, KeyConfirm> {
    const { round, own, commitments, transcript, kept } = this.#state.take();
    const { set, threshold } = round.plan;
    if (!dealings.has(own.index)) throw new ProtocolError('bad-commitment', 'the dealings do not contain mine');
    if (dealings.size < threshold)
      throw new ProtocolError('below-threshold', `${dealings.size} dealers, ${threshold} are needed`);
    const primes = dataPrimes(set);
    const shares: BigUint64Array[] = [];
    const publicShares: Uint8Array[] = [];
    for (const [dealer, { nonce, share, sealed }] of dealings) {
      const { id } = round.decryptors[dealer]!;
      const commit = commitments.get(dealer);
      if (commit === undefined || !equalBytes(shareCommitment(round, id, nonce, share), commit.commitment)) {
        throw new ProtocolError(
          'bad-commitment',
          `the public share of ${JSON.stringify(id)} is not the one committed to`,
        );
      }
      publicShares.push(share);
      if (dealer === own.index) {
        shares.push(kept);
        continue;
      }
      const key = boxKey(round, own.agreement, commit.agreement, dealer, own.index);
      const opened = openBox('chacha20-poly1305', key, ZERO_NONCE, sealed, transcript);
      if (opened === undefined)
        throw new ProtocolError('bad-share', `the share from ${JSON.stringify(id)} does not open`, { culprits: [id] });
      shares.push(unpackResidues(opened, primes, set.degree, 1, `the share from ${id}`));
    }
    own.agreement.wipe();
    const parts = jointParts(round, [...dealings.keys()], publicShares);
    const total = sumShares(shares, primes, set.degree);
    const keyId = jointKeyId(parts);
    const signature = own.sign(keyId);
    return [new UnconfirmedShare(parts, own.index, round.parameters.rounds, total), { keyId, signature }];
  }
}

/** A share whose joint key the other decryptors have not confirmed yet; whoever shows their signatures completes it. */
export class UnconfirmedShare {
  readonly keyId: Uint8Array;
  readonly #state: Once<readonly [JointKeyParts, number, number, BigUint64Array]>;

  constructor(parts: JointKeyParts, index: number, rounds: number, share: BigUint64Array) {
    this.keyId = jointKeyId(parts);
    this.#state = new Once('UnconfirmedShare', [parts, index, rounds, share]);
  }

  /** @throws {ProtocolError} when the key is another one, or too few decryptors signed it */
  confirm(joint: JointKey): KeyShare {
    const [, index, rounds, share] = this.#state.take();
    if (!equalBytes(joint.id, this.keyId))
      throw new ProtocolError('key-mismatch', 'the joint key is not the one I confirmed');
    return new KeyShare(joint, index, rounds, share);
  }
}

/** The joint key that follows from these public shares. */
export function jointParts(
  round: CkksSumRound,
  dealers: readonly number[],
  publicShares: readonly Uint8Array[],
): JointKeyParts {
  const { set, threshold } = round.plan;
  const words = publicShares.map((share) => unpackResidues(share, set.primes, set.degree, 1, 'public share'));
  return {
    set,
    session: round.session,
    threshold,
    decryptors: round.decryptors,
    dealers,
    packed: packResidues(sumShares(words, set.primes, set.degree), set.primes, set.degree),
  };
}
