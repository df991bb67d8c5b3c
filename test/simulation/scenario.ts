import type { Scheme } from '../../src/aggregate/index.ts';
import { inlineExecutor } from '../../src/kernels/index.ts';
import { copyVector } from '../../src/math/index.ts';
import type { Outgoing, Party, PartyId, RoundSpec, Sum } from '../../src/protocols/index.ts';
import { FRAME_HEADER } from '../../src/protocols/index.ts';
import { type Rng, randomBytes, shuffle, uniformBelow } from '../../src/random/index.ts';
import { type Case, makeCase, plainSum, seeded, toBigInts } from '../conformance/play.ts';
import { type Actor, type Ending, type Faults, type Sent, World } from './world.ts';

/** A scheme and how to draw rounds of it. */
export interface Subject {
  /** The part of a seed before the colon. */
  readonly name: string;
  readonly scheme: (clients: number, helpers: number, rng: Rng) => Scheme;
  /** How many helpers a round has; default none. */
  readonly helpers?: (rng: Rng) => number;
  readonly smallest: number;
  readonly largest: number;
  /**
   * What a corrupt client may have contributed, judging by what it sent: the sum must contain exactly one of these. Undefined when
   * anything is possible.
   */
  readonly contributions?: (run: Run, client: PartyId) => readonly bigint[][] | undefined;
  /** Further checks on the wire. Throws when something was revealed that must not be. */
  readonly oracle?: (run: Run) => void;
}

/** A finished run. */
export interface Run {
  readonly seed: string;
  readonly subject: Subject;
  readonly scheme: Scheme;
  readonly round: Case;
  readonly faults: Faults;
  /** Parties whose frames are tampered with at the source. */
  readonly corrupt: ReadonlySet<PartyId>;
  readonly sent: readonly Sent[];
  readonly endings: readonly Ending[];
}

const calm: Faults = { drop: 0, duplicate: 0, delay: 5, late: 0, long: 3000, crash: 0, restart: 0 };

/** Kinds of weather; each is as likely as the others. */
const WEATHER: readonly ((rng: Rng) => Faults)[] = [
  () => ({ ...calm, duplicate: 0.2, delay: 50 }),
  (rng) => ({ ...calm, drop: portion(rng, 0.08) }),
  (rng) => ({ ...calm, late: portion(rng, 0.1), duplicate: 0.1, delay: 100 }),
  (rng) => ({ ...calm, crash: portion(rng, 0.15) }),
  (rng) => ({ ...calm, crash: portion(rng, 0.15), restart: 1, duplicate: 0.1, delay: 100 }),
  (rng) => ({
    drop: portion(rng, 0.1),
    duplicate: portion(rng, 0.3),
    delay: 1 + uniformBelow(400, rng),
    late: portion(rng, 0.1),
    long: uniformBelow(5000, rng),
    crash: portion(rng, 0.1),
    restart: portion(rng, 1),
  }),
];

function portion(rng: Rng, most: number): number {
  return (most * uniformBelow(1001, rng)) / 1000;
}

/** A server takes a step for every frame, a client one a phase: it crashes less often in a step. */
const ROLES = {
  server: { patience: 2000, frailty: 0.05 },
  helper: { patience: 2000, frailty: 0.2 },
  client: { patience: 20_000, frailty: 1 },
} as const;
const BITS = [8, 13, 16, 24, 31, 32, 33, 48, 63, 64];

/**
 * One round in bad weather, drawn from the seed.
 * @param seed `<subject>:<number>`
 * @throws when the round ends in anything but the exact sum over the declared survivors or a typed error
 */
export async function simulate(subject: Subject, number: number): Promise<Run> {
  const run = await playOut(subject, number);
  check(run);
  return run;
}

/** The round of a seed, not yet judged. */
export async function playOut(subject: Subject, number: number): Promise<Run> {
  const seed = `${subject.name}:${number}`;
  const rng = seeded(`simulation/${seed}`);
  const clients = subject.smallest + uniformBelow(subject.largest - subject.smallest + 1, rng);
  const helpers = subject.helpers?.(rng) ?? 0;
  const round = makeCase(seed, {
    clients,
    helpers,
    bits: BITS[uniformBelow(BITS.length, rng)]!,
    length: 1 + uniformBelow(6, rng),
    minimumCohort: 2 + Math.min(uniformBelow(clients - 1, rng), uniformBelow(clients - 1, rng)),
  });
  const scheme = subject.scheme(clients, helpers, rng);
  const faults = WEATHER[uniformBelow(WEATHER.length, rng)]!(rng);
  const corrupt = drawCorrupt(round.spec, rng);
  const world = new World(rng, faults);
  const tampering = (id: PartyId): Pick<Actor, 'corrupt'> =>
    corrupt.has(id) ? { corrupt: tamperer(rng, scheme.session(round.spec)) } : {};
  const { spec } = round;
  const who = (id: PartyId) => round.identities.get(id)!;
  const lifeRng = (id: PartyId, life: number) => seeded(`${seed}/${id}/${life}`);
  const actor = (id: PartyId, role: keyof typeof ROLES, make: (life: number) => Party<unknown>): Actor => ({
    id,
    ...ROLES[role],
    make,
    ...tampering(id),
  });
  const me = spec.server.id;
  world.add(
    actor(me, 'server', () => scheme.server(spec, inlineExecutor, who(me))),
    5,
  );
  for (const { id } of spec.helpers) {
    const make = (life: number) => scheme.helper!(spec, who(id), inlineExecutor, lifeRng(id, life));
    world.add(actor(id, 'helper', make), 5);
  }
  for (const { id } of spec.clients) {
    const make = (life: number) =>
      scheme.client(spec, who(id), copyVector(round.inputs.get(id)!), inlineExecutor, lifeRng(id, life));
    world.add(actor(id, 'client', make), 200);
  }
  await world.run();
  return { seed, subject, scheme, round, faults, corrupt, sent: world.sent, endings: world.endings };
}

