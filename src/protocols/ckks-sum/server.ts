import { ProtocolError } from '../../errors.ts';
import type { RingVector } from '../../math/index.ts';
import type { SealEngine } from '../../seal/index.ts';
import type { Dropout, Outgoing, Party, PartyId, RoundSpec, Status, Sum } from '../index.ts';
import { takeOpened, takePartial, takeReady } from './answers.ts';
import { checkJointKey } from './client.ts';
import { encodeDecrypt, frameOf, typeAndBody } from './codec.ts';
import { KeyGathering } from './coordinator.ts';
import type { JointKey } from './keys.ts';
import { TYPES, type Type } from './messages.ts';
import { type CkksSumParameters, type CkksSumRound, ckksSumRound, keyGenerationRound } from './parameters.ts';
import { UploadGathering } from './uploads.ts';

type Phase =
  | 'KeyCommit'
  | 'KeyReveal'
  | 'KeyConfirm'
  | 'Upload'
  | 'Ready'
  | 'Partial'
  | 'Open'
  | 'OpenAgain'
  | 'OpenLast'
  | 'Done'
  | 'Failed';

/** What each phase awaits. */
const AWAITED: Readonly<Record<Phase, Type | undefined>> = {
  KeyCommit: TYPES.keyCommit,
  KeyReveal: TYPES.keyReveal,
  KeyConfirm: TYPES.keyConfirm,
  Upload: TYPES.upload,
  Ready: TYPES.ready,
  Partial: TYPES.partial,
  Open: TYPES.opened,
  OpenAgain: TYPES.opened,
  OpenLast: TYPES.opened,
  Done: undefined,
  Failed: undefined,
};

export interface ServerOptions {
  readonly engine: SealEngine;
  /** The joint key made before; absent when the round makes its own, or when the clients share a key. */
  readonly key?: JointKey;
}

/**
 * The server's party in a sum.
 * @throws {TypeError|RangeError} when spec, parameters and key do not fit
 */
export function ckksSumServer(spec: RoundSpec, parameters: CkksSumParameters, options: ServerOptions): Party<Sum> {
  const round = ckksSumRound(spec, parameters);
  const shared = round.plan.set.keys === 'shared';
  if (options.key !== undefined) checkJointKey(round, options.key);
  else if (!shared && parameters.keyId !== undefined) throw new TypeError('the joint key that keyId names is needed');
  return new Server<Sum>(round, options, (server) => server.sum);
}

/** The server's party in a key generation: its outcome is the joint key, to be handed to clients ({@link JointKey.encode}). */
export function keyGenerationServer(
  spec: RoundSpec,
  parameters: CkksSumParameters,
  options: { readonly engine: SealEngine },
): Party<JointKey> {
  return new Server<JointKey>(keyGenerationRound(spec, parameters), options, (server) => server.key, true);
}

class Server<Outcome> implements Party<Outcome> {
  readonly id: PartyId;
  sum: Sum | undefined;
  key: JointKey | undefined;
  readonly #round: CkksSumRound;
  readonly #engine: SealEngine;
  readonly #read: (server: Server<Outcome>) => Outcome | undefined;
  readonly #keyOnly: boolean;
  readonly #gathering: KeyGathering;
  readonly #uploads: UploadGathering;
  readonly #ready = new Map<number, Uint8Array>();
  readonly #partials = new Map<number, Uint8Array>();
  readonly #dropped: Dropout[] = [];
  readonly #excluded = new Map<PartyId, ProtocolError>();
  readonly #heard = new Map<PartyId, Set<number>>();
  #opened: RingVector | undefined;
  #statement: Uint8Array | undefined;
  #phase: Phase;
  #awaiting: Set<PartyId>;
  #started = false;

  constructor(
    round: CkksSumRound,
    { engine, key }: ServerOptions,
    read: (server: Server<Outcome>) => Outcome | undefined,
    keyOnly = false,
  ) {
    this.id = round.server;
    this.#round = round;
    this.#engine = engine;
    this.#read = read;
    this.#keyOnly = keyOnly;
    this.key = key;
    this.#gathering = new KeyGathering(round);
    this.#uploads = new UploadGathering(round, engine);
    const makesKey = key === undefined && round.plan.set.keys === 'threshold';
    this.#phase = makesKey ? 'KeyCommit' : 'Upload';
    this.#awaiting = new Set((makesKey ? round.decryptors : round.clients).map(({ id }) => id));
  }

