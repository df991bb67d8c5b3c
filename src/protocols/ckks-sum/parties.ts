import type { RingVector } from '../../math/index.ts';
import { csprng, type Rng } from '../../random/index.ts';
import type { SealEngine } from '../../seal/index.ts';
import type { Identity, Outgoing, Party, RoundSpec } from '../index.ts';
import { AwaitingJointKey, type AwaitingSum, checkJointKey, SharedKeyHolder } from './client.ts';
import {
  decodeCommitments,
  decodeContributors,
  decodeDealings,
  decodeDecrypt,
  decodeOpen,
  encodeKeyCommit,
  encodeKeyConfirm,
  encodeKeyReveal,
  encodeOpened,
  encodePartial,
  encodeReady,
  encodeUpload,
} from './codec.ts';
import { AwaitingContributors, type AwaitingDecrypt, checkKeyRounds } from './decryptor.ts';
import { type AwaitingCommitments, type AwaitingDealings, commitKey, type UnconfirmedShare } from './keygen.ts';
import { JointKey, type KeyShare, type SharedKey } from './keys.ts';
import { TYPES, type Type, type Upload } from './messages.ts';
import { type CkksSumParameters, type CkksSumRound, ckksSumRound, keyGenerationRound } from './parameters.ts';
import { Peer } from './peer.ts';
import { signerOf } from './signing.ts';

/** What a client brings: nothing when the round makes its key, the joint key, or the shared key. */
export interface ClientOptions {
  readonly engine: SealEngine;
  readonly key?: JointKey | SharedKey;
  readonly rng?: Rng;
}

/**
 * A client's party.
 * @throws {TypeError|RangeError} when spec, parameters, key and input do not fit
 */
export function ckksSumClient(
  spec: RoundSpec,
  parameters: CkksSumParameters,
  me: Identity,
  input: RingVector,
  options: ClientOptions,
): Party<void> {
  const round = ckksSumRound(spec, parameters);
  const { engine, key, rng = csprng } = options;
  if (round.plan.set.keys === 'shared') {
    if (key === undefined || key instanceof JointKey) throw new TypeError('a shared key is needed');
    return new SharedClient(round, me.id, new SharedKeyHolder(round, engine, me, input), key, rng);
  }
  if (key !== undefined && !(key instanceof JointKey)) throw new TypeError('a joint key is needed, not a shared one');
  if (key === undefined && parameters.keyId !== undefined)
    throw new TypeError('the joint key that keyId names is needed');
  return new ThresholdClient(round, me.id, new AwaitingJointKey(round, engine, me, input), key);
}

class ThresholdClient extends Peer<void> {
  readonly outcome = undefined;
  readonly #state: AwaitingJointKey;
  readonly #key: JointKey | undefined;

  constructor(round: CkksSumRound, id: string, state: AwaitingJointKey, key: JointKey | undefined) {
    super(round, id, [TYPES.jointKey]);
    this.#state = state;
    this.#key = key;
  }

  protected async begin(): Promise<Outgoing[]> {
    return this.#key === undefined ? [] : await this.#upload(this.#key);
  }

  protected async handle(_type: Type, body: Uint8Array): Promise<Outgoing[]> {
    return await this.#upload(JointKey.decode(body, this.round.plan.set, this.round.decryptors));
  }

  async #upload(key: JointKey): Promise<Outgoing[]> {
    const upload = await this.#state.receive(key);
    this.done();
    return this.toServer(TYPES.upload, encodeUpload(upload));
  }
}

class SharedClient extends Peer<void> {
  readonly outcome = undefined;
  readonly #state: SharedKeyHolder;
  readonly #key: SharedKey;
  readonly #rng: Rng;
  #awaiting: AwaitingSum | undefined;

  constructor(round: CkksSumRound, id: string, state: SharedKeyHolder, key: SharedKey, rng: Rng) {
    super(round, id, [TYPES.open, TYPES.finished]);
    this.#state = state;
    this.#key = key;
    this.#rng = rng;
  }

