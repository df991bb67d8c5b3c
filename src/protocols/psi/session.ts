import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, Writer } from '../../bytes/index.ts';
import { type Noise, noiseBound } from '../../dp/index.ts';
import { ProtocolError } from '../../errors.ts';
import { type Rng, randomBytes } from '../../random/index.ts';
import type { Hello, Role } from './messages.ts';
import {
  checkParameters,
  DECODE_BOUND,
  DEFAULT_CHUNK,
  MAXIMUM_CHUNK_BYTES,
  MAXIMUM_SIZE,
  type PsiParameters,
  type Reveal,
  resultsPerItem,
  tokenBytes,
} from './params.ts';

/** What both Hellos together settle. */
export interface Agreement {
  /** 32 bytes */
  readonly session: Uint8Array;
  readonly reveal: Reveal;
  readonly mutual: boolean;
  readonly receiverSize: number;
  readonly senderSize: number;
  readonly minimumOverlap: number;
  readonly chunk: number;
  /** Bytes of a double-masked element that are kept and sent. */
  readonly tokenBytes: number;
  /** Ciphertexts with every element of the sender's set. */
  readonly results: number;
  readonly buckets: readonly number[];
  /** `sum`: the largest value an item may have, 2^valueBits - 1. */
  readonly largestValue: number;
  /** The largest value a decrypted result can have. */
  readonly bound: number;
  readonly elgamalKey: Uint8Array;
  /** What the sender adds to every total. */
  readonly noise: Noise | undefined;
  /** Results are in -noiseBound .. bound + noiseBound; 0 without noise. */
  readonly noiseBound: number;
}

const PHASE = 'Hello';
const LABEL = 'subrosa/psi/v1';

/** This party's Hello. @throws {RangeError|TypeError} for parameters or a size out of range */
export function hello(
  role: Role,
  parameters: PsiParameters,
  size: number,
  rng: Rng,
  elgamalKey: Uint8Array = new Uint8Array(32),
): Hello {
  checkParameters(parameters);
  if (parameters.noise !== undefined && role === 'receiver') throw new TypeError("noise is the sender's to add");
  if (!Number.isInteger(size) || size < 1 || size > MAXIMUM_SIZE) {
    throw new RangeError(`a set of ${size} identifiers, expected 1 .. ${MAXIMUM_SIZE}`);
  }
  return {
    role,
    reveal: parameters.reveal,
    mutual: parameters.mutual ?? false,
    normalisation: parameters.normalisation,
    nonce: randomBytes(32, rng),
    size,
    maximum: parameters.maximumSize,
    minimum: parameters.minimumOverlap ?? 0,
    chunk: parameters.chunk ?? DEFAULT_CHUNK,
    valueBits: parameters.valueBits ?? 0,
    buckets: parameters.buckets ?? [],
    elgamalKey,
    noise: parameters.noise,
  };
}

/**
 * Step 1 of the spec: the two Hellos side by side.
 * @throws {ProtocolError} `policy` where the parties want different things, `equivocation` for an echoed nonce
 */
export function agree(mine: Hello, myBody: Uint8Array, theirs: Hello, theirBody: Uint8Array): Agreement {
  if (theirs.role === mine.role) refuse(`the peer is a ${theirs.role} too, expected the other role`);
  for (const field of ['reveal', 'mutual', 'normalisation', 'valueBits'] as const) {
    if (theirs[field] !== mine[field]) {
      refuse(`the peer's ${field} is ${JSON.stringify(theirs[field])}, expected ${JSON.stringify(mine[field])}`);
    }
  }
  if (theirs.buckets.join() !== mine.buckets.join()) {
    refuse(`the peer's buckets start at ${theirs.buckets.join(', ')}, expected ${mine.buckets.join(', ')}`);
  }
  if (theirs.size < 1) refuse('the peer announces an empty set');
  if (theirs.size > mine.maximum)
    refuse(`the peer announces ${theirs.size} identifiers, at most ${mine.maximum} are accepted`);
  if (mine.size > theirs.maximum)
    refuse(`this set has ${mine.size} identifiers, the peer accepts at most ${theirs.maximum}`);
  if (equalBytes(theirs.nonce, mine.nonce)) {
    throw new ProtocolError('equivocation', 'the peer echoes our nonce', { phase: PHASE });
  }
  const [receiver, sender] = mine.role === 'receiver' ? [mine, theirs] : [theirs, mine];
  const [first, second] = mine.role === 'receiver' ? [myBody, theirBody] : [theirBody, myBody];
  const results = resultsPerItem(mine);
  const chunkBytes = Math.min(receiver.chunk, sender.size) * (32 + 64 * results);
  if (chunkBytes > MAXIMUM_CHUNK_BYTES) {
    refuse(
      `chunks of ${receiver.chunk} elements with ${results} ciphertexts each have ${chunkBytes} bytes, at most ${MAXIMUM_CHUNK_BYTES} are sent`,
    );
  }
  const overlap = Math.min(receiver.size, sender.size);
  const bound = mine.reveal === 'sum' ? overlap * (2 ** mine.valueBits - 1) : overlap;
  const margin = sender.noise === undefined ? 0 : noiseBound(sender.noise);
  if (bound + 2 * margin > DECODE_BOUND) {
    refuse(
      `sums up to ${bound + 2 * margin} cannot be decoded, at most ${DECODE_BOUND}: use fewer value bits or smaller sets`,
    );
  }
  return {
    session: sha256(new Writer().text(LABEL).sized(first).sized(second).finish()),
    reveal: mine.reveal,
    mutual: mine.mutual,
    receiverSize: receiver.size,
    senderSize: sender.size,
    minimumOverlap: Math.max(receiver.minimum, sender.minimum),
    chunk: receiver.chunk,
    tokenBytes: tokenBytes(receiver.size, sender.size),
    results,
    buckets: mine.buckets,
    largestValue: 2 ** mine.valueBits - 1,
    bound,
    elgamalKey: sender.elgamalKey,
    noise: sender.noise,
    noiseBound: margin,
  };
}

function refuse(message: string): never {
  throw new ProtocolError('policy', message, { phase: PHASE });
}
