import type { ErrorCode } from '../../errors.ts';

/**
 * The messages of share-sum. docs/spec/share-sum.md gives their bytes.
 *
 * ```
 * client --Share--> server --Holdings--> collector --Contributors--> server --PartialSum--> collector
 * ```
 */

/** Message types in the frame header. */
export const TYPES = { share: 1, holdings: 2, contributors: 3, partialSum: 4 } as const;

/** Bytes of a share's tag. */
export const TAG_BYTES = 16;

/** Client to server: the server's share of the client's input. */
export type Share = {
  /**
   * Random, {@link TAG_BYTES} bytes, the same in all shares of one sharing. A client that crashes while it sends and begins again has made two
   * sharings; adding a share of one to a share of the other would give noise, and the tags tell them apart.
   */
  readonly tag: Uint8Array;
} & (
  | { readonly kind: 'seed' /** 32 bytes */; readonly seed: Uint8Array }
  | { readonly kind: 'vector' /** shareLength words, packed */; readonly packed: Uint8Array }
);

/** Why a server excluded a client; the code on the wire is the place in this list, from 1. */
export const EXCLUSIONS: readonly Exclusion[] = [
  'malformed',
  'unsupported-version',
  'wrong-session',
  'unexpected-message',
  'equivocation',
  'bad-share',
];

/** Why a server has excluded a client. */
export type Exclusion = Extract<
  ErrorCode,
  'malformed' | 'unsupported-version' | 'wrong-session' | 'unexpected-message' | 'equivocation' | 'bad-share'
>;

/** Server to collector: whose shares it holds, and whom it excluded. */
export interface Holdings {
  /** Client index to the tag of its share. */
  readonly held: ReadonlyMap<number, Uint8Array>;
  readonly excluded: ReadonlyMap<number, Exclusion>;
}

/** Collector to server: whose shares to add up. Client indices, ascending. */
export interface Contributors {
  readonly clients: readonly number[];
}

/** Server to collector: the sum of its shares over the contributors. */
export interface PartialSum {
  /** {@link contributorsDigest} of the set it added up. */
  readonly contributors: Uint8Array;
  /** shareLength words, packed */
  readonly packed: Uint8Array;
}
