import { concatBytes, equalBytes } from '../../bytes/index.ts';
import { AgreementKey, type SigningKey } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { MaskPlan, MaskTerm } from '../../kernels/index.ts';
import { checkVector, copyVector, type RingVector } from '../../math/index.ts';
import { Once } from '../../once.ts';
import { csprng, type Rng, randomBytes } from '../../random/index.ts';
import { splitBytesBatch } from '../../sharing/index.ts';
import type { Identity } from '../index.ts';
import { ClientSet } from './bitmap.ts';
import {
  checkNonces,
  checkOwnEntry,
  checkRoster,
  checkSignatures,
  checkSigned,
  checkSurvivors,
} from './client-checks.ts';
import { encodeNonces, encodeRoster } from './codec.ts';
import { ringGraph } from './graph.ts';
import { BOX_BYTES, Derivations, SECRET_BYTES, SHARE_TAG_BYTES } from './keys.ts';
import {
  type AdvertiseKeys,
  type ConsistencyCheck,
  type EncryptedShares,
  type Nonces,
  PAIR_BYTES,
  type RevealNonce,
  type Roster,
  type ShareKeys,
  type SignedSurvivors,
  type Survivors,
  type UnmaskShares,
} from './messages.ts';
import { type Degree, degreeFor } from './policy.ts';
import { checkIdentity, checkSecretKey, type Round } from './round.ts';

/**
 * A client's side of a round as typed states: each has one method, named `receive`, for the one message it awaits, and gives the next
 * state and what to send. A state is spent by its first use, even when it throws: then the round is over for this client.
 */
export type Step<Next, Message> = readonly [next: Next, message: Message];

/** The state after the last message. */
export const DONE = 'done';

interface Joined {
  readonly round: Round;
  readonly derive: Derivations;
  readonly rng: Rng;
  readonly me: number;
  readonly boxKey: AgreementKey;
  readonly maskKey: AgreementKey;
  /** b_u: what the client's own mask is derived from. */
  readonly seed: Uint8Array;
  /** Against a malicious server. */
  readonly signing?: { readonly key: SigningKey; readonly nonce: Uint8Array };
  /** As sent. */
  readonly advertised: AdvertiseKeys;
}

interface Connected extends Joined {
  readonly roster: Roster;
  readonly view: Uint8Array;
  readonly degree: Degree;
  /** The clients that can be in the sum. */
  readonly cohort: ClientSet;
  /** Indices in the cohort, ascending. */
  readonly neighbours: readonly number[];
  /** box keys, one a neighbour */
  readonly boxKeys: readonly Uint8Array[];
}

/** What is left after the input is masked: no mask, no key, only the shares of others. */
interface Holding {
  readonly round: Round;
  readonly derive: Derivations;
  readonly me: number;
  readonly signing: SigningKey | undefined;
  readonly view: Uint8Array;
  readonly degree: Degree;
  readonly cohort: ClientSet;
  readonly neighbours: readonly number[];
  /** Neighbours that shared their keys, by place among the neighbours. */
  readonly shared: ClientSet;
  /** The share of b_v, then that of s_v; undefined when none came, or not the one that its tag promises. */
  readonly shares: readonly (Uint8Array | undefined)[];
}

/**
 * Draws the keys of this round and advertises them.
 * @throws {RangeError|TypeError} when `me` is not in the cohort or lacks the secret key it needs
 */
export function join(round: Round, me: Identity, rng: Rng = csprng): Step<AwaitingRoster, AdvertiseKeys> {
  const index = checkIdentity(round, me);
  const derive = new Derivations(round);
  const boxKey = AgreementKey.generate(rng);
  const maskKey = AgreementKey.generate(rng);
  const seed = randomBytes(SECRET_BYTES, rng);
  const keys = { boxKey: boxKey.publicKey, maskKey: maskKey.publicKey };
  const common = { round, derive, rng, me: index, boxKey, maskKey, seed };
  if (!round.malicious) return [new AwaitingRoster({ ...common, advertised: keys }), keys];
  const key = checkSecretKey(round, me);
  const nonce = randomBytes(32, rng);
  const commitment = derive.nonceCommitment(nonce, index);
  const signature = key.sign(derive.advertised(index, keys.boxKey, keys.maskKey, commitment));
  const advertised = { ...keys, signed: { commitment, signature } };
  return [new AwaitingRoster({ ...common, signing: { key, nonce }, advertised }), advertised];
}

/** Has advertised its keys. */
export class AwaitingRoster {
  readonly #state: Once<Joined>;

  constructor(state: Joined) {
    this.#state = new Once('AwaitingRoster', state);
  }

