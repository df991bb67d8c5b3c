import { Reader, Writer } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { packedBytes } from '../../kernels/index.ts';
import { dataPrimes, type ParameterSet, polynomialBytes, sumBytes, unpackResidues } from '../../seal/index.ts';
import { decodeFrame, encodeFrame, PROTOCOLS } from '../index.ts';
import type {
  Commitments,
  Contributors,
  Dealings,
  Decrypt,
  KeyCommit,
  KeyConfirm,
  KeyReveal,
  Open,
  Opened,
  PartialDecryption,
  Ready,
  Type,
  Upload,
} from './messages.ts';
import type { CkksSumRound } from './parameters.ts';

/** The bytes of every message. Lengths are known from the round before anything is read. */

const TAG = 16;
const SIGNATURE = 64;

export function frameOf(round: CkksSumRound, type: Type, body: Uint8Array): Uint8Array {
  return encodeFrame(PROTOCOLS.ckksSum, type, round.session, body);
}

export function typeAndBody(
  round: CkksSumRound,
  frame: Uint8Array,
): { readonly type: number; readonly body: Uint8Array } {
  return decodeFrame(PROTOCOLS.ckksSum, round.session, frame);
}

/** Bytes of a public share on the wire: all primes. */
export function publicShareBytes(set: ParameterSet): number {
  return polynomialBytes(set, set.primes);
}

/** Bytes of a sealed Shamir share: data primes, and the tag. */
export function sealedShareBytes(set: ParameterSet): number {
  return polynomialBytes(set, dataPrimes(set)) + TAG;
}

export function signatureBytes(round: CkksSumRound): number {
  return round.signed ? SIGNATURE : 0;
}

export function encodeKeyCommit(message: KeyCommit): Uint8Array {
  return new Writer().bytes(message.commitment).bytes(message.agreement).bytes(message.signature).finish();
}

export function decodeKeyCommit(round: CkksSumRound, body: Uint8Array): KeyCommit {
  const reader = new Reader(body, 'KeyCommit').expect(64 + signatureBytes(round));
  return readKeyCommit(round, reader);
}

function readKeyCommit(round: CkksSumRound, reader: Reader): KeyCommit {
  return { commitment: reader.bytes(32), agreement: reader.bytes(32), signature: reader.bytes(signatureBytes(round)) };
}

export function encodeCommitments(commitments: Commitments): Uint8Array {
  const out = new Writer().u8(commitments.size);
  for (const [index, commit] of commitments) out.u8(index).bytes(encodeKeyCommit(commit));
  return out.finish();
}

export function decodeCommitments(round: CkksSumRound, body: Uint8Array): Commitments {
  const reader = new Reader(body, 'Commitments');
  const count = reader.u8();
  reader.expect(count * (1 + 64 + signatureBytes(round)));
  const order = new Ascending('Commitments', round.decryptors.length);
  const out = new Map<number, KeyCommit>();
  for (let i = 0; i < count; i++) out.set(order.next(reader.u8()), readKeyCommit(round, reader));
  return out;
}

export function encodeKeyReveal({ nonce, share, sealed }: KeyReveal): Uint8Array {
  const out = new Writer(64 + share.length).bytes(nonce).bytes(share).u8(sealed.size);
  for (const [index, box] of sealed) out.u8(index).bytes(box);
  return out.finish();
}

export function decodeKeyReveal(round: CkksSumRound, body: Uint8Array): KeyReveal {
  const { set } = round.plan;
  const reader = new Reader(body, 'KeyReveal');
  const nonce = reader.bytes(32);
  const share = reader.bytes(publicShareBytes(set));
  const count = reader.u8();
  reader.expect(count * (1 + sealedShareBytes(set)));
  const order = new Ascending('KeyReveal', round.decryptors.length);
  const sealed = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i++) sealed.set(order.next(reader.u8()), reader.bytes(sealedShareBytes(set)));
  return { nonce, share, sealed };
}

export function encodeDealings(dealings: Dealings): Uint8Array {
  const out = new Writer(65_536).u8(dealings.size);
  for (const [dealer, { nonce, share, sealed }] of dealings) out.u8(dealer).bytes(nonce).bytes(share).bytes(sealed);
  return out.finish();
}

/** @param me whose dealings these are: its own entry has no sealed share */
export function decodeDealings(round: CkksSumRound, body: Uint8Array, me: number): Dealings {
  const { set } = round.plan;
  const reader = new Reader(body, 'Dealings');
  const count = reader.u8();
  const order = new Ascending('Dealings', round.decryptors.length);
  const out = new Map<number, { nonce: Uint8Array; share: Uint8Array; sealed: Uint8Array }>();
  for (let i = 0; i < count; i++) {
    const dealer = order.next(reader.u8());
    out.set(dealer, {
      nonce: reader.bytes(32),
      share: reader.bytes(publicShareBytes(set)),
      sealed: reader.bytes(dealer === me ? 0 : sealedShareBytes(set)),
    });
  }
  reader.end();
  return out;
}

export function encodeKeyConfirm({ keyId, signature }: KeyConfirm): Uint8Array {
  return new Writer().bytes(keyId).bytes(signature).finish();
}

export function decodeKeyConfirm(round: CkksSumRound, body: Uint8Array): KeyConfirm {
  const reader = new Reader(body, 'KeyConfirm').expect(32 + signatureBytes(round));
  return { keyId: reader.bytes(32), signature: reader.bytes(signatureBytes(round)) };
}

export function encodeUpload({ signature, ciphertexts }: Upload): Uint8Array {
  return new Writer(signature.length + ciphertexts.length).bytes(signature).bytes(ciphertexts).finish();
}

