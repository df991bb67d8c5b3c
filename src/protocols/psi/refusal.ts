import { Reader, utf8, Writer } from '../../bytes/index.ts';
import { ERROR_CODES, type ErrorCode, ProtocolError } from '../../errors.ts';
import { decodeFrame, encodeFrame, PROTOCOLS } from '../index.ts';
import { MESSAGE } from './messages.ts';

const MAXIMUM_TEXT = 400;
/** Errors whose message says nothing but parameters, sizes and limits. */
const TELLABLE: readonly ErrorCode[] = ['policy', 'unsupported-version'];
const NO_SESSION = new Uint8Array(32);
const TYPE_OFFSET = 5;

/**
 * The frame by which a party calls the run off and says why: what a person on the other side needs to know. Only disagreements over the two
 * Hellos have a reason; any other error is `aborted` without one, because what this party found may depend on its set.
 * @param session zeros before both Hellos are known
 */
export function refusal(error: unknown, session: Uint8Array = NO_SESSION): Uint8Array {
  const tell = error instanceof ProtocolError && TELLABLE.includes(error.code);
  const text = utf8(tell ? error.message : 'the peer had to stop').subarray(0, MAXIMUM_TEXT);
  const body = new Writer(64 + text.length)
    .text(tell ? error.code : 'aborted')
    .sized(text)
    .finish();
  return encodeFrame(PROTOCOLS.psi, MESSAGE.Refused, session, body);
}

/** Thrown in place of the awaited message. */
export class RefusedByPeer extends ProtocolError {}

/** @throws {RefusedByPeer} with the peer's code when the frame is a Refused, of this session or sent before there was one */
export function throwRefusal(session: Uint8Array, bytes: Uint8Array, phase: string): void {
  if (bytes[TYPE_OFFSET] !== MESSAGE.Refused) return;
  // Before its session is settled a peer can only refuse with zeros.
  const early = bytes.length >= 38 && bytes.subarray(6, 38).every((byte) => byte === 0);
  const reader = new Reader(decodeFrame(PROTOCOLS.psi, early ? NO_SESSION : session, bytes).body, 'Refused');
  const code = reader.text();
  const text = reader.sized(MAXIMUM_TEXT);
  reader.end();
  if (!(ERROR_CODES as readonly string[]).includes(code)) throw new ProtocolError('malformed', 'Refused: unknown code');
  throw new RefusedByPeer(code as ErrorCode, `the peer refused: ${printable(text)}`, { phase });
}

/** A peer's text goes to somebody's terminal: nothing that moves the cursor. */
function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
