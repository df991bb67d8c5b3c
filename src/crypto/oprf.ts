import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, utf8 } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { curve, expandMessages, hashItems, type Items } from '../kernels/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import { randomScalar } from './scalars.ts';

/**
 * The verifiable oblivious PRF of RFC 9497, suite ristretto255-SHA512, mode VOPRF (0x01), in batches. F(k, x) =
 * SHA-512(len(x) | x | 32 | k HashToGroup(x) | "Finalize"). The evaluating side learns nothing of x; the proof shows that the same
 * key was used as in its public key.
 */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const CONTEXT: Uint8Array = utf8('OPRFV1-\x01-ristretto255-SHA512');
const HASH_TO_SCALAR: Uint8Array = concatBytes(utf8('HashToScalar-'), CONTEXT);
const SEED: Uint8Array = concatBytes(utf8('Seed-'), CONTEXT);
const FINALIZE: Uint8Array = utf8('Finalize');
const COMPOSITE: Uint8Array = utf8('Composite');

/** Elements that one proof may cover: their index is two bytes (RFC 9497 section 2.2.1). */
export const MAXIMUM_PROOF_BATCH = 65_535;

/** c and s, 32 bytes each. */
export const PROOF_BYTES = 64;

export interface OprfKeyPair {
  /** 32 bytes, 1 .. l-1 */
  readonly secretKey: Uint8Array;
  /** 32 bytes */
  readonly publicKey: Uint8Array;
}

export function oprfKeyPair(rng: Rng = csprng): OprfKeyPair {
  const secretKey = randomScalar(rng);
  return { secretKey, publicKey: curve().multiplyBase(secretKey) };
}

/** Section 3.3.1, Finalize, second half: F of every item from the unblinded elements, n x 64 bytes. */
export function finalizeItems({ data, offsets }: Items, unblinded: Uint8Array): Uint8Array {
  const n = offsets.length - 1;
  const inputs = new Joined(n, data.length + n * (2 + 2 + 32 + FINALIZE.length));
  for (let i = 0; i < n; i++) {
    inputs.sized(data.subarray(offsets[i], offsets[i + 1]));
    inputs.sized(unblinded.subarray(32 * i, 32 * i + 32));
    inputs.raw(FINALIZE);
    inputs.end();
  }
  return hashItems('sha512', inputs.items);
}

/** s^-1 mod l of a blind, so that multiplying by it unblinds. */
export function invertScalar(scalar: Uint8Array): Uint8Array {
  // Fermat with a fixed exponent: the steps do not depend on the scalar.
  const base = bytesToNumberLE(scalar);
  let result = 1n;
  for (const bit of (ORDER - 2n).toString(2)) {
    result = (result * result) % ORDER;
    if (bit === '1') result = (result * base) % ORDER;
  }
  return numberToBytesLE(result, 32);
}

/**
 * Section 2.2.1, GenerateProof: that `evaluated` are `blinded` times the secret of `key`.
 * @param r the proof's nonce; drawn anew by default, fixed only to reproduce vectors
 * @throws {RangeError} for more than 65,535 elements
 */
export function proveEvaluation(
  key: OprfKeyPair,
  blinded: Uint8Array,
  evaluated: Uint8Array,
  r: Uint8Array = randomScalar(),
): Uint8Array {
  const group = curve();
  const weights = compositeWeights(key.publicKey, blinded, evaluated);
  const m = group.multiScalar(blinded, weights);
  const z = group.multiply(m, key.secretKey);
  const t2 = group.multiplyBase(r);
  const t3 = group.multiply(m, r);
  const c = challenge(key.publicKey, m, z, t2, t3);
  const s = mod(bytesToNumberLE(r) - c * bytesToNumberLE(key.secretKey));
  return concatBytes(numberToBytesLE(c, 32), numberToBytesLE(s, 32));
}

