import { expect } from 'vitest';
import { SigningKey } from '../../../src/crypto/index.ts';
import type { ProtocolError } from '../../../src/errors.ts';
import { type Executor, inlineExecutor } from '../../../src/kernels/index.ts';
import { type RingVector, reduce, zeroVector } from '../../../src/math/index.ts';
import type { Identity, Member, Party, PartyId, RoundSpec, Sum } from '../../../src/protocols/index.ts';
import { FRAME_HEADER } from '../../../src/protocols/index.ts';
import { type SecaggParameters, secaggClient, secaggServer } from '../../../src/protocols/secagg/index.ts';
import { MESSAGE, type MessageName } from '../../../src/protocols/secagg/messages.ts';
import { randomBytes, SeededRng } from '../../../src/random/index.ts';

/** A seeded generator for a test: all randomness of a round follows from the name. */
export function rngFor(name: string): SeededRng {
  const seed = new Uint8Array(32);
  for (let i = 0; i < name.length; i++) seed[i % 32] = (seed[i % 32]! * 31 + name.charCodeAt(i)) & 0xff;
  return new SeededRng(seed);
}

export interface Setup {
  readonly spec: RoundSpec;
  readonly parameters: SecaggParameters;
  readonly identities: ReadonlyMap<PartyId, Identity>;
  readonly inputs: ReadonlyMap<PartyId, RingVector>;
}

export interface SetupOptions {
  readonly clients: number;
  readonly bits?: number;
  readonly length?: number;
  readonly minimumCohort?: number;
  readonly parameters?: Partial<SecaggParameters>;
  readonly seed?: string;
}

export function id(index: number): PartyId {
  return `c${String(index).padStart(4, '0')}`;
}

/** Clients c0000, c0001, ...: sorted by index. */
export function setup(options: SetupOptions): Setup {
  const { clients, bits = 32, length = 5, minimumCohort = 2, seed = 'setup' } = options;
  const rng = rngFor(seed);
  const parameters: SecaggParameters = {
    adversary: 'honest-but-curious',
    dropout: 0.34,
    corrupt: 0,
    suite: 'aes256ctr',
    ...options.parameters,
  };
  const identities = new Map<PartyId, Identity>();
  const members: Member[] = [];
  const inputs = new Map<PartyId, RingVector>();
  for (let i = 0; i < clients; i++) {
    const secretKey = randomBytes(32, rng);
    members.push({ id: id(i), key: new SigningKey(secretKey).publicKey });
    identities.set(id(i), { id: id(i), secretKey });
    const input = zeroVector(bits, length);
    rng.fill(new Uint8Array(input.words.buffer));
    inputs.set(id(i), reduce(input));
  }
  const spec: RoundSpec = {
    task: 'test/sum',
    round: 1,
    context: new Uint8Array(32).fill(7),
    server: { id: 'server' },
    clients: members,
    helpers: [],
    bits,
    length,
    minimumCohort,
  };
  return { spec, parameters, identities, inputs };
}

export interface Envelope {
  readonly from: PartyId;
  readonly to: PartyId;
  readonly frame: Uint8Array;
}

const NAMES = new Map(Object.entries(MESSAGE).map(([name, type]) => [type as number, name as MessageName]));

export function nameOf(frame: Uint8Array): MessageName | undefined {
  return NAMES.get(frame[5]!);
}

export function bodyOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(FRAME_HEADER);
}

/** The frame with a changed copy of its body. */
export function withBody(frame: Uint8Array, change: (body: Uint8Array) => void): Uint8Array {
  const copy = frame.slice();
  change(copy.subarray(FRAME_HEADER));
  return copy;
}

export interface Played {
  readonly server: Party<Sum>;
  readonly clients: ReadonlyMap<PartyId, Party<void>>;
  readonly sum: Sum | undefined;
  /** The first error of each party. */
  readonly errors: ReadonlyMap<PartyId, ProtocolError>;
  /** What was delivered, in order. */
  readonly sent: readonly Envelope[];
}

/**
 * Runs a round in memory: frames in order, deadlines when nothing moves.
 * @param tamper what arrives instead of a frame; an empty list loses it
 */
export async function play(
  { spec, parameters, identities, inputs }: Setup,
  tamper: (envelope: Envelope, name: MessageName) => readonly Envelope[] = (envelope) => [envelope],
  options: { readonly executor?: Executor; readonly seed?: string } = {},
): Promise<Played> {
  const { executor = inlineExecutor, seed = 'play' } = options;
  const server = secaggServer(spec, parameters, executor);
  const clients = new Map<PartyId, Party<void>>();
  for (const [name, me] of identities) {
    clients.set(name, secaggClient(spec, parameters, me, inputs.get(name)!, executor, rngFor(`${seed}/${name}`)));
  }
  const errors = new Map<PartyId, ProtocolError>();
  const sent: Envelope[] = [];
  const queue: Envelope[] = [];
  const step = async (party: Party<unknown>, run: () => Promise<readonly { to: PartyId; frame: Uint8Array }[]>) => {
    try {
      for (const { to, frame } of await run()) {
        const envelope = { from: party.id, to, frame };
        queue.push(...tamper(envelope, nameOf(frame)!));
      }
    } catch (error) {
      if ((error as Error).name !== 'ProtocolError') throw error;
      if (!errors.has(party.id)) errors.set(party.id, error as ProtocolError);
    }
  };
  const drain = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { from, to, frame } = next;
      sent.push(next);
      const party: Party<unknown> = to === server.id ? server : clients.get(to)!;
      await step(party, () => party.receive(from, frame));
    }
  };
  await step(server, () => server.start());
  for (const client of clients.values()) await step(client, () => client.start());
  await drain();
  while (server.status.phase !== 'Done' && server.status.phase !== 'Failed') {
    const { phase } = server.status;
    await step(server, () => server.deadline(phase));
    await drain();
  }
  return { server, clients, sum: server.outcome, errors, sent };
}

export function words(vector: RingVector): bigint[] {
  return Array.from(vector.words as ArrayLike<number | bigint>, BigInt);
}

/** The sum of the inputs of `ids`, by BigInt. */
export function plainSum({ spec, inputs }: Setup, ids: readonly PartyId[]): bigint[] {
  const modulus = 1n << BigInt(spec.bits);
  const sum = new Array<bigint>(spec.length).fill(0n);
  for (const name of ids) {
    words(inputs.get(name)!).forEach((word, i) => {
      sum[i] = (sum[i]! + word) % modulus;
    });
  }
  return sum;
}

/** Everybody is a survivor or dropped, and the sum is that of the survivors. */
export function expectExact(from: Setup, { sum, errors }: Played): void {
  expect([...errors.values()].map(String)).toEqual([]);
  expect(sum).toBeDefined();
  expect(words(sum!.sum)).toEqual(plainSum(from, sum!.survivors));
  const all = [...sum!.survivors, ...sum!.dropped.map((dropout) => dropout.id)].sort();
  expect(all).toEqual(from.spec.clients.map((member) => member.id));
}
