import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../bytes/index.ts';

/** The streams of a session. They interleave freely on the wire; the transcript hashes each in its own order. */
export type Stream = 'blinded' | 'evaluated' | 'senderSet' | 'results';

const STREAMS: readonly Stream[] = ['blinded', 'evaluated', 'senderSet', 'results'];

/** SHA-256 over the session id and one SHA-256 per stream: both parties must have seen the same messages. */
export class Transcript {
  readonly #session: Uint8Array;
  readonly #hashes: Map<Stream, ReturnType<typeof sha256.create>> = new Map(
    STREAMS.map((name) => [name, sha256.create()]),
  );

  constructor(session: Uint8Array) {
    this.#session = session;
  }

  add(stream: Stream, body: Uint8Array): void {
    this.#hashes.get(stream)!.update(body);
  }

  digest(): Uint8Array {
    return sha256(concatBytes(this.#session, ...STREAMS.map((name) => this.#hashes.get(name)!.clone().digest())));
  }
}
