import { ProtocolError } from '../errors.ts';
import type { AbortReason } from './reliable-messages.ts';

/** What a call meets after the peer's goodbye. */
export function peerClosed(): ProtocolError {
  return new ProtocolError('aborted', 'the peer has closed the channel');
}

/** What a peer's `abort` means here. Its words are shown, cleaned, and believed by nobody. */
export function abortError(reason: AbortReason, text: string): ProtocolError {
  if (reason === 'called-off') return new ProtocolError('aborted', `the peer called off: ${printable(text)}`);
  if (reason === 'replaced') {
    return new ProtocolError(
      'policy',
      'the same identity has begun another session, which takes the place of this one',
    );
  }
  return new ProtocolError(
    'wrong-session',
    'the peer does not know this session any more: it was restarted, or has given up waiting; begin again',
  );
}

/** What a peer wrote, fit for a terminal: one line, at most 200 characters, no control characters. */
export function printable(text: string): string {
  return [...text.replaceAll(/\p{C}+|\s+/gu, ' ')].slice(0, 200).join('').trim();
}
