import { ProtocolError } from '../errors.ts';
import { halves } from './modular.ts';
import { bitLength, dataPrimes, type ParameterSet, SEED_BYTES } from './parameters.ts';

/**
 * SEAL 4.1's uncompressed serialisation, little endian.
 *
 * Every object starts with a header of 16 bytes: u16 magic 0xA15E, u8 header size 16, u8 major 4, u8 minor 1, u8 compression, u16 reserved 0,
 * u64 total bytes. Then
 *
 * | object | fields | words at |
 * |---|---|---|
 * | ciphertext, public key | parms_id 32, u8 NTT form, u64 size, u64 N, u64 primes, f64 scale, u64 correction, array header 16, u64 count | 113 |
 * | plaintext, secret key | parms_id 32, u64 count, f64 scale, array header 16, u64 count | 88 |
 *
 * Words are u64, polynomial-major, then prime, then coefficient. A seeded ciphertext holds one polynomial only, followed by a header, u8
 * generator type 1 (BLAKE2xb) and the 64-byte seed from which SEAL expands the other.
 *
 * A load that throws inside SEAL's WebAssembly leaks and damages the instance, and a compressed input of 13 KiB makes it allocate 2 GiB; so
 * bytes from elsewhere never reach SEAL as they are. They are compared with a template here, and what SEAL loads is the template with
 * checked words put in.
 */
export const CIPHERTEXT_WORDS = 113;
export const PLAINTEXT_WORDS = 88;
export const SEED_TAIL: number = 16 + 1 + SEED_BYTES;
/** SEAL's type of its default generator. */
export const BLAKE2XB = 1;
const NTT_FLAG = 48;
const CIPHERTEXT_SCALE = 73;
const PLAINTEXT_SCALE = 56;

/** Prefixes of the objects of one parameter set, as this process's own SEAL wrote them. */
export interface Templates {
  /** 113 bytes: size 2, NTT form, scale 1, data primes. */
  readonly ciphertext: Uint8Array;
  /** 113 bytes: size 2, NTT form, scale 1, all primes. */
  readonly publicKey: Uint8Array;
  /** 88 bytes: NTT form, scale 1, data primes. */
  readonly plaintext: Uint8Array;
  /** 88 bytes: all primes. */
  readonly secretKey: Uint8Array;
}

/** A whole object: the template's prefix, then the words. */
export function assemble(prefix: Uint8Array, words: BigUint64Array): Uint8Array {
  const out = new Uint8Array(prefix.length + words.byteLength);
  out.set(prefix);
  out.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), prefix.length);
  return out;
}

/** The words behind a prefix, in memory of their own. */
export function wordsAt(bytes: Uint8Array, offset: number, count: number): BigUint64Array {
  return new BigUint64Array(wordBytesAt(bytes, offset, count).slice().buffer);
}

/** The words behind a prefix as a view, which starts anywhere. */
export function wordBytesAt(bytes: Uint8Array, offset: number, count: number): Uint8Array {
  if (bytes.length < offset + 8 * count)
    throw new RangeError(`SEAL wrote ${bytes.length} bytes, expected ${offset + 8 * count}`);
  return bytes.subarray(offset, offset + 8 * count);
}

/** The same ciphertext prefix with another NTT flag. */
export function withNtt(prefix: Uint8Array, ntt: boolean): Uint8Array {
  const out = prefix.slice();
  out[NTT_FLAG] = ntt ? 1 : 0;
  return out;
}

export function withCiphertextScale(prefix: Uint8Array, scale: number): Uint8Array {
  return withScale(prefix, CIPHERTEXT_SCALE, scale);
}

export function withPlaintextScale(prefix: Uint8Array, scale: number): Uint8Array {
  return withScale(prefix, PLAINTEXT_SCALE, scale);
}

function withScale(prefix: Uint8Array, at: number, scale: number): Uint8Array {
  const out = prefix.slice();
  new DataView(out.buffer).setFloat64(at, scale, true);
  return out;
}

/**
 * The words of a two-polynomial SEAL ciphertext that a peer sent.
 * @param scale the only scale accepted
 * @throws {ProtocolError} `bad-ciphertext` unless the length is exact, every byte before the words equals the template's (so: not
 *   compressed, these parameters, size 2, NTT form, this scale), every coefficient is below its prime and the second polynomial is not zero
 */
export function parseCiphertext(
  bytes: Uint8Array,
  set: ParameterSet,
  templates: Templates,
  scale: number,
): BigUint64Array {
  const primes = dataPrimes(set);
  const count = 2 * primes.length * set.degree;
  const expected = CIPHERTEXT_WORDS + 8 * count;
  if (bytes.length !== expected)
    throw new ProtocolError('bad-ciphertext', `SEAL ciphertext of ${bytes.length} bytes, expected ${expected}`);
  const prefix = withCiphertextScale(templates.ciphertext, scale);
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[i] !== prefix[i])
      throw new ProtocolError('bad-ciphertext', `SEAL ciphertext: ${fieldAt(i)} is not the agreed one (byte ${i})`);
  }
  const words = wordsAt(bytes, CIPHERTEXT_WORDS, count);
  checkResidues(words, primes, set.degree, 'SEAL ciphertext');
  checkNotTransparent(words.subarray(count / 2), 'SEAL ciphertext');
  return words;
}

const FIELDS: readonly (readonly [end: number, name: string])[] = [
  [5, 'magic or version'],
  [6, 'compression'],
  [16, 'size'],
  [48, 'parms_id'],
  [49, 'NTT form'],
  [57, 'number of polynomials'],
  [65, 'degree'],
  [73, 'number of primes'],
  [81, 'scale'],
  [89, 'correction factor'],
  [CIPHERTEXT_WORDS, 'array header'],
];

function fieldAt(offset: number): string {
  return FIELDS.find(([end]) => offset < end)![1];
}

/** @throws {ProtocolError} `bad-ciphertext` naming the first coefficient that is not below its prime */
export function checkResidues(words: BigUint64Array, primes: readonly bigint[], degree: number, what: string): void {
  const view = halves(words);
  for (let s = 0; s < words.length / degree; s++) {
    const prime = primes[s % primes.length]!;
    const low = Number(prime & 0xffff_ffffn);
    const high = Number(prime >> 32n);
    for (let i = 2 * s * degree; i < 2 * (s + 1) * degree; i += 2) {
      const h = view[i + 1]!;
      if (h > high || (h === high && view[i]! >= low))
        throw new ProtocolError(
          'bad-ciphertext',
          `${what}: coefficient ${i / 2} is not below its ${bitLength(prime)}-bit prime`,
        );
    }
  }
}

/** A zero second polynomial hides nothing: the first would be the message itself. */
export function checkNotTransparent(second: BigUint64Array, what: string): void {
  const view = halves(second);
  for (let i = 0; i < view.length; i++) if (view[i] !== 0) return;
  throw new ProtocolError('bad-ciphertext', `${what}: the second polynomial is zero (a transparent ciphertext)`);
}
