import { Reader, Writer } from '../../bytes/index.ts';
import type { Noise } from '../../dp/index.ts';
import { ProtocolError } from '../../errors.ts';
import { decodeFrame, encodeFrame, PROTOCOLS } from '../index.ts';
import { type Chunk, type Hello, MESSAGE } from './messages.ts';
import { checkBuckets, MAXIMUM_BUCKETS, MAXIMUM_CHUNK, MAXIMUM_SIZE, REVEALS } from './params.ts';
import { throwRefusal } from './refusal.ts';

const VERSION = 1;
const SUITE_RISTRETTO255 = 1;
const MECHANISMS: readonly Noise['mechanism'][] = ['discrete-laplace', 'discrete-gaussian'];

/** The session id of the two Hellos, before there is one. */
export const NO_SESSION: Uint8Array = new Uint8Array(32);

export function encodeHello(hello: Hello): Uint8Array {
  const out = new Writer(160);
  out
    .u8(VERSION)
    .u8(hello.role === 'receiver' ? 0 : 1)
    .u8(SUITE_RISTRETTO255);
  out.u8(REVEALS.indexOf(hello.reveal) + 1).u8(hello.mutual ? 1 : 0);
  out.text(hello.normalisation).bytes(hello.nonce);
  out.u32(hello.size).u32(hello.maximum).u32(hello.minimum).u32(hello.chunk);
  out.u8(hello.valueBits).u8(hello.buckets.length);
  for (const start of hello.buckets) out.u32(start);
  out.bytes(hello.elgamalKey).u8(hello.noise === undefined ? 0 : MECHANISMS.indexOf(hello.noise.mechanism) + 1);
  return out
    .u32(hello.noise?.numerator ?? 0)
    .u32(hello.noise?.denominator ?? 0)
    .finish();
}

/** @throws {ProtocolError} `unsupported-version` or `malformed` */
export function decodeHello(body: Uint8Array): Hello {
  const reader = new Reader(body, 'Hello');
  const version = reader.u8();
  if (version !== VERSION) {
    throw new ProtocolError('unsupported-version', `the peer speaks PSI version ${version}, expected ${VERSION}`);
  }
  const role = within('role', reader.u8(), 0, 1) === 0 ? 'receiver' : 'sender';
  const suite = reader.u8();
  if (suite !== SUITE_RISTRETTO255) {
    throw new ProtocolError(
      'unsupported-version',
      `the peer uses suite ${suite}, expected ${SUITE_RISTRETTO255} (ristretto255-SHA512)`,
    );
  }
  const reveal = REVEALS[within('reveal', reader.u8(), 1, REVEALS.length) - 1]!;
  const mutual = within('mutual', reader.u8(), 0, 1) === 1;
  const normalisation = reader.text();
  if (normalisation.length === 0) throw new ProtocolError('malformed', 'Hello: empty normalisation label');
  const nonce = reader.bytes(32);
  const size = within('size', reader.u32(), 0, MAXIMUM_SIZE);
  const maximum = within('maximum', reader.u32(), 1, MAXIMUM_SIZE);
  const minimum = within('minimum', reader.u32(), 0, MAXIMUM_SIZE);
  const chunk = within('chunk', reader.u32(), 1, MAXIMUM_CHUNK);
  const valueBits = within('valueBits', reader.u8(), 0, 32);
  const buckets: number[] = [];
  for (let left = within('buckets', reader.u8(), 0, MAXIMUM_BUCKETS); left > 0; left--) buckets.push(reader.u32());
  const elgamalKey = reader.bytes(32);
  const noise = readNoise(reader);
  reader.end();
  if (valueBits > 0 !== (reveal === 'sum'))
    throw new ProtocolError('malformed', `Hello: valueBits ${valueBits} with ${reveal}`);
  if (buckets.length > 0 !== (reveal === 'frequency')) {
    throw new ProtocolError('malformed', `Hello: ${buckets.length} buckets with ${reveal}`);
  }
  if (mutual && reveal !== 'members') throw new ProtocolError('malformed', `Hello: mutual with ${reveal}`);
  if (buckets.length > 0) {
    try {
      checkBuckets(buckets);
    } catch (cause) {
      throw new ProtocolError('malformed', `Hello: ${(cause as Error).message}`, { cause });
    }
  }
  if (noise !== undefined && (role !== 'sender' || (reveal !== 'sum' && reveal !== 'frequency'))) {
    throw new ProtocolError('malformed', `Hello: noise from a ${role} with ${reveal}`);
  }
  return {
    role,
    reveal,
    mutual,
    normalisation,
    nonce,
    size,
    maximum,
    minimum,
    chunk,
    valueBits,
    buckets,
    elgamalKey,
    noise,
  };
}

