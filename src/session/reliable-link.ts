/** A connection that carries whole messages in order until it breaks. */
export interface Link {
  /** Into the void once the link has ended. */
  send(message: Uint8Array): void;
  /** Longer messages from the peer break the link. */
  limit(bytes: number): void;
  /** What came before the first listener waits for it. */
  listen(listener: LinkListener): void;
  /** Ends it after what was sent. */
  close(): void;
  /** Ends it at once. */
  cut(error: Error): void;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface LinkListener {
  message(bytes: Uint8Array): void;
  /**
   * Called once. A `ProtocolError` is the peer's fault and final; after other errors a new link may go on. `undefined`: the peer has closed it in
   * good order.
   */
  closed(error: Error | undefined): void;
}

/** Frames to and from one authenticated peer: in order, each exactly once, across connections that break. */
export interface SecureChannel extends AsyncDisposable {
  /** The peer's Ed25519 public key, 32 bytes; the handshake proved it. */
  readonly peerKey: Uint8Array;
  /**
   * Resolves when the frame has its place among those under way, of which there are at most 8 MiB (or one frame that is longer). The frame is
   * sent again after a cut: it must not be changed.
   * @throws {ProtocolError} `aborted` or `timeout` when the peer is gone
   */
  send(frame: Uint8Array): Promise<void>;
  /**
   * The next frame.
   * @throws {ProtocolError} `aborted` when the peer has closed and all its frames were taken, or has called off; `timeout` when the connection
   *   did not come back
   */
  receive(): Promise<Uint8Array>;
  /** From now on frames from the peer may have this many bytes; a longer one ends the channel. 0 .. 2^31. */
  limit(frameBytes: number): void;
  /**
   * Says goodbye: resolves when the peer's transport has everything that was sent. Idempotent; frames that were not taken are lost.
   * @throws {ProtocolError} when frames were sent of which nobody knows whether they arrived
   */
  close(): Promise<void>;
  /** Ends the channel at once and tells the peer why, in one line without secrets. */
  abort(why: string): void;
  /** On the wire, TLS and acknowledgements included, over all connections. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** How often a broken connection was replaced. */
  readonly reconnections: number;
}

export function checkFrameLimit(bytes: number): void {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > 2 ** 31) {
    throw new RangeError(`a frame limit of ${bytes} bytes, expected 0 .. 2^31`);
  }
}
