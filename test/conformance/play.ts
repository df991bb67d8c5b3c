import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Scheme } from '../../src/aggregate/index.ts';
import { utf8 } from '../../src/bytes/index.ts';
import { type Executor, inlineExecutor } from '../../src/kernels/index.ts';
import { copyVector, type RingVector, reduce, zeroVector } from '../../src/math/index.ts';
import type { Identity, Outgoing, Party, PartyId, RoundSpec, Sum } from '../../src/protocols/index.ts';
import { type Rng, SeededRng } from '../../src/random/index.ts';

/** A round in one process without a network: every frame arrives at once and in order; deadlines pass when nothing else moves. */

export function seeded(text: string): Rng {
  return new SeededRng(sha256(utf8(text)));
}

export interface CaseOptions {
  readonly clients: number;
  readonly helpers?: number;
  readonly bits?: number;
  readonly length?: number;
  readonly minimumCohort?: number;
  readonly round?: number;
}

export interface Case {
  readonly spec: RoundSpec;
  readonly identities: ReadonlyMap<PartyId, Identity>;
  readonly inputs: ReadonlyMap<PartyId, RingVector>;
}

const keyPairs = new Map<PartyId, { readonly secretKey: Uint8Array; readonly key: Uint8Array }>();

/** The same party has the same identity in all rounds. */
function keyPair(id: PartyId): { readonly secretKey: Uint8Array; readonly key: Uint8Array } {
  let found = keyPairs.get(id);
  if (found === undefined) {
    const secretKey = sha256(utf8(`identity of ${id}`));
    found = { secretKey, key: ed25519.getPublicKey(secretKey) };
    keyPairs.set(id, found);
  }
  return found;
}

/** A cohort with identity keys and uniform inputs, all from the text `seed`. */
export function makeCase(seed: string, options: CaseOptions): Case {
  const { clients, helpers = 0, bits = 32, length = 5, minimumCohort = 2, round = 1 } = options;
  const identities = new Map<PartyId, Identity>();
  const member = (id: PartyId) => {
    const { secretKey, key } = keyPair(id);
    identities.set(id, { id, secretKey });
    return { id, key };
  };
  const spec: RoundSpec = {
    task: 'conformance',
    round,
    context: sha256(utf8(seed)),
    server: member('server'),
    clients: Array.from({ length: clients }, (_, i) => member(`client-${i}`)),
    helpers: Array.from({ length: helpers }, (_, i) => member(`helper-${i}`)),
    bits,
    length,
    minimumCohort,
  };
  const rng = seeded(`${seed}/inputs`);
  return { spec, identities, inputs: new Map(spec.clients.map(({ id }) => [id, randomVector(rng, bits, length)])) };
}

