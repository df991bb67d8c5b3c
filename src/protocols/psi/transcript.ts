import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../bytes/index.ts';

/** The streams of a session. They interleave freely on the wire; the transcript hashes each in its own order. */
export type Stream = 'blinded' | 'evaluated' | 'senderSet' | 'results';

const STREAMS: readonly Stream[] = ['blinded', 'evaluated', 'senderSet', 'results'];

interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** SHA-256 piece by piece: of node:crypto where there is one (megabytes pass through here), of noble elsewhere. Same digests. */
function hasher(): Hasher {
  const node = globalThis.process?.getBuiltinModule?.('node:crypto') as typeof import('node:crypto') | undefined;
  return node?.createHash('sha256') ?? sha256.create();
}

/** SHA-256 over the session id and one SHA-256 per stream: both parties must have seen the same messages. */
export class Transcript {
  readonly #session: Uint8Array;
  readonly #hashes: Map<Stream, Hasher> = new Map(STREAMS.map((name) => [name, hasher()]));
  #digest: Uint8Array | undefined;

  constructor(session: Uint8Array) {
    this.#session = session;
  }

  /** @throws {TypeError} after {@link digest} */
  add(stream: Stream, body: Uint8Array): void {
    if (this.#digest !== undefined) throw new TypeError('the transcript is closed');
    this.#hashes.get(stream)!.update(body);
  }

  /** Closes the transcript. */
  digest(): Uint8Array {
    this.#digest ??= sha256(concatBytes(this.#session, ...STREAMS.map((name) => this.#hashes.get(name)!.digest())));
    return this.#digest;
  }
}
