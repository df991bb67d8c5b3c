import { randomScalar } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Items, PointPlan } from '../../kernels/index.ts';
import { Once } from '../../once.ts';
import { csprng, type Rng } from '../../random/index.ts';
import { bodyOf, decodeChunk, decodeHello, encodeChunk, encodeHello, frame, NO_SESSION } from './codec.ts';
import { createMatcher, IndexList, type Matcher } from './matcher.ts';
import { type Hello, MESSAGE } from './messages.ts';
import { chunkCount, chunkItems, type PsiParameters } from './params.ts';
import { CiphertextTotals, ReceiverFinishing, ReceiverMasking } from './results.ts';
import { type Agreement, agree, hello } from './session.ts';
import type { Spill } from './spill.ts';
import { Transcript } from './transcript.ts';

/**
 * The receiver's side of docs/spec/psi.md as typed states:
 *
 *     receive() -> ReceiverAwaitingHello -> ReceiverBlinding -> AwaitingSenderSet -> ReceiverFinishing -> AwaitingDone
 *                                                                                -> ReceiverMasking -> AwaitingOpened -> AwaitingDone
 *
 * The middle two stream: `plan` says what to compute for the next chunk, and the computed points come back in.
 */

/**
 * Step 1.
 * @param size distinct identifiers of this party, at least 1
 * @param spill where tokens go that do not fit in memory; without it all of them are kept in memory
 */
export function receive(
  parameters: PsiParameters,
  size: number,
  rng: Rng = csprng,
  spill?: Spill,
): readonly [next: ReceiverAwaitingHello, frame: Uint8Array] {
  const mine = hello('receiver', parameters, size, rng);
  return [new ReceiverAwaitingHello(mine, rng, spill), frame(MESSAGE.Hello, NO_SESSION, encodeHello(mine))];
}

export class ReceiverAwaitingHello {
  readonly #held: Once<{ mine: Hello; rng: Rng; spill: Spill | undefined }>;

  constructor(mine: Hello, rng: Rng, spill?: Spill) {
    this.#held = new Once('ReceiverAwaitingHello', { mine, rng, spill });
  }

  /** @throws {ProtocolError} `malformed`, `unsupported-version`, `policy`, `equivocation` */
  receive(bytes: Uint8Array): ReceiverBlinding {
    const { mine, rng, spill } = this.#held.take();
    const body = bodyOf(MESSAGE.Hello, NO_SESSION, bytes, 'Hello');
    return new ReceiverBlinding(agree(mine, encodeHello(mine), decodeHello(body), body), rng, spill);
  }
}

const PHASE = 'Evaluated';

/** What the receiver carries from state to state. */
export interface ReceiverRun {
  readonly agreement: Agreement;
  readonly transcript: Transcript;
  readonly rng: Rng;
}

/**
 * Steps 3 and 4: blinds this party's identifiers, chunk by chunk, and takes in the sender's tokens, which arrive meanwhile (`members`) or
 * afterwards.
 */
export class ReceiverBlinding {
  readonly agreement: Agreement;
  readonly #run: ReceiverRun;
  readonly #scalar: Once<Uint8Array>;
  readonly #key: Uint8Array;
  readonly #matcher: Matcher;
  #last: Uint8Array = new Uint8Array(0);
  #planned = 0;
  #sent = 0;
  #received = 0;

  constructor(agreement: Agreement, rng: Rng, spill?: Spill) {
    this.agreement = agreement;
    this.#run = { agreement, transcript: new Transcript(agreement.session), rng };
    this.#key = randomScalar(rng);
    this.#scalar = new Once('ReceiverBlinding', this.#key);
    const { receiverSize, senderSize, tokenBytes, results } = agreement;
    const sizes = { own: receiverSize, theirs: senderSize, tokenBytes, payloadBytes: 64 * results };
    this.#matcher = createMatcher(sizes, rng, spill);
  }

