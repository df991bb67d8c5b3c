import { equalBytes, toHex } from '../../bytes/index.ts';
import { checkAgreementKey, verifySignature } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { ClientSet } from './bitmap.ts';
import type { Step } from './client-states.ts';
import { encodeAdvertiseKeys, encodeNonces, encodeRoster, entryBytes } from './codec.ts';
import { Derivations } from './keys.ts';
import { type AdvertiseKeys, Nonces, type RevealNonce, Roster } from './messages.ts';
import { type Degree, degreeFor } from './policy.ts';
import type { Round } from './round.ts';
import { Collecting } from './server-collecting.ts';
import { CollectingShareKeys } from './server-states.ts';

/** The first state of the server. */
export function open(round: Round): CollectingKeys {
  return new CollectingKeys(round);
}

export class CollectingKeys extends Collecting<AdvertiseKeys> {
  readonly #round: Round;
  readonly #derive: Derivations;
  readonly #keys = new Map<string, number>();
  readonly expected: ClientSet;
  readonly least: number;

  constructor(round: Round) {
    super();
    this.#round = round;
    this.#derive = new Derivations(round);
    this.expected = ClientSet.of(round.n, round.members.keys());
    this.least = Math.max(3, round.spec.minimumCohort);
  }

  /** @throws {ProtocolError} `bad-key`, `bad-signature` */
  receive(index: number, message: AdvertiseKeys): void {
    const { boxKey, maskKey, signed } = message;
    checkAgreementKey(boxKey);
    checkAgreementKey(maskKey);
    const hexes = [toHex(boxKey), toHex(maskKey)];
    if (hexes[0] === hexes[1]) throw new ProtocolError('bad-key', 'one key for boxes and masks');
    if (hexes.some((hex) => this.#keys.has(hex))) {
      throw new ProtocolError('bad-key', 'a public key that another client advertised before');
    }
    if (this.#round.malicious) {
      const statement = this.#derive.advertised(index, boxKey, maskKey, signed!.commitment);
      if (!verifySignature(this.#round.members[index]!.key!, statement, signed!.signature)) {
        throw new ProtocolError('bad-signature', 'the signature on the advertised keys does not verify');
      }
    }
    this.accept(index, message);
    for (const hex of hexes) this.#keys.set(hex, index);
  }

  override exclude(index: number): void {
    super.exclude(index);
    for (const [hex, owner] of this.#keys) if (owner === index) this.#keys.delete(hex);
  }

  /** @throws {ProtocolError} `below-minimum-cohort`, `below-threshold` */
  close(): Step<CollectingNonces | CollectingShareKeys, Roster> {
    this.seal();
    const round = this.#round;
    const present = this.senders(round.n);
    const size = entryBytes(round);
    const entries = new Uint8Array(present.count * size);
    present.indices().forEach((index, rank) => {
      entries.set(encodeAdvertiseKeys(this.inbox.get(index)!), rank * size);
    });
    const roster = new Roster(present, entries, size);
    const degree = degreeOrFail(round, present.count, present.count);
    if (round.malicious) return [new CollectingNonces(round, roster), roster];
    const view = this.#derive.view(encodeRoster(roster));
    return [new CollectingShareKeys({ round, roster, view, degree, cohort: present }), roster];
  }
}

export class CollectingNonces extends Collecting<RevealNonce> {
  readonly #round: Round;
  readonly #roster: Roster;
  readonly #derive: Derivations;
  readonly expected: ClientSet;
  readonly least: number;

  constructor(round: Round, roster: Roster) {
    super();
    this.#round = round;
    this.#roster = roster;
    this.#derive = new Derivations(round);
    this.expected = roster.present;
    this.least = Math.max(3, round.spec.minimumCohort);
  }

  /** @throws {ProtocolError} `bad-commitment` */
  receive(index: number, message: RevealNonce): void {
    if (!equalBytes(this.#derive.nonceCommitment(message.nonce, index), this.#roster.commitment(index))) {
      throw new ProtocolError('bad-commitment', 'the nonce does not open its commitment');
    }
    this.accept(index, message);
  }

  /** @throws {ProtocolError} `below-minimum-cohort`, `below-threshold` */
  close(): Step<CollectingShareKeys, Nonces> {
    this.seal();
    const [round, roster] = [this.#round, this.#roster];
    const revealed = this.senders(round.n);
    const bytes = new Uint8Array(32 * revealed.count);
    revealed.indices().forEach((index, rank) => {
      bytes.set(this.inbox.get(index)!.nonce, 32 * rank);
    });
    const nonces = new Nonces(revealed, bytes);
    const degree = degreeOrFail(round, roster.present.count, revealed.count);
    const view = this.#derive.view(encodeRoster(roster), encodeNonces(nonces));
    return [new CollectingShareKeys({ round, roster, view, degree, cohort: revealed }), nonces];
  }
}

function degreeOrFail(round: Round, joined: number, revealed: number): Degree {
  const { minimumCohort } = round.spec;
  if (revealed < minimumCohort) {
    throw new ProtocolError(
      'below-minimum-cohort',
      `${revealed} clients joined, at least ${minimumCohort} were agreed`,
    );
  }
  const degree = degreeFor(round.parameters, round.n, joined, revealed, minimumCohort);
  if (degree !== undefined) return degree;
  throw new ProtocolError(
    'below-threshold',
    `${revealed} of ${round.n} clients joined: too few for the agreed dropout and corruption`,
  );
}
