import type { PartyId } from '../protocols/index.ts';
import { Meter } from './meter.ts';
import type { Received, Transport } from './transport.ts';

/** All parties in one process. */
export interface MemoryNetwork {
  /** This party's end; the same object until it is closed, a new one afterwards. Frames that came before the first call wait for it. */
  transport(id: PartyId): Transport;
  /** Every frame that was sent, whether or not its addressee took it. */
  readonly meter: Meter;
  /** Closes all ends. */
  close(): Promise<void>;
}

/**
 * Transports that hand frames over in memory, for tests, demonstrations and cohorts simulated in one process. Frames are handed over
 * without a copy, in the order sent. A frame for a closed end is lost.
 */
export function memoryNetwork(): MemoryNetwork {
  const meter = new Meter();
  const ends = new Map<PartyId, MemoryTransport>();
  const end = (id: PartyId): MemoryTransport => {
    let found = ends.get(id);
    if (found === undefined) {
      found = new MemoryTransport(id, (to, frame) => {
        meter.record(id, to, frame);
        end(to).deliver({ from: id, frame });
      });
      ends.set(id, found);
    }
    return found;
  };
  return {
    transport(id) {
      if (ends.get(id)?.closed) ends.delete(id);
      return end(id);
    },
    meter,
    async close() {
      for (const transport of ends.values()) await transport.close();
    },
  };
}

class MemoryTransport implements Transport {
  readonly me: PartyId;
  readonly #send: (to: PartyId, frame: Uint8Array) => void;
  readonly #waiting: Received[] = [];
  #wake: (() => void) | undefined;
  closed = false;

  constructor(me: PartyId, send: (to: PartyId, frame: Uint8Array) => void) {
    this.me = me;
    this.#send = send;
  }

  deliver(received: Received): void {
    if (this.closed) return;
    this.#waiting.push(received);
    this.#wake?.();
  }

  async send(to: PartyId, frame: Uint8Array): Promise<void> {
    if (this.closed) throw new Error(`the transport of ${JSON.stringify(this.me)} is closed`);
    this.#send(to, frame);
  }

  async *frames(): AsyncIterable<Received> {
    while (!this.closed) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#waiting.length = 0;
    this.#wake?.();
  }
}