/** Throws when a run ended in anything but what it may. */
export function check(run: Run): void {
  checkOutcomes(run);
  run.subject.oracle?.(run);
}

/** Two runs of three have no traitor; otherwise some clients, now and then a helper or the server. */
function drawCorrupt(spec: RoundSpec, rng: Rng): Set<PartyId> {
  const corrupt = new Set<PartyId>();
  if (uniformBelow(3, rng) > 0) return corrupt;
  const clients = shuffle([...spec.clients], rng);
  for (const { id } of clients.slice(0, 1 + uniformBelow(2, rng))) corrupt.add(id);
  if (spec.helpers.length > 0 && uniformBelow(4, rng) === 0) corrupt.add(spec.helpers[0]!.id);
  if (uniformBelow(5, rng) === 0) corrupt.add(spec.server.id);
  return corrupt;
}

/** Lets most frames pass, changes some, and sends some twice, the second time changed. Every addressee is told another story. */
function tamperer(rng: Rng, session: Uint8Array): (outgoing: Outgoing) => readonly Outgoing[] {
  const earlier: Uint8Array[] = [];
  return (outgoing) => {
    earlier.push(outgoing.frame);
    if (uniformBelow(3, rng) > 0) return [outgoing];
    const changed = { to: outgoing.to, frame: change(outgoing.frame, earlier, session, rng) };
    return uniformBelow(3, rng) === 0 ? [outgoing, changed] : [changed];
  };
}

function change(frame: Uint8Array, earlier: readonly Uint8Array[], session: Uint8Array, rng: Rng): Uint8Array {
  const out = frame.slice();
  switch (uniformBelow(10, rng)) {
    case 0:
      return out.slice(0, uniformBelow(out.length + 1, rng));
    case 1:
      return Uint8Array.from([...out, ...randomBytes(1 + uniformBelow(9, rng), rng)]);
    case 2:
      return earlier[uniformBelow(earlier.length, rng)]!.slice();
    case 3: // noise of the right session
      out.set(randomBytes(out.length, rng));
      out.set(frame.subarray(0, 6));
      out.set(session, 6);
      return out;
    case 4: // any other type
      out[5] = uniformBelow(16, rng);
      return out;
    case 5: // the header too
      out[uniformBelow(out.length, rng)]! ^= 1 << uniformBelow(8, rng);
      return out;
    case 6: // the end of the body: where a set of clients is a bitmap, another set
      out[out.length - 1]! ^= 1 << uniformBelow(8, rng);
      return out;
    case 7: // or its beginning
      out[Math.min(out.length - 1, FRAME_HEADER)]! ^= 1 << uniformBelow(4, rng);
      return out;
    default: {
      const body = Math.max(1, out.length - FRAME_HEADER);
      const at = Math.min(out.length - 1, FRAME_HEADER + uniformBelow(body, rng));
      out[at]! ^= 1 + uniformBelow(255, rng);
      return out;
    }
  }
}

/** The invariant: whatever the weather, an honest server has the exact sum over the survivors it declares, or a typed error. */
function checkOutcomes(run: Run): void {
  const { spec } = run.round;
  for (const { id, end, party } of run.endings) {
    if ((end === 'failed' || end === 'timeout') && party.outcome !== undefined)
      throw new Error(`${id} ended ${end} and has an outcome`);
    if (id === spec.server.id && end === 'done') checkSum(run, party.outcome as Sum);
  }
}

function checkSum(run: Run, outcome: Sum): void {
  const { spec, inputs } = run.round;
  const { survivors, dropped, sum } = outcome;
  const everybody = [...survivors, ...dropped.map(({ id }) => id)].sort().join();
  if (
    everybody !==
    spec.clients
      .map(({ id }) => id)
      .sort()
      .join()
  ) {
    throw new Error(`survivors and dropped are not the cohort: ${everybody}`);
  }
  if (survivors.length < spec.minimumCohort) {
    throw new Error(`${survivors.length} survivors, fewer than the minimum cohort of ${spec.minimumCohort}`);
  }
  // A server or helper that garbles its own messages may hurt the sum, never a client's secret: that is for the oracle.
  if ([spec.server, ...spec.helpers].some(({ id }) => run.corrupt.has(id))) return;
  const honest = survivors.filter((id) => !run.corrupt.has(id));
  let possible: bigint[][] = [plainSum(inputs, honest)];
  for (const id of survivors.filter((survivor) => run.corrupt.has(survivor))) {
    const contributions = run.subject.contributions?.(run, id);
    if (contributions === undefined) return; // a corrupt client may contribute what it likes, and here cannot be pinned down
    possible = possible.flatMap((before) => contributions.map((own) => before.map((value, i) => value + own[i]!)));
  }
  const found = toBigInts(sum).join();
  if (!possible.some((values) => values.map((value) => BigInt.asUintN(spec.bits, value)).join() === found)) {
    throw new Error(`the sum over ${survivors.join()} is not exact`);
  }
}
