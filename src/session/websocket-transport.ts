import { toHex } from '../bytes/index.ts';
import { checkVerifyKey } from '../crypto/index.ts';
import { ProtocolError } from '../errors.ts';
import { checkPartyId, type PartyId } from '../protocols/index.ts';
import { type Clock, systemClock } from './clock.ts';
import type { SecureChannel } from './reliable-link.ts';
import { builtin } from './tls.ts';
import type { Received, Transport } from './transport.ts';
import { connectSecure, sleep } from './websocket-connect.ts';
import { parseServerUrl } from './websocket-dial.ts';
import { listenSecure, type SecureListener } from './websocket-listen.ts';
import type { ChannelOptions } from './websocket-options.ts';
import { PeerEnd } from './websocket-peer.ts';

/** Another party as this one knows it. */
export interface TransportPeer {
  readonly id: PartyId;
  /** Its Ed25519 identity, 32 bytes: what comes over a connection that proved this key comes from `id`. */
  readonly key: Uint8Array;
  /** `wss://host:port` where it listens. Without it the peer is the one to connect. */
  readonly url?: string;
}

/** Who this party is, whom it talks to, and where they are. */
export interface WebSocketTransportOptions extends ChannelOptions {
  readonly me: PartyId;
  /** Everybody this party talks to. */
  readonly peers: readonly TransportPeer[];
  /** Where to listen for the peers without `url`. */
  readonly listen?: { readonly host?: string; readonly port: number; readonly maxConnections?: number };
  /** Milliseconds in which peers are expected to turn up, by connecting or by listening: a frame waits so long for its addressee. Default 60,000. */
  readonly wait?: number;
  /** A connection came to nothing. */
  readonly onRefused?: (error: Error, address: string) => void;
  readonly signal?: AbortSignal;
}

/** A {@link Transport} between machines. */
export interface WebSocketTransport extends Transport, AsyncDisposable {
  /** `wss://host:port` under which the others find this party; `undefined` when it does not listen. */
  readonly url: string | undefined;
  /** Frames may have so many bytes from now on, from all peers. */
  limit(frameBytes: number): void;
  /** On the wire, over all connections so far. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/**
 * The transport between machines: one channel for each pair of parties, over TLS and WebSocket, with both identities pinned. Frames carry no
 * sender: the connection says who it is.
 *
 * A server listens and names its clients without `url`; a client names the server with `url`. Helpers do both. Resolves when this party
 * listens; connections to others are made in the background, and frames wait for them.
 *
 * @throws {TypeError|RangeError} for peers that cannot be told apart, or that cannot be reached because neither side listens
 * @throws {Error} when the port is taken
 */
export async function webSocketTransport(options: WebSocketTransportOptions): Promise<WebSocketTransport> {
  const { me, peers, listen, clock = systemClock, wait = 60_000 } = options;
  checkPeers(options);
  const ends = new Map(peers.map(({ id }) => [id, new PeerEnd(id, clock, wait)]));
  const byKey = new Map(peers.map(({ id, key }) => [toHex(key), ends.get(id)!]));
  const common = { ...options, peers: undefined };
  const transport = new ChannelTransport(me, ends, options);
  if (listen !== undefined) {
    const awaited = new Set(peers.filter(({ url }) => url === undefined).map(({ key }) => toHex(key)));
    try {
      transport.listener = await listenSecure({
        ...common,
        ...listen,
        peers: (key) => awaited.has(toHex(key)),
        onChannel: (channel, key) => void transport.arrived(byKey.get(toHex(key))!, channel),
      });
    } catch (error) {
      await transport.close();
      throw error;
    }
  }
  for (const { id, key, url } of peers) {
    if (url === undefined) continue;
    const dial = () =>
      connectSecure({ ...common, url, peerKey: key, wait: Number.POSITIVE_INFINITY, signal: transport.signal });
    void transport.keep(ends.get(id)!, dial);
  }
  return transport;
}

function checkPeers({ me, peers, listen }: WebSocketTransportOptions): void {
  checkPartyId(me);
  const ids = new Set<PartyId>([me]);
  const keys = new Set<string>();
  for (const { id, key, url } of peers) {
    checkPartyId(id);
    checkVerifyKey(key);
    if (ids.has(id)) throw new RangeError(`party ${JSON.stringify(id)} is named twice`);
    if (keys.has(toHex(key))) throw new RangeError(`${JSON.stringify(id)} has the identity of another party`);
    if (url !== undefined) parseServerUrl(url);
    else if (listen === undefined) {
      throw new TypeError(`${JSON.stringify(id)} has no url, and this party does not listen`);
    }
    ids.add(id);
    keys.add(toHex(key));
  }
}

/** Milliseconds between the end of a session and the next. */
const PAUSE = 500;

class ChannelTransport implements WebSocketTransport {
  readonly me: PartyId;
  listener: SecureListener | undefined;
  readonly #ends: ReadonlyMap<PartyId, PeerEnd>;
  readonly #over = new AbortController();
  readonly #release: () => void;
  readonly #clock: Clock;
  #limit: number | undefined;
  #closing: Promise<void> | undefined;
  /** At most one frame of each peer: the rest waits in its channel, and in the end at its sender. */
  readonly #waiting: { readonly received: Received; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;

