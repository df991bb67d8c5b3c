import { toHex } from '../../../src/bytes/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { packVector } from '../../../src/math/index.ts';
import type { Outgoing, Party, PartyId } from '../../../src/protocols/index.ts';
import { secaggClient, secaggServer, secaggSession } from '../../../src/protocols/secagg/index.ts';
import type { MessageName } from '../../../src/protocols/secagg/messages.ts';
import { SeededRng } from '../../../src/random/index.ts';
import { type Envelope, nameOf, type Setup } from '../../protocols/secagg/play.ts';

/** What arrives for a message that was sent: itself (true), nothing (false), or these. */
export type Network = (message: Envelope, name: MessageName) => boolean | readonly Envelope[];

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly setup: Setup;
  readonly network?: Network;
  /** Whose deadline comes when nothing moves any more, before the server's. */
  readonly impatient?: PartyId;
  /** For `bad_*`: who refuses, and with which code: its error, or the reason why it excluded somebody. */
  readonly refuses?: { readonly by: PartyId; readonly code: string };
}

interface Event {
  readonly party: PartyId;
  readonly receives?: { readonly from: PartyId; readonly frame: number };
  readonly deadline?: string;
  readonly sends: readonly { readonly to: PartyId; readonly frame: number }[];
  readonly error?: string;
}

/** The seed of a client's generator. */
const seedOf = (index: number) => new Uint8Array(32).fill(0x20 + index);

/** Plays a scenario, messages in order of sending, and gives what its file holds. */
export async function makeVector(scenario: Scenario): Promise<unknown> {
  const { name, description, network, impatient, refuses } = scenario;
  const { spec, parameters, identities, inputs } = scenario.setup;
  const server = secaggServer(spec, parameters, inlineExecutor);
  const parties = new Map<PartyId, Party<unknown>>([[server.id, server]]);
  [...identities.values()].forEach((me, index) => {
    const rng = new SeededRng(seedOf(index));
    parties.set(me.id, secaggClient(spec, parameters, me, inputs.get(me.id)!, inlineExecutor, rng));
  });

  const frames: string[] = [];
  const number = (frame: Uint8Array) => {
    const hex = toHex(frame);
    const at = frames.indexOf(hex);
    return at >= 0 ? at : frames.push(hex) - 1;
  };
  const events: Event[] = [];
  const queue: Envelope[] = [];
  const step = async (id: PartyId, what: Pick<Event, 'receives' | 'deadline'>, act: () => Promise<Outgoing[]>) => {
    try {
      const sends = await act();
      events.push({ party: id, ...what, sends: sends.map(({ to, frame }) => ({ to, frame: number(frame) })) });
      for (const { to, frame } of sends) {
        const message = { from: id, to, frame };
        const fate = network?.(message, nameOf(frame)!) ?? true;
        if (fate === true) queue.push(message);
        else if (fate !== false) queue.push(...fate);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      events.push({ party: id, ...what, sends: [], error: error.code });
    }
  };
  const drain = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { from, to, frame } = next;
      await step(to, { receives: { from, frame: number(frame) } }, () => parties.get(to)!.receive(from, frame));
    }
  };
  for (const [id, party] of parties) await step(id, {}, () => party.start());
  await drain();
  if (impatient !== undefined) {
    const party = parties.get(impatient)!;
    const { phase } = party.status;
    await step(impatient, { deadline: phase }, () => party.deadline(phase));
  }
  while (server.status.phase !== 'Done' && server.status.phase !== 'Failed') {
    const { phase } = server.status;
    await step(server.id, { deadline: phase }, () => server.deadline(phase));
    await drain();
  }

  const { outcome } = server;
  return {
    name,
    description,
    protocol: 'subrosa/secagg/v1',
    parameters,
    spec: {
      ...spec,
      context: toHex(spec.context),
      clients: spec.clients.map(({ id, key }) => ({ id, ...(key && { key: toHex(key) }) })),
    },
    session: toHex(secaggSession(spec, parameters)),
    clients: [...identities.values()].map(({ id, secretKey }, index) => ({
      id,
      ...(secretKey && { secretKey: toHex(secretKey) }),
      rng: toHex(seedOf(index)),
      input: toHex(packVector(inputs.get(id)!)),
    })),
    frames,
    events,
    ...(refuses && { refuses }),
    outcome:
      outcome === undefined
        ? null
        : {
            sum: toHex(packVector(outcome.sum)),
            survivors: outcome.survivors,
            dropped: outcome.dropped.map(({ id, phase, reason }) => ({
              id,
              phase,
              ...(reason instanceof ProtocolError && { reason: reason.code }),
            })),
          },
  };
}
