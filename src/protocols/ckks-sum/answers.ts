import { equalBytes } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { type RingVector, reduce, unpackVector } from '../../math/index.ts';
import { decodeOpened, decodePartial, decodeReady } from './codec.ts';
import type { CkksSumRound } from './parameters.ts';
import { checkSigned, openedStatement, partialStatement } from './signing.ts';
import type { UploadGathering } from './uploads.ts';

/** What the server checks of the answers to its sum. */

/**
 * A decryptor is ready to decrypt the sum that `statement` names.
 * @returns its signature
 * @throws {ProtocolError} `malformed`, `inconsistent-survivors` when it signs another sum, `bad-signature`
 */
export function takeReady(round: CkksSumRound, decryptor: number, body: Uint8Array, statement: Uint8Array): Uint8Array {
  const ready = decodeReady(round, body);
  if (!equalBytes(ready.statement, statement))
    throw new ProtocolError('inconsistent-survivors', 'the decryptor signs another sum');
  checkSigned(round.signed, round.decryptors[decryptor]!, statement, ready.signature);
  return ready.signature;
}

/**
 * A decryptor's part of the decryption of that sum.
 * @returns the packed residues
 * @throws {ProtocolError} `malformed`, `bad-ciphertext`, `bad-signature`
 */
export function takePartial(
  round: CkksSumRound,
  decryptor: number,
  body: Uint8Array,
  statement: Uint8Array,
): Uint8Array {
  const { signature, packed } = decodePartial(round, body);
  checkSigned(round.signed, round.decryptors[decryptor]!, partialStatement(round, statement, packed), signature);
  return packed;
}

/**
 * Shared key: what a client found in the sum.
 * @throws {ProtocolError} `malformed`, `bad-signature`
 */
export function takeOpened(
  round: CkksSumRound,
  client: number,
  body: Uint8Array,
  uploads: UploadGathering,
): RingVector {
  const { signature, packed } = decodeOpened(round, body);
  const statement = openedStatement(round, uploads.contributors, uploads.packedSum(), packed);
  checkSigned(round.signed, round.clients[client]!, statement, signature);
  return reduce(unpackVector(packed, round.spec.bits, round.spec.length));
}
