import { toHex } from '../../bytes/index.ts';
import type { PsiParameters } from '../../protocols/psi/index.ts';
import type { Input, InputSpec } from './collect.ts';
import type { Outcome } from './play.ts';
import type { AppliedRule, BySide, NoiseApplied, PhaseTime, Side, Summary } from './summary.ts';

/** What one side's own file had. */
export interface SideFacts {
  readonly file: string;
  readonly key: readonly string[];
  readonly value?: string;
  readonly rows: number;
  readonly unusable: number;
  readonly duplicates: number;
  readonly seconds: number;
}

export function factsOf(spec: InputSpec, input: Input): SideFacts {
  const { rows, unusable, duplicates, seconds } = input;
  const value = typeof spec.value === 'object' ? { value: spec.value.column } : {};
  return { file: input.table.name, key: spec.key.columns, ...value, rows, unusable, duplicates, seconds };
}

export interface SummaryParts {
  readonly party: Side | 'both';
  readonly version: string;
  readonly parameters: PsiParameters;
  readonly outcome: Outcome;
  /** null: the peer's own affair */
  readonly facts: BySide<SideFacts | null>;
  readonly phases: readonly PhaseTime[];
  readonly bytes: { readonly sent: number; readonly received: number };
  readonly seconds: number;
  readonly rules?: readonly AppliedRule[];
  readonly noise?: NoiseApplied;
  readonly identities?: BySide<string>;
}

export function summarise(parts: SummaryParts): Summary {
  const { parameters, outcome, facts } = parts;
  const { agreement, suppressed, count, sum, histogram } = outcome;
  const buckets = parameters.buckets ?? [];
  const each = <Value>(pick: (side: SideFacts) => Value): BySide<Value | null> => ({
    left: facts.left && pick(facts.left),
    right: facts.right && pick(facts.right),
  });
  const input = ({ file, key, value, rows }: SideFacts) => ({ file, key, ...(value !== undefined && { value }), rows });
  return {
    reveal: parameters.reveal,
    count,
    suppressed,
    ...(sum !== undefined && { sum }),
    ...(histogram && { frequency: frequency(buckets, histogram) }),
    sizes: { left: agreement.receiverSize, right: agreement.senderSize },
    duplicatesRemoved: each(({ duplicates }) => duplicates),
    unusable: each(({ unusable }) => unusable),
    bytesSent: parts.bytes.sent,
    bytesReceived: parts.bytes.received,
    seconds: parts.seconds,
    learned: learned(parts),
    party: parts.party,
    mutual: agreement.mutual,
    phases: parts.phases,
    policy: [...rulesOf(parts), ...(parts.rules ?? []), ...guarantees(parts)],
    ...(parts.noise && { noise: parts.noise }),
    versions: {
      subrosa: parts.version,
      protocol: 'psi/1',
      suite: 'ristretto255-SHA512',
      normalisation: parameters.normalisation,
    },
    session: toHex(agreement.session),
    ...(parts.identities && { identities: parts.identities }),
    inputs: each(input),
    finished: new Date().toISOString(),
  };
}

function frequency(buckets: readonly number[], users: readonly number[]): NonNullable<Summary['frequency']> {
  return {
    buckets: buckets.map((atLeast, i) => ({ atLeast, users: users.slice(i).reduce((a, b) => a + b, 0) })),
    histogram: buckets.map((exposures, i) => ({
      exposures,
      upTo: i + 1 < buckets.length ? buckets[i + 1]! - 1 : null,
      users: users[i]!,
    })),
  };
}

/** docs/spec/psi.md, "Who learns what", for this run. */
function learned({ parameters, outcome, party, noise }: SummaryParts): BySide<readonly string[]> {
  const { agreement, suppressed } = outcome;
  const { reveal, mutual } = parameters;
  const sizes = 'how many distinct identifiers the other side has';
  const left = [sizes];
  const right = [sizes];
  if (suppressed) {
    left.push(
      `that fewer than ${agreement.minimumOverlap} identifiers are in both sets; its software computed the exact number and kept it back`,
    );
    if (mutual) right.push(`that fewer than ${agreement.minimumOverlap} identifiers are in both sets`);
    return { left, right };
  }
  if (party === 'right' && agreement.minimumOverlap > 0) {
    left.push(
      `if at least ${agreement.minimumOverlap} identifiers are in both sets, what follows; otherwise that they are fewer`,
    );
  }
  if (reveal === 'members') left.push('which of its own rows are in both sets, and so how many');
  if (mutual && party === 'right' && outcome.count === null && agreement.minimumOverlap > 0) {
    right.push(`that no identifiers are in both sets, or fewer than ${agreement.minimumOverlap}`);
  } else if (mutual) right.push('which of its own rows are in both sets, and so how many');
  if (reveal !== 'members') left.push('how many identifiers are in both sets, not which');
  const noisy = noise === undefined ? '' : ', with noise';
  if (reveal === 'sum') left.push(`the sum of the right side’s values over both${noisy}, none of the values`);
  if (reveal === 'frequency') {
    left.push(
      `for each declared bucket, how many identifiers of both sets have an exposure count in it${noisy}, not which`,
    );
  }
  return { left, right };
}

function rulesOf({ outcome }: SummaryParts): AppliedRule[] {
  const { minimumOverlap } = outcome.agreement;
  if (minimumOverlap === 0) return [];
  return [
    {
      rule: 'minimum overlap',
      value: `${minimumOverlap} users`,
      enforcedBy: 'policy',
      note: 'The left side’s software counts first and then keeps back what is below the minimum; a changed program could look.',
    },
  ];
}

function guarantees({ parameters, outcome }: SummaryParts): AppliedRule[] {
  const { results, tokenBytes, buckets } = outcome.agreement;
  const rules: AppliedRule[] = [
    {
      rule: 'identifiers outside the overlap',
      value: 'hidden from the other side',
      enforcedBy: 'cryptography',
      note: 'Decisional Diffie-Hellman in ristretto255, SHA-512 as a random oracle, parties that follow the protocol.',
    },
    {
      rule: 'two different identifiers taken for one',
      value: 'probability at most 2^-40 in this run',
      enforcedBy: 'cryptography',
      note: `${tokenBytes} bytes are kept of every double-masked identifier.`,
    },
  ];
  if (parameters.reveal !== 'members') {
    rules.push({
      rule: 'which rows matched',
      value: 'hidden from both sides',
      enforcedBy: 'cryptography',
      note: 'The right side returns the left side’s masked identifiers sorted, which takes their order away.',
    });
  }
  if (results > 0) {
    rules.push({
      rule: 'single values',
      value: parameters.reveal === 'sum' ? 'only their sum is opened' : `only ${buckets.length} totals are opened`,
      enforcedBy: 'cryptography',
      note: 'Exponential ElGamal under the right side’s key; the right side decrypts totals masked by the left side, once.',
    });
  }
  return rules;
}
