import { concatBytes, toHex } from '../../src/bytes/index.ts';
import { AgreementKey, SigningKey } from '../../src/crypto/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { inlineExecutor } from '../../src/kernels/index.ts';
import { encodeFrame, FRAME_HEADER, type Party, PROTOCOLS } from '../../src/protocols/index.ts';
import { ClientSet } from '../../src/protocols/secagg/bitmap.ts';
import { ringGraph } from '../../src/protocols/secagg/graph.ts';
import { secaggClient } from '../../src/protocols/secagg/index.ts';
import { Derivations } from '../../src/protocols/secagg/keys.ts';
import { MESSAGE, type MessageName, PAIR_BYTES } from '../../src/protocols/secagg/messages.ts';
import { degreeFor } from '../../src/protocols/secagg/policy.ts';
import { type Round, resolveRound } from '../../src/protocols/secagg/round.ts';
import { randomBytes, type SeededRng } from '../../src/random/index.ts';
import { id, rngFor, type Setup } from '../protocols/secagg/play.ts';

/** The world as one client was shown it. */
export interface Shown {
  roster?: { readonly present: readonly number[]; readonly body: Uint8Array };
  view?: Uint8Array;
  t?: number;
  neighbours?: readonly number[];
  /** Neighbours that it was told shared their keys: it masks with those. */
  senders?: readonly number[];
  survivors?: ClientSet;
}

/** A client that the server owns. */
interface Puppet {
  readonly box: AgreementKey;
  readonly mask: AgreementKey;
  readonly nonce: Uint8Array;
  readonly signing: SigningKey;
}

/**
 * A malicious server with some of the clients in its hands. It does not follow the protocol: each method tells one honest client whatever the
 * attack wants it to be told, and the client's answer, or the code of its refusal, is kept.
 */
export class HostileServer {
  readonly round: Round;
  readonly derive: Derivations;
  readonly honest: readonly number[];
  readonly puppets: Map<number, Puppet> = new Map();
  readonly clients: Map<number, Party<void>> = new Map();
  readonly shown: Map<number, Shown> = new Map();
  /** The frames that honest clients sent. */
  readonly wire: { readonly from: number; readonly type: number; readonly body: Uint8Array }[] = [];
  readonly refusals: Map<number, string> = new Map();
  readonly #rng: SeededRng;

  constructor({ spec, parameters, identities, inputs }: Setup, corrupt: readonly number[], seed = 'hostile') {
    this.round = resolveRound(spec, parameters);
    this.derive = new Derivations(this.round);
    this.#rng = rngFor(seed);
    this.honest = spec.clients.map((_, index) => index).filter((index) => !corrupt.includes(index));
    for (const index of this.honest) {
      const me = identities.get(id(index))!;
      const rng = rngFor(`${seed}/${me.id}`);
      this.clients.set(index, secaggClient(spec, parameters, me, inputs.get(me.id)!, inlineExecutor, rng));
      this.shown.set(index, {});
    }
    for (const index of corrupt) {
      // As an honest client would draw them, so that a run can be repeated with other clients in the server's hands.
      const rng = rngFor(`${seed}/${id(index)}`);
      const [box, mask] = [AgreementKey.generate(rng), AgreementKey.generate(rng)];
      randomBytes(32, rng);
      this.puppets.set(index, {
        box,
        mask,
        nonce: randomBytes(32, rng),
        signing: new SigningKey(identities.get(id(index))!.secretKey!),
      });
    }
  }

  async start(): Promise<void> {
    for (const index of this.honest) await this.#ask(index, () => this.clients.get(index)!.start());
  }

