/**
 * AES-256-CTR keystreams. The cipher comes from the platform: node:crypto, synchronous and with the processor's AES
 * instructions, or WebCrypto, which is as fast but answers asynchronously. WebAssembly has no AES instructions, and tables of
 * its own would leak the key through the cache.
 */

/** Keystream is produced and consumed in pieces of this many bytes: small enough for the cache, large enough to amortise a call. */
export const AES_PIECE = 65_536;

/** One reused buffer of zeros to encrypt; never written. */
const zeros = new Uint8Array(AES_PIECE);

/** The initial counter block of AES-CTR: a zero nonce and a 128-bit big-endian block counter. */
function counterBlock(block: number): Uint8Array<ArrayBuffer> {
  const iv = new Uint8Array(16);
  new DataView(iv.buffer).setBigUint64(8, BigInt(block));
  return iv;
}

type NodeCrypto = typeof import('node:crypto');

let cached: NodeCrypto | null | undefined;

function nodeCrypto(): NodeCrypto | undefined {
  cached ??= (globalThis.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined) ?? null;
  return cached ?? undefined;
}

/** Whether the platform has AES-CTR that answers at once. */
export function hasNodeAes(): boolean {
  return nodeCrypto() !== undefined;
}

/** Whether the platform has AES-CTR that answers later. Browsers offer it to secure contexts (https) only. */
export function hasWebAes(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/**
 * The keystream of a seed from byte `from` on, through node:crypto: a function that returns the next so many bytes (at most
 * AES_PIECE). The key goes in as a key object: a raw one costs 11 us on Node 24.
 */
export function nodeStream(seed: Uint8Array, from: number): (bytes: number) => Uint8Array {
  const node = nodeCrypto();
  if (node === undefined) throw new TypeError('this platform has no node:crypto');
  const skipped = from % 16;
  const cipher = node.createCipheriv('aes-256-ctr', node.createSecretKey(seed), counterBlock((from - skipped) / 16));
  if (skipped > 0) cipher.update(zeros.subarray(0, skipped));
  return (bytes) => cipher.update(zeros.subarray(0, bytes));
}

/**
 * Frees a piece of keystream at once. node:crypto puts every piece into memory of its own, and garbage collection comes late: 50 to 100 MB
 * of used keystream pile up in each thread, and every piece is written to cold memory that the system has to clear first. With the piece
 * gone before the next one is asked for, the allocator hands out the same warm memory again: half as fast again on Node 20, twice on 24.
 *
 * `transfer(0)` frees (Node 22 and later); before that, moving the buffer through a port that is closed does.
 */
export function freePiece(piece: Uint8Array): void {
  const { buffer } = piece;
  // Short pieces are cheaper left alone, and a buffer that others share is not ours to free.
  if (piece.byteLength < 16_384 || piece.byteLength !== buffer.byteLength) return;
  if (hasTransfer(buffer)) buffer.transfer(0);
  else closedPort().postMessage(null, [buffer as ArrayBuffer]);
}

function hasTransfer(buffer: ArrayBufferLike): buffer is ArrayBuffer & { transfer(bytes: number): ArrayBuffer } {
  return 'transfer' in buffer;
}

let port: MessagePort | undefined;

function closedPort(): MessagePort {
  if (port === undefined) {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    port2.close();
    port = port1;
  }
  return port;
}

/** The keystream of a seed through WebCrypto: a function that returns bytes from .. from + bytes - 1. */
export async function webStream(seed: Uint8Array): Promise<(from: number, bytes: number) => Promise<Uint8Array>> {
  // A copy over memory of its own: WebCrypto refuses views of shared memory.
  const raw = Uint8Array.from(seed);
  const key = await globalThis.crypto.subtle.importKey('raw', raw, 'AES-CTR', false, ['encrypt']);
  raw.fill(0);
  return async (from, bytes) => {
    const skipped = from % 16;
    const counter = counterBlock((from - skipped) / 16);
    // `length`: how many bits of the block count; carries never reach past the low 64 here.
    const out = await globalThis.crypto.subtle.encrypt(
      { name: 'AES-CTR', counter, length: 64 },
      key,
      new Uint8Array(skipped + bytes),
    );
    return new Uint8Array(out, skipped);
  };
}
