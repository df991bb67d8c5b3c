import type { Cipher } from 'node:crypto';
import type { MaskTerm, Suite } from './plan.ts';
import { applyMask as applyMaskReference } from './reference/mask.ts';
import { addWords, subtractWords } from './ring.ts';
import { type RingWords, wordBytes } from './words.ts';

/** Keystream is produced and consumed in pieces of this many bytes: small enough for the cache, large enough to amortise a call. */
const PIECE = 65_536;

/**
 * Adds or subtracts the keystream of a seed, in place: into[i] += sign * word(from + i).
 * @param into ring words; additions wrap at the word width
 * @param from index of the first keystream word, so that ranges of one vector can be masked separately
 */
export function applyMask(into: RingWords, term: MaskTerm, suite: Suite, from = 0): void {
  const node = suite === 'aes256ctr' ? nodeCrypto() : undefined;
  if (node === undefined) {
    applyMaskReference(into, term, suite, from);
    return;
  }
  const width = into.BYTES_PER_ELEMENT;
  const skipped = (from * width) % 16;
  const cipher = node.createCipheriv(
    'aes-256-ctr',
    node.createSecretKey(term.seed),
    counterBlock((from * width - skipped) / 16),
  );
  if (skipped > 0) cipher.update(new Uint8Array(skipped));
  const perPiece = PIECE / width;
  for (let at = 0; at < into.length; at += perPiece) {
    const piece = into.subarray(at, Math.min(into.length, at + perPiece));
    const stream = keystreamWords(cipher, piece);
    if (term.sign === 1) addWords(piece, stream);
    else subtractWords(piece, stream);
  }
}

const zeros = new Uint8Array(PIECE);
const scratch = new ArrayBuffer(PIECE);

function keystreamWords(cipher: Cipher, like: RingWords): RingWords {
  const stream = cipher.update(zeros.subarray(0, like.byteLength));
  const words =
    like instanceof Uint32Array
      ? new Uint32Array(scratch, 0, like.length)
      : new BigUint64Array(scratch, 0, like.length);
  wordBytes(words).set(stream);
  return words;
}

/** The initial counter block of AES-CTR: a zero nonce and a 128-bit big-endian block counter. */
function counterBlock(block: number): Uint8Array {
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
