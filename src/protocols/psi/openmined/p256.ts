import { p256 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, toHex, utf8 } from '../../../bytes/index.ts';

/**
 * P-256 as OpenMined PSI uses it: compressed points by secret scalars. Two implementations with the same bytes and the same verdicts: noble everywhere, and
 * OpenSSL through node:crypto where there is one, which is ten times faster and constant time.
 */
export interface P256 {
  readonly name: 'noble' | 'node';
  /** The compressed point with this x (32 bytes) and even y; undefined when there is none. */
  lift(x: Uint8Array): Uint8Array | undefined;
  /** Multiplication of compressed points by a scalar in 1 .. n-1. It throws for what is not a compressed point. */
  multiplier(scalar: bigint): (point: Uint8Array) => Uint8Array;
}

type Point = InstanceType<typeof p256.Point>;
type NodeCrypto = typeof import('node:crypto');

const { Fp } = p256.Point;
const { n, p } = p256.Point.CURVE();

export const POINT_BYTES = 33;

export const nobleP256: P256 = {
  name: 'noble',
  lift(x) {
    try {
      return p256.Point.fromBytes(concatBytes(Uint8Array.of(2), x)).toBytes(true);
    } catch {
      return undefined;
    }
  },
  multiplier: (scalar) => (point) => decodeNoble(point).multiply(scalar).toBytes(true),
};

function decodeNoble(point: Uint8Array): Point {
  if (point.length !== POINT_BYTES) throw new RangeError(`a point of ${point.length} bytes, expected ${POINT_BYTES}`);
  return p256.Point.fromBytes(point);
}

/**
 * node:crypto has no multiplication of points, but Diffie-Hellman, which gives the x of kP. Of the two points with that x, Q and -Q, the right one
 * is told by a second exchange, with k + 1: the x of Q + P. With s the slope, x(Q + P) = s^2 - x(P) - x(Q), so without a division
 *
 *     (y(Q) - y(P))^2 = (x(Q + P) + x(P) + x(Q)) (x(Q) - x(P))^2
 *
 * holds for Q and not for -Q, because y(P) y(Q) is not 0. Lifting x back to a point is OpenSSL's, too.
 */
export function nodeP256(): P256 | undefined {
  const node = globalThis.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (node === undefined) return undefined;
  try {
    const made = over(node);
    return selfTest(made) ? made : undefined;
  } catch {
    return undefined; // an OpenSSL without the curve
  }
}

function over({ createECDH, ECDH }: NodeCrypto): P256 {
  const NAME = 'prime256v1';
  const uncompressed = (point: Uint8Array): Buffer =>
    ECDH.convertKey(point, NAME, undefined, undefined, 'uncompressed') as Buffer;
  const exchange = (scalar: bigint) => {
    const ecdh = createECDH(NAME);
    ecdh.setPrivateKey(numberToBytesBE(scalar, 32));
    return (point: Buffer): Buffer => ecdh.computeSecret(point);
  };
  return {
    name: 'node',
    lift(x) {
      const point = concatBytes(Uint8Array.of(2), x);
      try {
        uncompressed(point);
        return point;
      } catch {
        return undefined;
      }
    },
    multiplier(scalar) {
      // kP = P and kP = -P have no slope; nobody draws these scalars.
      if (scalar === 1n || scalar === n - 1n) return nobleP256.multiplier(scalar);
      const [once, more] = [exchange(scalar), exchange(scalar + 1n)];
      return (point) => {
        if (point.length !== POINT_BYTES) {
          throw new RangeError(`a point of ${point.length} bytes, expected ${POINT_BYTES}`);
        }
        const given = uncompressed(point);
        const product = new Uint8Array(POINT_BYTES);
        product[0] = 2;
        product.set(once(given), 1);
        const [xp, yp] = coordinates(given);
        const [xq, yq] = coordinates(uncompressed(product));
        const sum = numberOf(more(given));
        const right = ((sum + xp + xq) * (((xq - xp) * (xq - xp)) % p)) % p;
        const even = squareOf(yq - yp) === right;
        if (!even && squareOf(yq + yp) !== right) throw new TypeError('the exchanges do not belong to one point');
        if (!even) product[0] = 3;
        return product;
      };
    },
  };
}

function squareOf(value: bigint): bigint {
  return (value * value) % p;
}

function coordinates(point: Buffer): readonly [x: bigint, y: bigint] {
  return [numberOf(point.subarray(1, 33)), numberOf(point.subarray(33))];
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** The known pair of OpenMined PSI's own tests. */
function selfTest(curve: P256): boolean {
  const key = bytesToNumberBE(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
  const alice = curve.multiplier(key)(hashToPoint(utf8('alice'), curve));
  return toHex(alice) === '03587a10b9ec52fa223474b0d0d35499aedab8a75aa8acf9b0d61f197f0a8b5f95';
}

let chosen: P256 | undefined;

export function bestP256(): P256 {
  chosen ??= nodeP256() ?? nobleP256;
  return chosen;
}

/**
 * x = (SHA-256(0x01 | m) * 2^256 + SHA-256(0x02 | m)) mod p; while x^3 + ax + b is not a square, x <- the same function of x's
 * minimal big-endian bytes; of the two y the even one.
 */
export function hashToPoint(item: Uint8Array, curve: P256 = bestP256()): Uint8Array {
  for (let input = item; ; ) {
    const high = bytesToNumberBE(sha256(concatBytes(Uint8Array.of(1), input)));
    const low = bytesToNumberBE(sha256(concatBytes(Uint8Array.of(2), input)));
    const x = Fp.create((high << 256n) | low);
    const point = curve.lift(numberToBytesBE(x, 32));
    if (point !== undefined) return point;
    const hex = x.toString(16);
    input = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  }
}
