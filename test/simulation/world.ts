import { ProtocolError } from '../../src/errors.ts';
import type { Outgoing, Party, PartyId } from '../../src/protocols/index.ts';
import { type Rng, uniformBelow } from '../../src/random/index.ts';

/** How unkind the network is. Probabilities a frame or a step. */
export interface Faults {
  readonly drop: number;
  readonly duplicate: number;
  /** A frame takes 1 .. delay ms, so that frames overtake each other. */
  readonly delay: number;
  /** ... and with this probability `long` ms more: past its phase's deadline. */
  readonly late: number;
  readonly long: number;
  /** A party crashes while it sends: what it sent before is on its way, the rest never is. */
  readonly crash: number;
  /** A crashed party comes back as a fresh one that remembers nothing. */
  readonly restart: number;
}

/** What a party in the simulation is. */
export interface Actor {
  readonly id: PartyId;
  /** A fresh party; `life` counts from 0. */
  readonly make: (life: number) => Party<unknown>;
  /** Milliseconds it waits in a phase. */
  readonly patience: number;
  /** Turns an honest frame into what this party really sends; absent for honest parties. */
  readonly corrupt?: (outgoing: Outgoing) => readonly Outgoing[];
  /** How much of the weather's crash probability a step of this party has. */
  readonly frailty: number;
}

/** One frame that left a party, with what was sent in its place by a corrupt one. */
export interface Sent {
  readonly from: PartyId;
  readonly to: PartyId;
  /** Which life of the sender. */
  readonly life: number;
  readonly frame: Uint8Array;
  /** What it would have been, had the sender been honest. */
  readonly intended: Uint8Array;
}

/** How a party ended. */
export interface Ending {
  readonly id: PartyId;
  readonly party: Party<unknown>;
  readonly life: number;
  readonly end: 'done' | 'failed' | 'timeout' | 'crashed';
  readonly error?: unknown;
}

interface Life {
  readonly actor: Actor;
  readonly party: Party<unknown>;
  readonly life: number;
  phase: string | undefined;
  end: Ending | undefined;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => Promise<void>;
}

/** More than any round of these sizes takes: a protocol that talks for ever is a failure. */
const MOST_EVENTS = 200_000;

/**
 * A virtual network with a virtual clock. Everything that happens follows from the generator: the same seed replays the same run, byte for byte.
 *
 * @throws whatever a party throws that is not a `ProtocolError`: no run may end so
 */
export class World {
  readonly sent: Sent[] = [];
  /** Ended lives, crashed ones included. */
  readonly endings: Ending[] = [];
  readonly #rng: Rng;
  readonly #faults: Faults;
  readonly #lives = new Map<PartyId, Life>();
  #events: Event[] = [];
  #order = 0;
  #now = 0;

  constructor(rng: Rng, faults: Faults) {
    this.#rng = rng;
    this.#faults = faults;
  }

  #chance(probability: number): boolean {
    return uniformBelow(2 ** 24, this.#rng) < probability * 2 ** 24;
  }

  #after(ms: number, run: () => Promise<void>): void {
    this.#events.push({ at: this.#now + ms, order: this.#order++, run });
  }

  #next(): Event | undefined {
    let best = -1;
    for (const [i, event] of this.#events.entries()) {
      const least = this.#events[best];
      if (least === undefined || event.at < least.at || (event.at === least.at && event.order < least.order)) best = i;
    }
    if (best < 0) return undefined;
    const [event] = this.#events.splice(best, 1);
    return event;
  }

  /** Begins a party's life at a random moment of the first `within` ms. */
  add(actor: Actor, within: number): void {
    this.#after(uniformBelow(within, this.#rng), () => this.#begin(actor, 0));
  }

  async run(): Promise<void> {
    let count = 0;
    for (let event = this.#next(); event !== undefined; event = this.#next()) {
      if (++count > MOST_EVENTS) throw new Error(`still not over after ${MOST_EVENTS} events`);
      this.#now = event.at;
      await event.run();
    }
    for (const life of this.#lives.values()) {
      if (life.end === undefined) throw new Error(`${life.actor.id} hangs in ${life.party.status.phase}`);
    }
  }

  async #begin(actor: Actor, number: number): Promise<void> {
    const life: Life = { actor, party: actor.make(number), life: number, phase: undefined, end: undefined };
    this.#lives.set(actor.id, life);
    await this.#step(life, () => life.party.start());
  }

  async #step(life: Life, run: () => Promise<Outgoing[]>): Promise<void> {
    const { party } = life;
    let outgoing: Outgoing[] = [];
    try {
      outgoing = await run();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Like `drive`: a refused frame is the sender's problem unless the party says that it has failed.
      if (party.status.phase === 'Failed') this.#end(life, 'failed', error);
    }
    if (life.end !== undefined && life.end.end !== 'done' && outgoing.length > 0) {
      throw new Error(`${party.id} still sends after it ended: ${life.end.end}`);
    }
    this.#send(life, outgoing);
    if (life.end !== undefined) return;
    const { phase } = party.status;
    if (phase === 'Done') this.#end(life, 'done');
    else if (phase === 'Failed') this.#end(life, 'failed');
    else if (phase !== life.phase) {
      life.phase = phase;
      this.#after(life.actor.patience, () => this.#deadline(life, phase));
    }
  }

  async #deadline(life: Life, phase: string): Promise<void> {
    if (life.end !== undefined) return;
    await this.#step(life, () => life.party.deadline(phase));
    if (life.end === undefined && life.party.status.phase === phase) this.#end(life, 'timeout');
  }

  #end(life: Life, end: Ending['end'], error?: unknown): void {
    life.end = {
      id: life.actor.id,
      party: life.party,
      life: life.life,
      end,
      ...(error === undefined ? {} : { error }),
    };
    this.endings.push(life.end);
  }

  #send(life: Life, outgoing: readonly Outgoing[]): void {
    const { actor } = life;
    const crashes = life.end === undefined && this.#chance(this.#faults.crash * actor.frailty);
    const last = crashes ? uniformBelow(outgoing.length + 1, this.#rng) : outgoing.length;
    for (const honest of outgoing.slice(0, last)) {
      for (const { to, frame } of actor.corrupt?.(honest) ?? [honest]) {
        this.sent.push({ from: actor.id, to, life: life.life, frame, intended: honest.frame });
        this.#carry(actor.id, to, frame);
      }
    }
    if (!crashes) return;
    this.#end(life, 'crashed');
    if (this.#chance(this.#faults.restart)) {
      this.#after(1 + uniformBelow(200, this.#rng), () => this.#begin(actor, life.life + 1));
    }
  }

  #carry(from: PartyId, to: PartyId, frame: Uint8Array): void {
    const copies = this.#chance(this.#faults.drop) ? 0 : this.#chance(this.#faults.duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const late = this.#chance(this.#faults.late) ? this.#faults.long : 0;
      this.#after(1 + uniformBelow(this.#faults.delay, this.#rng) + late, () => this.#deliver(from, to, frame));
    }
  }

  async #deliver(from: PartyId, to: PartyId, frame: Uint8Array): Promise<void> {
    const life = this.#lives.get(to);
    // A crashed machine hears nothing. A party that ended otherwise still does, and must keep quiet.
    if (life === undefined || life.end?.end === 'crashed' || life.end?.end === 'timeout') return;
    await this.#step(life, () => life.party.receive(from, frame));
  }
}
