import { checkVerifyKey } from '../crypto/index.ts';
import { ProtocolError } from '../errors.ts';
import { csprng, randomBytes, uniformBelow } from '../random/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { ReliableChannel } from './reliable.ts';
import { checkFrameLimit, type SecureChannel } from './reliable-link.ts';
import { builtin, identityCredentials } from './tls.ts';
import { type Dial, type Dialled, dial, parseServerUrl } from './websocket-dial.ts';
import { type ChannelOptions, channelDeadlines, FRAME_LIMIT } from './websocket-options.ts';

/** Whom to connect to, and how long to try. */
export interface ConnectOptions extends ChannelOptions {
  /** `wss://host:port` */
  readonly url: string;
  /** The server's public key, 32 bytes: anybody else is refused before a byte is sent. */
  readonly peerKey: Uint8Array;
  /** Milliseconds to keep trying when the server is not there yet; may be infinite. Default 0: one attempt. */
  readonly wait?: number;
  /** Calls off: `connectSecure` rejects, an open channel ends, and the server is told. */
  readonly signal?: AbortSignal;
}

/** Milliseconds before the first attempt to connect again; each further pause doubles, up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * A channel to a server that listens with `listenSecure`. A connection that breaks is replaced without the caller noticing.
 *
 * @throws {TypeError|RangeError} for an argument that cannot work
 * @throws {ProtocolError} `bad-key` when somebody else answers, `unknown-party` when the server does not accept us, `unsupported-version`,
 *   `aborted` when `signal` fired
 * @throws {Error} when the server cannot be reached, in one line
 */
export async function connectSecure(options: ConnectOptions): Promise<SecureChannel> {
  const { identity, peerKey, wait = 0, clock = systemClock, frameLimit = FRAME_LIMIT } = options;
  checkVerifyKey(peerKey);
  checkFrameLimit(frameLimit);
  const deadlines = channelDeadlines(options.deadlines);
  const over = new AbortController();
  const call: Dial = {
    url: parseServerUrl(options.url),
    context: builtin('node:tls').createSecureContext(identityCredentials(identity)),
    ourKey: identity.publicKey,
    peerKey: peerKey.slice(),
    session: randomBytes(32, csprng),
    clock,
    deadlines,
    signal: over.signal,
  };

  let abort = () => over.abort(options.signal?.reason);
  const onAbort = () => abort();
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) abort();
  const release = () => options.signal?.removeEventListener('abort', onAbort);

  let first: Dialled;
  try {
    first = await persist(call, wait);
  } catch (error) {
    release();
    throw error;
  }
  const reconnect = async (): Promise<void> => {
    try {
      const resume = { token: first.token, received: channel.received };
      const { link, received } = await persist({ ...call, resume }, Number.POSITIVE_INFINITY);
      channel.attach(link, received);
    } catch (error) {
      channel.fail(error as Error);
    }
  };
  const channel = new ReliableChannel({
    peerKey: call.peerKey,
    clock,
    frameLimit,
    patience: deadlines.patience,
    goodbye: deadlines.goodbye,
    lost: () => void reconnect(),
    ended() {
      release();
      over.abort();
    },
  });
  abort = () => channel.abort('interrupted');
  channel.attach(first.link, first.received);
  return channel;
}

/** Attempts until one succeeds, fails for good, or `wait` milliseconds have passed. */
async function persist(call: Dial, wait: number): Promise<Dialled> {
  let late = wait <= 0;
  const cancel = wait > 0 && wait < Number.POSITIVE_INFINITY ? call.clock.after(wait, () => (late = true)) : () => {};
  try {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return await dial(call);
      } catch (error) {
        if (error instanceof ProtocolError || late) throw error;
      }
      // Between half and the whole pause, so that the clients of a server that comes back do not all come at once.
      await sleep(call.clock, pause / 2 + uniformBelow(pause / 2, csprng), call.signal);
    }
  } finally {
    cancel();
  }
}

/** Until the time is up or `signal` fires. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
