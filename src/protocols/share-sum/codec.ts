import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, Reader, Writer } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { packedBytes } from '../../kernels/index.ts';
import { decodeFrame, encodeFrame, PROTOCOLS } from '../index.ts';
import {
  type Contributors,
  EXCLUSIONS,
  type Exclusion,
  type Holdings,
  type PartialSum,
  type Share,
  TAG_BYTES,
} from './messages.ts';
import { SHARE_SUM_LABEL, type ShareSumRound } from './params.ts';

/** The exact bytes of every message. Decoding checks lengths first and refuses whatever has a second encoding. */

const SEED = 0;
const VECTOR = 1;
const SEED_BYTES = 32;
const DIGEST_BYTES = 32;

/** The body of a Share: kind, tag, seed or packed vector. */
export function encodeShare(share: Share): Uint8Array {
  const payload = share.kind === 'seed' ? share.seed : share.packed;
  return new Writer(1 + TAG_BYTES + payload.length)
    .u8(share.kind === 'seed' ? SEED : VECTOR)
    .bytes(share.tag)
    .bytes(payload)
    .finish();
}

/**
 * Seed and vector are views into `body`, the tag is a copy.
 * @throws {ProtocolError} `malformed`
 */
export function decodeShare(round: ShareSumRound, body: Uint8Array): Share {
  const reader = new Reader(body, 'Share');
  const kind = reader.u8();
  if (kind !== SEED && kind !== VECTOR) {
    throw new ProtocolError('malformed', `Share: kind ${kind}, expected ${SEED} or ${VECTOR}`);
  }
  const tag = reader.bytes(TAG_BYTES);
  if (kind === SEED) return { tag, kind: 'seed', seed: reader.expect(SEED_BYTES).view(SEED_BYTES) };
  return { tag, kind: 'vector', packed: readVector(round, reader, 'Share') };
}

/** The body of Holdings: a bitmap of the clients held, their tags, and who was excluded and why. */
export function encodeHoldings(round: ShareSumRound, { held, excluded }: Holdings): Uint8Array {
  const clients = [...held.keys()].sort((a, b) => a - b);
  const out = new Writer().bytes(bitmap(round, clients));
  for (const index of clients) out.bytes(held.get(index)!);
  out.u16(excluded.size);
  for (const [index, code] of [...excluded].sort(([a], [b]) => a - b)) {
    out.u16(index).u8(EXCLUSIONS.indexOf(code) + 1);
  }
  return out.finish();
}

/** @throws {ProtocolError} `malformed` */
export function decodeHoldings(round: ShareSumRound, body: Uint8Array): Holdings {
  const reader = new Reader(body, 'Holdings');
  const clients = readBitmap(round, reader, 'Holdings');
  const tags = reader.view(TAG_BYTES * clients.length);
  const held = new Map(clients.map((index, i) => [index, tags.slice(TAG_BYTES * i, TAG_BYTES * (i + 1))]));
  const count = reader.u16();
  reader.expect(3 * count);
  const excluded = new Map<number, Exclusion>();
  let last = -1;
  for (let i = 0; i < count; i++) {
    const index = reader.u16();
    const code = EXCLUSIONS[reader.u8() - 1];
    if (index <= last || index >= round.clients.length || held.has(index) || code === undefined) {
      throw new ProtocolError('malformed', `Holdings: entry ${i} of the excluded is out of order or range`);
    }
    excluded.set(index, code);
    last = index;
  }
  reader.end();
  return { held, excluded };
}

/** The body of Contributors: a bitmap over the clients in their order. */
export function encodeContributors(round: ShareSumRound, { clients }: Contributors): Uint8Array {
  return bitmap(round, clients);
}

/** @throws {ProtocolError} `malformed` */
export function decodeContributors(round: ShareSumRound, body: Uint8Array): Contributors {
  const reader = new Reader(body, 'Contributors');
  const clients = readBitmap(round, reader, 'Contributors');
  reader.end();
  return { clients };
}

/** The body of a PartialSum: the digest of the contributors, then the packed vector. */
export function encodePartialSum({ contributors, packed }: PartialSum): Uint8Array {
  return concatBytes(contributors, packed);
}

/**
 * The vector is a view into `body`.
 * @throws {ProtocolError} `malformed`
 */
export function decodePartialSum(round: ShareSumRound, body: Uint8Array): PartialSum {
  const reader = new Reader(body, 'PartialSum');
  const contributors = reader.bytes(DIGEST_BYTES);
  return { contributors, packed: readVector(round, reader, 'PartialSum') };
}

/** SHA-256(label || session || bitmap): which set a partial sum is over. */
export function contributorsDigest(round: ShareSumRound, contributors: Contributors): Uint8Array {
  const label = new Writer().text(`${SHARE_SUM_LABEL}/contributors`).finish();
  return sha256(concatBytes(label, round.session, encodeContributors(round, contributors)));
}

/** Puts a body into its frame. */
export function frameOf(round: ShareSumRound, type: number, body: Uint8Array): Uint8Array {
  return encodeFrame(PROTOCOLS.shareSum, type, round.session, body);
}

/**
 * Checks a frame's header and type and gives the body, as a copy.
 * @throws {ProtocolError} `malformed`, `unsupported-version`, `wrong-session` or `unexpected-message`
 */
export function bodyOf(round: ShareSumRound, type: number, frame: Uint8Array): Uint8Array {
  const decoded = decodeFrame(PROTOCOLS.shareSum, round.session, frame);
  if (decoded.type !== type) {
    throw new ProtocolError('unexpected-message', `share-sum message of type ${decoded.type}, expected ${type}`);
  }
  return decoded.body.slice();
}

/** The packed words that end a message. Their number and the bits that fill up the last byte are checked; no words are made. */
function readVector(round: ShareSumRound, reader: Reader, what: string): Uint8Array {
  const { bits } = round.spec;
  const bytes = packedBytes(bits, round.shareLength);
  const packed = reader.expect(bytes).view(bytes);
  const used = (bits * round.shareLength) % 8;
  if (used !== 0 && packed[bytes - 1]! >>> used !== 0) {
    throw new ProtocolError('malformed', `${what}: the last ${8 - used} bits are not zero`);
  }
  return packed;
}

/** Bit i mod 8 of byte floor(i / 8) stands for client i. */
function bitmap(round: ShareSumRound, clients: readonly number[]): Uint8Array {
  const out = new Uint8Array(Math.ceil(round.clients.length / 8));
  for (const i of clients) out[i >> 3]! |= 1 << (i & 7);
  return out;
}

function readBitmap(round: ShareSumRound, reader: Reader, what: string): number[] {
  const bytes = reader.view(Math.ceil(round.clients.length / 8));
  const clients: number[] = [];
  bytes.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) clients.push(8 * at + bit);
  });
  if ((clients.at(-1) ?? 0) >= round.clients.length) {
    throw new ProtocolError('malformed', `${what}: client ${clients.at(-1)} of ${round.clients.length}`);
  }
  return clients;
}
