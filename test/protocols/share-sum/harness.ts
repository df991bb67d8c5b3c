import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { addInto, type RingVector, reduce, zeroVector } from '../../../src/math/index.ts';
import type { Outgoing, Party, PartyId, RoundSpec, Sum } from '../../../src/protocols/index.ts';
import {
  type ShareSumParameters,
  shareSumClient,
  shareSumCollector,
  shareSumServer,
} from '../../../src/protocols/share-sum/index.ts';
import { SeededRng } from '../../../src/random/index.ts';

export function spec(clients: number, servers: number, overrides: Partial<RoundSpec> = {}): RoundSpec {
  return {
    task: 'test/share-sum',
    round: 3,
    context: new Uint8Array(32).fill(5),
    server: { id: 'collector' },
    clients: Array.from({ length: clients }, (_, i) => ({ id: `client-${i}` })),
    helpers: Array.from({ length: servers }, (_, i) => ({ id: `server-${i}` })),
    bits: 32,
    length: 7,
    minimumCohort: 2,
    ...overrides,
  };
}

export const seeded = (seed: number): SeededRng => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, seed, true);
  return new SeededRng(bytes);
};

export function randomInput(bits: number, length: number, rng: SeededRng): RingVector {
  const vector = zeroVector(bits, length);
  rng.fill(new Uint8Array(vector.words.buffer));
  return reduce(vector);
}

export function plainSum(
  round: RoundSpec,
  inputs: ReadonlyMap<PartyId, RingVector>,
  ids: readonly PartyId[],
): RingVector {
  const sum = zeroVector(round.bits, round.length);
  for (const id of ids) addInto(sum, inputs.get(id)!);
  return reduce(sum);
}

export interface Sent {
  readonly from: PartyId;
  readonly to: PartyId;
  readonly frame: Uint8Array;
}

/** One call of a party and what came of it: what a transcript vector records. */
export interface Event {
  readonly party: PartyId;
  /** The frame that `from` sent, the name of the phase whose time is up, or neither for the start. */
  readonly receives?: { readonly from: PartyId; readonly frame: Uint8Array };
  readonly deadline?: string;
  readonly sends: readonly Outgoing[];
  readonly error?: ProtocolError;
}

export interface RoundOptions {
  readonly seed?: number;
  /** Every client's own generator; by default one for all. */
  readonly clientRng?: (id: PartyId) => SeededRng;
  /** Which of `length` messages under way arrives next; by default the oldest. */
  readonly pick?: (length: number) => number;
  /** Asked before every call: a party that has crashed does nothing any more. */
  readonly crashed?: (id: PartyId) => boolean;
  /** What the network does with a message: deliver it (true), lose it (false), or deliver these instead. */
  readonly network?: (message: Sent) => boolean | readonly Sent[];
}

export interface Result {
  readonly spec: RoundSpec;
  readonly inputs: ReadonlyMap<PartyId, RingVector>;
  readonly outcome: Sum | undefined;
  /** What the collector or a server failed with, by party. */
  readonly errors: ReadonlyMap<PartyId, ProtocolError>;
  readonly transcript: readonly Sent[];
  readonly events: readonly Event[];
  readonly parties: ReadonlyMap<PartyId, Party<unknown>>;
}

/** Plays one round: messages in order of sending, and when none is under way, everybody's deadline. */
export async function play(
  round: RoundSpec,
  parameters: ShareSumParameters,
  options: RoundOptions = {},
): Promise<Result> {
  const rng = seeded(options.seed ?? 1);
  const inputs = new Map(round.clients.map(({ id }) => [id, randomInput(round.bits, round.length, rng)]));
  const collector = shareSumCollector(round, parameters);
  const parties = new Map<PartyId, Party<unknown>>([[collector.id, collector]]);
  for (const me of round.helpers) parties.set(me.id, shareSumServer(round, parameters, me, inlineExecutor));
  for (const me of round.clients) {
    parties.set(
      me.id,
      shareSumClient(round, parameters, me, inputs.get(me.id)!, inlineExecutor, options.clientRng?.(me.id) ?? rng),
    );
  }
  const transcript: Sent[] = [];
  const queue: Sent[] = [];
  const errors = new Map<PartyId, ProtocolError>();
  const events: Event[] = [];
  type What = Pick<Event, 'receives' | 'deadline'>;
  const step = async (id: PartyId, what: What, action: () => Promise<Outgoing[]>) => {
    if (options.crashed?.(id)) return;
    try {
      const sends = await action();
      events.push({ party: id, ...what, sends });
      for (const { to, frame } of sends) {
        const message = { from: id, to, frame };
        transcript.push(message);
        const fate = options.network?.(message) ?? true;
        if (fate === true) queue.push(message);
        else if (fate !== false) queue.push(...fate);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      events.push({ party: id, ...what, sends: [], error });
      errors.set(id, error);
    }
  };
  for (const [id, party] of parties) await step(id, {}, () => party.start());
  for (let quiet = 0; quiet < 5; ) {
    const [message] = queue.splice(queue.length > 1 ? (options.pick?.(queue.length) ?? 0) : 0, 1);
    if (message !== undefined) {
      const { from, to, frame } = message;
      await step(to, { receives: { from, frame } }, () => parties.get(to)!.receive(from, frame));
      continue;
    }
    quiet++;
    for (const [id, party] of parties) {
      const { phase } = party.status;
      if (phase !== 'Done' && phase !== 'Failed') await step(id, { deadline: phase }, () => party.deadline(phase));
    }
  }
  return { spec: round, inputs, outcome: collector.outcome, errors, transcript, events, parties };
}
