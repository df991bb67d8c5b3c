import { Reader, Writer } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';

/**
 * What the two ends of a channel say to each other; docs/spec/transport.md gives the layouts. Integers are little endian, counts are `u64`
 * below 2^53.
 */
export type ReliableMessage =
  /** The frame with number `sequence`, counted from 0 in each direction. */
  | { readonly type: 'data'; readonly sequence: number; readonly frame: Uint8Array }
  /** `received`: all with lower numbers have come; `taken`: so many of them were taken by the application. */
  | { readonly type: 'acknowledge'; readonly received: number; readonly taken: number }
  /** Nothing comes after number `sequence`, which is this message itself. */
  | { readonly type: 'finish'; readonly sequence: number }
  /** The session is over. */
  | { readonly type: 'abort'; readonly reason: AbortReason; readonly text: string }
  /** The first message of a connection, from the client: a new session, or an old one with the token the server gave for it. */
  | { readonly type: 'hello'; readonly session: Uint8Array; readonly resume?: Resume }
  /** The server's answer. */
  | { readonly type: 'welcome'; readonly token: Uint8Array; readonly received: number };

export interface Resume {
  readonly token: Uint8Array;
  readonly received: number;
}

/**
 * - `called-off`: the application gave up, `text` says why;
 * - `unknown-session`: a session to be resumed that the server does not have: it was restarted, or has given up waiting;
 * - `replaced`: the same identity has begun a new session.
 */
export type AbortReason = 'called-off' | 'unknown-session' | 'replaced';

const REASONS: readonly AbortReason[] = ['called-off', 'unknown-session', 'replaced'];

const DATA = 1;
const ACKNOWLEDGE = 2;
const FINISH = 3;
const ABORT = 4;
const HELLO = 16;
const WELCOME = 17;

const MAGIC = 0x74_62_73; // "sbt"
const VERSION = 1;

/** Bytes before the frame in a `data` message. */
export const DATA_HEADER = 9;
/** No message without a frame is longer. */
export const CONTROL_BYTES = 512;

export function encodeReliable(message: ReliableMessage): Uint8Array {
  switch (message.type) {
    case 'data': {
      const out = new Uint8Array(DATA_HEADER + message.frame.length);
      out[0] = DATA;
      new DataView(out.buffer).setBigUint64(1, BigInt(message.sequence), true);
      out.set(message.frame, DATA_HEADER);
      return out;
    }
    case 'acknowledge':
      return new Writer(17).u8(ACKNOWLEDGE).u64(BigInt(message.received)).u64(BigInt(message.taken)).finish();
    case 'finish':
      return new Writer(9).u8(FINISH).u64(BigInt(message.sequence)).finish();
    case 'abort':
      return new Writer(64).u8(ABORT).u8(REASONS.indexOf(message.reason)).text(shorten(message.text)).finish();
    case 'hello': {
      const out = new Writer(80)
        .u8(HELLO)
        .u32(MAGIC | (VERSION << 24))
        .bytes(message.session);
      const { resume } = message;
      if (resume === undefined) return out.u8(0).finish();
      return out.u8(1).bytes(resume.token).u64(BigInt(resume.received)).finish();
    }
    case 'welcome':
      return new Writer(41).u8(WELCOME).bytes(message.token).u64(BigInt(message.received)).finish();
  }
}

/** @throws {ProtocolError} `malformed` or `unsupported-version` */
export function decodeReliable(bytes: Uint8Array): ReliableMessage {
  const reader = new Reader(bytes, 'transport message');
  const message = decode(reader);
  reader.end();
  return message;
}

function decode(reader: Reader): ReliableMessage {
  const type = reader.u8();
  switch (type) {
    case DATA: {
      const sequence = count(reader);
      // A copy: the bytes of the connection are a window into a buffer that is not ours.
      return { type: 'data', sequence, frame: reader.bytes(reader.remaining) };
    }
    case ACKNOWLEDGE:
      return { type: 'acknowledge', received: count(reader), taken: count(reader) };
    case FINISH:
      return { type: 'finish', sequence: count(reader) };
    case ABORT: {
      const reason = REASONS[reader.u8()];
      if (reason === undefined) throw new ProtocolError('malformed', 'an abort for a reason that does not exist');
      return { type: 'abort', reason, text: reader.text() };
    }
    case HELLO: {
      const magic = reader.u32();
      if ((magic & 0xff_ff_ff) !== MAGIC) throw new ProtocolError('malformed', 'not a subrosa greeting');
      const version = magic >>> 24;
      if (version !== VERSION) {
        throw new ProtocolError('unsupported-version', `transport version ${version}, expected ${VERSION}`);
      }
      const session = reader.bytes(32);
      const resumes = reader.u8();
      if (resumes > 1) throw new ProtocolError('malformed', `a greeting of kind ${resumes}, expected 0 or 1`);
      return resumes === 0
        ? { type: 'hello', session }
        : { type: 'hello', session, resume: { token: reader.bytes(32), received: count(reader) } };
    }
    case WELCOME:
      return { type: 'welcome', token: reader.bytes(32), received: count(reader) };
    default:
      throw new ProtocolError('malformed', `a transport message of kind ${type}, which does not exist`);
  }
}

function count(reader: Reader): number {
  const value = reader.u64();
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ProtocolError('malformed', `a count of ${value}, at most 2^53 - 1`);
  return Number(value);
}

/** At most 200 characters of one or two or more bytes, so that it fits into 255 bytes. */
function shorten(text: string): string {
  const encoder = new TextEncoder();
  let out = '';
  for (const char of text) {
    if (encoder.encode(out + char).length > 255) break;
    out += char;
  }
  return out;
}
