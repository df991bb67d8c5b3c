import { equalBytes } from '../../bytes/index.ts';
import { encryptMasks } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { curve, runPointPlan } from '../../kernels/index.ts';
import { Once } from '../../once.ts';
import { bodyOf, decodeFixed, frame } from './codec.ts';
import { MESSAGE } from './messages.ts';
import type { Reveal } from './params.ts';
import type { ReceiverRun } from './receiver.ts';
import type { Agreement } from './session.ts';
import type { Transcript } from './transcript.ts';

/** What the receiver ends up with. */
export interface ReceiverResult {
  readonly reveal: Reveal;
  /** Fewer than the agreed minimum are in the overlap: nothing below is given. */
  readonly suppressed: boolean;
  /** Size of the overlap. */
  readonly count?: number;
  /** `members`: indices of this party's identifiers in the overlap, in the order they were blinded, ascending. */
  readonly rows?: Uint32Array;
  /** `sum`: the sum of the sender's values over the overlap. With the sender's noise it may be negative, as may the histogram. */
  readonly sum?: number;
  /** `frequency`: how many of the overlap fall in each declared bucket. */
  readonly histogram?: readonly number[];
}

/** Steps 7 and 8 for `members` and `count`: nothing is left to ask. */
export class ReceiverFinishing {
  readonly #held: Once<{ run: ReceiverRun; count: number; rows: Uint32Array; theirs: Uint32Array }>;

  /**
   * @param rows `members`: matching identifiers of this party, in any order
   * @param theirs mutual `members`: places of the same in the sender's order
   */
  constructor(run: ReceiverRun, count: number, rows: Uint32Array, theirs: Uint32Array) {
    this.#held = new Once('ReceiverFinishing', { run, count, rows, theirs });
  }

  finish(): readonly [next: AwaitingDone<ReceiverResult>, frames: Uint8Array[]] {
    const { run, count, rows, theirs } = this.#held.take();
    const { reveal, mutual, minimumOverlap, senderSize, session } = run.agreement;
    const suppressed = count < minimumOverlap;
    const frames: Uint8Array[] = [];
    if (mutual) {
      const body = new Uint8Array(Math.ceil(senderSize / 8));
      if (!suppressed) for (const i of theirs) body[i >> 3]! |= 1 << (i & 7);
      run.transcript.add('results', body);
      frames.push(frame(MESSAGE.Matched, session, body));
    }
    const shown = suppressed ? {} : { count, ...(reveal === 'members' && { rows: rows.slice().sort() }) };
    const [next, done] = close(run.agreement, run.transcript, { reveal, suppressed, ...shown });
    return [next, [...frames, done]];
  }
}

/** Running sums of the ciphertexts that came with the hits, one per declared result. */
export class CiphertextTotals {
  #totals: Uint8Array | undefined;

  /** @param sums 2c points: the sums of first and second components */
  add(sums: Uint8Array): void {
    this.#totals = this.#totals === undefined ? sums : curve().add(this.#totals, sums);
  }

  /** c ciphertexts, or undefined when nothing was added. */
  get value(): Uint8Array | undefined {
    return this.#totals;
  }
}

/** Step 7 for `sum` and `frequency`, first half: mask the totals so that the sender decrypts something uniform. */
export class ReceiverMasking {
  readonly #held: Once<{ run: ReceiverRun; count: number; totals: CiphertextTotals }>;

  constructor(run: ReceiverRun, count: number, totals: CiphertextTotals) {
    this.#held = new Once('ReceiverMasking', { run, count, totals });
  }

  mask(): readonly [next: AwaitingOpened, frame: Uint8Array] {
    const { run, count, totals } = this.#held.take();
    const { results, elgamalKey, session, minimumOverlap } = run.agreement;
    const { masks, plan } = encryptMasks(results, elgamalKey, run.rng);
    const fresh = runPointPlan(plan);
    // Below the minimum the masks go alone: the sender cannot tell, and nothing can be unmasked.
    const body = count < minimumOverlap || totals.value === undefined ? fresh : curve().add(totals.value, fresh);
    run.transcript.add('results', body);
    return [new AwaitingOpened(run, count, masks), frame(MESSAGE.MaskedSum, session, body)];
  }
}

/** Step 7, second half: unmask what the sender decrypted and find the small discrete logarithms. */
export class AwaitingOpened {
  readonly #held: Once<{ run: ReceiverRun; count: number; masks: Uint8Array }>;

  constructor(run: ReceiverRun, count: number, masks: Uint8Array) {
    this.#held = new Once('AwaitingOpened', { run, count, masks });
  }

  /** @throws {ProtocolError} `overflow` when a result is outside the agreed bound */
  receive(bytes: Uint8Array): readonly [next: AwaitingDone<ReceiverResult>, frame: Uint8Array] {
    const { run, count, masks } = this.#held.take();
    const { session, results, noiseBound, largestValue, reveal, minimumOverlap } = run.agreement;
    const body = decodeFixed(bodyOf(MESSAGE.Opened, session, bytes, 'Opened'), 'Opened', 32 * results);
    run.transcript.add('results', body);
    const group = curve();
    const elements = group.subtract(body, group.multiplyBase(masks));
    masks.fill(0);
    // What was added up is known by now: `count` terms, each of at most the largest value. Below the minimum nothing was, but
    // the sender must not be able to tell by an error, so the search is the same.
    const bound = count * (reveal === 'sum' ? largestValue : 1);
    // The sender adds its noise with an offset that makes it non-negative.
    const found = group.discreteLog(elements, bound + 2 * noiseBound);
    const missing = found.indexOf(-1);
    if (missing >= 0) {
      throw new ProtocolError('overflow', `result ${missing} is not in ${-noiseBound} .. ${bound + noiseBound}`, {
        phase: 'Opened',
      });
    }
    const values = found.map((value) => value - noiseBound);
    const suppressed = count < minimumOverlap;
    const shown = suppressed ? {} : { count, ...(reveal === 'sum' ? { sum: values[0]! } : { histogram: values }) };
    return close(run.agreement, run.transcript, { reveal, suppressed, ...shown });
  }
}

/** Step 8: the parties compare what they saw. */
export class AwaitingDone<Result> {
  readonly #held: Once<{ agreement: Agreement; expected: Uint8Array; result: Result }>;

  constructor(agreement: Agreement, expected: Uint8Array, result: Result) {
    this.#held = new Once('AwaitingDone', { agreement, expected, result });
  }

  /** @throws {ProtocolError} `equivocation` when the peer saw other messages */
  receive(bytes: Uint8Array): Result {
    const { agreement, expected, result } = this.#held.take();
    const theirs = decodeFixed(bodyOf(MESSAGE.Done, agreement.session, bytes, 'Done'), 'Done', 32);
    if (!equalBytes(theirs, expected)) {
      throw new ProtocolError('equivocation', 'the peer saw other messages than were sent', { phase: 'Done' });
    }
    return result;
  }
}

export function close<Result>(
  agreement: Agreement,
  transcript: Transcript,
  result: Result,
): readonly [next: AwaitingDone<Result>, frame: Uint8Array] {
  const digest = transcript.digest();
  return [new AwaitingDone(agreement, digest, result), frame(MESSAGE.Done, agreement.session, digest)];
}