/** Section 2.2.2, VerifyProof. @throws {ProtocolError} `key-mismatch` when the proof does not hold, `not-canonical` for bad elements */
export function verifyEvaluation(
  publicKey: Uint8Array,
  blinded: Uint8Array,
  evaluated: Uint8Array,
  proof: Uint8Array,
): void {
  if (proof.length !== PROOF_BYTES) throw new RangeError(`a proof has ${PROOF_BYTES} bytes, found ${proof.length}`);
  const group = curve();
  const [c, s] = [proof.subarray(0, 32), proof.subarray(32)];
  const good =
    bytesToNumberLE(c) < ORDER &&
    bytesToNumberLE(s) < ORDER &&
    (() => {
      const weights = compositeWeights(publicKey, blinded, evaluated);
      const m = group.multiScalar(blinded, weights);
      const z = group.multiScalar(evaluated, weights);
      const t2 = group.multiplyBases(s, c, publicKey);
      const t3 = group.multiScalar(concatBytes(m, z), concatBytes(s, c));
      return equalBytes(numberToBytesLE(challenge(publicKey, m, z, t2, t3), 32), c);
    })();
  if (!good) throw new ProtocolError('key-mismatch', 'the proof does not show that the announced key was used');
}

/** The d_i of ComputeComposites, n x 32 bytes. */
function compositeWeights(publicKey: Uint8Array, blinded: Uint8Array, evaluated: Uint8Array): Uint8Array {
  const n = blinded.length / 32;
  if (blinded.length !== evaluated.length)
    throw new RangeError(`${n} and ${evaluated.length / 32} elements, expected as many of each`);
  if (n < 1 || n > MAXIMUM_PROOF_BATCH)
    throw new RangeError(`a proof over ${n} elements, expected 1 .. ${MAXIMUM_PROOF_BATCH}`);
  const seed = sha512(concatBytes(sized(publicKey), sized(SEED)));
  const inputs = new Joined(n, n * (2 + 64 + 2 + 2 * (2 + 32) + COMPOSITE.length));
  for (let i = 0; i < n; i++) {
    inputs.sized(seed);
    inputs.raw(Uint8Array.of(i >> 8, i & 0xff));
    inputs.sized(blinded.subarray(32 * i, 32 * i + 32));
    inputs.sized(evaluated.subarray(32 * i, 32 * i + 32));
    inputs.raw(COMPOSITE);
    inputs.end();
  }
  const wide = expandMessages(inputs.items, HASH_TO_SCALAR, 64);
  const out = new Uint8Array(32 * n);
  for (let i = 0; i < n; i++) {
    out.set(numberToBytesLE(mod(bytesToNumberLE(wide.subarray(64 * i, 64 * i + 64))), 32), 32 * i);
  }
  return out;
}

/** Hash inputs one after the other, to be hashed all at once. */
class Joined {
  readonly #data: Uint8Array;
  readonly #offsets: Uint32Array;
  #used = 0;
  #count = 0;

  /** @param bytes of all inputs together */
  constructor(count: number, bytes: number) {
    this.#data = new Uint8Array(bytes);
    this.#offsets = new Uint32Array(count + 1);
  }

  raw(bytes: Uint8Array): void {
    this.#data.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** I2OSP(len, 2) and the bytes. */
  sized(bytes: Uint8Array): void {
    this.raw(lengthOf(bytes));
    this.raw(bytes);
  }

  /** The input is complete. */
  end(): void {
    this.#offsets[++this.#count] = this.#used;
  }

  get items(): Items {
    return { data: this.#data, offsets: this.#offsets };
  }
}

function challenge(publicKey: Uint8Array, ...elements: Uint8Array[]): bigint {
  return hashToScalar(concatBytes(sized(publicKey), ...elements.map(sized), utf8('Challenge')));
}

/** Section 4.1: expand_message_xmd to 64 bytes, little endian, mod l. */
function hashToScalar(input: Uint8Array): bigint {
  return mod(bytesToNumberLE(expand_message_xmd(input, HASH_TO_SCALAR, 64, sha512)));
}

function mod(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** I2OSP(len, 2) and the bytes. */
function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes(lengthOf(bytes), bytes);
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  if (length > 65_535) throw new RangeError(`${length} bytes, at most 65,535 fit`);
  return Uint8Array.of(length >> 8, length & 0xff);
}
