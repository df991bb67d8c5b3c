import { ProtocolError } from '../../src/errors.ts';
import {
  encodeFrame,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type Status,
} from '../../src/protocols/index.ts';
import type { Clock } from '../../src/session/index.ts';

export const SESSION: Uint8Array = new Uint8Array(32).fill(7);

export function frame(text: string, session: Uint8Array = SESSION): Uint8Array {
  return encodeFrame(PROTOCOLS.external, 1, session, new TextEncoder().encode(text));
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(38));
}

/** A clock that moves when told. */
export class ManualClock implements Clock {
  now = 0;
  readonly #timers = new Set<{ at: number; fire: () => void }>();

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.now + ms, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** To the next deadline; false when there is none. */
  async advanceToNext(): Promise<boolean> {
    if (this.#timers.size === 0) return false;
    await this.advance(Math.min(...[...this.#timers].map(({ at }) => at)) - this.now);
    return true;
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.now && this.#timers.delete(timer)) timer.fire();
    }
    await settled();
  }
}

/** Lets everything that can happen now happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Greets its peers, hears each of them once, tells them `thanks` and is done. `fail` is a frame it cannot survive, `odd` one it refuses; at
 * its deadline it makes do with at least `enough` of them.
 */
export class Greeter implements Party<string[]> {
  readonly id: PartyId;
  readonly #awaiting: Set<PartyId>;
  readonly #peers: readonly PartyId[];
  readonly #enough: number;
  readonly heard: string[] = [];
  #phase = 'Greet';
  /** How many calls are running: never more than one. */
  #running = 0;

  constructor(id: PartyId, peers: readonly PartyId[], enough: number = peers.length) {
    this.id = id;
    this.#peers = peers;
    this.#awaiting = new Set(peers);
    this.#enough = enough;
  }

  async #alone<T>(run: () => T): Promise<T> {
    if (++this.#running > 1) throw new Error('calls overlap');
    await new Promise((resolve) => setImmediate(resolve));
    this.#running -= 1;
    return run();
  }

  start(): Promise<Outgoing[]> {
    return this.#alone(() => this.#peers.map((to) => ({ to, frame: frame(`hello from ${this.id}`) })));
  }

  receive(from: PartyId, bytes: Uint8Array): Promise<Outgoing[]> {
    return this.#alone(() => {
      if (text(bytes) === 'odd') throw new ProtocolError('malformed', 'odd');
      if (text(bytes) === 'fail') {
        this.#phase = 'Failed';
        throw new ProtocolError('malformed', 'cannot go on', { phase: 'Greet', culprits: [from] });
      }
      this.heard.push(`${from}: ${text(bytes)}`);
      this.#awaiting.delete(from);
      return this.#awaiting.size === 0 ? this.#finish() : [];
    });
  }

  deadline(phase: string): Promise<Outgoing[]> {
    return this.#alone(() => {
      const heard = this.#peers.length - this.#awaiting.size;
      return phase === this.#phase && heard >= this.#enough ? this.#finish() : [];
    });
  }

  #finish(): Outgoing[] {
    this.#phase = 'Done';
    return this.#peers.map((to) => ({ to, frame: frame('thanks') }));
  }

  get status(): Status {
    const awaiting = this.#phase === 'Greet' ? [...this.#awaiting] : [];
    return { phase: this.#phase, awaiting, needed: awaiting.length };
  }

  get outcome(): string[] | undefined {
    return this.#phase === 'Done' ? this.heard : undefined;
  }
}
