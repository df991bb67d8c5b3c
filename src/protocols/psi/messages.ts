import type { Noise } from '../../dp/index.ts';
import type { Reveal } from './params.ts';

/** The messages of docs/spec/psi.md, "Messages", as plain data. */

export const MESSAGE = {
  Hello: 1,
  Blinded: 2,
  Evaluated: 3,
  SenderSet: 4,
  Matched: 5,
  MaskedSum: 6,
  Opened: 7,
  Done: 8,
  Refused: 9,
} as const;

export type Role = 'receiver' | 'sender';

/** What a party says first: what it wants, how large its set is, and what it accepts (docs/spec/psi.md, "Messages"). */
export interface Hello {
  readonly role: Role;
  readonly reveal: Reveal;
  readonly mutual: boolean;
  readonly normalisation: string;
  /** 32 bytes */
  readonly nonce: Uint8Array;
  readonly size: number;
  readonly maximum: number;
  readonly minimum: number;
  readonly chunk: number;
  /** 0 unless `sum` */
  readonly valueBits: number;
  /** empty unless `frequency` */
  readonly buckets: readonly number[];
  /** 32 bytes: the sender's public key for `sum` and `frequency`, else zeros */
  readonly elgamalKey: Uint8Array;
  /** What the sender adds to every total it opens (`sum`, `frequency`); the receiver adds none. */
  readonly noise: Noise | undefined;
}

/** A numbered piece of a set: Blinded, Evaluated or SenderSet. */
export interface Chunk {
  readonly sequence: number;
  /** whole items, one after the other */
  readonly data: Uint8Array;
}
