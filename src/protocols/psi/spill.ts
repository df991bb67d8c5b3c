/**
 * Sets whose tokens do not fit in memory. The protocol knows no files: it writes to a {@link Scratch} and reads back, and who runs it
 * says where that is.
 */
export interface Scratch {
  /** Appends, and says where. Synchronous: the states of a protocol do not wait. */
  append(bytes: Uint8Array): number;
  read(at: number, length: number): Uint8Array;
}

/** Where tokens go that do not fit in memory. */
export interface Spill {
  /** Most bytes of tokens that a party keeps in memory; beyond it they go to a scratch of their own. */
  readonly memoryBytes: number;
  /** A new, empty scratch. Whoever gave the spill closes its scratches when the run is over, however it ended. */
  open(): Scratch;
}

const MOST_PARTITIONS = 1024;
const MOST_BLOCK = 65_536;

/** Partitions of work that takes `bytes` in memory as a whole, so that one of them takes half of what is allowed: a power of 2. */
export function partitionsFor(bytes: number, memoryBytes: number): number {
  const wanted = Math.max(2, (2 * bytes) / Math.max(1, memoryBytes));
  return 2 ** Math.ceil(Math.log2(Math.min(MOST_PARTITIONS, wanted)));
}

/**
 * Records of one length dealt out to partitions and kept in a scratch: each partition gathers a block in memory before it is written, so that
 * what is written and read are few long pieces.
 */
export class Partitions {
  readonly #scratch: Scratch;
  readonly #record: number;
  readonly #block: number;
  readonly #buffers: (Uint8Array | undefined)[];
  readonly #used: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #blocks: number[][];

  /**
   * @param record bytes of a record
   * @param memoryBytes a quarter of it goes to the blocks
   */
  constructor(scratch: Scratch, count: number, record: number, memoryBytes: number) {
    const share = Math.min(MOST_BLOCK, memoryBytes / 4 / count);
    this.#scratch = scratch;
    this.#record = record;
    this.#block = Math.max(1, Math.floor(share / record)) * record;
    this.#buffers = Array.from({ length: count }, () => undefined);
    this.#used = new Uint32Array(count);
    this.#counts = new Uint32Array(count);
    this.#blocks = Array.from({ length: count }, () => []);
  }

  get count(): number {
    return this.#buffers.length;
  }

  /** Records in a partition. */
  size(partition: number): number {
    return this.#counts[partition]!;
  }

  /** The next record's bytes, to be filled before the next call. */
  next(partition: number): Uint8Array {
    let buffer = this.#buffers[partition];
    if (buffer === undefined) {
      buffer = new Uint8Array(this.#block);
      this.#buffers[partition] = buffer;
    }
    if (this.#used[partition] === this.#block) {
      this.#blocks[partition]!.push(this.#scratch.append(buffer));
      this.#used[partition] = 0;
    }
    const at = this.#used[partition]!;
    this.#used[partition] = at + this.#record;
    this.#counts[partition]!++;
    return buffer.subarray(at, at + this.#record);
  }

  /** The records of a partition in the order they were added, some at a time. */
  *records(partition: number): Generator<Uint8Array> {
    for (const at of this.#blocks[partition]!) yield this.#scratch.read(at, this.#block);
    const rest = this.#buffers[partition];
    if (rest !== undefined) yield rest.subarray(0, this.#used[partition]!);
  }
}