  get outcome(): Outcome | undefined {
    return this.#phase === 'Done' ? this.#read(this) : undefined;
  }

  get status(): Status {
    const phase = this.#phase;
    if (phase === 'Done' || phase === 'Failed') return { phase, awaiting: [], needed: 0 };
    return { phase, awaiting: [...this.#awaiting], needed: Math.min(this.#awaiting.size, Math.max(0, this.#needed())) };
  }

  #needed(): number {
    const { threshold } = this.#round.plan;
    switch (this.#phase) {
      case 'KeyCommit':
        return threshold - this.#gathering.commits.length;
      case 'KeyReveal':
        return threshold - this.#gathering.reveals.length;
      case 'KeyConfirm':
        return threshold - this.#gathering.holders.length;
      case 'Upload':
        return this.#round.spec.minimumCohort - this.#uploads.size;
      case 'Ready':
        return threshold - this.#ready.size;
      case 'Partial':
        return threshold - this.#partials.size;
      default:
        return 1;
    }
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    return [];
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    const { clientIndex, decryptorIndex } = this.#round;
    const index = clientIndex.get(from) ?? decryptorIndex.get(from);
    if (index === undefined) {
      throw new ProtocolError('unknown-party', `a frame from ${JSON.stringify(from)}, who is not in this round`, {
        phase: this.#phase,
        culprits: [from],
      });
    }
    if (!this.#awaiting.has(from)) return [];
    const phase = this.#phase;
    try {
      const { type, body } = typeAndBody(this.#round, frame);
      const heard = this.#heard.get(from) ?? new Set();
      if (heard.has(type)) return []; // a retransmission
      this.#heard.set(from, heard.add(type));
      if (type !== AWAITED[phase])
        throw new ProtocolError('unexpected-message', `message of type ${type}, expected ${AWAITED[phase]}`);
      await this.#accept(index, body);
    } catch (error) {
      const reason = ProtocolError.locate(error, { phase, culprits: [from] });
      if (!(reason instanceof ProtocolError)) {
        this.#phase = 'Failed';
        throw error;
      }
      this.#excluded.set(from, reason);
      if (phase === 'Upload') this.#dropped.push({ id: from, phase, reason });
    }
    this.#awaiting.delete(from);
    return this.#awaiting.size === 0 ? await this.#advance() : [];
  }

  async deadline(phase: string): Promise<Outgoing[]> {
    if (phase !== this.#phase || phase === 'Done' || phase === 'Failed') return [];
    return await this.#advance();
  }

  async #accept(index: number, body: Uint8Array): Promise<void> {
    switch (this.#phase) {
      case 'KeyCommit':
        return this.#gathering.commit(index, body);
      case 'KeyReveal':
        return this.#gathering.reveal(index, body);
      case 'KeyConfirm':
        return this.#gathering.confirm(index, body);
      case 'Upload':
        return await this.#uploads.add(index, body, this.#keyId());
      case 'Ready':
        this.#ready.set(index, takeReady(this.#round, index, body, this.#statement!));
        return;
      case 'Partial':
        this.#partials.set(index, takePartial(this.#round, index, body, this.#statement!));
        return;
      default:
        this.#opened = takeOpened(this.#round, index, body, this.#uploads);
    }
  }

  #keyId(): Uint8Array {
    return this.key?.id ?? this.#round.parameters.keyId!;
  }

  /** The phase is over: everybody answered, or the time is up. */
  async #advance(): Promise<Outgoing[]> {
    const phase = this.#phase;
    try {
      return await this.#next();
    } catch (error) {
      this.#phase = 'Failed';
      this.#awaiting.clear();
      if (!(error instanceof ProtocolError)) throw error;
      const [cause] = this.#excluded.values();
      const culprits = error.culprits.length > 0 ? error.culprits : [...this.#excluded.keys()];
      throw new ProtocolError(error.code, error.message, { phase, culprits, cause: error.cause ?? cause });
    }
  }

  async #next(): Promise<Outgoing[]> {
    const round = this.#round;
    switch (this.#phase) {
      case 'KeyCommit': {
        const commits = this.#atLeast(this.#gathering.commits, 'sent a key commitment');
        const body = this.#gathering.commitments();
        return this.#turn('KeyReveal', commits, () => frameOf(round, TYPES.commitments, body));
      }
      case 'KeyReveal': {
        const reveals = this.#atLeast(this.#gathering.reveals, 'revealed a public share');
        return this.#turn('KeyConfirm', reveals, (i) => frameOf(round, TYPES.dealings, this.#gathering.dealings(i)));
      }
      case 'KeyConfirm':
        return this.#publishKey();
      case 'Upload':
        return this.#closeUploads();
      case 'Ready': {
        const ready = this.#atLeast(
          [...this.#ready.keys()].sort((a, b) => a - b),
          'are ready to decrypt',
        );
        const chosen = ready.slice(0, round.plan.threshold);
        const body = encodeDecrypt(new Map(chosen.map((i) => [i, this.#ready.get(i)!])));
        this.#turn('Partial', chosen, () => body);
        return this.#send(
          ready.map((i) => round.decryptors[i]!.id),
          frameOf(round, TYPES.decrypt, body),
        );
      }
      case 'Partial': {
        this.#atLeast([...this.#partials.keys()], 'sent a partial decryption');
        return this.#finish(await this.#engine.combine(round.plan, this.#uploads.sum, [...this.#partials.values()]));
      }
      default:
        return this.#opened === undefined ? this.#askNext() : this.#finish(this.#opened);
    }
  }

  #atLeast(indices: number[], what: string): number[] {
    const { threshold } = this.#round.plan;
    if (indices.length < threshold)
      throw new ProtocolError('below-threshold', `${indices.length} decryptors ${what}, ${threshold} are needed`);
    return indices;
  }

  /** Enters a phase that awaits these decryptors. */
  #turn(phase: Phase, decryptors: readonly number[], frame: (index: number) => Uint8Array): Outgoing[] {
    const ids = decryptors.map((index) => this.#round.decryptors[index]!.id);
    this.#phase = phase;
    this.#awaiting = new Set(ids);
    return ids.map((to, i) => ({ to, frame: frame(decryptors[i]!) }));
  }

  #send(to: readonly PartyId[], frame: Uint8Array): Outgoing[] {
    return to.map((id) => ({ to: id, frame }));
  }

  #publishKey(): Outgoing[] {
    const round = this.#round;
    this.key = this.#gathering.jointKey();
    const frame = frameOf(round, TYPES.jointKey, this.key.encode());
    const holders = this.#gathering.holders.map((index) => round.decryptors[index]!.id);
    const clients = round.clients.map(({ id }) => id);
    this.#phase = this.#keyOnly ? 'Done' : 'Upload';
    this.#awaiting = new Set(this.#keyOnly ? [] : clients);
    return this.#send(this.#keyOnly ? holders : [...holders, ...clients], frame);
  }

  #closeUploads(): Outgoing[] {
    const round = this.#round;
    const { minimumCohort } = round.spec;
    for (const id of this.#awaiting) this.#dropped.push({ id, phase: 'Upload' });
    if (this.#uploads.size < minimumCohort) {
      throw new ProtocolError(
        'below-minimum-cohort',
        `${this.#uploads.size} clients uploaded, at least ${minimumCohort} are agreed`,
      );
    }
    this.#uploads.checkOpaque();
    if (round.plan.set.keys === 'shared') return this.#askNext();
    const { statement, body } = this.#uploads.contributorsFor(this.#keyId());
    this.#statement = statement;
    const frame = frameOf(round, TYPES.contributors, body);
    const made = this.#gathering.holders;
    const holders = made.length > 0 ? made : [...round.decryptors.keys()];
    return this.#turn('Ready', holders, () => frame);
  }

  /** Shared key: asks a survivor to open the sum; when it stays silent, another one, three in all. */
  #askNext(): Outgoing[] {
    const asked = ['Upload', 'Open', 'OpenAgain', 'OpenLast'].indexOf(this.#phase);
    const phase = (['Open', 'OpenAgain', 'OpenLast'] as const)[asked];
    const opener = this.#uploads.survivors[asked];
    if (phase === undefined || opener === undefined)
      throw new ProtocolError('below-threshold', `none of ${asked} clients opened the sum`);
    this.#phase = phase;
    this.#awaiting = new Set([opener]);
    return this.#send([opener], frameOf(this.#round, TYPES.open, this.#uploads.open()));
  }

  #finish(sum: RingVector): Outgoing[] {
    const round = this.#round;
    this.sum = { sum, survivors: this.#uploads.survivors, dropped: this.#dropped };
    this.#phase = 'Done';
    this.#awaiting.clear();
    if (round.plan.set.keys !== 'shared') return [];
    return this.#send(
      round.clients.map(({ id }) => id),
      frameOf(round, TYPES.finished, new Uint8Array(0)),
    );
  }
}