  protected async begin(): Promise<Outgoing[]> {
    let upload: Upload;
    [this.#awaiting, upload] = await this.#state.contribute(this.#key, this.#rng);
    return this.toServer(TYPES.upload, encodeUpload(upload));
  }

  protected async handle(type: Type, body: Uint8Array): Promise<Outgoing[]> {
    const sum = type === TYPES.open ? await this.#awaiting!.receive(decodeOpen(this.round, body)) : undefined;
    this.done();
    return sum === undefined ? [] : this.toServer(TYPES.opened, encodeOpened(sum));
  }
}

export interface DecryptorOptions {
  readonly engine: SealEngine;
  /** Absent: the round makes its own key. */
  readonly key?: KeyShare;
  readonly rng?: Rng;
}

/**
 * A decryptor's party in a sum.
 * @throws {TypeError|RangeError} when spec, parameters and key do not fit
 */
export function ckksSumDecryptor(
  spec: RoundSpec,
  parameters: CkksSumParameters,
  me: Identity,
  options: DecryptorOptions,
): Party<void> {
  const round = ckksSumRound(spec, parameters);
  if ((options.key === undefined) !== (parameters.keyId === undefined))
    throw new TypeError('a key share and the keyId of the round come together');
  return new Decryptor(round, me, options, (key, decryptor) => decryptor.sumWith(key));
}

/** A decryptor's party in a key generation: its outcome is its share. */
export function keyGenerationDecryptor(
  spec: RoundSpec,
  parameters: CkksSumParameters,
  me: Identity,
  options: { readonly engine: SealEngine; readonly rng?: Rng },
): Party<KeyShare> {
  return new Decryptor(keyGenerationRound(spec, parameters), me, options, (key, decryptor) => decryptor.keep(key));
}

class Decryptor<Outcome> extends Peer<Outcome> {
  outcome: Outcome | undefined;
  readonly #me: Identity;
  readonly #engine: SealEngine;
  readonly #rng: Rng;
  readonly #given: KeyShare | undefined;
  readonly #withKey: (key: KeyShare, decryptor: Decryptor<Outcome>) => void;
  #committed: AwaitingCommitments | undefined;
  #dealt: AwaitingDealings | undefined;
  #unconfirmed: UnconfirmedShare | undefined;
  #summing: AwaitingContributors | undefined;
  #ready: AwaitingDecrypt | undefined;
  /** The key that this round made for itself. */
  #made: KeyShare | undefined;

  constructor(
    round: CkksSumRound,
    me: Identity,
    { engine, key, rng = csprng }: DecryptorOptions,
    withKey: (key: KeyShare, decryptor: Decryptor<Outcome>) => void,
  ) {
    super(round, me.id, [key === undefined ? TYPES.commitments : TYPES.contributors]);
    const index = round.decryptorIndex.get(me.id);
    if (index === undefined) throw new RangeError(`${JSON.stringify(me.id)} is not a decryptor of this round`);
    signerOf(round, me, round.decryptors[index]!);
    if (key !== undefined) {
      if (key.index !== index) throw new RangeError(`key share ${key.index + 1} for decryptor ${index + 1}`);
      checkJointKey(round, key.joint);
      checkKeyRounds(round, key);
    }
    this.#me = me;
    this.#engine = engine;
    this.#rng = rng;
    this.#given = key;
    this.#withKey = withKey;
  }

  /** Goes on to the sum. */
  sumWith(key: KeyShare): void {
    const { round } = this;
    if (key !== this.#given) this.#made = key;
    const sign = signerOf(round, this.#me, round.decryptors[key.index]!);
    this.#summing = new AwaitingContributors({ round, engine: this.#engine, key, sign, rng: this.#rng });
    this.await(TYPES.contributors);
  }

  /** Stops with the key as its outcome. */
  keep(key: Outcome & KeyShare): void {
    this.outcome = key;
    this.done();
  }

  protected async begin(): Promise<Outgoing[]> {
    if (this.#given !== undefined) {
      this.#withKey(this.#given, this);
      return [];
    }
    const [next, commit] = await commitKey(this.round, this.#engine, this.#me, this.#rng);
    this.#committed = next;
    return this.toServer(TYPES.keyCommit, encodeKeyCommit(commit));
  }

  protected async handle(type: Type, body: Uint8Array): Promise<Outgoing[]> {
    const { round } = this;
    switch (type) {
      case TYPES.commitments: {
        const [next, reveal] = this.#committed!.receive(decodeCommitments(round, body));
        this.#dealt = next;
        this.await(TYPES.dealings);
        return this.toServer(TYPES.keyReveal, encodeKeyReveal(reveal));
      }
      case TYPES.dealings: {
        const dealings = decodeDealings(round, body, round.decryptorIndex.get(this.id)!);
        const [next, confirm] = this.#dealt!.receive(dealings);
        this.#unconfirmed = next;
        this.await(TYPES.jointKey);
        return this.toServer(TYPES.keyConfirm, encodeKeyConfirm(confirm));
      }
      case TYPES.jointKey: {
        const joint = JointKey.decode(body, round.plan.set, round.decryptors);
        this.#withKey(this.#unconfirmed!.confirm(joint), this);
        return [];
      }
      case TYPES.contributors: {
        const [next, ready] = await this.#summing!.receive(decodeContributors(round, body));
        this.#ready = next;
        this.await(TYPES.decrypt);
        return this.toServer(TYPES.ready, encodeReady(ready));
      }
      default: {
        const partial = await this.#ready!.receive(decodeDecrypt(round, body));
        this.#made?.wipe();
        this.done();
        return partial === undefined ? [] : this.toServer(TYPES.partial, encodePartial(partial));
      }
    }
  }
}
