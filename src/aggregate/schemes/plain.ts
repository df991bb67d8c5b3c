import { ProtocolError } from '../../errors.ts';
import {
  addInto,
  checkVector,
  packVector,
  type RingVector,
  reduce,
  unpackVector,
  zeroVector,
} from '../../math/index.ts';
import {
  checkRoundSpec,
  compareIds,
  type Dropout,
  decodeFrame,
  encodeFrame,
  type Identity,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type RoundSpec,
  type Status,
  type Sum,
  sessionId,
  sortedMembers,
} from '../../protocols/index.ts';
import type { Scheme } from '../scheme.ts';

/**
 * The plain sum: every client sends its vector, the server adds. **No protection.**
 *
 * It is the yardstick: what the others cost is measured against it, and what they compute must equal its sum, bit for bit. One message:
 *
 * | type | name | from, to | body |
 * |---|---|---|---|
 * | 1 | Input | client, server | spec.length words of spec.bits bits, packed |
 */
export function plaintext(): Scheme {
  return {
    name: 'plaintext',
    learns: {
      server: 'every contribution, and who sent it',
      clients: 'nothing',
    },
    check: checkRoundSpec,
    session,
    server: (spec) => new PlainServer(spec),
    client: (spec, me, input) => new PlainClient(spec, me, input),
  };
}

const INPUT = 1;

function session(spec: RoundSpec): Uint8Array {
  return sessionId('subrosa/plain/v1', new Uint8Array(0), spec);
}

class PlainClient implements Party<void> {
  readonly id: PartyId;
  readonly #server: PartyId;
  readonly #frame: Uint8Array;
  #phase: 'Input' | 'Done' | 'Failed' = 'Input';
  readonly outcome = undefined;

  constructor(spec: RoundSpec, me: Identity, input: RingVector) {
    checkRoundSpec(spec);
    checkVector(input, spec.bits, spec.length);
    if (!spec.clients.some(({ id }) => id === me.id)) {
      throw new RangeError(`${JSON.stringify(me.id)} is not a client of this round`);
    }
    this.id = me.id;
    this.#server = spec.server.id;
    this.#frame = encodeFrame(PROTOCOLS.plain, INPUT, session(spec), packVector(input));
  }

  async start(): Promise<Outgoing[]> {
    if (this.#phase !== 'Input') throw new TypeError('start is called once');
    this.#phase = 'Done';
    return [{ to: this.#server, frame: this.#frame }];
  }

  async receive(from: PartyId): Promise<Outgoing[]> {
    if (this.#phase === 'Input') this.#phase = 'Failed';
    throw new ProtocolError('unexpected-message', 'a client of the plain sum awaits no message', {
      phase: 'Input',
      culprits: [from],
    });
  }

  async deadline(): Promise<Outgoing[]> {
    return [];
  }

  get status(): Status {
    return { phase: this.#phase, awaiting: [], needed: 0 };
  }
}

class PlainServer implements Party<Sum> {
  readonly id: PartyId;
  readonly #spec: RoundSpec;
  readonly #session: Uint8Array;
  readonly #sum: RingVector;
  /** Who has not sent an input yet. */
  readonly #awaiting: Set<PartyId>;
  readonly #survivors: PartyId[] = [];
  readonly #refused: Dropout[] = [];
  #phase: 'Input' | 'Done' | 'Failed' = 'Input';
  #started = false;
  #outcome: Sum | undefined;

  constructor(spec: RoundSpec) {
    checkRoundSpec(spec);
    this.id = spec.server.id;
    this.#spec = spec;
    this.#session = session(spec);
    this.#sum = zeroVector(spec.bits, spec.length);
    this.#awaiting = new Set(sortedMembers(spec.clients).map(({ id }) => id));
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    return [];
  }

  /** A client is heard once: its first frame is added or excludes it, and later ones change nothing. */
  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    if (this.#phase !== 'Input' || !this.#awaiting.delete(from)) return [];
    try {
      addInto(this.#sum, this.#decode(frame));
      this.#survivors.push(from);
    } catch (error) {
      const reason = ProtocolError.locate(error, { phase: 'Input', culprits: [from] });
      if (!(reason instanceof ProtocolError)) throw reason;
      this.#refused.push({ id: from, phase: 'Input', reason });
    }
    if (this.#awaiting.size === 0) this.#finish();
    return [];
  }

  #decode(frame: Uint8Array): RingVector {
    const { type, body } = decodeFrame(PROTOCOLS.plain, this.#session, frame);
    if (type !== INPUT) throw new ProtocolError('unexpected-message', `message type ${type}, expected ${INPUT}`);
    return unpackVector(body, this.#spec.bits, this.#spec.length);
  }

  async deadline(phase: string): Promise<Outgoing[]> {
    if (phase === 'Input' && this.#phase === 'Input') this.#finish();
    return [];
  }

  #finish(): void {
    const { minimumCohort } = this.#spec;
    const found = this.#survivors.length;
    if (found < minimumCohort) {
      this.#phase = 'Failed';
      throw new ProtocolError('below-minimum-cohort', `${found} clients sent an input, expected ${minimumCohort}`, {
        phase: 'Input',
        culprits: this.#refused.map(({ id }) => id),
      });
    }
    const silent = [...this.#awaiting].map((id) => ({ id, phase: 'Input' }));
    this.#outcome = {
      sum: reduce(this.#sum),
      survivors: this.#survivors.sort(compareIds),
      dropped: [...this.#refused, ...silent].sort((a, b) => compareIds(a.id, b.id)),
    };
    this.#awaiting.clear();
    this.#phase = 'Done';
  }

  get status(): Status {
    const needed = Math.max(0, this.#spec.minimumCohort - this.#survivors.length);
    return this.#phase === 'Input'
      ? { phase: 'Input', awaiting: [...this.#awaiting], needed }
      : { phase: this.#phase, awaiting: [], needed: 0 };
  }

  get outcome(): Sum | undefined {
    return this.#outcome;
  }
}
