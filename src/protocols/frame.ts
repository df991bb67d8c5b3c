import { equalBytes, Reader, toHex, Writer } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';

/**
 * The frame around every message, little endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 3 | magic `sbr` |
 * | 3 | 1 | version, 1 |
 * | 4 | 1 | protocol |
 * | 5 | 1 | message type, numbered by the protocol |
 * | 6 | 32 | session id |
 * | 38 | | body, to the end of the frame |
 *
 * The transport delimits frames and authenticates the sender.
 */
export const PROTOCOLS = {
  plain: 0,
  secagg: 1,
  shareSum: 2,
  ckksSum: 3,
  psi: 4,
  /** Schemes from outside this package; their session ids keep them apart. */
  external: 255,
} as const;

/** The byte at offset 4 of a frame: one of {@link PROTOCOLS}. */
export type ProtocolNumber = (typeof PROTOCOLS)[keyof typeof PROTOCOLS];

/** Bytes before the body. */
export const FRAME_HEADER = 38;

const MAGIC = [0x73, 0x62, 0x72];
const VERSION = 1;

/**
 * Puts the header before a body.
 * @param type 0 .. 255, numbered by the protocol
 * @param session 32 bytes
 * @throws {RangeError} for a session id of another length
 */
export function encodeFrame(protocol: ProtocolNumber, type: number, session: Uint8Array, body: Uint8Array): Uint8Array {
  if (session.length !== 32) throw new RangeError(`a session id has 32 bytes, found ${session.length}`);
  const out = new Writer(FRAME_HEADER + body.length);
  return out.bytes(Uint8Array.from(MAGIC)).u8(VERSION).u8(protocol).u8(type).bytes(session).bytes(body).finish();
}

/** A frame whose header was checked. */
export interface Frame {
  readonly type: number;
  /** A view into the frame. */
  readonly body: Uint8Array;
}

/**
 * Checks the header and gives type and body.
 * @throws {ProtocolError} `malformed`, `unsupported-version` or `wrong-session`
 */
export function decodeFrame(protocol: ProtocolNumber, session: Uint8Array, frame: Uint8Array): Frame {
  const reader = new Reader(frame, 'frame');
  const magic = reader.view(3);
  if (!MAGIC.every((byte, i) => magic[i] === byte)) throw new ProtocolError('malformed', 'not a subrosa frame');
  const version = reader.u8();
  if (version !== VERSION)
    throw new ProtocolError('unsupported-version', `frame version ${version}, expected ${VERSION}`);
  const found = reader.u8();
  if (found !== protocol) throw new ProtocolError('malformed', `frame of protocol ${found}, expected ${protocol}`);
  const type = reader.u8();
  const theirs = reader.view(32);
  if (!equalBytes(theirs, session)) {
    throw new ProtocolError('wrong-session', `frame of session ${short(theirs)}, expected ${short(session)}`);
  }
  return { type, body: reader.view(reader.remaining) };
}

/** The session id of a frame as a view, unchecked: for sorting frames by session. Undefined when the frame is too short to have one. */
export function frameSession(frame: Uint8Array): Uint8Array | undefined {
  return frame.length < FRAME_HEADER ? undefined : frame.subarray(6, FRAME_HEADER);
}

function short(session: Uint8Array): string {
  return `${toHex(session.subarray(0, 4))}...`;
}