export function uploadBytes(round: CkksSumRound): number {
  return signatureBytes(round) + round.plan.bytes;
}

/** The ciphertexts are a view into the frame. */
export function decodeUpload(round: CkksSumRound, body: Uint8Array): Upload {
  const reader = new Reader(body, 'Upload').expect(uploadBytes(round));
  return { signature: reader.bytes(signatureBytes(round)), ciphertexts: reader.view(round.plan.bytes) };
}

export function encodeContributors(round: CkksSumRound, message: Contributors): Uint8Array {
  const entries = Math.max(message.uploads.size, message.digests.size);
  const out = new Writer(64 + message.uploads.size * (4 + uploadBytes(round)) + 100 * entries + message.sum.length);
  out.u32(entries);
  for (const [client, upload] of message.uploads) out.u32(client).bytes(upload.signature).bytes(upload.ciphertexts);
  for (const [client, { digest, signature }] of message.digests) out.u32(client).bytes(digest).bytes(signature);
  return out.bytes(message.sum).finish();
}

export function decodeContributors(round: CkksSumRound, body: Uint8Array): Contributors {
  const whole = round.parameters.check === 'uploads';
  const reader = new Reader(body, 'Contributors');
  const count = reader.u32();
  reader.expect(
    whole ? count * (4 + uploadBytes(round)) : count * (4 + 32 + signatureBytes(round)) + sumBytes(round.plan),
  );
  const order = new Ascending('Contributors', round.clients.length);
  const uploads = new Map<number, Upload>();
  const digests = new Map<number, { digest: Uint8Array; signature: Uint8Array }>();
  for (let i = 0; i < count; i++) {
    const client = order.next(reader.u32());
    if (whole) {
      uploads.set(client, {
        signature: reader.bytes(signatureBytes(round)),
        ciphertexts: reader.view(round.plan.bytes),
      });
    } else {
      digests.set(client, { digest: reader.bytes(32), signature: reader.bytes(signatureBytes(round)) });
    }
  }
  return { uploads, digests, sum: reader.view(reader.remaining) };
}

export function encodeReady({ statement, signature }: Ready): Uint8Array {
  return new Writer().bytes(statement).bytes(signature).finish();
}

export function decodeReady(round: CkksSumRound, body: Uint8Array): Ready {
  const reader = new Reader(body, 'Ready').expect(32 + signatureBytes(round));
  return { statement: reader.bytes(32), signature: reader.bytes(signatureBytes(round)) };
}

export function encodeDecrypt(decrypt: Decrypt): Uint8Array {
  const out = new Writer().u8(decrypt.size);
  for (const [index, signature] of decrypt) out.u8(index).bytes(signature);
  return out.finish();
}

export function decodeDecrypt(round: CkksSumRound, body: Uint8Array): Decrypt {
  const reader = new Reader(body, 'Decrypt');
  const count = reader.u8();
  reader.expect(count * (1 + signatureBytes(round)));
  const order = new Ascending('Decrypt', round.decryptors.length);
  const out = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i++) out.set(order.next(reader.u8()), reader.bytes(signatureBytes(round)));
  return out;
}

export function encodePartial({ signature, packed }: PartialDecryption): Uint8Array {
  return new Writer(signature.length + packed.length).bytes(signature).bytes(packed).finish();
}

/** @throws {ProtocolError} `malformed` or, for a coefficient that is not below its prime, `bad-ciphertext` */
export function decodePartial(round: CkksSumRound, body: Uint8Array): PartialDecryption {
  const { set, chunks } = round.plan;
  const reader = new Reader(body, 'Partial').expect(signatureBytes(round) + chunks * polynomialBytes(set));
  const partial = { signature: reader.bytes(signatureBytes(round)), packed: reader.view(reader.remaining) };
  unpackResidues(partial.packed, dataPrimes(set), set.degree, chunks, 'Partial');
  return partial;
}

export function encodeOpened({ signature, packed }: Opened): Uint8Array {
  return new Writer(signature.length + packed.length).bytes(signature).bytes(packed).finish();
}

export function decodeOpened(round: CkksSumRound, body: Uint8Array): Opened {
  const reader = new Reader(body, 'Opened').expect(
    signatureBytes(round) + packedBytes(round.spec.bits, round.spec.length),
  );
  return { signature: reader.bytes(signatureBytes(round)), packed: reader.view(reader.remaining) };
}

export function encodeOpen({ contributors, sum }: Open): Uint8Array {
  const out = new Writer(64 + 4 * contributors.length + sum.length).u32(contributors.length);
  for (const client of contributors) out.u32(client);
  return out.bytes(sum).finish();
}

export function decodeOpen(round: CkksSumRound, body: Uint8Array): Open {
  const reader = new Reader(body, 'Open');
  const count = reader.u32();
  reader.expect(4 * count + sumBytes(round.plan));
  const order = new Ascending('Open', round.clients.length);
  const contributors = Array.from({ length: count }, () => order.next(reader.u32()));
  return { contributors, sum: reader.view(reader.remaining) };
}

/** Indices into a sorted list: ascending, so that none comes twice. */
class Ascending {
  readonly #what: string;
  readonly #below: number;
  #last = -1;

  constructor(what: string, below: number) {
    this.#what = what;
    this.#below = below;
  }

  next(index: number): number {
    if (index <= this.#last || index >= this.#below) {
      throw new ProtocolError(
        'malformed',
        `${this.#what}: index ${index} after ${this.#last}, below ${this.#below} expected`,
      );
    }
    this.#last = index;
    return index;
  }
}
