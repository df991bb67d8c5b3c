import { concatBytes, Reader, Writer } from '../../../bytes/index.ts';
import {
  finalizeItems,
  invertScalar,
  MAXIMUM_PROOF_BATCH,
  type OprfKeyPair,
  oprfKeyPair,
  PROOF_BYTES,
  proveEvaluation,
  randomScalar,
  sha256,
  verifyEvaluation,
} from '../../../crypto/index.ts';
import { ProtocolError } from '../../../errors.ts';
import { curve, type Items, type PointPlan } from '../../../kernels/index.ts';
import { Once } from '../../../once.ts';
import { csprng, type Rng, randomBytes } from '../../../random/index.ts';
import { bodyOf, frame } from '../codec.ts';
import { toItems } from '../source.ts';
import { TokenTable } from '../token-table.ts';
import {
  type CompactSet,
  checkFilterBits,
  contains,
  decodeCompactSet,
  encodeCompactSet,
  filterValues,
} from './golomb.ts';

/**
 * Unbalanced intersection: a server with a large set prepares it once and ships a compact filter of F(k, y); any number of clients with small sets
 * ask for F(k, x) of their own identifiers through the verifiable oblivious PRF of RFC 9497 and look them up. docs/spec/psi.md, "Unbalanced".
 *
 * The server learns how many identifiers a client asks for, the client how many the server has and which of its own are among them.
 */
const MESSAGE = { Setup: 32, Query: 33, Answer: 34 } as const;
const LABEL = 'subrosa/psi-unbalanced/v1';
const FILTER_BITS = 40;

/** What server and clients agree on, and what the server allows. */
export interface UnbalancedOptions {
  /** Label of the identifier rule, e.g. `email/1`; both sides must have the same. */
  readonly normalisation: string;
  /** -log2 of the false positive rate of one query, 1 .. 40; 40 by default. */
  readonly filterBits?: number;
  /** The most identifiers one query may carry, 1 .. 65,535 (the largest batch of one proof). */
  readonly maximumQuery?: number;
}

/** What the server publishes: its key, and its set as a filter. */
export interface Setup {
  readonly normalisation: string;
  readonly publicKey: Uint8Array;
  readonly set: CompactSet;
}

/** A server's prepared set. It keeps the key, not the identifiers. */
export class UnbalancedServer {
  readonly #key: OprfKeyPair;
  readonly #maximum: number;
  readonly #rng: Rng;
  /** The message to publish. */
  readonly setup: Uint8Array;
  readonly #session: Uint8Array;

  private constructor(key: OprfKeyPair, setup: Uint8Array, maximum: number, rng: Rng) {
    this.#key = key;
    this.#maximum = maximum;
    this.#rng = rng;
    this.setup = setup;
    this.#session = sessionOf(setup);
  }

  /**
   * Prepares a set: n hashes to the group and multiplications.
   * @param multiply runs a point plan, e.g. an executor's `points`
   * @throws {RangeError} for duplicates, an empty set or more than 2^23 - 1 identifiers
   */
  static async prepare(
    identifiers: readonly string[],
    options: UnbalancedOptions,
    points: (plan: PointPlan) => Promise<Uint8Array>,
    rng: Rng = csprng,
  ): Promise<UnbalancedServer> {
    const { normalisation, filterBits = FILTER_BITS, maximumQuery = MAXIMUM_PROOF_BATCH } = options;
    checkFilterBits(filterBits, identifiers.length);
    checkMaximum(maximumQuery);
    if (new Set(identifiers).size !== identifiers.length) throw new RangeError('identifiers must be distinct');
    const key = oprfKeyPair(rng);
    const outputs = new Uint8Array(64 * identifiers.length);
    for (let at = 0; at < identifiers.length; at += CHUNK) {
      const items = toItems(identifiers.slice(at, at + CHUNK));
      const evaluated = await points({ op: 'blind', items, scalar: key.secretKey, mode: 'voprf' });
      outputs.set(finalizeItems(items, evaluated), 64 * at);
    }
    const set = encodeCompactSet(outputs, filterBits);
    return new UnbalancedServer(key, encodeSetup({ normalisation, publicKey: key.publicKey, set }), maximumQuery, rng);
  }

