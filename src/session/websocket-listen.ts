import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { equalBytes } from '../bytes/index.ts';
import { checkVerifyKey } from '../crypto/index.ts';
import { ProtocolError } from '../errors.ts';
import { type Clock, systemClock } from './clock.ts';
import { formatPublicKey } from './identity.ts';
import { checkFrameLimit, type SecureChannel } from './reliable-link.ts';
import { CONTROL_BYTES } from './reliable-messages.ts';
import { builtin, identityCredentials, peerIdentity } from './tls.ts';
import { WebSocketLink } from './websocket-link.ts';
import {
  CEILING,
  type ChannelDeadlines,
  type ChannelOptions,
  channelDeadlines,
  FRAME_LIMIT,
  PATH,
  SUBPROTOCOL,
} from './websocket-options.ts';
import { Sessions } from './websocket-sessions.ts';

/** Where to listen, and for whom. */
export interface ListenOptions extends ChannelOptions {
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** 0 .. 65,535; 0 takes a free one. */
  readonly port: number;
  /** Whom to talk to: public keys, or a question asked for every connection. Everybody else is turned away after the TLS handshake. */
  readonly peers: readonly Uint8Array[] | ((key: Uint8Array) => boolean);
  /**
   * A peer has begun a session. One at a time for each identity: a new one takes the place of the old one, which ends with `aborted`; so a peer that
   * was restarted is not kept out by its own past.
   */
  readonly onChannel: (channel: SecureChannel, peerKey: Uint8Array) => void;
  /** A connection came to nothing: a stranger, garbage, silence. `address` is where it came from. */
  readonly onRefused?: (error: Error, address: string) => void;
  /** Connections at once, those of strangers included. Default 4,096. */
  readonly maxConnections?: number;
}

/** A listener that is open. */
export interface SecureListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** `wss://host:port` of the address. */
  readonly url: string;
  /** Stops listening and calls off the channels that are open: close them first. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens for peers with pinned identities: TLS 1.3 with both sides' Ed25519 keys, then WebSocket, then channels that survive broken connections.
 *
 * @throws {TypeError|RangeError} for an argument that cannot work
 * @throws {Error} when the port is taken or the address is not ours, in one line
 */
