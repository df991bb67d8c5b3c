import { equalBytes } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Outgoing, Party, PartyId, Status } from '../index.ts';
import { frameOf, typeAndBody } from './codec.ts';
import { TYPES, type Type } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';

/** What clients and decryptors have in common: they hear the server only, one message of each type, and one fault of its ends their part. */
export abstract class Peer<Outcome> implements Party<Outcome> {
  readonly id: PartyId;
  protected readonly round: CkksSumRound;
  #awaits: readonly Type[] | 'Done' | 'Failed';
  readonly #heard = new Map<number, Uint8Array>();
  #started = false;

  constructor(round: CkksSumRound, id: PartyId, awaits: readonly Type[]) {
    this.round = round;
    this.id = id;
    this.#awaits = awaits;
  }

  abstract readonly outcome: Outcome | undefined;

  /** The first message, if this party speaks first. */
  protected abstract begin(): Promise<Outgoing[]>;

  /** Handles a message of an awaited type; calls {@link Peer.await} or {@link Peer.done}. */
  protected abstract handle(type: Type, body: Uint8Array): Promise<Outgoing[]>;

  protected await(...types: readonly Type[]): void {
    this.#awaits = types;
  }

  protected done(): void {
    this.#awaits = 'Done';
  }

  protected toServer(type: Type, body: Uint8Array): Outgoing[] {
    return [{ to: this.round.server, frame: frameOf(this.round, type, body) }];
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    return await this.#guard(() => this.begin());
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    if (from !== this.round.server) {
      throw new ProtocolError('unknown-party', `a frame from ${JSON.stringify(from)}, expected the server's`, {
        phase: this.status.phase,
        culprits: [from],
      });
    }
    if (typeof this.#awaits === 'string') return [];
    return await this.#guard(async () => {
      const { type, body } = typeAndBody(this.round, frame);
      const digest = sha256(frame);
      const before = this.#heard.get(type);
      if (before !== undefined) {
        if (equalBytes(before, digest)) return [];
        throw new ProtocolError('equivocation', `two different messages of type ${type}`);
      }
      const known = (this.#awaits as readonly Type[]).find((awaited) => awaited === type);
      if (known === undefined)
        throw new ProtocolError('unexpected-message', `message of type ${type} while waiting for ${this.status.phase}`);
      this.#heard.set(type, digest);
      return await this.handle(known, body);
    });
  }

  async #guard(run: () => Promise<Outgoing[]>): Promise<Outgoing[]> {
    const { phase } = this.status;
    try {
      return await run();
    } catch (error) {
      this.#awaits = 'Failed';
      throw ProtocolError.locate(error, { phase, culprits: [this.round.server] });
    }
  }

  /** It waits for the server, which waits for others: time passing changes nothing. */
  async deadline(): Promise<Outgoing[]> {
    return [];
  }

  get status(): Status {
    if (typeof this.#awaits === 'string') return { phase: this.#awaits, awaiting: [], needed: 0 };
    return { phase: PHASES[this.#awaits[0]!], awaiting: [this.round.server], needed: 1 };
  }
}

const PHASES = Object.fromEntries(
  Object.entries(TYPES).map(([name, type]) => [type, `${name[0]!.toUpperCase()}${name.slice(1)}`]),
) as Record<Type, string>;
