import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type ConnectOptions,
  connectSecure,
  IdentityKey,
  type ListenOptions,
  listenSecure,
  type SecureChannel,
  type SecureListener,
} from '../../src/session/index.ts';

export const alice: IdentityKey = IdentityKey.generate();
export const bob: IdentityKey = IdentityKey.generate();
export const mallory: IdentityKey = IdentityKey.generate();

/** A listener of alice's that keeps what happens to it. */
export interface TestServer {
  readonly listener: SecureListener;
  /** The next channel that somebody opens. */
  channel(): Promise<SecureChannel>;
  /** The next connection that came to nothing. */
  refused(): Promise<Error>;
}

class Queue<T> {
  readonly #items: T[] = [];
  readonly #readers: ((item: T) => void)[] = [];

  push(item: T): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader(item);
  }

  next(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#readers.push(resolve)) : Promise.resolve(item);
  }
}

export async function serve(options: Partial<ListenOptions> = {}): Promise<TestServer> {
  const channels = new Queue<SecureChannel>();
  const errors = new Queue<Error>();
  const listener = await listenSecure({
    port: 0,
    identity: alice,
    peers: [bob.publicKey],
    onChannel: (channel) => channels.push(channel),
    onRefused: (error) => errors.push(error),
    ...options,
  });
  return { listener, channel: () => channels.next(), refused: () => errors.next() };
}

export function call(url: string, options: Partial<ConnectOptions> = {}): Promise<SecureChannel> {
  return connectSecure({ url, identity: bob, peerKey: alice.publicKey, ...options });
}

/** A wire between two machines that can be cut. */
export class Wire {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket; bytes: number }>();
  /** After so many bytes in either direction a connection breaks, once. */
  cutAfter: number[] = [];
  /** Bytes are swallowed: nobody hears anything, nobody hangs up. */
  silent = false;
  /** New connections are refused. */
  down = false;
  connections = 0;
  cuts = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#connected(near));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `wss://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  #connected(near: Socket): void {
    if (this.down) {
      near.resetAndDestroy();
      return;
    }
    this.connections += 1;
    const far = connect(this.#target, '127.0.0.1');
    const pair = { near, far, bytes: 0 };
    this.#pairs.add(pair);
    const limit = this.cutAfter.shift() ?? Number.POSITIVE_INFINITY;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {});
      from.on('data', (chunk: Buffer) => {
        if (this.silent) return;
        const left = limit - pair.bytes;
        pair.bytes += chunk.length;
        if (to.destroyed) return;
        if (chunk.length < left) to.write(chunk);
        else {
          // Some of it arrives, the rest does not.
          if (left > 0) to.write(chunk.subarray(0, left));
          setImmediate(() => this.#cut(pair));
        }
      });
      from.on('close', () => {
        to.destroySoon();
        this.#pairs.delete(pair);
      });
    }
  }

  #cut(pair: { readonly near: Socket; readonly far: Socket }): void {
    this.cuts += 1;
    pair.near.resetAndDestroy();
    pair.far.resetAndDestroy();
  }

  cut(): void {
    for (const pair of [...this.#pairs]) this.#cut(pair);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export async function proxyTo(listener: SecureListener): Promise<{ proxy: Wire; url: string }> {
  const proxy = new Wire(listener.address.port);
  return { proxy, url: await proxy.listen() };
}