export function randomVector(rng: Rng, bits: number, length: number): RingVector {
  const vector = zeroVector(bits, length);
  const { words } = vector;
  rng.fill(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  return reduce(vector);
}

/** What the survivors' inputs add up to, in plain integers modulo 2^bits. */
export function plainSum(inputs: ReadonlyMap<PartyId, RingVector>, survivors: readonly PartyId[]): bigint[] {
  const first = inputs.values().next().value!;
  const total = toBigInts(first).map(() => 0n);
  for (const id of survivors) {
    for (const [i, word] of toBigInts(inputs.get(id)!).entries()) total[i]! += word;
  }
  return total.map((value) => BigInt.asUintN(first.bits, value));
}

export function toBigInts(vector: RingVector): bigint[] {
  return Array.from(vector.words, BigInt);
}

/** One frame on its way. */
export interface Hop extends Outgoing {
  readonly from: PartyId;
  /** How many steps with output the sender has taken before the one that sent this. */
  readonly step: number;
}

export interface PlayOptions {
  readonly executor?: Executor;
  readonly seed?: string;
  /** Looks at every frame; gives what arrives instead: by default the frame itself, once. */
  readonly tamper?: (hop: Hop) => readonly Outgoing[];
  /** Called before every delivery and deadline. */
  readonly observe?: (parties: Parties) => void;
}

export interface Parties {
  readonly server: Party<Sum>;
  readonly clients: ReadonlyMap<PartyId, Party<void>>;
  readonly helpers: ReadonlyMap<PartyId, Party<void>>;
}

export interface Played extends Parties {
  readonly sum: Sum | undefined;
  /** What each failed party rejected with. */
  readonly errors: ReadonlyMap<PartyId, unknown>;
  readonly hops: readonly Hop[];
  /** The server's phases, in order. */
  readonly phases: readonly string[];
}

export function makeParties(scheme: Scheme, { spec, identities, inputs }: Case, options: PlayOptions = {}): Parties {
  const { executor = inlineExecutor, seed = 'play' } = options;
  const rng = (id: PartyId) => seeded(`${seed}/${id}`);
  const who = (id: PartyId) => identities.get(id)!;
  return {
    server: scheme.server(spec, executor, who(spec.server.id)),
    clients: new Map(
      spec.clients.map(({ id }) => [id, scheme.client(spec, who(id), copyVector(inputs.get(id)!), executor, rng(id))]),
    ),
    helpers: new Map(spec.helpers.map(({ id }) => [id, scheme.helper!(spec, who(id), executor, rng(id))])),
  };
}

/** Plays a round to its end: every party is done, has failed, or waits for something that cannot come any more. */
export async function play(scheme: Scheme, round: Case, options: PlayOptions = {}): Promise<Played> {
  const parties = makeParties(scheme, round, options);
  const all = new Map<PartyId, Party<unknown>>([
    [parties.server.id, parties.server],
    ...parties.helpers,
    ...parties.clients,
  ]);
  const errors = new Map<PartyId, unknown>();
  const hops: Hop[] = [];
  const steps = new Map<PartyId, number>();
  const phases: string[] = [];
  const stuck = new Set<string>();
  const isWaiting = (party: Party<unknown>) => !isOver(party) && !stuck.has(`${party.id} in ${party.status.phase}`);
  const queue: { from: PartyId; to: PartyId; frame: Uint8Array }[] = [];

  const step = async (party: Party<unknown>, run: () => Promise<Outgoing[]>): Promise<void> => {
    options.observe?.(parties);
    let outgoing: Outgoing[];
    try {
      outgoing = await run();
    } catch (error) {
      if (!errors.has(party.id)) errors.set(party.id, error);
      return;
    } finally {
      const { phase } = parties.server.status;
      if (phases.at(-1) !== phase) phases.push(phase);
    }
    if (outgoing.length === 0) return;
    const number = steps.get(party.id) ?? 0;
    steps.set(party.id, number + 1);
    for (const { to, frame } of outgoing) {
      const hop = { from: party.id, to, frame, step: number };
      hops.push(hop);
      for (const arrives of options.tamper?.(hop) ?? [hop]) queue.push({ from: party.id, ...arrives });
    }
  };
  const drain = async (): Promise<void> => {
    for (let hop = queue.shift(); hop !== undefined; hop = queue.shift()) {
      const { from, to, frame } = hop;
      const party = all.get(to);
      if (party !== undefined && party.status.phase !== 'Failed') await step(party, () => party.receive(from, frame));
    }
  };

  for (const party of all.values()) await step(party, () => party.start());
  await drain();
  // Helpers and server set the pace: when nothing moves, the time of their phase is up, all together. Clients, who wait for them, come last.
  const pace: readonly Party<unknown>[] = [...parties.helpers.values(), parties.server];
  const rest: readonly Party<unknown>[] = [...parties.clients.values()];
  for (const group of [pace, rest]) {
    for (let waiting = group.filter(isWaiting); waiting.length > 0; waiting = group.filter(isWaiting)) {
      for (const party of waiting) {
        const { phase } = party.status;
        await step(party, () => party.deadline(phase));
        await drain();
        if (party.status.phase === phase) stuck.add(`${party.id} in ${phase}`);
      }
    }
  }
  return { ...parties, sum: parties.server.outcome, errors, hops, phases };
}

export function isOver(party: Party<unknown>): boolean {
  return party.status.phase === 'Done' || party.status.phase === 'Failed';
}
