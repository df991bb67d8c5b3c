import { ProtocolError } from '../errors.ts';

/**
 * Watches the bytes of a WebSocket connection (RFC 6455, section 5.2) on their way in and says where frames begin and end.
 *
 * The WebSocket library hands out whole messages; whether a peer has begun one, how long it claims to be, and whether it stays within a limit
 * that changes from phase to phase, has to be known before that. A frame that must not be is refused by its header.
 */
export class FrameWatch {
  readonly #masked: boolean;
  readonly #header: number[] = [];
  #payload = 0;
  /** The longest binary frame that is let through. */
  limit: number;

  /** @param masked whether the peer masks its frames, which a client does and a server does not */
  constructor(masked: boolean, limit: number) {
    this.#masked = masked;
    this.limit = limit;
  }

  /** Whether a frame has begun and not ended. */
  get partial(): boolean {
    return this.#payload > 0 || this.#header.length > 0;
  }

  /** Bytes of payload that the frame still needs; 0 while its header is incomplete. */
  get missing(): number {
    return this.#payload;
  }

  /**
   * Takes the next bytes.
   * @returns how many frames ended in them
   * @throws {ProtocolError} `malformed` for a frame that is too long or of a kind that is not used
   */
  take(chunk: Uint8Array): number {
    let ended = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, chunk.length - at);
        this.#payload -= step;
        at += step;
        if (this.#payload === 0) ended += 1;
        continue;
      }
      this.#header.push(chunk[at]!);
      at += 1;
      const length = this.#parse();
      if (length === undefined) continue;
      this.#header.length = 0;
      this.#payload = length;
      if (length === 0) ended += 1;
    }
    return ended;
  }

  /** The length of the payload, once the header is whole. */
  #parse(): number | undefined {
    const header = this.#header;
    if (header.length < 2) return undefined;
    const [first, second] = [header[0]!, header[1]!];
    const short = second & 0x7f;
    const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (header.length === 2) this.#check(first, second);
    if (header.length < 2 + extra + (this.#masked ? 4 : 0)) {
      if (header.length === 2 + extra) this.#length(first, short, extra);
      return undefined;
    }
    return this.#length(first, short, extra);
  }

  #check(first: number, second: number): void {
    const refuse = (found: string) => {
      throw new ProtocolError('malformed', `WebSocket frame ${found}`);
    };
    const opcode = first & 0x0f;
    if ((first & 0x80) === 0 || opcode === 0) refuse('that is a fragment: messages travel whole');
    if ((first & 0x70) !== 0) refuse('with an extension, none was agreed');
    if (opcode !== BINARY && opcode < CLOSE) refuse(`of kind ${opcode}, expected binary`);
    if (opcode > PONG) refuse(`of kind ${opcode}, which does not exist`);
    if (((second & 0x80) !== 0) !== this.#masked) refuse(this.#masked ? 'that is not masked' : 'that is masked');
    if (opcode >= CLOSE && (second & 0x7f) > 125) refuse('of control that is too long');
  }

  #length(first: number, short: number, extra: number): number {
    let length = short;
    if (extra > 0) length = this.#header.slice(2, 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
    if ((first & 0x0f) === BINARY && length > this.limit) {
      throw new ProtocolError('malformed', `a frame of ${length} bytes, at most ${this.limit} allowed in this phase`);
    }
    return length;
  }
}

const BINARY = 2;
const CLOSE = 8;
const PONG = 10;
