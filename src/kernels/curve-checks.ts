import { ProtocolError } from '../errors.ts';

/** What every tier of the curve checks before it touches a byte. */

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;
export const UNIFORM_BYTES = 64;

/** The group order, little endian. */
const ORDER = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/** How many items of `size` bytes there are. */
export function countOf(bytes: Uint8Array, size: number, what: string): number {
  if (bytes.length % size !== 0) throw new RangeError(`${what}: ${bytes.length} bytes is not a multiple of ${size}`);
  return bytes.length / size;
}

export function checkSameCount(left: number, right: number, what: string): void {
  if (left !== right) throw new RangeError(`${what}: ${left} and ${right} items, expected as many of each`);
}

export function checkSinglePoint(bytes: Uint8Array, what: string): void {
  if (bytes.length !== POINT_BYTES) throw new RangeError(`${what}: a point has 32 bytes, found ${bytes.length}`);
}

/** Exactly one scalar in 1 .. l-1. */
export function checkSecretScalar(scalar: Uint8Array): void {
  if (scalar.length !== SCALAR_BYTES) throw new RangeError(`a scalar has 32 bytes, found ${scalar.length}`);
  checkScalars(scalar);
  let any = 0;
  for (const byte of scalar) any |= byte;
  if (any === 0) throw new RangeError('the scalar is zero; expected 1 .. l-1');
}

/**
 * Each scalar in 0 .. l-1. The subtraction s - l must borrow; every byte of every scalar is read whatever their values, and only the
 * verdict over all of them is branched on.
 * @returns how many scalars there are
 */
export function checkScalars(scalars: Uint8Array): number {
  const n = countOf(scalars, SCALAR_BYTES, 'scalars');
  let good = 1;
  for (let at = 0; at < scalars.length; at += SCALAR_BYTES) {
    let borrow = 0;
    for (let i = 0; i < SCALAR_BYTES; i++) borrow = ((scalars[at + i]! - ORDER[i]! - borrow) >> 8) & 1;
    good &= borrow;
  }
  if (good === 0) throw new RangeError('a scalar is not below the group order');
  return n;
}

export const MAX_BOUND: number = 2 ** 40;

export function checkBound(bound: number): void {
  if (!Number.isSafeInteger(bound) || bound < 0 || bound > MAX_BOUND)
    throw new RangeError(`a bound is an integer in 0 .. 2^40, found ${bound}`);
}

/** The error for a point that a peer sent. */
export function badPoint(index: number, count: number, identity: boolean): ProtocolError {
  const place = count === 1 ? 'the point' : `point ${index} of ${count}`;
  return identity
    ? new ProtocolError('identity-element', `${place} is the identity`)
    : new ProtocolError('not-canonical', `${place} is not a canonical encoding of a ristretto255 element`);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
