import { csprng, type Rng } from '../random/index.ts';

/** The order l = 2^252 + 27742317777372353535851937790883648493 of ristretto255, little endian. */
const ORDER: Uint8Array = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/**
 * A uniform ristretto255 scalar in 1 .. l-1 as 32 little-endian bytes, by rejection: 253 random bits, drawn again when they are
 * zero or not below l (which happens to just under half of the draws).
 */
export function randomScalar(rng: Rng = csprng): Uint8Array {
  const out = new Uint8Array(32);
  do {
    rng.fill(out);
    out[31]! &= 0x1f;
  } while (!belowOrder(out) || isZero(out));
  return out;
}

/** `count` independent uniform scalars, one after the other. Randomness is drawn for many of them at a time. */
export function randomScalars(count: number, rng: Rng = csprng): Uint8Array {
  const out = new Uint8Array(32 * count);
  const block = new Uint8Array(32 * Math.min(1024, 2 * count + 8));
  for (let i = 0; i < count; ) {
    rng.fill(block);
    for (let at = 0; at < block.length && i < count; at += 32) {
      const draw = block.subarray(at, at + 32);
      draw[31]! &= 0x1f;
      if (belowOrder(draw) && !isZero(draw)) out.set(draw, 32 * i++);
    }
  }
  block.fill(0);
  return out;
}

/** A small non-negative integer as a scalar. @param value 0 .. 2^53 - 1 */
export function integerScalar(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an integer in 0 .. 2^53 - 1`);
  const out = new Uint8Array(32);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}

/** Reads every byte whatever it finds; the verdict is public (a rejected draw is thrown away). */
function belowOrder(scalar: Uint8Array): boolean {
  let borrow = 0;
  for (let i = 0; i < 32; i++) borrow = ((scalar[i]! - ORDER[i]! - borrow) >> 8) & 1;
  return borrow === 1;
}

function isZero(bytes: Uint8Array): boolean {
  let any = 0;
  for (const byte of bytes) any |= byte;
  return any === 0;
}