export async function listenSecure(options: ListenOptions): Promise<SecureListener> {
  const { host = '127.0.0.1', port, peers, clock = systemClock, frameLimit = FRAME_LIMIT } = options;
  checkFrameLimit(frameLimit);
  const deadlines = channelDeadlines(options.deadlines);
  if (typeof peers !== 'function') for (const key of peers) checkVerifyKey(key);
  const { WebSocketServer } = await import('ws');
  const sessions = new Sessions({ ...options, frameLimit, clock, deadlines });
  const gate = new Gate(options, clock, deadlines);
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: CEILING,
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL,
  });

  const http = builtin('node:http').createServer();
  http.on('request', (request, response) => {
    gate.refused(request.socket, new Error('an HTTP request that is no WebSocket upgrade'));
    response.writeHead(426, { Connection: 'close', 'Content-Type': 'text/plain' }).end('WebSocket only\n');
  });
  http.on('clientError', (error, socket) => {
    gate.refused(socket, error);
    socket.destroy();
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const entry = gate.entry(socket)!;
    const wrong = refuseUpgrade(request);
    if (wrong !== undefined) {
      gate.refused(socket, new Error(wrong.why));
      return answer(socket as TLSSocket, wrong.status, wrong.why);
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      const link = new WebSocketLink(ws, socket as TLSSocket, entry.raw, true, CONTROL_BYTES, clock, deadlines);
      sessions.greet(link, entry.key!, (error) => {
        if (error === undefined) entry.cancel();
        else gate.refused(socket, error);
      });
    });
  });

  const server = builtin('node:tls').createServer({
    ...identityCredentials(options.identity),
    requestCert: true,
    rejectUnauthorized: false, // keys are pinned: see admit
    handshakeTimeout: deadlines.handshake,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections ?? 4096;
  server.on('connection', (raw: Socket) => gate.arrived(raw));
  server.on('tlsClientError', (error, socket) => gate.refused(socket, handshakeError(error)));
  server.on('secureConnection', (socket) => {
    if (gate.admit(socket)) http.emit('connection', socket);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error & { code?: string }) => reject(listenError(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  const { address, port: bound, family } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      sessions.close();
      gate.close();
      http.close();
    });
    return closing;
  };
  return {
    address: { host: address, port: bound },
    url: `wss://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Entry {
  readonly raw: Socket;
  readonly address: string;
  /** Ends the handshake deadline. */
  readonly cancel: () => void;
  key?: Uint8Array;
  reported?: true;
}

/** Everybody who has come in and not yet greeted. */
class Gate {
  readonly #options: ListenOptions;
  readonly #clock: Clock;
  readonly #deadlines: ChannelDeadlines;
  /** By remote address and port, which a connection and the TLS socket over it share. */
  readonly #arrived = new Map<string, Entry>();
  /** By TLS socket, once the handshake is done: a socket that is closed has no address any more. */
  readonly #admitted = new WeakMap<Duplex, Entry>();
  readonly #greeting = new Set<Socket>();

  constructor(options: ListenOptions, clock: Clock, deadlines: ChannelDeadlines) {
    this.#options = options;
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  arrived(raw: Socket): void {
    const address = remote(raw);
    const { handshake } = this.#deadlines;
    const stop = this.#clock.after(handshake, () => {
      this.#report(entry, address, new Error(`no greeting within ${handshake} ms`));
      raw.destroy();
    });
    const cancel = () => {
      stop();
      this.#greeting.delete(raw);
    };
    const entry: Entry = { raw, address, cancel };
    this.#greeting.add(raw);
    this.#arrived.set(address, entry);
    raw.on('error', () => {}); // reported by the layer above
    raw.once('close', () => {
      cancel();
      if (this.#arrived.get(address) === entry) this.#arrived.delete(address);
    });
  }

  entry(socket: Duplex): Entry | undefined {
    return this.#admitted.get(socket) ?? this.#arrived.get(remote(socket as Socket));
  }

  /** Whether the peer is one of ours. To a stranger it says so, without reading what he has to say. */
  admit(socket: TLSSocket): boolean {
    socket.on('error', () => {});
    const entry = this.entry(socket);
    if (entry !== undefined) this.#admitted.set(socket, entry);
    try {
      const key = peerIdentity(socket);
      if (entry === undefined) throw new ProtocolError('aborted', 'the connection was gone before it was looked at');
      if (!this.#accepts(key)) {
        throw new ProtocolError(
          'unknown-party',
          `a peer with the identity ${formatPublicKey(key)}, which is not pinned here`,
        );
      }
      entry.key = key;
      return true;
    } catch (error) {
      this.refused(socket, error as Error);
      answer(socket, 403, 'identity not accepted');
      return false;
    }
  }

  #accepts(key: Uint8Array): boolean {
    const { peers } = this.#options;
    return typeof peers === 'function' ? peers(key) : peers.some((peer) => equalBytes(peer, key));
  }

  refused(socket: Duplex, error: Error): void {
    const entry = this.entry(socket);
    this.#report(entry, entry?.address ?? remote(socket as Socket), error);
  }

  /** A connection is reported once, with the first thing that was wrong. */
  #report(entry: Entry | undefined, address: string, error: Error): void {
    if (entry?.reported) return;
    if (entry !== undefined) entry.reported = true;
    this.#options.onRefused?.(error, address);
  }

  close(): void {
    for (const raw of this.#greeting) raw.destroy();
  }
}

function remote(socket: Socket): string {
  // A socket that was cut during the TLS handshake does not know any more.
  if (socket.remoteAddress === undefined) return 'an address that is gone';
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

/** OpenSSL's reason alone, without its numbers and file names. */
function handshakeError(error: Error & { readonly reason?: string }): Error {
  return new Error(`the TLS handshake failed: ${error.reason ?? error.message}`, { cause: error });
}

const REASONS: Record<number, string> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' };

/** A refusal in HTTP; what the peer still sends is thrown away, and the handshake deadline ends the connection if it does not. */
function answer(socket: TLSSocket, status: number, text: string): void {
  const head = `HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${text.length}\r\n\r\n${text}`);
  socket.resume();
}

function refuseUpgrade(request: IncomingMessage): { readonly status: number; readonly why: string } | undefined {
  if (request.url !== PATH) return { status: 404, why: `a request for another path than ${PATH}` };
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUBPROTOCOL)) return { status: 400, why: `a peer that does not speak ${SUBPROTOCOL}` };
  return undefined;
}

function listenError(error: Error & { readonly code?: string }, host: string, port: number): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') return new Error(`cannot listen on ${where}: the port is in use`, { cause: error });
  if (error.code === 'EACCES') return new Error(`cannot listen on ${where}: not allowed`, { cause: error });
  if (error.code === 'EADDRNOTAVAIL') {
    return new Error(`cannot listen on ${where}: not an address of this machine`, { cause: error });
  }
  return new Error(`cannot listen on ${where}: ${error.message}`, { cause: error });
}
