import type { RingWords } from '../../kernels/index.ts';
import type { ClientSet } from './bitmap.ts';
import { BOX_BYTES, SHARE_TAG_BYTES } from './keys.ts';

/**
 * The messages of a round, in the order of Bonawitz et al. (CCS 2017). Those in brackets exist against a malicious server only.
 *
 * | client | | server | |
 * |---|---|---|---|
 * | AdvertiseKeys | -> | | two public keys [and a commitment to a nonce, signed] |
 * | | <- | Roster | everybody's |
 * | [RevealNonce] | -> | | |
 * | | <- | [Nonces] | everybody's; keys and nonces seed the graph |
 * | ShareKeys | -> | | shares of both secrets for each neighbour, sealed |
 * | | <- | EncryptedShares | those of the neighbours |
 * | MaskedInput | -> | | |
 * | | <- | Survivors | whose inputs are in the sum |
 * | [ConsistencyCheck] | -> | | a signature on the survivors |
 * | | <- | [SignedSurvivors] | everybody's |
 * | UnmaskShares | -> | | of each neighbour, one of the two shares |
 */
export const MESSAGE = {
  AdvertiseKeys: 1,
  Roster: 2,
  RevealNonce: 3,
  Nonces: 4,
  ShareKeys: 5,
  EncryptedShares: 6,
  MaskedInput: 7,
  Survivors: 8,
  ConsistencyCheck: 9,
  SignedSurvivors: 10,
  UnmaskShares: 11,
} as const;

export type MessageName = keyof typeof MESSAGE;
export type MessageType = (typeof MESSAGE)[MessageName];

export interface AdvertiseKeys {
  /** X25519, for the boxes. */
  readonly boxKey: Uint8Array;
  /** X25519, for the masks; its secret is shared among the neighbours. */
  readonly maskKey: Uint8Array;
  /** Against a malicious server. */
  readonly signed?: SignedPart;
}

export interface SignedPart {
  /** To this client's nonce. */
  readonly commitment: Uint8Array;
  /** Ed25519, by the identity key, on keys and commitment. */
  readonly signature: Uint8Array;
}

/** What every client advertised. Entries stay in the frame: a roster of 10,000 costs no 10,000 objects. */
export class Roster {
  readonly present: ClientSet;
  /** One entry of {@link entryBytes} for each client present, ascending. */
  readonly entries: Uint8Array;
  readonly entryBytes: number;
  readonly #rank: Int32Array;

  constructor(present: ClientSet, entries: Uint8Array, entryBytes: number) {
    this.present = present;
    this.entries = entries;
    this.entryBytes = entryBytes;
    this.#rank = ranks(present);
  }

  boxKey(index: number): Uint8Array {
    return this.#field(index, 0, 32);
  }

  maskKey(index: number): Uint8Array {
    return this.#field(index, 32, 32);
  }

  /** Against a malicious server only. */
  commitment(index: number): Uint8Array {
    return this.#field(index, 64, 32);
  }

  /** Against a malicious server only. */
  signature(index: number): Uint8Array {
    return this.#field(index, 96, 64);
  }

  #field(index: number, offset: number, length: number): Uint8Array {
    return slot(this.entries, this.#rank, index, this.entryBytes).subarray(offset, offset + length);
  }
}

export interface RevealNonce {
  /** 32 bytes */
  readonly nonce: Uint8Array;
}

export class Nonces {
  readonly revealed: ClientSet;
  /** 32 bytes for each client that revealed, ascending. */
  readonly nonces: Uint8Array;
  readonly #rank: Int32Array;

  constructor(revealed: ClientSet, nonces: Uint8Array) {
    this.revealed = revealed;
    this.nonces = nonces;
    this.#rank = ranks(revealed);
  }

  nonce(index: number): Uint8Array {
    return slot(this.nonces, this.#rank, index, 32);
  }
}

/** Bytes of a {@link SharePair}. */
export const PAIR_BYTES: number = 2 * SHARE_TAG_BYTES + BOX_BYTES;

export interface ShareKeys {
  /** To b_u. */
  readonly commitment: Uint8Array;
  /**
   * One entry of {@link PAIR_BYTES} for each neighbour, ascending: tag of the share of b_u, tag of the share of s_u, box with
   * both shares.
   */
  readonly pairs: Uint8Array;
}

export interface EncryptedShares {
  /** Which of the receiver's neighbours (by their place among them, ascending) shared their keys. */
  readonly senders: ClientSet;
  /** Their entries for the receiver, as in {@link ShareKeys}. */
  readonly pairs: Uint8Array;
}

export interface MaskedInput {
  readonly words: RingWords;
}

export interface Survivors {
  /** By index in the cohort. */
  readonly set: ClientSet;
}

export interface ConsistencyCheck {
  readonly signature: Uint8Array;
}

export interface SignedSurvivors {
  readonly set: ClientSet;
  /** Who signed, by index in the cohort. */
  readonly signers: ClientSet;
  /** 64 bytes each, ascending. */
  readonly signatures: Uint8Array;
}

export interface UnmaskShares {
  /** Of which of the sender's neighbours (by their place among them) it holds shares. */
  readonly held: ClientSet;
  /** 32 bytes each, ascending: of b_v for a survivor v, of s_v for a client that dropped. */
  readonly shares: Uint8Array;
}

function ranks(set: ClientSet): Int32Array {
  const out = new Int32Array(set.size).fill(-1);
  let rank = 0;
  for (let i = 0; i < set.size; i++) if (set.has(i)) out[i] = rank++;
  return out;
}

function slot(bytes: Uint8Array, rank: Int32Array, index: number, size: number): Uint8Array {
  const at = rank[index] ?? -1;
  if (at < 0) throw new RangeError(`client ${index} has no entry`);
  return bytes.subarray(at * size, (at + 1) * size);
}
