/**
 * The one error class of the protocols.
 *
 * `TypeError` and `RangeError` are thrown for the caller's own mistakes (a wrong argument, a state used twice). Whatever a
 * *peer* did wrong is a `ProtocolError`: it says what was found and what was expected, in which phase, and names the parties
 * proven guilty. Secrets never appear in a message.
 */

/** Every reason a protocol refuses to go on. The list is closed: a caller can switch over it. */
export const ERROR_CODES = [
  'malformed', // bytes that do not decode: wrong length, trailing bytes, a value out of its range
  'unsupported-version', // the magic is right, the version is not ours
  'wrong-session', // a frame of another session or round
  'unexpected-message', // a well-formed message that this phase does not await
  'unknown-party', // a sender or subject that is not in the roster
  'equivocation', // one party said two different things in one phase
  'bad-signature', // a signature does not verify under the pinned identity key
  'bad-key', // a public key that is not canonical, of low order, or reused
  'bad-share', // a share that is out of range, of the wrong secret, or contradicts the others
  'bad-commitment', // an opened value does not match its commitment
  'bad-ciphertext', // a ciphertext or tag that does not authenticate or does not have the agreed shape
  'key-mismatch', // a reconstructed secret does not match its public key or commitment
  'weak-parameters', // the peer proposes a threshold, degree or cohort below the local policy
  'inconsistent-survivors', // survivor and dropout lists overlap, leave the cohort, or lack signatures
  'already-revealed', // a second request for shares: answering would reveal both kinds
  'below-threshold', // too few parties are left to reconstruct
  'below-minimum-cohort', // fewer contributors than the agreed minimum
  'size-mismatch', // a vector or set whose size is not the one announced
  'overflow', // a value does not fit the agreed ring, modulus or decode range
  'not-canonical', // a group element with a non-canonical encoding
  'identity-element', // the neutral element where a random one is required
  'duplicate-element', // the same element twice in a set
  'policy', // refused by local policy (budget, size, normalisation)
  'timeout', // a deadline passed
  'aborted', // a peer or the caller called the protocol off
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Where a {@link ProtocolError} happened and who is to blame. */
export interface ProtocolErrorOptions {
  /** The phase of the protocol in which it happened, e.g. `ShareKeys`. */
  readonly phase?: string;
  /** Parties that a signature, a share or the transport's authentication proves guilty. */
  readonly culprits?: readonly string[];
  readonly cause?: unknown;
}

/** What a peer did wrong, or why a protocol had to stop: `code` for programs, `message` for people; never a secret. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;
  readonly phase: string | undefined;
  readonly culprits: readonly string[];

  constructor(code: ErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.phase = options.phase;
    this.culprits = [...(options.culprits ?? [])];
  }

  /** The same error with a phase and culprits filled in where the thrower could not know them. */
  static locate(error: unknown, where: { readonly phase: string; readonly culprits?: readonly string[] }): unknown {
    if (!(error instanceof ProtocolError)) return error;
    return new ProtocolError(error.code, error.message, {
      phase: error.phase ?? where.phase,
      culprits: error.culprits.length > 0 ? error.culprits : (where.culprits ?? []),
      cause: error.cause,
    });
  }
}
