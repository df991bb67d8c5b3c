import { concatBytes } from '../../bytes/index.ts';
import {
  decryptElements,
  type ElGamalKeyPair,
  elgamalKeyPair,
  encryptPlan,
  integerScalar,
  randomScalar,
} from '../../crypto/index.ts';
import { drawNoise } from '../../dp/index.ts';
import { ProtocolError } from '../../errors.ts';
import { curve, type Items, type PointPlan } from '../../kernels/index.ts';
import { Once } from '../../once.ts';
import { csprng, type Rng } from '../../random/index.ts';
import { bodyOf, decodeChunk, decodeFixed, decodeHello, encodeChunk, encodeHello, frame, NO_SESSION } from './codec.ts';
import { IndexList } from './matcher.ts';
import { type Hello, MESSAGE } from './messages.ts';
import { bucketOf, chunkCount, chunkItems, type PsiParameters, resultsPerItem } from './params.ts';
import { type AwaitingDone, close } from './results.ts';
import { type Agreement, agree, hello } from './session.ts';
import { cutInto, TokenSorter } from './sorter.ts';
import type { Spill } from './spill.ts';
import { TokenTable } from './token-table.ts';
import { Transcript } from './transcript.ts';

/**
 * The sender's side of docs/spec/psi.md as typed states:
 *
 *     send() -> SenderAwaitingHello -> AwaitingBlinded -> SenderOffering -> AwaitingMatched | AwaitingMaskedSum | closing; then AwaitingDone
 */

/** What the sender ends up with: for mutual `members`, its matching rows (as indices into the order it offered them in). */
export interface SenderResult {
  readonly rows?: Uint32Array;
}

/**
 * Step 1.
 * @param size distinct identifiers of this party, at least 1
 * @param spill where tokens go that do not fit in memory; without it all of them are kept in memory
 */
export function send(
  parameters: PsiParameters,
  size: number,
  rng: Rng = csprng,
  spill?: Spill,
): readonly [next: SenderAwaitingHello, frame: Uint8Array] {
  const key = resultsPerItem(parameters) > 0 ? elgamalKeyPair(rng) : undefined;
  const mine = hello('sender', parameters, size, rng, key?.publicKey);
  return [new SenderAwaitingHello(mine, key, rng, spill), frame(MESSAGE.Hello, NO_SESSION, encodeHello(mine))];
}

export class SenderAwaitingHello {
  readonly #held: Once<{ mine: Hello; key: ElGamalKeyPair | undefined; rng: Rng; spill: Spill | undefined }>;

  constructor(mine: Hello, key: ElGamalKeyPair | undefined, rng: Rng, spill?: Spill) {
    this.#held = new Once('SenderAwaitingHello', { mine, key, rng, spill });
  }

  /** @throws {ProtocolError} `malformed`, `unsupported-version`, `policy`, `equivocation` */
  receive(bytes: Uint8Array): AwaitingBlinded {
    const { mine, key, rng, spill } = this.#held.take();
    const body = bodyOf(MESSAGE.Hello, NO_SESSION, bytes, 'Hello');
    const agreement = agree(mine, encodeHello(mine), decodeHello(body), body);
    return new AwaitingBlinded({ agreement, transcript: new Transcript(agreement.session), rng, key }, spill);
  }
}

/** What the sender carries from state to state. */
export interface SenderRun {
  readonly agreement: Agreement;
  readonly transcript: Transcript;
  readonly rng: Rng;
  readonly key: ElGamalKeyPair | undefined;
}

/** Steps 3 and 4: the receiver's blinded set, masked a second time. */
export class AwaitingBlinded {
  readonly agreement: Agreement;
  readonly #run: SenderRun;
  readonly #key: Uint8Array;
  readonly #scalar: Once<Uint8Array>;
  /** `members` in memory: equal elements are found as they come. Otherwise they are found by sorting. */
  readonly #seen: TokenTable | undefined;
  readonly #sorter: TokenSorter | undefined;
  #planned = 0;
  #sequence = 0;

