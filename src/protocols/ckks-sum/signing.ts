import { utf8, Writer } from '../../bytes/index.ts';
import { SigningKey, sha256, verifySignature } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import type { Identity, Member } from '../index.ts';
import type { CkksSumRound } from './parameters.ts';

/** What is hashed and signed. Every statement starts with a label of its own and the session. */

const NONE = new Uint8Array(0);

function statement(label: string, round: CkksSumRound, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(utf8(`subrosa/ckks-sum/${label}/v1\0`), round.session, ...parts);
}

/** u8 length, then the id. */
function text(id: string): Uint8Array {
  return new Writer().text(id).finish();
}

/** The commitment to a public share. */
export function shareCommitment(round: CkksSumRound, id: string, nonce: Uint8Array, share: Uint8Array): Uint8Array {
  return statement('share', round, text(id), nonce, share);
}

export function commitStatement(
  round: CkksSumRound,
  id: string,
  commitment: Uint8Array,
  agreement: Uint8Array,
): Uint8Array {
  return statement('commit', round, text(id), commitment, agreement);
}

/** The digest of an upload: who says it, under which key. */
export function uploadStatement(
  round: CkksSumRound,
  id: string,
  keyId: Uint8Array,
  ciphertexts: Uint8Array,
): Uint8Array {
  return statement('upload', round, text(id), keyId, ciphertexts);
}

/** What the decryptors sign: the key, exactly these contributors with exactly these uploads, and the sum. */
export function sumStatement(
  round: CkksSumRound,
  keyId: Uint8Array,
  uploads: ReadonlyMap<number, Uint8Array>,
  packedSum: Uint8Array,
): Uint8Array {
  const out = new Writer(64 + 36 * uploads.size).bytes(keyId).u32(uploads.size);
  for (const [client, digest] of uploads) out.u32(client).bytes(digest);
  return statement('sum', round, out.finish(), sha256(packedSum));
}

/** A decryptor's part of the decryption of the sum that `statement` names. */
export function partialStatement(round: CkksSumRound, sum: Uint8Array, packed: Uint8Array): Uint8Array {
  return statement('partial', round, sum, sha256(packed));
}

/** Shared key: what a client found in the sum of these contributors. */
export function openedStatement(
  round: CkksSumRound,
  contributors: readonly number[],
  packedSum: Uint8Array,
  opened: Uint8Array,
): Uint8Array {
  const out = new Writer(64 + 4 * contributors.length).bytes(round.parameters.keyId!).u32(contributors.length);
  for (const client of contributors) out.u32(client);
  return statement('opened', round, out.finish(), sha256(packedSum), sha256(opened));
}

/**
 * The signer for this party, or one that signs nothing when the roster has no keys.
 * @throws {TypeError} when the roster has keys and this party brings none, or another one
 */
export function signerOf(round: CkksSumRound, me: Identity, member: Member): (message: Uint8Array) => Uint8Array {
  if (!round.signed) return () => NONE;
  if (me.secretKey === undefined)
    throw new TypeError(`${JSON.stringify(me.id)} has an identity key in the roster: its secret key is needed`);
  const key = new SigningKey(me.secretKey);
  if (key.publicKey.some((byte, i) => byte !== member.key![i]))
    throw new TypeError(`the secret key of ${JSON.stringify(me.id)} does not belong to the key that the roster pins`);
  return (message) => key.sign(message);
}

/** @throws {ProtocolError} `bad-signature` naming the member */
export function checkSigned(signed: boolean, member: Member, message: Uint8Array, signature: Uint8Array): void {
  if (!signed) return;
  if (!verifySignature(member.key!, message, signature))
    throw new ProtocolError('bad-signature', `the signature of ${JSON.stringify(member.id)} does not verify`, {
      culprits: [member.id],
    });
}
