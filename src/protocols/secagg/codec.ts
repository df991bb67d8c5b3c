import { concatBytes, Reader, Writer } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { packedBytes, packWords, unpackWords } from '../../kernels/index.ts';
import { ClientSet } from './bitmap.ts';
import {
  type AdvertiseKeys,
  type ConsistencyCheck,
  type EncryptedShares,
  type MaskedInput,
  Nonces,
  PAIR_BYTES,
  type RevealNonce,
  Roster,
  type ShareKeys,
  type SignedSurvivors,
  type Survivors,
  type UnmaskShares,
} from './messages.ts';
import type { Round } from './round.ts';

/**
 * The exact bytes of every body; docs/spec/secagg.md section 6 has the tables. All lengths follow from the round, the degree and the bits
 * that are set, so that a body has one length; it is checked before anything is allocated, and padding bits must be zero. What a party
 * keeps beyond the message is copied: the transport may use its buffer again.
 * Every decoder throws `ProtocolError('malformed')`.
 */

export function entryBytes(round: Round): number {
  return round.malicious ? 160 : 64;
}

export function encodeAdvertiseKeys({ boxKey, maskKey, signed }: AdvertiseKeys): Uint8Array {
  return signed === undefined
    ? concatBytes(boxKey, maskKey)
    : concatBytes(boxKey, maskKey, signed.commitment, signed.signature);
}

export function decodeAdvertiseKeys(round: Round, body: Uint8Array): AdvertiseKeys {
  const reader = new Reader(body, 'AdvertiseKeys').expect(entryBytes(round));
  const keys = { boxKey: reader.bytes(32), maskKey: reader.bytes(32) };
  return round.malicious ? { ...keys, signed: { commitment: reader.bytes(32), signature: reader.bytes(64) } } : keys;
}

export function encodeRoster({ present, entries }: Roster): Uint8Array {
  return concatBytes(present.bytes, entries);
}

export function decodeRoster(round: Round, body: Uint8Array): Roster {
  const reader = new Reader(body, 'Roster');
  const present = ClientSet.read(reader, round.n, 'Roster');
  const size = entryBytes(round);
  reader.expect(present.count * size);
  return new Roster(present, reader.bytes(reader.remaining), size);
}

export function encodeRevealNonce({ nonce }: RevealNonce): Uint8Array {
  return nonce;
}

export function decodeRevealNonce(body: Uint8Array): RevealNonce {
  return { nonce: new Reader(body, 'RevealNonce').expect(32).bytes(32) };
}

export function encodeNonces({ revealed, nonces }: Nonces): Uint8Array {
  return concatBytes(revealed.bytes, nonces);
}

export function decodeNonces(round: Round, body: Uint8Array): Nonces {
  const reader = new Reader(body, 'Nonces');
  const revealed = ClientSet.read(reader, round.n, 'Nonces');
  reader.expect(revealed.count * 32);
  return new Nonces(revealed, reader.view(reader.remaining));
}

export function encodeShareKeys({ commitment, pairs }: ShareKeys): Uint8Array {
  return concatBytes(commitment, pairs);
}

export function decodeShareKeys(body: Uint8Array, k: number): ShareKeys {
  const reader = new Reader(body, 'ShareKeys').expect(32 + k * PAIR_BYTES);
  return { commitment: reader.bytes(32), pairs: reader.bytes(k * PAIR_BYTES) };
}

export function encodeEncryptedShares({ senders, pairs }: EncryptedShares): Uint8Array {
  return concatBytes(senders.bytes, pairs);
}

export function decodeEncryptedShares(body: Uint8Array, k: number): EncryptedShares {
  const [senders, pairs] = readSlots(new Reader(body, 'EncryptedShares'), k, PAIR_BYTES, 'EncryptedShares');
  return { senders, pairs };
}

export function encodeMaskedInput({ spec }: Round, { words }: MaskedInput): Uint8Array {
  return packWords(words, spec.bits);
}

export function decodeMaskedInput({ spec }: Round, body: Uint8Array): MaskedInput {
  const expected = packedBytes(spec.bits, spec.length);
  if (body.length !== expected) {
    throw new ProtocolError('malformed', `MaskedInput: found ${body.length} bytes, expected ${expected}`);
  }
  return { words: unpackWords(body, spec.bits, spec.length) };
}

export function encodeSurvivors({ set }: Survivors): Uint8Array {
  return set.bytes;
}

export function decodeSurvivors(round: Round, body: Uint8Array): Survivors {
  const reader = new Reader(body, 'Survivors');
  const set = ClientSet.read(reader, round.n, 'Survivors');
  reader.end();
  return { set };
}

export function encodeConsistencyCheck({ signature }: ConsistencyCheck): Uint8Array {
  return signature;
}

export function decodeConsistencyCheck(body: Uint8Array): ConsistencyCheck {
  return { signature: new Reader(body, 'ConsistencyCheck').expect(64).bytes(64) };
}

export function encodeSignedSurvivors({ set, signers, signatures }: SignedSurvivors): Uint8Array {
  return new Writer(set.bytes.length + signers.bytes.length + signatures.length)
    .bytes(set.bytes)
    .bytes(signers.bytes)
    .bytes(signatures)
    .finish();
}

export function decodeSignedSurvivors(round: Round, body: Uint8Array): SignedSurvivors {
  const reader = new Reader(body, 'SignedSurvivors');
  const set = ClientSet.read(reader, round.n, 'SignedSurvivors');
  const [signers, signatures] = readSlots(reader, round.n, 64, 'SignedSurvivors');
  return { set, signers, signatures };
}

export function encodeUnmaskShares({ held, shares }: UnmaskShares): Uint8Array {
  return concatBytes(held.bytes, shares);
}

export function decodeUnmaskShares(body: Uint8Array, k: number): UnmaskShares {
  const [held, shares] = readSlots(new Reader(body, 'UnmaskShares'), k, 32, 'UnmaskShares');
  return { held, shares };
}

/** A set over k clients, then one slot of `size` bytes for each member, to the end. */
function readSlots(reader: Reader, k: number, size: number, what: string): [set: ClientSet, slots: Uint8Array] {
  const set = ClientSet.read(reader, k, what);
  reader.expect(set.count * size);
  return [set, reader.view(reader.remaining)];
}