  /**
   * Answers one query: every element times the key, and a proof that it is the published one.
   * @throws {ProtocolError} `malformed`, `policy`, `not-canonical`, `identity-element`, `duplicate-element`, `wrong-session`
   */
  answer(query: Uint8Array): Uint8Array {
    const session = this.#session;
    const reader = new Reader(bodyOf(MESSAGE.Query, session, query, 'Query'), 'Query');
    const nonce = reader.bytes(32);
    const n = reader.count(32);
    if (n < 1 || n > this.#maximum)
      throw new ProtocolError('policy', `a query of ${n} identifiers, expected 1 .. ${this.#maximum}`);
    const blinded = reader.expect(32 * n).view(32 * n);
    refuseDuplicates(blinded, 'Query');
    const evaluated = curve().multiply(blinded, this.#key.secretKey);
    const proof = proveEvaluation(this.#key, blinded, evaluated, randomScalar(this.#rng));
    return frame(
      MESSAGE.Answer,
      session,
      new Writer(96 + 32 * n).bytes(nonce).bytes(proof).u32(n).bytes(evaluated).finish(),
    );
  }
}

const CHUNK = 8192;

/** A client with the published setup. */
export class UnbalancedClient {
  readonly #setup: Setup;
  readonly #session: Uint8Array;
  readonly #values: BigUint64Array;
  readonly #rng: Rng;

  /** @throws {ProtocolError} `malformed`, `policy` (another normalisation), `not-canonical` */
  constructor(setup: Uint8Array, options: Pick<UnbalancedOptions, 'normalisation'>, rng: Rng = csprng) {
    this.#setup = decodeSetup(setup);
    if (this.#setup.normalisation !== options.normalisation) {
      const [theirs, mine] = [this.#setup.normalisation, options.normalisation].map((label) => JSON.stringify(label));
      throw new ProtocolError('policy', `the server's normalisation is ${theirs}, expected ${mine}`);
    }
    curve().checkPoints(this.#setup.publicKey);
    this.#session = sessionOf(setup);
    this.#values = decodeCompactSet(this.#setup.set);
    this.#rng = rng;
  }

  /** Identifiers in the server's set. */
  get serverSize(): number {
    return this.#setup.set.items;
  }

  /**
   * A query for distinct identifiers, under a fresh blind.
   * @throws {RangeError} for duplicates, none, or more than 65,535
   */
  async query(
    identifiers: readonly string[],
    points: (plan: PointPlan) => Promise<Uint8Array>,
  ): Promise<readonly [next: AwaitingAnswer, query: Uint8Array]> {
    checkMaximum(identifiers.length);
    if (new Set(identifiers).size !== identifiers.length) throw new RangeError('identifiers must be distinct');
    const items = toItems(identifiers);
    const scalar = randomScalar(this.#rng);
    const nonce = randomBytes(32, this.#rng);
    const blinded = await points({ op: 'blind', items, scalar, mode: 'voprf' });
    const body = new Writer(40 + blinded.length).bytes(nonce).u32(identifiers.length).bytes(blinded).finish();
    const held = { items, scalar, nonce, blinded, setup: this.#setup, session: this.#session, values: this.#values };
    return [new AwaitingAnswer(held), frame(MESSAGE.Query, this.#session, body)];
  }
}

interface Asked {
  readonly items: Items;
  readonly scalar: Uint8Array;
  readonly nonce: Uint8Array;
  readonly blinded: Uint8Array;
  readonly setup: Setup;
  readonly session: Uint8Array;
  readonly values: BigUint64Array;
}

/** A client that has asked: it takes one answer. */
export class AwaitingAnswer {
  readonly #held: Once<Asked>;

  constructor(asked: Asked) {
    this.#held = new Once('AwaitingAnswer', asked);
  }

  /**
   * Checks the proof, unblinds and looks up.
   * @returns indices of the identifiers that are in the server's set
   * @throws {ProtocolError} `key-mismatch` when the server used another key than it published, `size-mismatch`, `equivocation`, `malformed`
   */
  receive(answer: Uint8Array): number[] {
    const { items, scalar, nonce, blinded, setup, session, values } = this.#held.take();
    const n = items.offsets.length - 1;
    const reader = new Reader(bodyOf(MESSAGE.Answer, session, answer, 'Answer'), 'Answer');
    const echoed = reader.view(32);
    if (!echoed.every((byte, i) => byte === nonce[i]))
      throw new ProtocolError('equivocation', 'an answer to another query');
    const proof = reader.bytes(PROOF_BYTES);
    const found = reader.u32();
    if (found !== n) throw new ProtocolError('size-mismatch', `Answer: ${found} elements, expected ${n}`);
    const evaluated = reader.expect(32 * n).bytes(32 * n);
    verifyEvaluation(setup.publicKey, blinded, evaluated, proof);
    const outputs = finalizeItems(items, curve().multiply(evaluated, invertScalar(scalar)));
    scalar.fill(0);
    const hits: number[] = [];
    for (const [i, value] of filterValues(outputs, setup.set.items, setup.set.bits).entries()) {
      if (contains(values, value)) hits.push(i);
    }
    return hits;
  }
}

/** All queries are bound to the setup they are for. */
function sessionOf(setup: Uint8Array): Uint8Array {
  return sha256(concatBytes(new Writer().text(LABEL).finish(), setup));
}

function encodeSetup({ normalisation, publicKey, set }: Setup): Uint8Array {
  const body = new Writer(64 + set.code.length)
    .text(normalisation)
    .bytes(publicKey)
    .u32(set.items)
    .u8(set.bits)
    .sized(set.code);
  return frame(MESSAGE.Setup, NO_SESSION, body.finish());
}

const NO_SESSION = new Uint8Array(32);

function decodeSetup(bytes: Uint8Array): Setup {
  const reader = new Reader(bodyOf(MESSAGE.Setup, NO_SESSION, bytes, 'Setup'), 'Setup');
  const normalisation = reader.text();
  const publicKey = reader.bytes(32);
  const items = reader.u32();
  const bits = reader.u8();
  try {
    checkFilterBits(bits, items);
  } catch (cause) {
    throw new ProtocolError('malformed', `Setup: ${(cause as Error).message}`, { cause });
  }
  const code = reader.sized(reader.remaining);
  reader.end();
  return { normalisation, publicKey, set: { items, bits, code } };
}

function checkMaximum(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MAXIMUM_PROOF_BATCH) {
    throw new RangeError(`a query of ${count} identifiers, expected 1 .. ${MAXIMUM_PROOF_BATCH}`);
  }
}

function refuseDuplicates(points: Uint8Array, what: string): void {
  const seen = new TokenTable(points.length / 32, 32);
  for (let at = 0; at < points.length; at += 32) {
    if (!seen.add(points, at)) throw new ProtocolError('duplicate-element', `${what}: the same element twice`);
  }
}