  constructor(
    me: PartyId,
    ends: ReadonlyMap<PartyId, PeerEnd>,
    { signal, clock = systemClock }: WebSocketTransportOptions,
  ) {
    this.me = me;
    this.#clock = clock;
    this.#ends = ends;
    const onAbort = () => void this.close();
    signal?.addEventListener('abort', onAbort);
    this.#release = () => signal?.removeEventListener('abort', onAbort);
    builtin('node:events').setMaxListeners(0, this.signal); // one for each peer
    if (signal?.aborted) onAbort();
  }

  /** Fires when the transport closes. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get url(): string | undefined {
    return this.listener?.url;
  }

  get bytesSent(): number {
    return [...this.#ends.values()].reduce((sum, end) => sum + end.bytesSent, 0);
  }

  get bytesReceived(): number {
    return [...this.#ends.values()].reduce((sum, end) => sum + end.bytesReceived, 0);
  }

  limit(frameBytes: number): void {
    this.#limit = frameBytes;
    for (const { channel } of this.#ends.values()) channel?.limit(frameBytes);
  }

  /**
   * Keeps up a session with a peer that listens: when one fails, because the peer was restarted for example, the next begins. Ends when another
   * attempt would end the same way.
   */
  async keep(end: PeerEnd, dial: () => Promise<SecureChannel>): Promise<void> {
    while (this.#closing === undefined) {
      let ended: unknown;
      try {
        ended = await this.arrived(end, await dial());
      } catch (error) {
        end.failed(error as Error);
        return;
      }
      if (this.#closing !== undefined) return;
      end.expect();
      // Two processes with one identity would otherwise throw each other out for ever.
      if (ended instanceof ProtocolError && ended.code === 'policy') {
        end.failed(ended);
        return;
      }
      await sleep(this.#clock, PAUSE, this.signal);
    }
  }

  /** Resolves when the channel has ended, with the reason. */
  async arrived(end: PeerEnd, channel: SecureChannel): Promise<unknown> {
    if (this.#closing !== undefined) {
      channel.abort('the transport is closed');
      return undefined;
    }
    if (this.#limit !== undefined) channel.limit(this.#limit);
    end.arrived(channel);
    return this.#pump(end.id, channel);
  }

  async #pump(from: PartyId, channel: SecureChannel): Promise<unknown> {
    try {
      while (this.#closing === undefined) {
        const frame = await channel.receive();
        await new Promise<void>((taken) => {
          this.#waiting.push({ received: { from, frame }, taken });
          this.#wake?.();
        });
      }
      return undefined;
    } catch (error) {
      // The peer is gone. Its silence is what the protocol will notice; it may come back with a new channel.
      return error;
    }
  }

  async send(to: PartyId, frame: Uint8Array): Promise<void> {
    if (this.#closing !== undefined) throw new Error(`the transport of ${JSON.stringify(this.me)} is closed`);
    const end = this.#ends.get(to);
    if (end === undefined) throw new RangeError(`${JSON.stringify(to)} is not a peer of ${JSON.stringify(this.me)}`);
    await end.send(frame);
  }

  async *frames(): AsyncIterable<Received> {
    while (this.#closing === undefined) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        next.taken();
        yield next.received;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#release();
    this.#wake?.();
    for (const { taken } of this.#waiting.splice(0)) taken();
    const ends = [...this.#ends.values()];
    for (const end of ends) end.failed(new Error(`the transport of ${JSON.stringify(this.me)} is closed`));
    // What was sent shall arrive; a peer that is gone does not get in the way of the others.
    await Promise.allSettled(ends.map((end) => end.channel?.close()));
    this.#over.abort();
    await this.listener?.close();
  }
}