  constructor(run: SenderRun, spill?: Spill) {
    this.#run = run;
    this.agreement = run.agreement;
    this.#key = randomScalar(run.rng);
    this.#scalar = new Once('AwaitingBlinded', this.#key);
    const { receiverSize, tokenBytes, reveal } = run.agreement;
    const table = spill === undefined || TokenTable.memory(receiverSize, tokenBytes) <= spill.memoryBytes;
    if (reveal === 'members' && table) this.#seen = new TokenTable(receiverSize, tokenBytes, run.rng);
    else this.#sorter = new TokenSorter(receiverSize, tokenBytes, spill);
  }

  get done(): boolean {
    return this.#sequence === chunkCount(this.agreement.receiverSize, this.agreement.chunk);
  }

  /** What to compute for a received chunk. The executor refuses non-canonical points and the identity. */
  plan(bytes: Uint8Array): PointPlan {
    if (this.#scalar.spent) throw new TypeError('AwaitingBlinded was already used: its secrets are spent');
    const { receiverSize, chunk, session } = this.agreement;
    const body = bodyOf(MESSAGE.Blinded, session, bytes, 'Blinded');
    const items = chunkItems(receiverSize, chunk, this.#planned);
    const { data } = decodeChunk(body, 'Blinded', 32, { sequence: this.#planned, items });
    this.#run.transcript.add('blinded', body);
    this.#planned++;
    return { op: 'multiply', points: data, scalar: this.#key };
  }

  /**
   * Takes the points of a {@link plan}, in the order of the plans.
   * @returns the Evaluated frame to send now (`members`), or none until {@link next}
   * @throws {ProtocolError} `duplicate-element`: equal tokens come from equal elements
   */
  absorb(points: Uint8Array): Uint8Array[] {
    const { tokenBytes, reveal, receiverSize, chunk } = this.agreement;
    if (this.#sequence === this.#planned) throw new TypeError('there is no chunk to absorb');
    const items = chunkItems(receiverSize, chunk, this.#sequence);
    if (points.length !== 32 * items) throw new RangeError(`${points.length} bytes, expected ${items} points`);
    for (let at = 0; at < points.length; at += 32) {
      if (this.#seen?.add(points, at) === false) {
        throw new ProtocolError('duplicate-element', 'the receiver sent the same element twice', { phase: 'Blinded' });
      }
      this.#sorter?.add(points, at);
    }
    const sequence = this.#sequence++;
    return reveal === 'members' ? [this.#evaluated(sequence, truncate(points, tokenBytes))] : [];
  }

  #evaluated(sequence: number, data: Uint8Array): Uint8Array {
    const body = encodeChunk({ sequence, data });
    this.#run.transcript.add('evaluated', body);
    return frame(MESSAGE.Evaluated, this.agreement.session, body);
  }

  /**
   * The next state and the frames to send before it is used: none (`members`), or the sorted tokens, when positions must stay hidden. Those are
   * made while they are taken, and a `duplicate-element` that only sorting shows is thrown meanwhile. Undefined stands for a moment to let others
   * run: sorting takes a while.
   */
  next(): readonly [next: SenderOffering, frames: Iterable<Uint8Array | undefined>] {
    if (!this.done) throw new TypeError('a part of the blinded set is still missing');
    return [new SenderOffering(this.#run, this.#scalar.take()), this.#sortedFrames()];
  }

  *#sortedFrames(): Generator<Uint8Array | undefined> {
    const { tokenBytes, reveal, chunk } = this.agreement;
    let sequence = 0;
    for (const tokens of cutInto(this.#sorter?.sorted('Blinded') ?? [], chunk * tokenBytes)) {
      yield reveal === 'members' ? undefined : this.#evaluated(sequence++, tokens);
    }
  }
}

/** Step 5: this party's own set. */
export class SenderOffering {
  readonly #run: SenderRun;
  readonly #key: Uint8Array;
  readonly #scalar: Once<Uint8Array>;
  #planned = 0;
  #sequence = 0;

  constructor(run: SenderRun, scalar: Uint8Array) {
    this.#run = run;
    this.#key = scalar;
    this.#scalar = new Once('SenderOffering', scalar);
  }

  /** Distinct identifiers wanted by the next {@link plans}; 0 when all are planned. */
  get wanted(): number {
    return chunkItems(this.#run.agreement.senderSize, this.#run.agreement.chunk, this.#planned);
  }

  /** Identifiers whose points {@link message} wants next; 0 when all are offered. */
  get #unsent(): number {
    return chunkItems(this.#run.agreement.senderSize, this.#run.agreement.chunk, this.#sequence);
  }

  /**
   * @param items exactly {@link wanted} normalised identifiers. They must come in a secret, uniformly random order ({@link shuffle} over
   *   the whole set with the CSPRNG): this order is what the receiver sees.
   * @param values with `sum` and `frequency`, the value (or exposure count) of each item
   */
  plans(items: Items, values?: ArrayLike<number>): readonly [blind: PointPlan, encrypt?: PointPlan] {
    if (this.#scalar.spent) throw new TypeError('SenderOffering was already used: its secrets are spent');
    const n = items.offsets.length - 1;
    if (n !== this.wanted || n === 0) throw new RangeError(`a chunk of ${n} identifiers, expected ${this.wanted}`);
    const blind: PointPlan = { op: 'blind', items, scalar: this.#key };
    const { reveal, buckets, largestValue, results } = this.#run.agreement;
    if (results === 0) {
      this.#planned++;
      return [blind];
    }
    if (values?.length !== n) throw new RangeError(`${values?.length ?? 0} values for ${n} identifiers`);
    const plain = reveal === 'sum' ? checkedValues(values, largestValue) : oneHot(values, buckets);
    this.#planned++;
    return [blind, encryptPlan(plain, this.#run.key!.publicKey, this.#run.rng)];
  }

  /** The frame that carries what {@link plans} gave, in the order of the plans. */
  message(points: Uint8Array, ciphertexts: Uint8Array = new Uint8Array(0)): Uint8Array {
    const { results, session } = this.#run.agreement;
    if (this.#sequence === this.#planned) throw new TypeError('there is no plan whose points are missing');
    const n = this.#unsent;
    if (points.length !== 32 * n || ciphertexts.length !== 64 * n * results) {
      throw new RangeError(
        `${points.length} and ${ciphertexts.length} bytes, expected ${n} points with ${results} ciphertexts each`,
      );
    }
    const item = 32 + 64 * results;
    const data = results === 0 ? points : new Uint8Array(n * item);
    for (let i = 0; results > 0 && i < n; i++) {
      data.set(points.subarray(32 * i, 32 * i + 32), i * item);
      data.set(ciphertexts.subarray(64 * results * i, 64 * results * (i + 1)), i * item + 32);
    }
    const body = encodeChunk({ sequence: this.#sequence++, data });
    this.#run.transcript.add('senderSet', body);
    return frame(MESSAGE.SenderSet, session, body);
  }

  next(): SenderFinishing | AwaitingMatched | AwaitingMaskedSum {
    if (this.#unsent > 0) throw new TypeError(`${this.#unsent} more identifiers must be offered first`);
    this.#scalar.take().fill(0);
    if (this.#run.agreement.mutual) return new AwaitingMatched(this.#run);
    return this.#run.agreement.results > 0 ? new AwaitingMaskedSum(this.#run) : new SenderFinishing(this.#run);
  }
}

/** Step 8 at once: `members` and `count` ask nothing more of the sender. */
export class SenderFinishing {
  readonly #held: Once<SenderRun>;

  constructor(run: SenderRun) {
    this.#held = new Once('SenderFinishing', run);
  }

  finish(): readonly [next: AwaitingDone<SenderResult>, frame: Uint8Array] {
    const run = this.#held.take();
    return close(run.agreement, run.transcript, {});
  }
}

/** Step 6 of mutual `members`: which of this party's rows matched. */
export class AwaitingMatched {
  readonly #held: Once<SenderRun>;

  constructor(run: SenderRun) {
    this.#held = new Once('AwaitingMatched', run);
  }

  receive(bytes: Uint8Array): readonly [next: AwaitingDone<SenderResult>, frame: Uint8Array] {
    const run = this.#held.take();
    const { senderSize, session } = run.agreement;
    const length = Math.ceil(senderSize / 8);
    const body = decodeFixed(bodyOf(MESSAGE.Matched, session, bytes, 'Matched'), 'Matched', length);
    if (senderSize % 8 !== 0 && body[length - 1]! >> (senderSize % 8) !== 0) {
      throw new ProtocolError('malformed', 'Matched: bits set beyond the set', { phase: 'Matched' });
    }
    const rows = new IndexList();
    for (let i = 0; i < senderSize; i++) if ((body[i >> 3]! >> (i & 7)) & 1) rows.push(i);
    run.transcript.add('results', body);
    return close(run.agreement, run.transcript, { rows: rows.values.slice() });
  }
}

/** Step 7: decrypts one set of masked totals, once. */
export class AwaitingMaskedSum {
  readonly #held: Once<SenderRun>;

  constructor(run: SenderRun) {
    this.#held = new Once('AwaitingMaskedSum', run);
  }

  /** @throws {ProtocolError} `malformed`, `not-canonical`, `identity-element` */
  receive(bytes: Uint8Array): readonly [next: AwaitingDone<SenderResult>, frames: Uint8Array[]] {
    const run = this.#held.take();
    const { results, session } = run.agreement;
    const body = decodeFixed(bodyOf(MESSAGE.MaskedSum, session, bytes, 'MaskedSum'), 'MaskedSum', 64 * results);
    run.transcript.add('results', body);
    const opened = addNoise(decryptElements(body, run.key!.secretKey), run);
    run.key!.secretKey.fill(0);
    run.transcript.add('results', opened);
    const [next, done] = close<SenderResult>(run.agreement, run.transcript, {});
    return [next, [frame(MESSAGE.Opened, session, opened), done]];
  }
}

/** Adds (e + noiseBound) G with a fresh draw e to every element: what the receiver decodes is noisy, whatever it does. */
function addNoise(elements: Uint8Array, { agreement, rng }: SenderRun): Uint8Array {
  const { noise, noiseBound, results } = agreement;
  if (noise === undefined) return elements;
  const draws = Array.from({ length: results }, () => integerScalar(drawNoise(noise, rng) + noiseBound));
  return curve().add(elements, curve().multiplyBase(concatBytes(...draws)));
}

function checkedValues(values: ArrayLike<number>, largest: number): ArrayLike<number> {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isInteger(value) || value < 0 || value > largest) {
      throw new RangeError(`value ${value} of item ${i}, expected an integer in 0 .. ${largest}`);
    }
  }
  return values;
}

function oneHot(values: ArrayLike<number>, buckets: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isInteger(value) || value < 0)
      throw new RangeError(`exposure count ${value} of item ${i}, expected an integer >= 0`);
    const bucket = bucketOf(buckets, value);
    for (let b = 0; b < buckets.length; b++) out.push(b === bucket ? 1 : 0);
  }
  return out;
}

/** The first `length` bytes of every element. */
function truncate(points: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array((points.length / 32) * length);
  for (let from = 0, to = 0; from < points.length; from += 32) {
    for (let i = 0; i < length; i++) out[to++] = points[from + i]!;
  }
  return out;
}
