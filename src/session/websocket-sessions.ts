import { equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { hkdfSha256 } from '../crypto/index.ts';
import { ProtocolError } from '../errors.ts';
import { csprng, randomBytes } from '../random/index.ts';
import type { Clock } from './clock.ts';
import type { IdentityKey } from './identity.ts';
import { ReliableChannel } from './reliable.ts';
import { abortError } from './reliable-errors.ts';
import type { Link, SecureChannel } from './reliable-link.ts';
import { type AbortReason, decodeReliable, encodeReliable, type ReliableMessage } from './reliable-messages.ts';
import type { WebSocketLink } from './websocket-link.ts';
import type { ChannelDeadlines } from './websocket-options.ts';

interface SessionsOptions {
  readonly identity: IdentityKey;
  readonly onChannel: (channel: SecureChannel, peerKey: Uint8Array) => void;
  readonly frameLimit: number;
  readonly clock: Clock;
  readonly deadlines: ChannelDeadlines;
}

type Hello = Extract<ReliableMessage, { readonly type: 'hello' }>;

/** Ended sessions that are remembered, so that a peer whose last acknowledgement got lost hears what became of them. */
const REMEMBERED = 1024;

/** The sessions of one listener. */
export class Sessions {
  readonly #options: SessionsOptions;
  /** By identity and session, in hex. */
  readonly #open = new Map<string, ReliableChannel>();
  readonly #ended = new Map<string, { readonly received: number; readonly why: string }>();
  /** The session that an identity has open. */
  readonly #current = new Map<string, string>();
  /** Tokens are made from it: a process that was restarted has another one and knows none of the old. */
  readonly #secret: Uint8Array = randomBytes(32, csprng);
  #closed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Waits for the greeting of an admitted peer. `done` is called once: without an error when it has led to a session. */
  greet(link: WebSocketLink, key: Uint8Array, done: (error?: Error) => void): void {
    link.listen({
      message: (bytes) => {
        link.hold();
        try {
          const message = decodeReliable(bytes);
          if (message.type !== 'hello')
            throw new ProtocolError('unexpected-message', `${message.type} before a greeting`);
          this.#hello(link, key, message, done);
        } catch (error) {
          refuse(link, 'called-off', (error as Error).message);
          done(error as Error);
        }
      },
      closed: (error) => done(error ?? new Error('the peer left before its greeting')),
    });
  }

  #hello(link: Link, key: Uint8Array, { session, resume }: Hello, done: (error?: Error) => void): void {
    const peer = toHex(key);
    const name = `${peer}/${toHex(session)}`;
    const token = this.#token(key, session);
    if (this.#closed) throw new ProtocolError('aborted', 'the server is closing');
    if (resume === undefined) {
      if (this.#open.has(name) || this.#ended.has(name))
        throw new ProtocolError('malformed', 'a session id used twice');
      done();
      link.send(encodeReliable({ type: 'welcome', token, received: 0 }));
      this.#begin(link, key, peer, name);
      return;
    }
    const channel = this.#open.get(name);
    const ended = this.#ended.get(name);
    if (!equalBytes(token, resume.token) || (channel === undefined && ended === undefined)) {
      refuse(link, 'unknown-session', '');
      done(abortError('unknown-session', ''));
      return;
    }
    done();
    link.send(encodeReliable({ type: 'welcome', token, received: channel?.received ?? ended!.received }));
    if (channel === undefined) refuse(link, 'called-off', ended!.why);
    else channel.attach(link, resume.received);
  }

  #begin(link: Link, key: Uint8Array, peer: string, name: string): void {
    const { clock, deadlines, frameLimit, onChannel } = this.#options;
    const old = this.#open.get(this.#current.get(peer) ?? '');
    old?.refuse('replaced', '', new ProtocolError('aborted', 'the peer has begun a new session: it was started again'));
    const channel = new ReliableChannel({
      peerKey: key,
      clock,
      frameLimit,
      patience: deadlines.patience,
      goodbye: deadlines.goodbye,
      lost: () => {}, // it is for the client to come back
      ended: () => {
        this.#open.delete(name);
        if (this.#current.get(peer) === name) this.#current.delete(peer);
        this.#remember(name, channel);
      },
    });
    this.#open.set(name, channel);
    this.#current.set(peer, name);
    channel.attach(link, 0);
    onChannel(channel, key);
  }

  #remember(name: string, { received, error }: ReliableChannel): void {
    const why = error instanceof ProtocolError ? error.message : 'the session has ended';
    this.#ended.set(name, { received, why });
    if (this.#ended.size > REMEMBERED) this.#ended.delete(this.#ended.keys().next().value!);
  }

  /** Bound to both identities and the session, and known only to whom it was given. */
  #token(key: Uint8Array, session: Uint8Array): Uint8Array {
    const info = new Uint8Array([...utf8('subrosa/transport/resume/v1'), ...this.#options.identity.publicKey, ...key]);
    return hkdfSha256(this.#secret, session, info);
  }

  close(): void {
    this.#closed = true;
    for (const channel of [...this.#open.values()]) channel.abort('the server is closing');
  }
}

function refuse(link: Link, reason: AbortReason, text: string): void {
  link.send(encodeReliable({ type: 'abort', reason, text }));
  link.close();
}
