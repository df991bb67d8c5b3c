import { ProtocolError } from '../errors.ts';
import type { Outgoing, Party, Status } from '../protocols/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { Inbox } from './inbox.ts';
import type { PhaseMeter } from './meter.ts';
import type { Received, Transport } from './transport.ts';

/**
 * Milliseconds that a phase may last: one number for all, or one by phase name, with `default` for those not named (without it they wait for ever).
 * The first phase begins when the party starts.
 */
export type Deadlines = number | Readonly<Record<string, number>>;

/** How a party is driven. */
export interface DriveOptions {
  /** The session id, 32 bytes: only its frames reach the party. */
  readonly session: Uint8Array;
  /** Default: none, wait for ever. */
  readonly deadlines?: Deadlines;
  /** Calls the party off: `drive` rejects with `aborted` before the next step. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Counts bytes and working time by phase. */
  readonly meter?: PhaseMeter;
  /** Called after every step whose messages are on their way, e.g. to show progress. */
  readonly onStatus?: (status: Status) => void;
}

type Event = { readonly received: Received } | { readonly deadline: string } | { readonly closed: unknown };

/**
 * Carries a party through its round: its frames to the transport, the transport's frames to it, one at a time; when the time for a phase is up, it
 * says so to the party. The transport stays open.
 *
 * @returns the party's outcome, when its last frames are handed to the transport
 * @throws {ProtocolError} the party's own refusal; `timeout` when a deadline passed and the party still waits; `aborted` when `signal` fired or the
 *   transport closed
 */
export async function drive<Outcome>(
  party: Party<Outcome>,
  transport: Transport,
  options: DriveOptions,
): Promise<Outcome> {
  const { signal, clock = systemClock, meter } = options;
  const events: Event[] = [];
  let wake: (() => void) | undefined;
  const push = (event: Event) => {
    events.push(event);
    wake?.();
  };
  const onAbort = () => wake?.();
  const outbox = new Outbox(transport);
  let timer: { readonly phase: string; readonly cancel: () => void } | undefined;

  const step = async (run: () => Promise<Outgoing[]>): Promise<void> => {
    const { phase } = party.status;
    const began = performance.now();
    let outgoing: Outgoing[] = [];
    try {
      outgoing = await run();
    } catch (error) {
      // A frame that was refused without harm to the round (a stranger's, say) is the sender's problem, not ours.
      if (!(error instanceof ProtocolError) || party.status.phase === 'Failed') throw error;
    } finally {
      meter?.worked(phase, performance.now() - began);
    }
    for (const { to, frame } of outgoing) {
      meter?.sent(phase, frame);
      outbox.send(to, frame);
    }
    options.onStatus?.(party.status);
  };

  const close = Inbox.of(transport).open(options.session, {
    frame: (received) => push({ received }),
    closed: (error) => push({ closed: error }),
  });
  signal?.addEventListener('abort', onAbort);
  try {
    throwIfAborted(signal, party);
    await step(() => party.start());
    for (;;) {
      const { phase } = party.status;
      if (phase === 'Done') break;
      if (phase === 'Failed') throw new ProtocolError('aborted', `${party.id} had failed before`, { phase });
      throwIfAborted(signal, party);
      if (timer?.phase !== phase) {
        timer?.cancel();
        timer = { phase, cancel: arm(clock, limit(options.deadlines, phase), () => push({ deadline: phase })) };
      }
      const event = events.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      } else if ('received' in event) {
        meter?.received(phase, event.received.frame);
        await step(() => party.receive(event.received.from, event.received.frame));
      } else if ('deadline' in event) {
        await step(() => party.deadline(event.deadline));
        if (party.status.phase === event.deadline) throw timeout(party);
      } else {
        throw new ProtocolError('aborted', `the transport closed while ${party.id} was in ${phase}`, {
          phase,
          cause: event.closed,
        });
      }
    }
    timer?.cancel();
    await outbox.flush(clock, limit(options.deadlines, timer?.phase ?? 'Done'));
    return party.outcome as Outcome;
  } finally {
    timer?.cancel();
    signal?.removeEventListener('abort', onAbort);
    close();
  }
}

/** Sends without waiting, so that one slow peer holds up nobody else. A frame that cannot be sent is a frame lost: deadlines decide. */
class Outbox {
  readonly #transport: Transport;
  readonly #pending = new Set<Promise<void>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  send(to: string, frame: Uint8Array): void {
    const sent = this.#transport.send(to, frame).catch(() => {});
    this.#pending.add(sent);
    void sent.then(() => this.#pending.delete(sent));
  }

  /** Waits for what is still on its way, but not longer than `ms`. */
  async flush(clock: Clock, ms: number | undefined): Promise<void> {
    if (this.#pending.size === 0) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = arm(clock, ms, resolve);
    });
    await Promise.race([Promise.all(this.#pending), late]);
    cancel();
  }
}

function limit(deadlines: Deadlines | undefined, phase: string): number | undefined {
  if (typeof deadlines !== 'object') return deadlines;
  return Object.hasOwn(deadlines, phase) ? deadlines[phase] : deadlines['default'];
}

function arm(clock: Clock, ms: number | undefined, fire: () => void): () => void {
  return ms === undefined ? () => {} : clock.after(ms, fire);
}

function throwIfAborted(signal: AbortSignal | undefined, party: Party<unknown>): void {
  if (!signal?.aborted) return;
  const { phase } = party.status;
  throw new ProtocolError('aborted', `${party.id} was called off in ${phase}`, { phase, cause: signal.reason });
}

function timeout(party: Party<unknown>): ProtocolError {
  const { phase, awaiting } = party.status;
  const missing = awaiting.slice(0, 5).map((id) => JSON.stringify(id));
  const names = awaiting.length > 5 ? `${missing.join(', ')} and ${awaiting.length - 5} more` : missing.join(', ');
  return new ProtocolError('timeout', `${phase}: the time is up, nothing from ${names}`, { phase });
}
