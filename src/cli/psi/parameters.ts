import { totalmem } from 'node:os';
import {
  checkBuckets,
  DECODE_BOUND,
  MAXIMUM_SIZE,
  type PsiParameters,
  type Reveal,
} from '../../protocols/psi/index.ts';
import { UsageError } from '../terminal.ts';
import { chunkFor } from './play.ts';

/** What the analyst asks for. */
export interface Query {
  readonly reveal: Reveal;
  readonly mutual: boolean;
  readonly buckets: readonly number[];
  readonly minimum: number;
  /** The largest set taken from the peer. */
  readonly maximum: number;
}

/** What a run holds in memory for every identifier of each side: masked tokens and their hash tables, with room. */
const BYTES_PER_IDENTIFIER = 48;

/** The largest set that this machine can match in half of its memory: a peer that announces more is refused before anything is allocated. */
export function defaultMaximum(memory: number = totalmem()): number {
  return Math.max(1, Math.min(MAXIMUM_SIZE, Math.floor(memory / 2 / BYTES_PER_IDENTIFIER)));
}

export function protocolParameters(query: Query, label: string, valueBits: number): PsiParameters {
  const { reveal, mutual, buckets, minimum, maximum } = query;
  const results = reveal === 'sum' ? 1 : reveal === 'frequency' ? buckets.length : 0;
  return {
    reveal,
    ...(mutual && { mutual }),
    normalisation: label,
    maximumSize: maximum,
    minimumOverlap: minimum,
    chunk: chunkFor(results),
    ...(reveal === 'sum' && { valueBits }),
    ...(reveal === 'frequency' && { buckets }),
  };
}

/** The most bits of a value whose sums over `size` identifiers can still be decoded, 1 .. 32. */
export function mostValueBits(size: number): number {
  let bits = 32;
  while (bits > 1 && size * (2 ** bits - 1) > DECODE_BOUND) bits--;
  return bits;
}

/** Bits of the largest value, 1 .. 32. */
export function bitsOf(largest: number): number {
  return Math.max(1, Math.floor(Math.log2(Math.max(1, largest))) + 1);
}

/** `--buckets 1,2,3,5,10` */
export function parseBuckets(text: string): number[] {
  const buckets = text.split(',').map((part) => (/^\s*\d{1,10}\s*$/.test(part) ? Number(part) : Number.NaN));
  try {
    checkBuckets(buckets);
  } catch (error) {
    throw new UsageError(`--buckets ${text}: ${(error as Error).message}`, 'for example --buckets 1,2,3,5,10');
  }
  return buckets;
}
