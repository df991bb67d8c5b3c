import { p256 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../../bytes/index.ts';
import { ProtocolError } from '../../../errors.ts';
import { printsAsString } from '../../../inspect.ts';
import { csprng, type Rng, uniformBigBelow } from '../../../random/index.ts';

/**
 * The commutative cipher of OpenMined PSI: P-256, elements as SEC1 compressed points.
 *
 * Hashing an item to a point is try and increment: its time depends on the item, which is what that wire format asks for; prefer the
 * ristretto255 suite where both sides are ours.
 */
const Point = p256.Point;
type P256Point = InstanceType<typeof p256.Point>;

export const ELEMENT_BYTES = 33;

const { Fp } = Point;
const { a, b, n, p } = Point.CURVE();

/**
 * x = (SHA-256(0x01 | m) * 2^256 + SHA-256(0x02 | m)) mod p; while x^3 + ax + b is not a square, x <- the same function of x's
 * minimal big-endian bytes; of the two y the even one.
 */
export function hashToPoint(item: Uint8Array): P256Point {
  let input = item;
  for (;;) {
    const high = bytesToNumberBE(sha256(concatBytes(Uint8Array.of(1), input)));
    const low = bytesToNumberBE(sha256(concatBytes(Uint8Array.of(2), input)));
    const x = ((high << 256n) | low) % p;
    const square = Fp.add(Fp.mul(Fp.add(Fp.mul(x, x), a), x), b);
    // p = 3 mod 4: a square's root is its ((p + 1) / 4)-th power, which noble checks.
    let y: bigint;
    try {
      y = Fp.sqrt(square);
    } catch {
      input = minimalBytes(x);
      continue;
    }
    return Point.fromAffine({ x, y: (y & 1n) === 0n ? y : Fp.neg(y) });
  }
}

function minimalBytes(x: bigint): Uint8Array {
  const hex = x.toString(16);
  return numberToBytesBE(x, Math.ceil(hex.length / 2));
}

/** One party's key. Use it for one session. */
export class CommutativeCipher {
  static {
    printsAsString(CommutativeCipher);
  }

  readonly #key: bigint;
  readonly #inverse: bigint;

  /** @param key 32 bytes big endian, 1 .. n-1, for tests and interoperation; a fresh one by default */
  constructor(key?: Uint8Array, rng: Rng = csprng) {
    this.#key = key === undefined ? 1n + uniformBigBelow(n - 1n, rng) : bytesToNumberBE(key);
    if (this.#key < 1n || this.#key >= n) throw new RangeError('a P-256 key is in 1 .. n-1');
    this.#inverse = Point.Fn.inv(this.#key);
  }

  /** key * hashToPoint(item) */
  encrypt(item: Uint8Array): Uint8Array {
    return hashToPoint(item).multiply(this.#key).toBytes(true);
  }

  /** key * element. @throws {ProtocolError} `not-canonical` or `identity-element` */
  reencrypt(element: Uint8Array): Uint8Array {
    return decode(element).multiply(this.#key).toBytes(true);
  }

  /** key^-1 * element */
  decrypt(element: Uint8Array): Uint8Array {
    return decode(element).multiply(this.#inverse).toBytes(true);
  }

  toString(): string {
    return '[CommutativeCipher]';
  }
}

function decode(element: Uint8Array): P256Point {
  if (element.length === 1 && element[0] === 0) {
    throw new ProtocolError('identity-element', 'an element is the point at infinity');
  }
  if (element.length !== ELEMENT_BYTES) {
    throw new ProtocolError('not-canonical', `an element of ${element.length} bytes, expected ${ELEMENT_BYTES}`);
  }
  try {
    return Point.fromBytes(element);
  } catch (cause) {
    throw new ProtocolError('not-canonical', 'an element is not a compressed point of P-256', { cause });
  }
}
