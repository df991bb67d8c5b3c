/**
 * The messages, in the order in which they travel. docs/spec/ckks-sum.md gives their bytes. S server, D decryptor, C client. Signatures are
 * Ed25519 (64 bytes), or empty when the roster has no identity keys.
 */
export const TYPES = {
  keyCommit: 1, // D -> S
  commitments: 2, // S -> D
  keyReveal: 3, // D -> S
  dealings: 4, // S -> D
  keyConfirm: 5, // D -> S
  jointKey: 6, // S -> C
  upload: 7, // C -> S
  contributors: 8, // S -> D
  ready: 9, // D -> S
  decrypt: 10, // S -> D
  partial: 11, // D -> S
  open: 12, // S -> C, shared key
  opened: 13, // C -> S, shared key
  finished: 14, // S -> C and D: there is nothing more to do
} as const;

export type Type = (typeof TYPES)[keyof typeof TYPES];

/** "I am in, with this public share (hidden) and this key for sealed shares." */
export interface KeyCommit {
  /** SHA-256 over the public share and a nonce. */
  readonly commitment: Uint8Array;
  /** X25519. */
  readonly agreement: Uint8Array;
  readonly signature: Uint8Array;
}

/** Everybody's commits, by decryptor index, ascending. */
export type Commitments = ReadonlyMap<number, KeyCommit>;

/** The public share itself, and for every other decryptor in the commitments a sealed Shamir share of the secret. */
export interface KeyReveal {
  readonly nonce: Uint8Array;
  /** b_i, packed residues of all primes. */
  readonly share: Uint8Array;
  readonly sealed: ReadonlyMap<number, Uint8Array>;
}

/** What one decryptor gets of the reveals, by dealer. Its own share for itself is not in it. */
export type Dealings = ReadonlyMap<
  number,
  { readonly nonce: Uint8Array; readonly share: Uint8Array; readonly sealed: Uint8Array }
>;

/** "This is the joint key, and I hold a share of it." */
export interface KeyConfirm {
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A contribution: packed ciphertexts. */
export interface Upload {
  readonly signature: Uint8Array;
  readonly ciphertexts: Uint8Array;
}

/** Whose uploads are summed, by client index, ascending. */
export interface Contributors {
  /** In mode `uploads`: the uploads as they came. */
  readonly uploads: ReadonlyMap<number, Upload>;
  /** In mode `sum`: their digests and signatures ... */
  readonly digests: ReadonlyMap<number, { readonly digest: Uint8Array; readonly signature: Uint8Array }>;
  /** ... and the server's sum, packed. */
  readonly sum: Uint8Array;
}

/** "I am ready to decrypt the sum of exactly these." */
export interface Ready {
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

/** The t decryptors that shall decrypt, with the signatures of all of them on the same statement. */
export type Decrypt = ReadonlyMap<number, Uint8Array>;

/** A decryptor's part of the decryption: h_i of every chunk, packed. */
export interface PartialDecryption {
  readonly signature: Uint8Array;
  readonly packed: Uint8Array;
}

/** Shared key: the words of the opened sum, packed. */
export interface Opened {
  readonly signature: Uint8Array;
  readonly packed: Uint8Array;
}

/** Shared key: the sum for a client to open. */
export interface Open {
  readonly contributors: readonly number[];
  readonly sum: Uint8Array;
}