function readNoise(reader: Reader): Noise | undefined {
  const kind = within('noise', reader.u8(), 0, MECHANISMS.length);
  const least = kind === 0 ? 0 : 1;
  const most = kind === 0 ? 0 : 2 ** 32 - 1;
  const numerator = within('noise numerator', reader.u32(), least, most);
  const denominator = within('noise denominator', reader.u32(), least, most);
  return kind === 0 ? undefined : { mechanism: MECHANISMS[kind - 1]!, numerator, denominator };
}

/** What a first frame asks for, before this party has decided how to answer it. @throws {ProtocolError} as the run would */
export function peekHello(bytes: Uint8Array): Hello {
  return decodeHello(bodyOf(MESSAGE.Hello, NO_SESSION, bytes, 'Hello'));
}

/**
 * The sequence number of a chunk must be the one awaited and its size the one that follows from the announced set size.
 * @throws {ProtocolError} `malformed`, `equivocation` or `size-mismatch`
 */
export function decodeChunk(
  body: Uint8Array,
  what: string,
  itemBytes: number,
  awaited: { sequence: number; items: number },
): Chunk {
  const reader = new Reader(body, what);
  const sequence = reader.u32();
  if (sequence !== awaited.sequence) {
    throw new ProtocolError('size-mismatch', `${what}: found chunk ${sequence}, expected chunk ${awaited.sequence}`);
  }
  if (reader.remaining !== awaited.items * itemBytes) {
    throw new ProtocolError(
      'size-mismatch',
      `${what}: chunk ${sequence} has ${reader.remaining} bytes, expected ${awaited.items} items of ${itemBytes}`,
    );
  }
  return { sequence, data: reader.view(reader.remaining) };
}

export function encodeChunk({ sequence, data }: Chunk): Uint8Array {
  return new Writer(4 + data.length).u32(sequence).bytes(data).finish();
}

/** A body of a length known beforehand. */
export function decodeFixed(body: Uint8Array, what: string, bytes: number): Uint8Array {
  const reader = new Reader(body, what).expect(bytes);
  return reader.bytes(bytes);
}

export function frame(type: number, session: Uint8Array, body: Uint8Array): Uint8Array {
  return encodeFrame(PROTOCOLS.psi, type, session, body);
}

/** @throws {ProtocolError} for another session, protocol or version, and `unexpected-message` for another type */
export function bodyOf(type: number, session: Uint8Array, bytes: Uint8Array, phase: string): Uint8Array {
  throwRefusal(session, bytes, phase);
  const found = decodeFrame(PROTOCOLS.psi, session, bytes);
  if (found.type !== type) {
    throw new ProtocolError(
      'unexpected-message',
      `found a message of type ${found.type} (${nameOf(found.type)}), expected ${nameOf(type)}`,
      { phase },
    );
  }
  return found.body;
}

function nameOf(type: number): string {
  return Object.entries(MESSAGE).find(([, number]) => number === type)?.[0] ?? 'unknown';
}

function within(field: string, value: number, least: number, most: number): number {
  if (value < least || value > most)
    throw new ProtocolError('malformed', `Hello: ${field} ${value}, expected ${least} .. ${most}`);
  return value;
}
