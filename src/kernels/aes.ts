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

/** A keystream of one seed, in order from some byte on. */
export type Stream = (bytes: number) => Uint8Array;

/**
 * Keystreams of one seed through node:crypto, each from a byte of its own. The key object is made once: handing a raw key to
 * every cipher costs 11 us a time on Node 24.
 */
export function nodeStreams(seed: Uint8Array): (from: number) => Stream {
  const node = nodeCrypto();
  if (node === undefined) throw new TypeError('this platform has no node:crypto');
  const key = node.createSecretKey(seed);
  return (from) => {
    const skipped = from % 16;
    const cipher = node.createCipheriv('aes-256-ctr', key, counterBlock((from - skipped) / 16));
    if (skipped > 0) cipher.update(zeros.subarray(0, skipped));
    return (bytes) => cipher.update(zeros.subarray(0, bytes));
  };
}

/** Bytes from .. from + bytes - 1 of keystreams of one seed, through WebCrypto. */
export async function webStreams(seed: Uint8Array): Promise<(from: number, bytes: number) => Promise<Uint8Array>> {
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
