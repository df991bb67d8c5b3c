import { toHex } from '../../src/bytes/index.ts';
import type { PartyId } from '../../src/protocols/index.ts';
import { FRAME_HEADER } from '../../src/protocols/index.ts';
import { Derivations, SHARE_TAG_BYTES } from '../../src/protocols/secagg/keys.ts';
import { MESSAGE, PAIR_BYTES } from '../../src/protocols/secagg/messages.ts';
import { degreeFor, type SecaggParameters } from '../../src/protocols/secagg/policy.ts';
import { resolveRound } from '../../src/protocols/secagg/round.ts';
import type { Run } from './scenario.ts';

/**
 * The secrecy oracle of pairwise masks. It reads the wire with the server's eyes, every frame that left a client, arrived or not, and asks:
 *
 * 1. Could the server, together with any coalition of the size the parameters allow, put together *both* secrets of one client: its self-mask secret b_u
 *    (t shares) and its mask key s_u (t shares)? Then it could unmask that client's input alone.
 * 2. Did any client mask two inputs in one session?
 *
 * Which share a client revealed is told by the tags that the owner published with its shares.
 */
export function secaggOracle(run: Run, parameters: SecaggParameters): void {
  noTwoInputs(run);
  // Clients that trust the server to follow the protocol show both kinds of shares to one that tells them two stories.
  if (parameters.adversary === 'honest-but-curious' && run.corrupt.has(run.round.spec.server.id)) return;
  const reveals = collectReveals(run, parameters);
  const { spec } = run.round;
  const coalition = Math.floor(parameters.corrupt * spec.clients.length + 1e-9);
  for (const { owner, threshold, seed, key } of reveals) {
    const most = strongest(spec.clients.length, coalition, seed, key);
    if (most >= threshold) {
      throw new Error(
        `${owner}: ${seed.size} shares of the self-mask secret and ${key.size} of the mask key on the wire: ` +
          `with ${coalition} colluding clients both reach ${threshold}`,
      );
    }
  }
}

interface Reveals {
  readonly owner: PartyId;
  readonly threshold: number;
  /** Who revealed a share of it, by index. */
  readonly seed: Set<number>;
  readonly key: Set<number>;
}

/** One entry for each sharing that a client sent: a restarted client has new secrets. */
function collectReveals(run: Run, parameters: SecaggParameters): Reveals[] {
  const { spec } = run.round;
  const round = resolveRound(spec, parameters);
  const derive = new Derivations(round);
  const out: (Reveals & { readonly tags: Map<string, Set<number>> })[] = [];
  for (const { from, frame } of distinct(run, MESSAGE.ShareKeys)) {
    const pairs = frame.subarray(FRAME_HEADER + 32);
    const neighbours = Math.floor(pairs.length / PAIR_BYTES);
    // Cohorts of this size use the complete graph: everybody in the cohort but the owner is a neighbour.
    const joined = neighbours + 1;
    const degree = degreeFor(parameters, round.n, joined, joined, spec.minimumCohort);
    if (degree === undefined || !degree.complete) continue; // not a message an honest client sends
    const reveals = { owner: from, threshold: degree.t, seed: new Set<number>(), key: new Set<number>() };
    const tags = new Map<string, Set<number>>();
    for (let at = 0; at + PAIR_BYTES <= pairs.length; at += PAIR_BYTES) {
      tags.set(toHex(pairs.subarray(at, at + SHARE_TAG_BYTES)), reveals.seed);
      tags.set(toHex(pairs.subarray(at + SHARE_TAG_BYTES, at + 2 * SHARE_TAG_BYTES)), reveals.key);
    }
    out.push({ ...reveals, tags });
  }
  for (const { from, frame } of distinct(run, MESSAGE.UnmaskShares)) {
    const holder = round.indexOf.get(from)!;
    // A bitmap of fewer than 32 bytes, then the shares.
    const body = frame.subarray(FRAME_HEADER);
    for (let at = body.length % 32; at < body.length; at += 32) {
      const share = body.subarray(at, at + 32);
      for (const { owner, tags } of out) {
        for (const kind of ['seed', 'key'] as const) {
          tags.get(toHex(derive.shareTag(kind, round.indexOf.get(owner)!, holder, share)))?.add(holder);
        }
      }
    }
  }
  return out;
}

/** Frames of one type that clients sent, each once. */
function distinct(run: Run, type: number): { readonly from: PartyId; readonly frame: Uint8Array }[] {
  const clients = new Set(run.round.spec.clients.map(({ id }) => id));
  const seen = new Map<string, { from: PartyId; frame: Uint8Array }>();
  for (const { from, frame } of run.sent) {
    if (clients.has(from) && frame.length > FRAME_HEADER && frame[5] === type) {
      seen.set(`${from} ${toHex(frame)}`, { from, frame });
    }
  }
  return [...seen.values()];
}

/** The largest m such that some coalition of this size, with what was revealed, has m shares of both secrets. */
function strongest(clients: number, size: number, seed: ReadonlySet<number>, key: ReadonlySet<number>): number {
  let best = 0;
  for (let members = 0; members < 1 << clients; members++) {
    const coalition = Array.from({ length: clients }, (_, i) => i).filter((i) => (members >> i) & 1);
    if (coalition.length > size) continue;
    best = Math.max(best, Math.min(union(seed, coalition), union(key, coalition)));
  }
  return best;
}

function union(set: ReadonlySet<number>, more: readonly number[]): number {
  return new Set([...set, ...more]).size;
}

function noTwoInputs(run: Run): void {
  const inputs = new Map<PartyId, number>();
  for (const { from } of distinct(run, MESSAGE.MaskedInput)) inputs.set(from, (inputs.get(from) ?? 0) + 1);
  for (const [id, count] of inputs) {
    if (count > 1 && !run.corrupt.has(id)) throw new Error(`${id} sent ${count} different masked inputs`);
  }
}
