import { p256 } from '@noble/curves/nist.js';
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { ProtocolError } from '../../../errors.ts';
import { printsAsString } from '../../../inspect.ts';
import { csprng, type Rng, uniformBigBelow } from '../../../random/index.ts';
import { bestP256, hashToPoint, type P256, POINT_BYTES } from './p256.ts';

/**
 * The commutative cipher of OpenMined PSI: P-256, elements as SEC1 compressed points.
 *
 * Hashing an item to a point is try and increment: its time depends on the item, which is what that wire format asks for; prefer the
 * ristretto255 suite where both sides are ours.
 */
export const ELEMENT_BYTES: number = POINT_BYTES;

const { n } = p256.Point.CURVE();

type Multiply = (point: Uint8Array) => Uint8Array;

/** One party's key. Use it for one session. */
export class CommutativeCipher {
  static {
    printsAsString(CommutativeCipher);
  }

  readonly #curve: P256;
  readonly #byKey: Multiply;
  readonly #byInverse: Multiply;

  /**
   * @param key 32 bytes big endian, 1 .. n-1, for tests and interoperation; a fresh one by default
   * @param curve for tests: the fastest there is by default
   */
  constructor(key?: Uint8Array, rng: Rng = csprng, curve: P256 = bestP256()) {
    const scalar = key === undefined ? 1n + uniformBigBelow(n - 1n, rng) : bytesToNumberBE(key);
    if (scalar < 1n || scalar >= n) throw new RangeError('a P-256 key is in 1 .. n-1');
    this.#curve = curve;
    this.#byKey = curve.multiplier(scalar);
    this.#byInverse = curve.multiplier(p256.Point.Fn.inv(scalar));
  }

  /** key * hashToPoint(item) */
  encrypt(item: Uint8Array): Uint8Array {
    return this.#byKey(hashToPoint(item, this.#curve));
  }

  /** key * element. @throws {ProtocolError} `not-canonical` or `identity-element` */
  reencrypt(element: Uint8Array): Uint8Array {
    return multiplied(this.#byKey, element);
  }

  /** key^-1 * element. @throws {ProtocolError} `not-canonical` or `identity-element` */
  decrypt(element: Uint8Array): Uint8Array {
    return multiplied(this.#byInverse, element);
  }

  toString(): string {
    return '[CommutativeCipher]';
  }
}

function multiplied(by: Multiply, element: Uint8Array): Uint8Array {
  if (element.length === 1 && element[0] === 0) {
    throw new ProtocolError('identity-element', 'an element is the point at infinity');
  }
  if (element.length !== ELEMENT_BYTES) {
    throw new ProtocolError('not-canonical', `an element of ${element.length} bytes, expected ${ELEMENT_BYTES}`);
  }
  try {
    return by(element);
  } catch (cause) {
    throw new ProtocolError('not-canonical', 'an element is not a compressed point of P-256', { cause });
  }
}
