/**
 * A scheme from outside: written here entirely, with what the package exports, and held to the same promises as ours.
 *
 * One helper ("the vault") keeps the seeds of one-time masks: a client sends its masked vector to the server and the seed of the mask to the vault. The
 * server tells the vault whose vectors it has; the vault answers with the sum of their masks, once. Neither learns an input alone.
 */
import { describe, expect, it } from 'vitest';
import { createAggregator, type Scheme } from '../../src/aggregate/index.ts';
import { Reader, Writer } from '../../src/bytes/index.ts';
import { fixedPoint } from '../../src/encoding/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import type { Executor } from '../../src/kernels/index.ts';
import {
  addInto,
  checkVector,
  copyVector,
  packVector,
  type RingVector,
  reduce,
  subtractFrom,
  unpackVector,
  zeroVector,
} from '../../src/math/index.ts';
import {
  checkRoundSpec,
  compareIds,
  type Dropout,
  decodeFrame,
  encodeFrame,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type RoundSpec,
  type Status,
  type Sum,
  sessionId,
} from '../../src/protocols/index.ts';
import { csprng, type Rng, randomBytes } from '../../src/random/index.ts';
import { memoryNetwork } from '../../src/session/index.ts';
import { schemeConformance } from './scheme.ts';

const PROTOCOL = PROTOCOLS.external;
const [MASKED, SEED, SURVIVORS, MASK] = [1, 2, 3, 4];

function vault(): Scheme {
  const session = (spec: RoundSpec) => sessionId('example/vault/v1', new Uint8Array(0), spec);
  return {
    name: 'vault',
    learns: { server: 'the sum', clients: 'nothing', helpers: 'who survived' },
    check(spec) {
      checkRoundSpec(spec);
      if (spec.helpers.length !== 1) throw new RangeError(`${spec.helpers.length} helpers, expected 1`);
    },
    session,
    server: (spec) => new Server(spec, session(spec)),
    client(spec, me, input, executor, rng) {
      checkVector(input, spec.bits, spec.length);
      if (!spec.clients.some(({ id }) => id === me.id)) throw new RangeError(`${me.id} is not a client`);
      return new Client(spec, session(spec), me.id, copyVector(input), executor, rng ?? csprng);
    },
    helper: (spec, me, executor) => new Vault(spec, session(spec), me.id, executor),
  };
}

abstract class Base<Outcome> implements Party<Outcome> {
  readonly id: PartyId;
  protected readonly spec: RoundSpec;
  protected readonly session: Uint8Array;
  protected phase: string;
  protected awaiting: Set<PartyId>;
  outcome: Outcome | undefined;
  #started = false;

  constructor(spec: RoundSpec, session: Uint8Array, id: PartyId, phase: string, awaiting: readonly PartyId[]) {
    this.spec = spec;
    this.session = session;
    this.id = id;
    this.phase = phase;
    this.awaiting = new Set(awaiting);
  }

  async start(): Promise<Outgoing[]> {
    if (this.#started) throw new TypeError('start is called once');
    this.#started = true;
    return this.begin();
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    if (!this.awaiting.delete(from)) return [];
    try {
      const { type, body } = decodeFrame(PROTOCOL, this.session, frame);
      return await this.take(from, type, body);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.refuse(from, error);
    }
  }

  async deadline(phase: string): Promise<Outgoing[]> {
    return phase === this.phase && phase !== 'Done' && phase !== 'Failed' ? this.late() : [];
  }

  get status(): Status {
    return { phase: this.phase, awaiting: [...this.awaiting], needed: 0 };
  }

  protected frame(type: number, body: Uint8Array): Uint8Array {
    return encodeFrame(PROTOCOL, type, this.session, body);
  }

  protected end(phase: 'Done' | 'Failed'): void {
    this.phase = phase;
    this.awaiting = new Set();
  }

  protected fail(error: ProtocolError): never {
    this.end('Failed');
    throw error;
  }

  protected async begin(): Promise<Outgoing[]> {
    return [];
  }
  protected abstract take(from: PartyId, type: number, body: Uint8Array): Promise<Outgoing[]>;
  protected abstract refuse(from: PartyId, error: ProtocolError): Promise<Outgoing[]>;
  protected abstract late(): Promise<Outgoing[]>;
}

class Client extends Base<void> {
  readonly #input: RingVector;
  readonly #executor: Executor;
  readonly #rng: Rng;

  constructor(spec: RoundSpec, session: Uint8Array, id: PartyId, input: RingVector, executor: Executor, rng: Rng) {
    super(spec, session, id, 'Masked', []);
    this.#input = input;
    this.#executor = executor;
    this.#rng = rng;
  }

