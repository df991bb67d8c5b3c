import type { Scheme } from '../../aggregate/index.ts';
import type { Outgoing, Party, PartyId, Status } from '../../protocols/index.ts';

/** Milliseconds of each party's own steps, by the phase it was in when it took them. */
export class PhaseClock {
  readonly #parties = new Map<PartyId, Map<string, number>>();

  add(id: PartyId, phase: string, ms: number): void {
    const phases = this.#parties.get(id) ?? new Map<string, number>();
    phases.set(phase, (phases.get(phase) ?? 0) + ms);
    this.#parties.set(id, phases);
  }

  of(id: PartyId): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#parties.get(id) ?? []);
  }

  total(id: PartyId): number {
    return [...(this.#parties.get(id)?.values() ?? [])].reduce((sum, ms) => sum + ms, 0);
  }
}

/**
 * A scheme whose parties tell the clock what their steps took. To be watched by an observer in turn, which has the parties take turns: otherwise a step
 * that waits would be charged for what others do meanwhile.
 */
export function clocked(scheme: Scheme, clock: () => PhaseClock): Scheme {
  const { errorBound, helper, parameters } = scheme;
  return {
    name: scheme.name,
    learns: scheme.learns,
    check: (spec) => scheme.check(spec),
    session: (spec) => scheme.session(spec),
    server: (spec, executor, me) => new Clocked(scheme.server(spec, executor, me), clock()),
    client: (spec, me, input, executor, rng) => new Clocked(scheme.client(spec, me, input, executor, rng), clock()),
    ...(errorBound && { errorBound: (spec) => errorBound.call(scheme, spec) }),
    ...(parameters && { parameters: (spec) => parameters.call(scheme, spec) }),
    ...(helper && {
      helper: (spec, me, executor, rng) => new Clocked(helper.call(scheme, spec, me, executor, rng), clock()),
    }),
  };
}

class Clocked<Outcome> implements Party<Outcome> {
  readonly #party: Party<Outcome>;
  readonly #clock: PhaseClock;

  constructor(party: Party<Outcome>, clock: PhaseClock) {
    this.#party = party;
    this.#clock = clock;
  }

  start(): Promise<Outgoing[]> {
    return this.#timed(() => this.#party.start());
  }

  receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    return this.#timed(() => this.#party.receive(from, frame));
  }

  deadline(phase: string): Promise<Outgoing[]> {
    return this.#timed(() => this.#party.deadline(phase));
  }

  async #timed(step: () => Promise<Outgoing[]>): Promise<Outgoing[]> {
    const { phase } = this.#party.status;
    const began = performance.now();
    try {
      return await step();
    } finally {
      this.#clock.add(this.id, phase, performance.now() - began);
    }
  }

  get id(): PartyId {
    return this.#party.id;
  }

  get status(): Status {
    return this.#party.status;
  }

  get outcome(): Outcome | undefined {
    return this.#party.outcome;
  }
}
