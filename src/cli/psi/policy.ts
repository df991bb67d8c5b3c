import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Noise, noiseBound } from '../../dp/index.ts';
import { ProtocolError } from '../../errors.ts';
import { checkBuckets, type Hello, MAXIMUM_SIZE, REVEALS } from '../../protocols/psi/index.ts';
import { Failure } from '../terminal.ts';
import { defaultMaximum } from './parameters.ts';

/**
 * What a sender is willing to answer, as a YAML file:
 *
 * ```yaml
 * reveals: [count, sum, frequency]   # what may be asked
 * mutual: false                      # members: whether this side learns its rows too; a query must ask for the same
 * minimumOverlap: 100                # results over fewer users are suppressed
 * maximumSize: 5000000               # the largest set a counterparty may bring; default: what half of the memory can match
 * buckets: [1, 2, 3, 5, 10]          # frequency: only these; left out, any
 * budget: { queries: 10, days: 30 }  # of each counterparty (by its key); without days, for ever
 * ledger: queries.jsonl              # where they are counted, beside this file; default <this file>.ledger
 * noise:
 *   sum: { mechanism: discrete-laplace, epsilon: 0.5, clip: 1000 }   # larger values count as `clip`
 *   frequency: { mechanism: discrete-gaussian, rho: 0.1 }
 * ```
 */
export interface Policy {
  readonly reveals: readonly (typeof REVEALS)[number][];
  readonly mutual: boolean;
  readonly minimumOverlap: number;
  readonly maximumSize: number;
  readonly buckets?: readonly number[];
  readonly budget?: { readonly queries: number; readonly days?: number };
  /** Absolute. */
  readonly ledger: string;
  readonly noise: { readonly sum?: NoiseRule; readonly frequency?: NoiseRule };
}

export interface NoiseRule {
  readonly noise: Noise;
  /** `sum`: larger values count as this. */
  readonly clip?: number;
  /** What it amounts to, for reports. */
  readonly note: string;
}

const positive = z.number().positive().finite();
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

const mechanism = <Extra extends z.ZodRawShape>(extra: Extra) =>
  z.discriminatedUnion('mechanism', [
    z.strictObject({ mechanism: z.literal('discrete-laplace'), epsilon: positive, ...extra }),
    z.strictObject({ mechanism: z.literal('discrete-gaussian'), rho: positive, ...extra }),
  ]);

/** The receiver counts by itself, before any answer of ours: a setting for it would be theatre. */
const impossible = z
  .undefined(
    'the receiver counts the overlap by itself, so this side has nothing to add noise to: leave count and members out of reveals instead',
  )
  .optional();

const schema = z.strictObject({
  reveals: z.array(z.enum(REVEALS as [string, ...string[]])).min(1),
  mutual: z.boolean().default(false),
  minimumOverlap: whole(0, MAXIMUM_SIZE).default(0),
  maximumSize: whole(1, MAXIMUM_SIZE).default(() => defaultMaximum()),
  buckets: z
    .array(whole(1, 2 ** 32 - 1))
    .min(1)
    .max(64)
    .optional(),
  budget: z.strictObject({ queries: whole(1, 2 ** 31), days: positive.optional() }).optional(),
  ledger: z.string().min(1).optional(),
  noise: z
    .strictObject({
      count: impossible,
      members: impossible,
      sum: mechanism({ clip: whole(1, 2 ** 32 - 1) }).optional(),
      frequency: mechanism({}).optional(),
    })
    .default({}),
});

