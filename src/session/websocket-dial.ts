import type { SecureContext, TLSSocket } from 'node:tls';
import { equalBytes } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { formatPublicKey } from './identity.ts';
import { abortError } from './reliable-errors.ts';
import { CONTROL_BYTES, decodeReliable, encodeReliable, type Resume } from './reliable-messages.ts';
import { builtin, peerIdentity } from './tls.ts';
import { WebSocketLink } from './websocket-link.ts';
import { CEILING, type ChannelDeadlines, PATH, SUBPROTOCOL } from './websocket-options.ts';

export interface Dial {
  readonly url: URL;
  readonly context: SecureContext;
  readonly ourKey: Uint8Array;
  /** The server's pinned key. */
  readonly peerKey: Uint8Array;
  readonly session: Uint8Array;
  readonly resume?: Resume;
  readonly clock: Clock;
  readonly deadlines: ChannelDeadlines;
  readonly signal: AbortSignal;
}

export interface Dialled {
  readonly link: WebSocketLink;
  readonly token: Uint8Array;
  readonly received: number;
}

/**
 * One attempt: TCP, TLS, both identities, WebSocket, greeting; all within the handshake deadline.
 * @throws {ProtocolError} when another attempt would end the same way: wrong identity, refused, another version
 * @throws {Error} when the network or the server is not there
 */
export async function dial(options: Dial): Promise<Dialled> {
  const { url, clock, deadlines, signal } = options;
  const { default: WebSocket } = await import('ws');
  const raw = builtin('node:net').connect({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
    noDelay: true,
  });
  const socket = builtin('node:tls').connect({
    socket: raw,
    secureContext: options.context,
    // Authorities and names say nothing here: the key is pinned, and checked below before a byte is sent.
    rejectUnauthorized: false,
  });
  return new Promise<Dialled>((resolve, reject) => {
    const stop = (error: Error) => {
      settle();
      socket.destroy();
      raw.destroy();
      reject(error);
    };
    const cancel = clock.after(deadlines.handshake, () => {
      stop(new Error(`no answer from ${url.host} within ${deadlines.handshake} ms`));
    });
    const onAbort = () => stop(new ProtocolError('aborted', 'called off while connecting', { cause: signal.reason }));
    const settle = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
    const upgrade = () => {
      const ws = new WebSocket(`ws://${url.host}${PATH}`, [SUBPROTOCOL], {
        createConnection: () => socket,
        perMessageDeflate: false,
        maxPayload: CEILING,
        followRedirects: false,
        // Masks keep browsers' words from looking like others' protocols to proxies on the way (RFC 6455, section 10.3). Here TLS ends at the peer
        // and no browser writes: zeros say the same and cost nothing.
        generateMask: (mask) => mask.fill(0),
      });
      ws.on('error', stop);
      ws.on('unexpected-response', (_request, response) => {
        const { statusCode } = response;
        response.resume();
        stop(refusal(statusCode, url, options.ourKey));
      });
      ws.once('open', () => {
        ws.off('error', stop);
        const link = new WebSocketLink(ws, socket, raw, false, CONTROL_BYTES, clock, deadlines);
        greet(
          link,
          options,
          (welcome) => {
            settle();
            resolve({ link, ...welcome });
          },
          stop,
        );
      });
    };
    raw.on('error', (error) => stop(unreachable(error, url)));
    socket.on('error', (error) => stop(unreachable(error, url)));
    let connected = false;
    raw.once('connect', () => {
      connected = true;
    });
    raw.on('close', () => {
      // The TLS layer closes the socket below when that fails, and may do so before the socket has said why.
      const cause = raw.errored ?? socket.errored;
      if (cause) stop(unreachable(cause, url));
      else if (connected) stop(new Error(`${url.host} closed the connection during the handshake`));
      else stop(new Error(`cannot connect to ${url.host}: ${REFUSED}`));
    });
    socket.once('secureConnect', () => {
      try {
        checkServer(socket, options.peerKey);
        upgrade();
      } catch (error) {
        stop(error as Error);
      }
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

function checkServer(socket: TLSSocket, expected: Uint8Array): void {
  const found = peerIdentity(socket);
  if (equalBytes(found, expected)) return;
  throw new ProtocolError(
    'bad-key',
    `the server is ${formatPublicKey(found)}, expected ${formatPublicKey(expected)}: another machine, or the wrong key is pinned`,
  );
}

function greet(
  link: WebSocketLink,
  { session, resume }: Dial,
  resolve: (welcome: { token: Uint8Array; received: number }) => void,
  reject: (error: Error) => void,
): void {
  link.listen({
    message(bytes) {
      try {
        const message = decodeReliable(bytes);
        if (message.type === 'abort') throw abortError(message.reason, message.text);
        if (message.type !== 'welcome' || (resume === undefined && message.received !== 0)) {
          throw new ProtocolError('unexpected-message', `${message.type} in answer to a greeting`);
        }
        // What comes after the welcome waits until the channel listens.
        link.hold();
        resolve(message);
      } catch (error) {
        link.cut(error as Error);
        reject(error as Error);
      }
    },
    closed: (error) => reject(error ?? new Error('the server closed the connection instead of answering the greeting')),
  });
  link.send(encodeReliable({ type: 'hello', session, ...(resume === undefined ? {} : { resume }) }));
}

function refusal(status: number | undefined, url: URL, ourKey: Uint8Array): Error {
  if (status === 403) {
    return new ProtocolError(
      'unknown-party',
      `the server does not accept our identity ${formatPublicKey(ourKey)}: it has to be pinned over there`,
    );
  }
  if (status === 400) return new ProtocolError('unsupported-version', `the server does not speak ${SUBPROTOCOL}`);
  if (status === 404)
    return new ProtocolError('malformed', `no such path on ${url.host}: another program, or another version`);
  return new Error(`${url.host} answered with HTTP status ${status}`);
}

const REFUSED = 'connection refused, nobody listens there';

/** An error of the network in words. */
export function unreachable(error: Error & { readonly code?: string; readonly reason?: string }, url: URL): Error {
  const words: Record<string, string> = {
    ECONNREFUSED: REFUSED,
    ENOTFOUND: 'there is no such host',
    EAI_AGAIN: 'the name could not be looked up',
    ETIMEDOUT: 'no answer',
    ECONNRESET: 'the connection was reset',
    EHOSTUNREACH: 'no route to the host',
  };
  const why = words[error.code ?? ''] ?? error.reason ?? error.message;
  return new Error(`cannot connect to ${url.host}: ${why}`, { cause: error });
}

/** The address of a server: `wss://host:port`, nothing else in it. @throws {TypeError} for anything else */
export function parseServerUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError(`not an address: expected wss://HOST:PORT`);
  }
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url.protocol !== 'wss:' || !plain || (url.pathname !== '/' && url.pathname !== PATH)) {
    throw new TypeError('expected an address like wss://HOST:PORT, without a path, a query or a user');
  }
  return url;
}