  protected override async begin(): Promise<Outgoing[]> {
    const seed = randomBytes(32, this.#rng);
    await this.#executor.mask({ suite: 'chacha20', terms: [{ seed, sign: 1 }] }, this.#input.words);
    this.end('Done');
    // The seed first: a mask without its vector does no harm.
    return [
      { to: this.spec.helpers[0]!.id, frame: this.frame(SEED, seed) },
      { to: this.spec.server.id, frame: this.frame(MASKED, packVector(this.#input)) },
    ];
  }

  protected async take(): Promise<Outgoing[]> {
    return [];
  }
  protected async refuse(): Promise<Outgoing[]> {
    return [];
  }
  protected async late(): Promise<Outgoing[]> {
    return [];
  }
}

class Vault extends Base<void> {
  readonly #executor: Executor;
  readonly #seeds = new Map<PartyId, Uint8Array>();
  #request: Uint8Array | undefined;

  constructor(spec: RoundSpec, session: Uint8Array, id: PartyId, executor: Executor) {
    super(spec, session, id, 'Seeds', [spec.server.id, ...spec.clients.map((client) => client.id)]);
    this.#executor = executor;
  }

  protected async take(from: PartyId, type: number, body: Uint8Array): Promise<Outgoing[]> {
    if (from !== this.spec.server.id) {
      if (type !== SEED) throw new ProtocolError('unexpected-message', `type ${type}`);
      this.#seeds.set(from, new Reader(body, 'seed').expect(32).bytes(32));
    } else {
      if (type !== SURVIVORS) this.fail(new ProtocolError('unexpected-message', `type ${type}`));
      this.#request = body.slice();
    }
    // Seeds and masked vectors travel on different wires: answer when every survivor's seed is here.
    const wanted = this.#wanted();
    if (wanted === undefined || !wanted.every((id) => this.#seeds.has(id))) return [];
    return this.#answer(wanted);
  }

  #wanted(): PartyId[] | undefined {
    if (this.#request === undefined) return undefined;
    const reader = new Reader(this.#request, 'survivors');
    const wanted = Array.from({ length: reader.count(2) }, () => reader.text());
    reader.end();
    const clients = new Set(this.spec.clients.map(({ id }) => id));
    if (new Set(wanted).size < this.spec.minimumCohort || !wanted.every((id) => clients.delete(id))) {
      this.fail(new ProtocolError('inconsistent-survivors', 'not a cohort'));
    }
    return wanted;
  }

  async #answer(wanted: readonly PartyId[]): Promise<Outgoing[]> {
    const mask = zeroVector(this.spec.bits, this.spec.length);
    const terms = wanted.map((id) => ({ seed: this.#seeds.get(id)!, sign: 1 as const }));
    await this.#executor.mask({ suite: 'chacha20', terms }, mask.words);
    this.end('Done');
    return [{ to: this.spec.server.id, frame: this.frame(MASK, packVector(mask)) }];
  }

  protected async refuse(from: PartyId, error: ProtocolError): Promise<Outgoing[]> {
    if (from === this.spec.server.id) this.fail(error);
    return [];
  }

  protected async late(): Promise<Outgoing[]> {
    return []; // it waits for the server
  }
}

class Server extends Base<Sum> {
  readonly #sum: RingVector;
  readonly #survivors: PartyId[] = [];
  readonly #dropped: Dropout[] = [];

  constructor(spec: RoundSpec, session: Uint8Array) {
    super(
      spec,
      session,
      spec.server.id,
      'Masked',
      spec.clients.map(({ id }) => id),
    );
    this.#sum = zeroVector(spec.bits, spec.length);
  }

  protected async take(from: PartyId, type: number, body: Uint8Array): Promise<Outgoing[]> {
    if (type !== (this.phase === 'Masked' ? MASKED : MASK))
      throw new ProtocolError('unexpected-message', `type ${type}`);
    const vector = unpackVector(body, this.spec.bits, this.spec.length);
    if (this.phase === 'Masked') {
      addInto(this.#sum, vector);
      this.#survivors.push(from);
      return this.awaiting.size === 0 ? this.#ask() : [];
    }
    subtractFrom(this.#sum, vector);
    this.end('Done');
    this.outcome = {
      sum: reduce(this.#sum),
      survivors: this.#survivors.sort(compareIds),
      dropped: this.#dropped,
    };
    return [];
  }

  #ask(): Outgoing[] {
    for (const id of this.awaiting) this.#dropped.push({ id, phase: 'Masked' });
    if (this.#survivors.length < this.spec.minimumCohort) {
      this.fail(new ProtocolError('below-minimum-cohort', `${this.#survivors.length} clients`, { phase: 'Masked' }));
    }
    const out = new Writer().u32(this.#survivors.length);
    for (const id of this.#survivors) out.text(id);
    this.phase = 'Mask';
    this.awaiting = new Set(this.spec.helpers.map(({ id }) => id));
    return [{ to: this.spec.helpers[0]!.id, frame: this.frame(SURVIVORS, out.finish()) }];
  }

  protected async refuse(from: PartyId, error: ProtocolError): Promise<Outgoing[]> {
    if (this.phase !== 'Masked') this.fail(error);
    this.#dropped.push({ id: from, phase: 'Masked', reason: error });
    return this.awaiting.size === 0 ? this.#ask() : [];
  }

  protected async late(): Promise<Outgoing[]> {
    if (this.phase === 'Masked') return this.#ask();
    return this.fail(new ProtocolError('timeout', 'the vault is silent', { phase: this.phase }));
  }
}

schemeConformance('a vault of masks (from outside)', {
  scheme: vault,
  helpers: 1,
  usesExecutor: true,
});

describe('a scheme from outside', () => {
  it('runs in the aggregator, with its helper', async () => {
    const round = {
      task: 'outside',
      number: 0,
      model: new Uint8Array(4),
      dimension: 2,
      server: 'server',
      clients: ['a', 'b', 'c'],
      helpers: ['vault'],
    };
    const network = memoryNetwork();
    await using aggregator = await createAggregator({
      scheme: vault(),
      encoding: fixedPoint({ clip: { value: 1 }, rounding: 'nearest' }),
    });
    const others = [
      aggregator.assist(round, network.transport('vault')),
      ...round.clients.map((id) => aggregator.contribute(round, [1, -0.5], network.transport(id))),
    ];
    const { mean, count, report } = await aggregator.collect(round, network.transport('server'));
    await Promise.all(others);
    expect(count).toBe(3);
    expect(mean[0]).toBeCloseTo(1, 3);
    expect(mean[1]).toBeCloseTo(-0.5, 3);
    expect(report.scheme).toBe('vault');
  });
});
