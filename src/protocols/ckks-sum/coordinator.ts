import { equalBytes } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { unpackResidues } from '../../seal/index.ts';
import { decodeKeyCommit, decodeKeyConfirm, decodeKeyReveal, encodeCommitments, encodeDealings } from './codec.ts';
import { jointParts } from './keygen.ts';
import { JointKey, type JointKeyParts, jointKeyId } from './keys.ts';
import type { KeyCommit, KeyReveal } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';
import { checkSigned, commitStatement, shareCommitment } from './signing.ts';

/**
 * What the server gathers while the decryptors make a key. It relays and checks what it can see, so that a decryptor that errs is left out
 * instead of spoiling the key; the decryptors rely on none of its checks.
 */
export class KeyGathering {
  readonly #round: CkksSumRound;
  readonly #commits = new Map<number, KeyCommit>();
  readonly #reveals = new Map<number, KeyReveal>();
  readonly #confirms = new Map<number, Uint8Array>();
  #parts: JointKeyParts | undefined;

  constructor(round: CkksSumRound) {
    this.#round = round;
  }

  get commits(): number[] {
    return sorted(this.#commits.keys());
  }

  get reveals(): number[] {
    return sorted(this.#reveals.keys());
  }

  /** Decryptors that hold a share of the confirmed key. */
  get holders(): number[] {
    return sorted(this.#confirms.keys());
  }

  /** @throws {ProtocolError} `malformed`, `bad-signature` or `bad-key` */
  commit(index: number, body: Uint8Array): void {
    const round = this.#round;
    const commit = decodeKeyCommit(round, body);
    const member = round.decryptors[index]!;
    const statement = commitStatement(round, member.id, commit.commitment, commit.agreement);
    checkSigned(round.signed, member, statement, commit.signature);
    for (const other of this.#commits.values()) {
      if (equalBytes(other.agreement, commit.agreement))
        throw new ProtocolError('bad-key', 'the X25519 key of another decryptor');
    }
    this.#commits.set(index, commit);
  }

  commitments(): Uint8Array {
    return encodeCommitments(new Map(this.commits.map((index) => [index, this.#commits.get(index)!])));
  }

  /** @throws {ProtocolError} `malformed`, `bad-ciphertext`, `bad-commitment`, or `bad-share` when a decryptor is left out */
  reveal(index: number, body: Uint8Array): void {
    const round = this.#round;
    const { set } = round.plan;
    const reveal = decodeKeyReveal(round, body);
    const { id } = round.decryptors[index]!;
    if (!equalBytes(shareCommitment(round, id, reveal.nonce, reveal.share), this.#commits.get(index)!.commitment))
      throw new ProtocolError('bad-commitment', 'the public share is not the one committed to');
    const others = this.commits.filter((other) => other !== index);
    if (reveal.sealed.size !== others.length || !others.every((other) => reveal.sealed.has(other)))
      throw new ProtocolError(
        'bad-share',
        `${reveal.sealed.size} sealed shares, expected one for each of ${others.length}`,
      );
    unpackResidues(reveal.share, set.primes, set.degree, 1, 'public share');
    this.#reveals.set(index, reveal);
  }

  /** What decryptor `index` gets of all reveals. */
  dealings(index: number): Uint8Array {
    return encodeDealings(
      new Map(
        this.reveals.map((dealer) => {
          const { nonce, share, sealed } = this.#reveals.get(dealer)!;
          return [dealer, { nonce, share, sealed: sealed.get(index) ?? new Uint8Array(0) }];
        }),
      ),
    );
  }

  #jointParts(): JointKeyParts {
    const dealers = this.reveals;
    this.#parts ??= jointParts(
      this.#round,
      dealers,
      dealers.map((dealer) => this.#reveals.get(dealer)!.share),
    );
    return this.#parts;
  }

  /** @throws {ProtocolError} `malformed`, `key-mismatch` or `bad-signature` */
  confirm(index: number, body: Uint8Array): void {
    const round = this.#round;
    const { keyId, signature } = decodeKeyConfirm(round, body);
    if (!equalBytes(keyId, jointKeyId(this.#jointParts())))
      throw new ProtocolError('key-mismatch', 'the decryptor confirms another joint key');
    checkSigned(round.signed, round.decryptors[index]!, keyId, signature);
    this.#confirms.set(index, signature);
  }

  /** @throws {ProtocolError} `below-threshold` when too few confirmed */
  jointKey(): JointKey {
    const signatures = new Map(this.holders.map((index) => [index, this.#confirms.get(index)!]));
    return new JointKey(this.#jointParts(), signatures);
  }
}

function sorted(indices: Iterable<number>): number[] {
  return [...indices].sort((a, b) => a - b);
}