  /** Distinct identifiers wanted by the next {@link plan}; 0 when all are planned. */
  get wanted(): number {
    return chunkItems(this.agreement.receiverSize, this.agreement.chunk, this.#planned);
  }

  /** Identifiers whose points {@link message} wants next; 0 when all are sent. */
  get #unsent(): number {
    return chunkItems(this.agreement.receiverSize, this.agreement.chunk, this.#sent);
  }

  /** How many Evaluated frames are still to come. */
  get missing(): number {
    return chunkCount(this.agreement.receiverSize, this.agreement.chunk) - this.#received;
  }

  /** @param items exactly {@link wanted} normalised identifiers, in this party's row order, none seen before */
  plan(items: Items): PointPlan {
    if (this.#scalar.spent) throw new TypeError('ReceiverBlinding was already used: its secrets are spent');
    if (items.offsets.length - 1 !== this.wanted || this.wanted === 0) {
      throw new RangeError(`a chunk of ${items.offsets.length - 1} identifiers, expected ${this.wanted}`);
    }
    this.#planned++;
    return { op: 'blind', items, scalar: this.#key };
  }

  /** The frame that carries the points of a {@link plan}, in the order of the plans. */
  message(points: Uint8Array): Uint8Array {
    if (this.#sent === this.#planned) throw new TypeError('there is no plan whose points are missing');
    if (points.length !== 32 * this.#unsent)
      throw new RangeError(`${points.length} bytes, expected ${this.#unsent} points`);
    const body = encodeChunk({ sequence: this.#sent++, data: points });
    this.#run.transcript.add('blinded', body);
    return frame(MESSAGE.Blinded, this.agreement.session, body);
  }

  /**
   * Takes an Evaluated frame: the tokens of this party's own identifiers.
   * @throws {ProtocolError} `size-mismatch`, `duplicate-element`, `not-canonical` (not sorted), `unexpected-message`
   */
  evaluated(bytes: Uint8Array): void {
    const { receiverSize, chunk, session, tokenBytes, reveal } = this.agreement;
    const body = bodyOf(MESSAGE.Evaluated, session, bytes, PHASE);
    const early = reveal === 'members' ? this.#received >= this.#sent : this.#unsent > 0;
    if (early || this.missing === 0) {
      throw new ProtocolError('unexpected-message', 'tokens of elements that were not sent', { phase: PHASE });
    }
    const items = chunkItems(receiverSize, chunk, this.#received);
    const { data } = decodeChunk(body, PHASE, tokenBytes, { sequence: this.#received, items });
    for (let at = 0; at < data.length; at += tokenBytes) {
      this.#matcher.own(data, at);
      if (reveal !== 'members' && !this.#ascends(data, at)) {
        throw new ProtocolError('not-canonical', 'the tokens are not sorted', { phase: PHASE });
      }
    }
    this.#last = data.slice(data.length - tokenBytes);
    this.#received++;
    this.#run.transcript.add('evaluated', body);
  }

  #ascends(data: Uint8Array, at: number): boolean {
    const length = this.agreement.tokenBytes;
    const before = at === 0 ? this.#last : data.subarray(at - length, at);
    for (let i = 0; i < before.length; i++) {
      const difference = data[at + i]! - before[i]!;
      if (difference !== 0) return difference > 0;
    }
    return before.length === 0;
  }

  /** @throws {TypeError} before every chunk is blinded and every token received, or twice */
  next(): AwaitingSenderSet {
    if (this.#unsent > 0) throw new TypeError(`${this.#unsent} more identifiers must be blinded first`);
    if (this.missing > 0) throw new TypeError(`${this.missing} Evaluated frames are still missing`);
    return new AwaitingSenderSet(this.#run, this.#scalar.take(), this.#matcher);
  }
}

/** Step 6: the sender's set, masked a second time and looked up. */
export class AwaitingSenderSet {
  readonly #run: ReceiverRun;
  readonly #scalar: Once<Uint8Array>;
  readonly #key: Uint8Array;
  readonly #matcher: Matcher;
  readonly #rows: IndexList = new IndexList();
  readonly #theirs: IndexList = new IndexList();
  readonly #totals: CiphertextTotals = new CiphertextTotals();
  /** Ciphertexts of hits that are not added up yet. */
  #hits: Uint8Array;
  #hitBytes = 0;
  #count = 0;
  #planned = 0;
  #sequence = 0;
  /** Ciphertexts of chunks that are planned and not absorbed. */
  readonly #pending: Uint8Array[] = [];
  #rest: Generator<void> | undefined;
  #settled = false;

  constructor(run: ReceiverRun, scalar: Uint8Array, matcher: Matcher) {
    this.#run = run;
    this.#key = scalar;
    this.#scalar = new Once('AwaitingSenderSet', scalar);
    this.#matcher = matcher;
    const { senderSize, chunk, results } = run.agreement;
    this.#hits = new Uint8Array(64 * results * Math.min(chunk, senderSize));
  }

  get done(): boolean {
    return this.#sequence === chunkCount(this.#run.agreement.senderSize, this.#run.agreement.chunk);
  }

  /** What to compute for a received chunk: its points times this party's scalar. The executor refuses bad points. */
  plan(bytes: Uint8Array): PointPlan {
    if (this.#scalar.spent) throw new TypeError('AwaitingSenderSet was already used: its secrets are spent');
    const { senderSize, chunk, session, results } = this.#run.agreement;
    const body = bodyOf(MESSAGE.SenderSet, session, bytes, 'SenderSet');
    const items = chunkItems(senderSize, chunk, this.#planned);
    const item = 32 + 64 * results;
    const { data } = decodeChunk(body, 'SenderSet', item, { sequence: this.#planned, items });
    this.#run.transcript.add('senderSet', body);
    const { points, ciphertexts } = split(data, items, 64 * results);
    this.#planned++;
    this.#pending.push(ciphertexts);
    return { op: 'multiply', points, scalar: this.#key };
  }

  /**
   * Takes the points of a {@link plan}, in the order of the plans, and looks them up.
   * @returns what to compute for {@link add}: the sum of the ciphertexts that came with the hits; undefined when there is none
   * @throws {ProtocolError} `duplicate-element`
   */
  absorb(points: Uint8Array): PointPlan | undefined {
    const ciphertexts = this.#pending[0];
    if (ciphertexts === undefined) throw new TypeError('there is no chunk to absorb');
    const { chunk, results, senderSize } = this.#run.agreement;
    const items = chunkItems(senderSize, chunk, this.#sequence);
    if (points.length !== 32 * items) throw new RangeError(`${points.length} bytes, expected ${items} points`);
    const first = this.#sequence * chunk;
    for (let i = 0; i < items; i++) {
      this.#matcher.theirs(points, 32 * i, first + i, ciphertexts, 64 * results * i, this.#hit);
    }
    this.#pending.shift();
    this.#sequence++;
    return this.#sumOfHits();
  }

  /**
   * After the last chunk, again and again until it is `settled`: finds the hits that can be found only then, because tokens were on disk. A call takes
   * some milliseconds.
   * @returns what to compute for {@link add}, as {@link absorb}
   * @throws {ProtocolError} `duplicate-element`
   */
  settle(): { readonly settled: boolean; readonly sum: PointPlan | undefined } {
    if (!this.done) throw new TypeError('a part of the sender set is still missing');
    this.#rest ??= this.#matcher.rest(this.#hit);
    this.#settled = this.#rest.next().done === true;
    return { settled: this.#settled, sum: this.#sumOfHits() };
  }

  readonly #hit = (row: number, place: number, source: Uint8Array, at: number): void => {
    const { reveal, mutual, results } = this.#run.agreement;
    this.#count++;
    // Sorted tokens say nothing about rows; only `members` keeps them.
    if (reveal === 'members') this.#rows.push(row);
    if (mutual) this.#theirs.push(place);
    if (results === 0) return;
    if (this.#hitBytes === this.#hits.length) {
      const grown = new Uint8Array(2 * this.#hits.length);
      grown.set(this.#hits);
      this.#hits = grown;
    }
    this.#hits.set(source.subarray(at, at + 64 * results), this.#hitBytes);
    this.#hitBytes += 64 * results;
  };

  #sumOfHits(): PointPlan | undefined {
    if (this.#hitBytes === 0) return undefined;
    const points = this.#hits.slice(0, this.#hitBytes);
    this.#hitBytes = 0;
    return { op: 'sum', points, columns: 2 * this.#run.agreement.results };
  }

  /** Takes what the plan of {@link absorb} or {@link settle} gave. */
  add(sums: Uint8Array): void {
    this.#totals.add(sums);
  }

  /** @throws {TypeError} before {@link settle} has settled, or twice */
  next(): ReceiverFinishing | ReceiverMasking {
    if (!this.#settled) throw new TypeError('the sender set is not settled yet');
    this.#scalar.take().fill(0);
    if (this.#run.agreement.results > 0) return new ReceiverMasking(this.#run, this.#count, this.#totals);
    return new ReceiverFinishing(this.#run, this.#count, this.#rows.values, this.#theirs.values);
  }
}

/** Items of an element and its ciphertexts each, taken apart. */
function split(
  data: Uint8Array,
  items: number,
  ciphertextBytes: number,
): { points: Uint8Array; ciphertexts: Uint8Array } {
  if (ciphertextBytes === 0) return { points: data, ciphertexts: new Uint8Array(0) };
  const item = 32 + ciphertextBytes;
  const points = new Uint8Array(32 * items);
  const ciphertexts = new Uint8Array(ciphertextBytes * items);
  for (let i = 0; i < items; i++) {
    points.set(data.subarray(i * item, i * item + 32), 32 * i);
    ciphertexts.set(data.subarray(i * item + 32, (i + 1) * item), ciphertextBytes * i);
  }
  return { points, ciphertexts };
}
