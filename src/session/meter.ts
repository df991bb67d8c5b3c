import type { PartyId } from '../protocols/index.ts';

/** Bytes and frames in both directions, as seen by one party. */
export interface Traffic {
  /** Bytes sent. */
  readonly up: number;
  /** Bytes received. */
  readonly down: number;
  readonly framesUp: number;
  readonly framesDown: number;
}

/** One party's work in one phase. */
export interface PhaseTraffic extends Traffic {
  readonly phase: string;
  /** Milliseconds spent inside the party's own steps, waiting excluded. */
  readonly busyMs: number;
}

type Tally = { -readonly [key in keyof Traffic]: number };

const tally = (): Tally => ({ up: 0, down: 0, framesUp: 0, framesDown: 0 });

/** Counts what crosses a network, by party: every frame once for its sender and once for its addressee. */
export class Meter {
  readonly #parties = new Map<PartyId, Tally>();
  #total = 0;

  record(from: PartyId, to: PartyId, frame: Uint8Array): void {
    const sender = this.#of(from);
    sender.up += frame.length;
    sender.framesUp += 1;
    const receiver = this.#of(to);
    receiver.down += frame.length;
    receiver.framesDown += 1;
    this.#total += frame.length;
  }

  #of(id: PartyId): Tally {
    let found = this.#parties.get(id);
    if (found === undefined) {
      found = tally();
      this.#parties.set(id, found);
    }
    return found;
  }

  /** A copy of what was counted for one party so far. */
  party(id: PartyId): Traffic {
    return { ...(this.#parties.get(id) ?? tally()) };
  }

  /** Bytes sent by all parties. */
  get total(): number {
    return this.#total;
  }

  reset(): void {
    this.#parties.clear();
    this.#total = 0;
  }
}

/**
 * Counts one party's bytes and working time by the phase it was in when it took the step. A reply counts for the phase of the frame that
 * caused it.
 */
export class PhaseMeter {
  readonly #phases = new Map<string, Tally & { busyMs: number }>();

  #of(phase: string): Tally & { busyMs: number } {
    let found = this.#phases.get(phase);
    if (found === undefined) {
      found = { ...tally(), busyMs: 0 };
      this.#phases.set(phase, found);
    }
    return found;
  }

  sent(phase: string, frame: Uint8Array): void {
    const of = this.#of(phase);
    of.up += frame.length;
    of.framesUp += 1;
  }

  received(phase: string, frame: Uint8Array): void {
    const of = this.#of(phase);
    of.down += frame.length;
    of.framesDown += 1;
  }

  worked(phase: string, ms: number): void {
    this.#of(phase).busyMs += ms;
  }

  /** In the order in which the phases were entered. */
  get phases(): PhaseTraffic[] {
    return [...this.#phases].map(([phase, of]) => ({ phase, ...of }));
  }

  get total(): PhaseTraffic {
    const sum = { phase: 'total', ...tally(), busyMs: 0 };
    for (const of of this.#phases.values()) {
      sum.up += of.up;
      sum.down += of.down;
      sum.framesUp += of.framesUp;
      sum.framesDown += of.framesDown;
      sum.busyMs += of.busyMs;
    }
    return sum;
  }
}