/** @throws {Failure} one line that names the field */
export async function readPolicy(path: string): Promise<Policy> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Failure(`${path}: no such file`);
    throw new Failure(`${path}: cannot be read: ${(error as Error).message}`);
  }
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw new Failure(`${path}: ${problem.message.split('\n')[0]}`);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`); // aliases of aliases of aliases
  }
  return checkPolicy(path, value);
}

/** @param value the parsed YAML */
export function checkPolicy(path: string, value: unknown): Policy {
  const found = schema.safeParse(value);
  if (!found.success) {
    const [issue] = found.error.issues;
    const where = issue!.path.length > 0 ? `${issue!.path.join('.')}: ` : '';
    throw new Failure(`${path}: ${where}${issue!.message}`);
  }
  const { noise, ledger, buckets, budget, ...rest } = found.data;
  if (buckets !== undefined) {
    try {
      checkBuckets(buckets);
    } catch (error) {
      throw new Failure(`${path}: buckets: ${(error as Error).message}`);
    }
  }
  const rule = (name: string, made: () => NoiseRule): NoiseRule => {
    try {
      return made();
    } catch (error) {
      throw new Failure(`${path}: noise.${name}: ${(error as Error).message}`);
    }
  };
  return {
    ...rest,
    reveals: rest.reveals as Policy['reveals'],
    ...(buckets && { buckets }),
    ...(budget && { budget: { queries: budget.queries, ...(budget.days !== undefined && { days: budget.days }) } }),
    ledger: ledger === undefined ? `${resolve(path)}.ledger` : resolve(dirname(path), ledger),
    noise: {
      // Any value may become any other up to the clip.
      ...(noise.sum && { sum: rule('sum', () => noiseRule(noise.sum!, noise.sum!.clip, noise.sum!.clip ** 2)) }),
      // One value that changes moves one user between two buckets: 2 in the L1 norm, 2 in the squared L2 norm.
      ...(noise.frequency && { frequency: rule('frequency', () => noiseRule(noise.frequency!, 2, 2)) }),
    },
  };
}

type Mechanism =
  | { mechanism: 'discrete-laplace'; epsilon: number; clip?: number }
  | { mechanism: 'discrete-gaussian'; rho: number; clip?: number };

function noiseRule(given: Mechanism, l1: number, l2Squared: number): NoiseRule {
  const [ratio, guarantee] =
    given.mechanism === 'discrete-laplace'
      ? [l1 / given.epsilon, `${given.epsilon}-differential privacy`]
      : [l2Squared / (2 * given.rho), `${given.rho}-zCDP`];
  const noise: Noise = { mechanism: given.mechanism, ...roundedUp(ratio) };
  noiseBound(noise);
  return {
    noise,
    ...(given.clip !== undefined && { clip: given.clip }),
    note:
      `${guarantee} of one user’s value in one answer, whatever the left side does; answers add up. ` +
      'Whether a user is in the overlap is not covered: the left side counts by itself.',
  };
}

/** The smallest fraction at or above a number: more noise than asked for, never less. */
function roundedUp(value: number): { numerator: number; denominator: number } {
  const most = 2 ** 32 - 1;
  if (!(value <= most)) throw new RangeError(`a scale of ${value} is too large`);
  const denominator = Math.max(1, Math.min(2 ** 16, 2 ** Math.floor(Math.log2(most / Math.max(1, value + 1)))));
  return { numerator: Math.max(1, Math.ceil(value * denominator)), denominator };
}

/** Most bytes of a chunk that this side makes for a counterparty. */
const MOST_CHUNK_BYTES = 16 * 2 ** 20;

/**
 * Whether a query is within the policy, before anything is answered.
 * @throws {ProtocolError} `policy`: its message goes to the counterparty
 */
export function checkQuery(policy: Policy, asked: Hello, hasValues: boolean): void {
  const refuse = (message: string): never => {
    throw new ProtocolError('policy', message, { phase: 'Hello' });
  };
  const { reveal, buckets, chunk, size } = asked;
  if (asked.role !== 'receiver') refuse('both sides want to be the sender: one of them must run `subrosa psi run`');
  if (!policy.reveals.includes(reveal)) refuse(`${reveal} is not offered, only ${policy.reveals.join(', ')}`);
  if (asked.mutual !== policy.mutual && reveal === 'members') {
    refuse(policy.mutual ? 'members is offered with --mutual only' : 'members is not offered with --mutual');
  }
  if (!hasValues && reveal === 'sum') refuse('sum is not offered: this side has no values');
  if (size > policy.maximumSize) {
    refuse(`a set of ${size} identifiers is above the limit of ${policy.maximumSize}`);
  }
  if (reveal === 'frequency' && policy.buckets && buckets.join() !== policy.buckets.join()) {
    refuse(`buckets ${buckets.join(',')} are not offered, only ${policy.buckets.join(',')}`);
  }
  const results = reveal === 'sum' ? 1 : reveal === 'frequency' ? buckets.length : 0;
  const bytes = chunk * (32 + 64 * results);
  if (bytes > MOST_CHUNK_BYTES) refuse(`chunks of ${bytes} bytes are above the limit of ${MOST_CHUNK_BYTES}`);
}