  /**
   * Next: against a malicious server it opens its nonce, now that everybody's commitment is fixed; otherwise it shares its keys.
   * @throws {ProtocolError} `bad-key`, `weak-parameters`, `bad-signature`
   */
  receive(roster: Roster): Step<AwaitingNonces, RevealNonce> | Step<AwaitingShares, ShareKeys> {
    const state = this.#state.take();
    const { round } = state;
    checkOwnEntry(round, roster, state.me, state.advertised);
    checkRoster(round, roster);
    const joined = roster.present.count;
    const degree = degreeOf(round, joined, joined);
    if (state.signing !== undefined) return [new AwaitingNonces(state, roster), { nonce: state.signing.nonce }];
    return shareKeys(state, roster, roster.present, degree, state.derive.view(encodeRoster(roster)));
  }
}

/** Has opened its nonce (malicious server). */
export class AwaitingNonces {
  readonly #state: Once<readonly [Joined, Roster]>;

  constructor(state: Joined, roster: Roster) {
    this.#state = new Once('AwaitingNonces', [state, roster]);
  }

  /**
   * Checks every nonce against its commitment and shares its keys with its neighbours in the graph that they seed.
   * @throws {ProtocolError} `bad-commitment`, `weak-parameters`, `bad-signature`, `unknown-party`
   */
  receive(nonces: Nonces): Step<AwaitingShares, ShareKeys> {
    const [state, roster] = this.#state.take();
    const { round, derive } = state;
    checkNonces(round, derive, roster, nonces, state.me);
    const degree = degreeOf(round, roster.present.count, nonces.revealed.count);
    return shareKeys(state, roster, nonces.revealed, degree, derive.view(encodeRoster(roster), encodeNonces(nonces)));
  }
}

function degreeOf(round: Round, joined: number, revealed: number): Degree {
  const degree = degreeFor(round.parameters, round.n, joined, revealed, round.spec.minimumCohort);
  if (degree === undefined) {
    const found = `${revealed} of ${round.n} clients are left`;
    throw new ProtocolError('weak-parameters', `${found}: too few for the agreed minimum, dropout and corruption`, {
      culprits: [round.spec.server.id],
    });
  }
  return degree;
}

function shareKeys(
  joined: Joined,
  roster: Roster,
  cohort: ClientSet,
  degree: Degree,
  view: Uint8Array,
): Step<AwaitingShares, ShareKeys> {
  const { round, derive, me } = joined;
  const nodes = cohort.indices();
  const graph = ringGraph(view, nodes.length, degree.k);
  const neighbours = Array.from(graph.neighbours(nodes.indexOf(me)), (node) => nodes[node]!);
  if (round.malicious) for (const v of neighbours) checkSignatures(round, derive, roster, v);
  // Both secrets are shared at once: the share of b || s is the share of b, then the share of s.
  const secret = concatBytes(joined.seed, joined.maskKey.expose());
  const how = { threshold: degree.t, shares: neighbours.map((v) => v + 1), label: new Uint8Array(0) };
  const shares = splitBytesBatch([secret], how, joined.rng)[0]!;
  secret.fill(0);
  const pairs = new Uint8Array(neighbours.length * PAIR_BYTES);
  const boxKeys = neighbours.map((v, place) => {
    const { bytes } = shares[place]!;
    const key = derive.boxKey(joined.boxKey, me, { index: v, key: roster.boxKey(v) });
    const at = place * PAIR_BYTES;
    pairs.set(derive.shareTag('seed', me, v, bytes.subarray(0, SECRET_BYTES)), at);
    pairs.set(derive.shareTag('key', me, v, bytes.subarray(SECRET_BYTES)), at + SHARE_TAG_BYTES);
    pairs.set(derive.seal(key, view, me, v, bytes), at + 2 * SHARE_TAG_BYTES);
    bytes.fill(0);
    return key;
  });
  joined.boxKey.wipe();
  const commitment = derive.seedCommitment(joined.seed, me);
  return [new AwaitingShares({ ...joined, roster, view, degree, cohort, neighbours, boxKeys }), { commitment, pairs }];
}

/** What to compute next: add `plan` to `words`; the result is the MaskedInput. */
export interface MaskedWork {
  readonly plan: MaskPlan;
  /** A copy of the input. */
  readonly words: RingVector;
}

/** Has shared its keys. */
export class AwaitingShares {
  readonly #state: Once<Connected>;
  /** The number of neighbours, which the length of the next message depends on. */
  readonly degree: number;

  constructor(state: Connected) {
    this.#state = new Once('AwaitingShares', state);
    this.degree = state.degree.k;
  }

