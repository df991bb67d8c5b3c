import { equalBytes } from '../../bytes/index.ts';
import { AgreementKey } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { MaskPlan, MaskTerm, RingWords } from '../../kernels/index.ts';
import { BadShares, ByteInterpolator, ByteShare } from '../../sharing/index.ts';
import type { ClientSet } from './bitmap.ts';
import { Derivations, SECRET_BYTES, SHARE_TAG_BYTES, type ShareKind } from './keys.ts';
import { PAIR_BYTES, type UnmaskShares } from './messages.ts';
import { type Masked, placeOf } from './server-collecting.ts';

/** What is left to compute: add `plan` to `sum`. */
export interface SumWork {
  readonly plan: MaskPlan;
  /** The one accumulator. */
  readonly sum: RingWords;
  readonly survivors: ClientSet;
}

interface Target {
  readonly owner: number;
  /** The share of b_v of a survivor, that of s_v of a client that dropped. */
  readonly kind: ShareKind;
}

const NO_LABEL = new Uint8Array(0);

/** The last state of the server: collects shares, reconstructs, and plans what to subtract. */
export class CollectingUnmaskShares {
  readonly #masked: Masked;
  readonly #derive: Derivations;
  /** Owner -> shares that fit their tags. */
  readonly #shares = new Map<number, ByteShare[]>();
  readonly #answered = new Set<number>();
  readonly #targets: readonly Target[];
  readonly expected: ClientSet;
  #closed = false;

  /** @param asked who has been asked for its shares */
  constructor(masked: Masked, asked: ClientSet) {
    this.#masked = masked;
    this.#derive = new Derivations(masked.cohort.round);
    this.expected = asked;
    const { cohort, sharing, survivors } = masked;
    const targets: Target[] = [];
    for (const owner of sharing.indices()) {
      if (survivors.has(owner)) targets.push({ owner, kind: 'seed' });
      // A client that dropped left a mask with each surviving neighbour; without one, there is nothing to remove.
      else if (cohort.neighbours[owner]!.some((peer) => survivors.has(peer))) targets.push({ owner, kind: 'key' });
    }
    this.#targets = targets;
  }

  /** @throws {ProtocolError} `below-threshold` when some secret has fewer than t holders that can still answer */
  checkReachable(): void {
    for (const { owner } of this.#targets) this.#require(owner, this.#holders(owner, this.expected));
  }

  #holders(owner: number, among: ClientSet): number {
    return this.#masked.cohort.neighbours[owner]!.reduce((count, peer) => count + (among.has(peer) ? 1 : 0), 0);
  }