  async #ask(
    index: number,
    act: () => Promise<readonly { readonly frame: Uint8Array }[]>,
  ): Promise<string | undefined> {
    try {
      for (const { frame } of await act()) {
        this.wire.push({ from: index, type: frame[5]!, body: frame.slice(FRAME_HEADER) });
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!this.refusals.has(index)) this.refusals.set(index, error.code);
      return error.code;
    }
  }

  /** Sends any body; gives the code of the refusal, if any. */
  tell(index: number, name: MessageName, body: Uint8Array): Promise<string | undefined> {
    const frame = encodeFrame(PROTOCOLS.secagg, MESSAGE[name], this.round.session, body);
    return this.#ask(index, () => this.clients.get(index)!.receive('server', frame));
  }

  /** What an honest client sent, or undefined. */
  said(index: number, name: MessageName): Uint8Array | undefined {
    return this.wire.find(({ from, type }) => from === index && type === MESSAGE[name])?.body;
  }

  /** Keys, commitment and signature: what the client sent, or what the server makes up for its puppets. */
  entry(index: number): Uint8Array {
    const puppet = this.puppets.get(index);
    if (puppet === undefined) return this.said(index, 'AdvertiseKeys')!;
    return this.forge(index, puppet.box, puppet.mask, puppet.nonce, puppet.signing);
  }

  forge(index: number, box: AgreementKey, mask: AgreementKey, nonce: Uint8Array, signing: SigningKey): Uint8Array {
    const commitment = this.derive.nonceCommitment(nonce, index);
    const signature = signing.sign(this.derive.advertised(index, box.publicKey, mask.publicKey, commitment));
    return concatBytes(box.publicKey, mask.publicKey, commitment, signature);
  }

  /** A roster of these clients, some entries replaced by others. */
  roster(
    index: number,
    present: readonly number[],
    replaced: ReadonlyMap<number, Uint8Array> = new Map(),
  ): Promise<string | undefined> {
    const entries = present.map((u) => replaced.get(u) ?? this.entry(u));
    const body = concatBytes(ClientSet.of(this.round.n, present).bytes, ...entries);
    this.shown.get(index)!.roster = { present, body };
    return this.tell(index, 'Roster', body);
  }

  /** Shows the nonces of these clients: as opened, or `replaced`. */
  nonces(
    index: number,
    revealed: readonly number[],
    replaced: ReadonlyMap<number, Uint8Array> = new Map(),
  ): Promise<string | undefined> {
    const known = revealed.map(
      (u) => replaced.get(u) ?? this.puppets.get(u)?.nonce ?? this.said(u, 'RevealNonce') ?? new Uint8Array(32),
    );
    const body = concatBytes(ClientSet.of(this.round.n, revealed).bytes, ...known);
    const shown = this.shown.get(index)!;
    const { parameters, n, spec } = this.round;
    const degree = degreeFor(parameters, n, shown.roster!.present.length, revealed.length, spec.minimumCohort);
    if (degree !== undefined && revealed.includes(index)) {
      shown.view = this.derive.view(shown.roster!.body, body);
      shown.t = degree.t;
      const graph = ringGraph(shown.view, revealed.length, degree.k);
      shown.neighbours = Array.from(graph.neighbours(revealed.indexOf(index)), (node) => revealed[node]!);
    }
    return this.tell(index, 'Nonces', body);
  }

  /** Passes on the shares of these neighbours; those in `garbled` so that they do not open. */
  shares(index: number, senders: readonly number[], garbled: readonly number[] = []): Promise<string | undefined> {
    const shown = this.shown.get(index)!;
    const places = new ClientSet(shown.neighbours!.length);
    const pairs: Uint8Array[] = [];
    shown.neighbours!.forEach((v, place) => {
      if (!senders.includes(v)) return;
      places.add(place);
      const pair = this.puppets.has(v) ? this.#puppetPair(v, index) : this.#honestPair(v, index);
      pairs.push(garbled.includes(v) ? pair.with(40, pair[40]! ^ 1) : pair);
    });
    shown.senders = shown.neighbours!.filter((v) => senders.includes(v));
    return this.tell(index, 'EncryptedShares', concatBytes(places.bytes, ...pairs));
  }

  /** What v made for u; noise when v is not u's neighbour in its own eyes, or stopped before. */
  #honestPair(v: number, u: number): Uint8Array {
    const place = this.shown.get(v)!.neighbours?.indexOf(u) ?? -1;
    const body = this.said(v, 'ShareKeys');
    if (place < 0 || body === undefined) return randomBytes(PAIR_BYTES, this.#rng);
    return body.slice(32 + place * PAIR_BYTES, 32 + (place + 1) * PAIR_BYTES);
  }

  #puppetPair(v: number, u: number): Uint8Array {
    const { derive } = this;
    const shares = randomBytes(64, this.#rng);
    const key = derive.boxKey(this.puppets.get(v)!.box, v, { index: u, key: this.entry(u).subarray(0, 32) });
    return concatBytes(
      derive.shareTag('seed', v, u, shares.subarray(0, 32)),
      derive.shareTag('key', v, u, shares.subarray(32)),
      derive.seal(key, this.shown.get(u)!.view!, v, u, shares),
    );
  }

  survivors(index: number, set: readonly number[]): Promise<string | undefined> {
    const survivors = ClientSet.of(this.round.n, set);
    this.shown.get(index)!.survivors ??= survivors;
    return this.tell(index, 'Survivors', survivors.bytes);
  }

  /** Every signature on the set that this client signed, and its view, that the server can lay its hands on. */
  signatures(index: number): Map<number, Uint8Array> {
    const { view, survivors } = this.shown.get(index)!;
    const statement = this.derive.survivors(view!, survivors!.bytes);
    const out = new Map<number, Uint8Array>();
    for (let v = 0; v < this.round.n; v++) {
      const puppet = this.puppets.get(v);
      if (!survivors!.has(v)) continue;
      if (puppet !== undefined) {
        out.set(v, puppet.signing.sign(statement));
        continue;
      }
      const other = this.shown.get(v)!;
      const same = other.survivors !== undefined && toHex(other.survivors.bytes) === toHex(survivors!.bytes);
      const signature = this.said(v, 'ConsistencyCheck');
      if (same && signature !== undefined && toHex(other.view!) === toHex(view!)) out.set(v, signature);
    }
    return out;
  }

  signed(
    index: number,
    signatures: ReadonlyMap<number, Uint8Array> = this.signatures(index),
  ): Promise<string | undefined> {
    const survivors = this.shown.get(index)!.survivors!;
    const sorted = [...signatures].sort(([a], [b]) => a - b);
    const signers = ClientSet.of(
      this.round.n,
      sorted.map(([v]) => v),
    );
    const parts = sorted.map(([, signature]) => signature);
    return this.tell(index, 'SignedSurvivors', concatBytes(survivors.bytes, signers.bytes, ...parts));
  }
}