  /**
   * Opens the neighbours' shares and masks the input. A box that does not open, or whose shares do not fit their tags, costs its owner a
   * holder, and this client nothing: it will say that it holds no share.
   * @throws {ProtocolError} `below-threshold` when fewer than t neighbours shared their keys
   */
  receive(inbox: EncryptedShares, input: RingVector): Step<AwaitingSurvivors, MaskedWork> {
    const state = this.#state.take();
    const { round, derive, me, neighbours, view, degree } = state;
    checkVector(input, round.spec.bits, round.spec.length);
    const count = inbox.senders.count;
    if (count < degree.t) {
      throw new ProtocolError('below-threshold', `${count} neighbours shared their keys, ${degree.t} are needed`);
    }
    const shares: (Uint8Array | undefined)[] = neighbours.map(() => undefined);
    const terms: MaskTerm[] = [{ seed: derive.selfSeed(state.seed, me), sign: 1 }];
    let at = 0;
    for (const place of inbox.senders.indices()) {
      const v = neighbours[place]!;
      shares[place] = openShares(state, place, inbox.pairs.subarray(at, at + PAIR_BYTES));
      at += PAIR_BYTES;
      const seed = derive.maskSeed(state.maskKey, me, { index: v, key: state.roster.maskKey(v) });
      terms.push({ seed, sign: me < v ? 1 : -1 });
    }
    state.maskKey.wipe();
    state.seed.fill(0);
    for (const key of state.boxKeys) key.fill(0);
    const holding: Holding = {
      ...{ round, derive, me, view, degree, neighbours, shares },
      cohort: state.cohort,
      signing: state.signing?.key,
      shared: inbox.senders,
    };
    const work = { plan: { suite: round.parameters.suite, terms }, words: copyVector(input) };
    return [new AwaitingSurvivors(holding), work];
  }
}

function openShares(state: Connected, place: number, pair: Uint8Array): Uint8Array | undefined {
  const { derive, me, view } = state;
  const v = state.neighbours[place]!;
  const box = pair.subarray(2 * SHARE_TAG_BYTES, 2 * SHARE_TAG_BYTES + BOX_BYTES);
  const shares = derive.open(state.boxKeys[place]!, view, v, me, box);
  if (shares === undefined) return undefined;
  const seedTag = derive.shareTag('seed', v, me, shares.subarray(0, SECRET_BYTES));
  const keyTag = derive.shareTag('key', v, me, shares.subarray(SECRET_BYTES));
  const fits =
    equalBytes(seedTag, pair.subarray(0, SHARE_TAG_BYTES)) &&
    equalBytes(keyTag, pair.subarray(SHARE_TAG_BYTES, 2 * SHARE_TAG_BYTES));
  return fits ? shares : undefined;
}

/** Has sent its masked input. A client that crashes from here on drops out: it never resumes. */
export class AwaitingSurvivors {
  readonly #state: Once<Holding>;

  constructor(state: Holding) {
    this.#state = new Once('AwaitingSurvivors', state);
  }

  /**
   * Against a malicious server it signs the set; otherwise it reveals one share of each neighbour.
   * @throws {ProtocolError} `inconsistent-survivors`, `below-minimum-cohort`, `below-threshold`
   */
  receive({ set }: Survivors): Step<AwaitingSignatures, ConsistencyCheck> | Step<typeof DONE, UnmaskShares> {
    const state = this.#state.take();
    checkSurvivors(state, set);
    if (state.signing === undefined) return [DONE, reveal(state, set)];
    const signature = state.signing.sign(state.derive.survivors(state.view, set.bytes));
    // A copy: what was signed does not depend on a buffer of the transport any more.
    return [new AwaitingSignatures(state, new ClientSet(set.size, set.bytes.slice())), { signature }];
  }
}

/** Has signed the survivors (malicious server). */
export class AwaitingSignatures {
  readonly #state: Once<readonly [Holding, ClientSet]>;

  constructor(state: Holding, signed: ClientSet) {
    this.#state = new Once('AwaitingSignatures', [state, signed]);
  }

  /**
   * Reveals one share of each neighbour, when t neighbours, and where there is one the quorum, signed the set that this client signed.
   * @throws {ProtocolError} `inconsistent-survivors`, `bad-signature`
   */
  receive(message: SignedSurvivors): Step<typeof DONE, UnmaskShares> {
    const [state, signed] = this.#state.take();
    checkSigned(state, signed, message);
    return [DONE, reveal(state, signed)];
  }
}

/** The share of b_v of a survivor, the share of s_v of a client that dropped: of each neighbour one, never both. */
function reveal({ neighbours, shared, shares }: Holding, survivors: ClientSet): UnmaskShares {
  const held = new ClientSet(neighbours.length);
  const out: Uint8Array[] = [];
  neighbours.forEach((v, place) => {
    const pair = shares[place];
    if (!shared.has(place) || pair === undefined) return;
    held.add(place);
    out.push(survivors.has(v) ? pair.slice(0, SECRET_BYTES) : pair.slice(SECRET_BYTES));
    pair.fill(0);
  });
  return { held, shares: concatBytes(...out) };
}
