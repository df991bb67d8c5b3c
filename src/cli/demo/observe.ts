import type { Scheme } from '../../aggregate/index.ts';
import type { RingVector } from '../../math/index.ts';
import type { Outgoing, Party, PartyId, Status } from '../../protocols/index.ts';
import type { Transport } from '../../session/index.ts';

/**
 * Sees one round from above, as nobody in it can: what every client put in, what each party's own work took, and whose line went dead.
 *
 * It is a scheme around a scheme, so that demonstration and benchmark measure and check through the public interface alone.
 */
export class Observer {
  /** The encoded contribution of every client: what the secure sum is checked against. */
  readonly inputs: Map<PartyId, RingVector> = new Map();
  /** Milliseconds of every party's own steps, by the phase it was in when it took them. */
  readonly #ms = new Map<PartyId, Map<string, number>>();
  readonly #keepsInputs: boolean;
  /** For every party that hung up: how many frames it had sent to each other party. */
  readonly #gone = new Map<PartyId, ReadonlyMap<PartyId, number>>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param keepInputs whether to fill `inputs`, a copy of every contribution */
  constructor(keepInputs: boolean = true) {
    this.#keepsInputs = keepInputs;
  }

  /** Milliseconds of the party's own steps. */
  ms(id: PartyId): number {
    return Object.values(this.phases(id)).reduce((sum, ms) => sum + ms, 0);
  }

  /** The same by phase. */
  phases(id: PartyId): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ms.get(id) ?? []);
  }

  input(id: PartyId, { bits, words }: RingVector): void {
    if (this.#keepsInputs) this.inputs.set(id, { bits, words: words.slice() });
  }

  /** The parties take turns: otherwise one that waits would be charged for what others do meanwhile. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Charges a party for a step, in the phase where it begins. */
  async charge<T>(id: PartyId, phase: string, step: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await step();
    } finally {
      const phases = this.#ms.get(id) ?? new Map<string, number>();
      phases.set(phase, (phases.get(phase) ?? 0) + performance.now() - began);
      this.#ms.set(id, phases);
    }
  }

  hangUp(id: PartyId, sent: ReadonlyMap<PartyId, number>): void {
    this.#gone.set(id, sent);
  }

  hungUp(id: PartyId): boolean {
    return this.#gone.has(id);
  }

  /** Whether `me`, who has heard so many frames of `id`, has heard the last of it. */
  isSilent(id: PartyId, me: PartyId, heard: number): boolean {
    return this.#gone.has(id) && heard >= (this.#gone.get(id)?.get(me) ?? 0);
  }
}

/** The scheme, watched by whatever observer `current` gives when a round begins. */
export function observe(scheme: Scheme, current: () => Observer): Scheme {
  const { errorBound, helper, parameters } = scheme;
  return {
    name: scheme.name,
    learns: scheme.learns,
    check: (spec) => scheme.check(spec),
    session: (spec) => scheme.session(spec),
    server: (spec, executor, me) => new Observed(scheme.server(spec, executor, me), current()),
    client(spec, me, input, executor, rng) {
      current().input(me.id, input);
      return new Observed(scheme.client(spec, me, input, executor, rng), current());
    },
    ...(errorBound && { errorBound: (spec) => errorBound.call(scheme, spec) }),
    ...(parameters && { parameters: (spec) => parameters.call(scheme, spec) }),
    ...(helper && {
      helper: (spec, me, executor, rng) => new Observed(helper.call(scheme, spec, me, executor, rng), current()),
    }),
  };
}

/**
 * A party whose steps are timed. When everybody whom its phase still awaits has hung up, the phase's time is up at once: a server whose
 * transport reports dead lines need not wait for its clock.
 */
class Observed<Outcome> implements Party<Outcome> {
  readonly #party: Party<Outcome>;
  readonly #observer: Observer;
  readonly #heard = new Map<PartyId, number>();

  constructor(party: Party<Outcome>, observer: Observer) {
    this.#party = party;
    this.#observer = observer;
  }

  start(): Promise<Outgoing[]> {
    return this.#step(() => this.#party.start());
  }

  receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    this.#heard.set(from, (this.#heard.get(from) ?? 0) + 1);
    return this.#step(() => this.#party.receive(from, frame));
  }

  deadline(phase: string): Promise<Outgoing[]> {
    return this.#step(() => this.#party.deadline(phase));
  }

  #step(run: () => Promise<Outgoing[]>): Promise<Outgoing[]> {
    return this.#observer.inTurn(async () => {
      const outgoing = await this.#charged(run);
      for (;;) {
        const { phase, awaiting } = this.#party.status;
        const silent = (id: PartyId) => this.#observer.isSilent(id, this.id, this.#heard.get(id) ?? 0);
        if (awaiting.length === 0 || !awaiting.every(silent)) return outgoing;
        outgoing.push(...(await this.#charged(() => this.#party.deadline(phase))));
        if (this.#party.status.phase === phase) return outgoing;
      }
    });
  }

  #charged(step: () => Promise<Outgoing[]>): Promise<Outgoing[]> {
    return this.#observer.charge(this.id, this.#party.status.phase, step);
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

/** The transport of a party whose line goes dead as soon as it has sent `messages` frames. */
export function leaving(line: Transport, messages: number, observer: Observer): Transport {
  const sent = new Map<PartyId, number>();
  let left = messages;
  const hangUp = () => {
    observer.hangUp(line.me, sent);
    void line.close();
  };
  if (left === 0) hangUp();
  return {
    me: line.me,
    frames: () => line.frames(),
    close: () => line.close(),
    async send(to, frame) {
      if (left === 0) throw new Error(`the line of ${line.me} is dead`);
      left -= 1;
      sent.set(to, (sent.get(to) ?? 0) + 1);
      const handedOver = line.send(to, frame);
      if (left === 0) hangUp();
      await handedOver;
    },
  };
}