  #require(owner: number, found: number): void {
    const { round, degree } = this.#masked.cohort;
    if (found >= degree.t) return;
    const id = JSON.stringify(round.members[owner]!.id);
    throw new ProtocolError('below-threshold', `${found} shares of a secret of ${id}, ${degree.t} are needed`);
  }

  /** How many more answers are needed at least: the largest number of shares that any secret still lacks. */
  get least(): number {
    let least = 0;
    for (const { owner } of this.#targets) {
      const found = this.#shares.get(owner)?.length ?? 0;
      least = Math.max(least, this.#masked.cohort.degree.t - found);
    }
    return least + this.#answered.size;
  }

  /**
   * @throws {ProtocolError} `bad-share` when a share is not the one whose tag its owner published, or of a client that shared none:
   *   the holder is proven guilty, since an honest one does not claim to hold such a share
   */
  receive(index: number, { held, shares }: UnmaskShares): void {
    if (this.#closed) throw new TypeError('CollectingUnmaskShares was already closed');
    const { cohort, sharing, survivors } = this.#masked;
    if (!this.expected.has(index))
      throw new ProtocolError('unexpected-message', 'this client was not asked for shares');
    if (this.#answered.has(index)) throw new ProtocolError('equivocation', 'a second message of the same phase');
    const neighbours = cohort.neighbours[index]!;
    const fitting: [owner: number, share: ByteShare][] = [];
    held.indices().forEach((place, i) => {
      const owner = neighbours[place]!;
      const id = JSON.stringify(cohort.round.members[owner]!.id);
      if (!sharing.has(owner)) throw new ProtocolError('bad-share', `a share of ${id}, which had not shared its keys`);
      const bytes = shares.slice(SECRET_BYTES * i, SECRET_BYTES * (i + 1));
      const kind = survivors.has(owner) ? 'seed' : 'key';
      if (!equalBytes(this.#derive.shareTag(kind, owner, index, bytes), this.#tag(kind, owner, index))) {
        throw new ProtocolError('bad-share', `not the ${kind} share that ${id} dealt`);
      }
      const { t: threshold } = cohort.degree;
      fitting.push([owner, new ByteShare({ x: index + 1, threshold, length: SECRET_BYTES, label: NO_LABEL, bytes })]);
    });
    this.#answered.add(index);
    for (const [owner, share] of fitting) {
      const list = this.#shares.get(owner);
      if (list === undefined) this.#shares.set(owner, [share]);
      else list.push(share);
    }
  }

  #tag(kind: ShareKind, owner: number, holder: number): Uint8Array {
    const { cohort, sharedKeys } = this.#masked;
    const place = placeOf(cohort.neighbours[owner]!, holder);
    const at = place * PAIR_BYTES + (kind === 'seed' ? 0 : SHARE_TAG_BYTES);
    return sharedKeys.get(owner)!.pairs.subarray(at, at + SHARE_TAG_BYTES);
  }

  exclude(): void {
    // What it revealed fits what others dealt: it stays.
  }

  /**
   * Reconstructs every secret, checks it, and plans the masks to remove.
   * @throws {ProtocolError} `below-threshold`; `key-mismatch` naming owners who dealt shares of something else
   */
  close(): SumWork {
    if (this.#closed) throw new TypeError('CollectingUnmaskShares was already closed');
    this.#closed = true;
    const { cohort, survivors, accumulator } = this.#masked;
    for (const { owner } of this.#targets) this.#require(owner, this.#shares.get(owner)?.length ?? 0);
    const terms: MaskTerm[] = [];
    const dealers: number[] = [];
    const interpolators = new Map<string, ByteInterpolator>();
    for (const { owner, kind } of this.#targets) {
      const fits = (secret: Uint8Array) => this.#fits(kind, owner, secret);
      const secret = reconstruct(this.#shares.get(owner)!, cohort.degree.t, interpolators, fits);
      if (secret === undefined) dealers.push(owner);
      else if (kind === 'seed') terms.push({ seed: this.#derive.selfSeed(secret, owner), sign: -1 });
      else this.#droppedEdges(owner, secret, terms);
      secret?.fill(0);
    }
    if (dealers.length > 0) {
      const culprits = dealers.map((owner) => cohort.round.members[owner]!.id);
      const text = `the shares that ${culprits.join(', ')} dealt do not give the secrets they committed to`;
      throw new ProtocolError('key-mismatch', text, { culprits });
    }
    this.#shares.clear();
    return { plan: { suite: cohort.round.parameters.suite, terms }, sum: accumulator, survivors };
  }

  #fits(kind: ShareKind, owner: number, secret: Uint8Array): boolean {
    const { cohort, sharedKeys } = this.#masked;
    if (kind === 'seed') {
      return equalBytes(this.#derive.seedCommitment(secret, owner), sharedKeys.get(owner)!.commitment);
    }
    return equalBytes(new AgreementKey(secret).publicKey, cohort.roster.maskKey(owner));
  }

  /** Only the edges to survivors: the others are in nobody's input. */
  #droppedEdges(owner: number, secret: Uint8Array, terms: MaskTerm[]): void {
    const { cohort, survivors } = this.#masked;
    const key = new AgreementKey(secret);
    for (const peer of cohort.neighbours[owner]!) {
      if (!survivors.has(peer)) continue;
      const seed = this.#derive.maskSeed(key, owner, { index: peer, key: cohort.roster.maskKey(peer) });
      // The survivor added it when it is the lower of the two: take it out again.
      terms.push({ seed, sign: peer < owner ? -1 : 1 });
    }
    key.wipe();
  }
}

/**
 * The secret behind the shares, from the first t of them; when it does not fit, from those that Reed-Solomon decoding leaves
 * over. All shares are as their owner dealt them, so that what still does not fit is the owner's doing.
 */
export function reconstruct(
  unsorted: readonly ByteShare[],
  t: number,
  interpolators: Map<string, ByteInterpolator>,
  fits: (secret: Uint8Array) => boolean,
): Uint8Array | undefined {
  const shares = [...unsorted].sort((a, b) => a.x - b.x);
  const first = shares.slice(0, t);
  const xs = first.map(({ x }) => x);
  const name = xs.join();
  let interpolator = interpolators.get(name);
  if (interpolator === undefined) {
    interpolator = new ByteInterpolator(t, xs);
    interpolators.set(name, interpolator);
  }
  const secret = interpolator.combine(first);
  if (fits(secret)) return secret;
  try {
    ByteInterpolator.for(shares).combine(shares, { verify: true });
  } catch (error) {
    if (!(error instanceof BadShares) || error.xs.length === 0) return undefined;
    const rest = shares.filter(({ x }) => !error.xs.includes(x));
    if (rest.length < t) return undefined;
    const decoded = ByteInterpolator.for(rest).combine(rest);
    if (fits(decoded)) return decoded;
  }
  return undefined;
}
