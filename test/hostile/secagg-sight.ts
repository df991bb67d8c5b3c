import { equalBytes } from '../../src/bytes/index.ts';
import { MESSAGE, PAIR_BYTES } from '../../src/protocols/secagg/messages.ts';
import type { HostileServer } from './secagg-server.ts';

/** What the server can work out of one honest client. */
export interface Sight {
  /** Who gave away a share of b, and who one of s; puppets give away both. */
  readonly seed: ReadonlySet<number>;
  readonly key: ReadonlySet<number>;
  readonly knowsB: boolean;
  readonly knowsS: boolean;
}

/** Counts the shares of each honest client that the server holds, by the tags that the owner published. */
export function sightOf(server: HostileServer): Map<number, Sight> {
  const out = new Map<number, Sight>();
  for (const owner of server.honest) {
    const [seed, key] = [new Set<number>(), new Set<number>()];
    const { neighbours, t } = server.shown.get(owner)!;
    const dealt = server.said(owner, 'ShareKeys');
    if (dealt !== undefined) {
      neighbours!.forEach((holder, place) => {
        if (server.puppets.has(holder)) {
          seed.add(holder);
          key.add(holder);
          return;
        }
        const pair = dealt.subarray(32 + place * PAIR_BYTES, 32 + (place + 1) * PAIR_BYTES);
        for (const share of revealedBy(server, holder)) {
          if (equalBytes(server.derive.shareTag('seed', owner, holder, share), pair.subarray(0, 16))) seed.add(holder);
          if (equalBytes(server.derive.shareTag('key', owner, holder, share), pair.subarray(16, 32))) key.add(holder);
        }
      });
    }
    out.set(owner, { seed, key, knowsB: t !== undefined && seed.size >= t, knowsS: t !== undefined && key.size >= t });
  }
  return out;
}

/** Every share that a client ever revealed, whatever it was asked. */
function revealedBy(server: HostileServer, holder: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const { from, type, body } of server.wire) {
    if (from !== holder || type !== MESSAGE.UnmaskShares) continue;
    for (let at = body.length % 32; at < body.length; at += 32) out.push(body.subarray(at, at + 32));
  }
  return out;
}

/**
 * The sets of honest clients whose inputs the server can see added up, each as small as can be; a set of one is a client unmasked.
 *
 * A masked input hides behind its self mask, which b removes, and behind a mask with each neighbour the client was told had shared: the server
 * can compute that one when it owns the neighbour or knows the s of either end. What it cannot compute it can only cancel, by adding the
 * other end's input, if that has the same mask in it. So: start with one client, add those it hides behind, then those they hide
 * behind; the sum over the set can be seen when all self masks in it are known and every such mask is in the inputs of both ends.
 */
export function visibleSums(server: HostileServer): number[][] {
  const sight = sightOf(server);
  const sent = new Set(server.honest.filter((u) => server.said(u, 'MaskedInput') !== undefined));
  const behind = new Map<number, Set<number>>();
  for (const u of sent) {
    const unknown = server.shown.get(u)!.senders!.filter((v) => {
      if (server.puppets.has(v) || !sameKeys(server, u, v)) return false;
      return !sight.get(u)!.knowsS && !sight.get(v)!.knowsS;
    });
    behind.set(u, new Set(unknown));
  }
  const out = new Map<string, number[]>();
  for (const first of sent) {
    const set = new Set([first]);
    let visible = true;
    for (const u of set) {
      visible &&= sent.has(u) && sight.get(u)!.knowsB;
      for (const v of behind.get(u) ?? []) {
        visible &&= behind.get(v)?.has(u) === true;
        set.add(v);
      }
    }
    const sorted = [...set].sort((a, b) => a - b);
    if (visible) out.set(sorted.join(), sorted);
  }
  return [...out.values()];
}

/** Whether u was shown v's own mask key: with another one, its mask is one that the server may have made up. */
function sameKeys(server: HostileServer, u: number, v: number): boolean {
  const { present, body } = server.shown.get(u)!.roster!;
  const at = Math.ceil(server.round.n / 8) + 160 * present.indexOf(v) + 32;
  return equalBytes(body.subarray(at, at + 32), server.entry(v).subarray(32, 64));
}
