import * as fe from './field';
import { addPoint, FIELD, picked, POINT, T, toAddend, X, Y, Z } from './point';
import { absolute, clearIf, copy, invert, IS_SQUARE, ROOT, ROOT_SLOT, select, sqrtRatios, U, V } from './root';

// RFC 9496: decoding, the map from uniform bytes, encoding. Each step for the two points of a pair. Whatever needs a square root does
// it for two pairs, or for the two maps of one, at a time (root.ts): what comes before the root, in one slot and in the other, the roots, and
// what comes after.

// The rest of a slot.
const A: usize = ROOT_SLOT;
const B: usize = A + 80;
const C: usize = B + 80;
const S: usize = C + 80;
const MASK: usize = S + 80;
const one: usize = memory.data(912, 16);
const two: usize = memory.data(912, 16);

const s: usize = memory.data(80, 16);
const ss: usize = memory.data(80, 16);
const u2s: usize = memory.data(80, 16);
const w: usize = memory.data(80, 16);
const inverse: usize = memory.data(80, 16);

/**
 * Decodes the 4 x 32 bytes at `p` to the two pairs at `r`, RFC 9496 section 4.3.1.
 * @param valid address of two masks: the lanes with a valid encoding; 32 zero bytes are the identity and valid
 */
export function decode(r: usize, p: usize, valid: usize): void {
  beforeDecode(one, p);
  beforeDecode(two, p + 64);
  sqrtRatios(one, two);
  v128.store(valid, afterDecode(r, one));
  v128.store(valid, afterDecode(r + POINT, two), 16);
}

// A = u1, B = u2, C = v
function beforeDecode(k: usize, p: usize): void {
  v128.store(k + MASK, fe.lanes(isCanonical(p), isCanonical(p + 32)));
  fe.fromBytes(k + S, p, p + 32);
  fe.sqr(ss, k + S);
  fe.subCarry(k + A, fe.ONE, ss);
  fe.addCarry(k + B, fe.ONE, ss);
  fe.sqr(u2s, k + B);
  fe.sqr(k + C, k + A);
  fe.mul(k + C, k + C, fe.D);
  fe.neg(k + C, k + C);
  fe.subCarry(k + C, k + C, u2s);
  copy(k + U, fe.ONE);
  fe.mul(k + V, k + C, u2s);
}

function afterDecode(r: usize, k: usize): v128 {
  fe.mul(w, k + ROOT, k + B); // den_x
  fe.add(s, k + S, k + S); // loose
  fe.mul(r + X, s, w);
  absolute(r + X, r + X);
  fe.mul(w, k + ROOT, w);
  fe.mul(w, w, k + C); // den_y
  fe.mul(r + Y, k + A, w);
  copy(r + Z, fe.ONE);
  fe.mul(r + T, r + X, r + Y);
  const bad: v128 = v128.or(fe.isNegative(r + T), fe.isZero(r + Y));
  return v128.andnot(v128.and(v128.load(k + MASK), v128.load(k + IS_SQUARE)), bad);
}

/** -1 if the 32 bytes at `p` are below 2^255-19 and even, else 0. */
function isCanonical(p: usize): i32 {
  const w0: u64 = load<u64>(p);
  const w1: u64 = load<u64>(p, 8);
  const w2: u64 = load<u64>(p, 16);
  const w3: u64 = load<u64>(p, 24);
  const atLeastP: bool =
    w0 >= 0xffffffffffffffed && (w1 & w2) == 0xffffffffffffffff && w3 >= 0x7fffffffffffffff;
  return -i32(!atLeastP && w3 < 0x8000000000000000 && (w0 & 1) == 0);
}

const sPrime: usize = memory.data(80, 16);
const n: usize = memory.data(80, 16);
const w0: usize = memory.data(80, 16);
const w1: usize = memory.data(80, 16);
const w2: usize = memory.data(80, 16);
const w3: usize = memory.data(80, 16);

// MAP of RFC 9496 section 4.3.4 of the field elements at `p0` and `p1`. S = the element, A = r; u and v are those of the slot
function beforeMap(k: usize, p0: usize, p1: usize): void {
  fe.fromBytes(k + S, p0, p1);
  fe.sqr(k + A, k + S);
  fe.mul(k + A, k + A, fe.SQRT_M1);
  fe.add(w, k + A, fe.ONE); // loose
  fe.mul(k + U, w, fe.ONE_MINUS_D_SQ);
  fe.mul(k + V, k + A, fe.D);
  fe.subCarry(k + V, fe.MINUS_ONE, k + V);
  fe.add(w, k + A, fe.D); // loose
  fe.mul(k + V, k + V, w);
}

function afterMap(r: usize, k: usize): void {
  const square: v128 = v128.load(k + IS_SQUARE);
  fe.mul(sPrime, k + ROOT, k + S);
  absolute(sPrime, sPrime);
  fe.neg(sPrime, sPrime);
  select(s, k + ROOT, sPrime, square);
  select(n, fe.MINUS_ONE, k + A, square); // c
  fe.sub(w, k + A, fe.ONE); // loose
  fe.mul(n, n, w);
  fe.mul(n, n, fe.D_MINUS_ONE_SQ);
  fe.subCarry(n, n, k + V); // N
  fe.sqr(ss, s);
  fe.add(w0, s, s); // loose
  fe.mul(w0, w0, k + V);
  fe.mul(w1, n, fe.SQRT_AD_MINUS_ONE);
  fe.subCarry(w2, fe.ONE, ss);
  fe.addCarry(w3, fe.ONE, ss);
  fe.mul(r + X, w0, w3);
  fe.mul(r + Y, w2, w1);
  fe.mul(r + Z, w1, w3);
  fe.mul(r + T, w0, w2);
}

const second: usize = memory.data(320, 16);

/** Element derivation, RFC 9496 section 4.3.4, of the 64 bytes at `p0` and at `p1`: bit 255 of each half is ignored. */
export function derive(r: usize, p0: usize, p1: usize): void {
  beforeMap(one, p0, p1);
  beforeMap(two, p0 + 32, p1 + 32);
  sqrtRatios(one, two);
  afterMap(r, one);
  afterMap(second, two);
  toAddend(picked, second);
  addPoint(r, r, picked, true);
}

const zInverse: usize = memory.data(80, 16);
const den1: usize = memory.data(80, 16);
const den2: usize = memory.data(80, 16);
const x0: usize = memory.data(80, 16);
const y0: usize = memory.data(80, 16);

/** ENCODE, RFC 9496 section 4.3.2, of the two pairs at `p` to the 4 x 32 bytes at `to`: one square root per pair. */
export function encode(to: usize, p: usize): void {
  beforeEncode(one, p);
  beforeEncode(two, p + POINT);
  sqrtRatios(one, two);
  afterEncode(to, p, one);
  afterEncode(to + 64, p + POINT, two);
}

// A = u1, B = u2
function beforeEncode(k: usize, p: usize): void {
  fe.addCarry(k + A, p + Z, p + Y);
  fe.sub(w, p + Z, p + Y); // loose
  fe.mul(k + A, k + A, w);
  fe.mul(k + B, p + X, p + Y);
  copy(k + U, fe.ONE);
  fe.sqr(w, k + B);
  fe.mul(k + V, w, k + A);
}

function afterEncode(to: usize, p: usize, k: usize): void {
  fe.mul(den1, k + ROOT, k + A);
  fe.mul(den2, k + ROOT, k + B);
  fe.mul(zInverse, den1, den2);
  fe.mul(zInverse, zInverse, p + T);
  fe.mul(w, p + T, zInverse);
  const rotate: v128 = fe.isNegative(w);
  fe.mul(x0, p + Y, fe.SQRT_M1);
  fe.mul(y0, p + X, fe.SQRT_M1);
  select(x0, x0, p + X, rotate);
  select(y0, y0, p + Y, rotate);
  fe.mul(w, den1, fe.INVSQRT_A_MINUS_D);
  select(den2, w, den2, rotate);
  fe.mul(w, x0, zInverse);
  fe.negIf(y0, y0, fe.isNegative(w));
  fe.sub(w, p + Z, y0); // loose
  fe.mul(w, w, den2);
  absolute(w, w);
  fe.toBytes(to, to + 32, w);
}

/**
 * Double-and-encode in a batch (H. de Valence; curve25519-dalek's double_and_compress_batch): the encodings of 2p for `pairs` pairs
 * of points with one field inversion in all. Doubling makes the value under the square root a square of something known, so that
 * only inverses are needed, and those are shared by Montgomery's trick.
 *
 * With e = 2XY, f = Z^2 + dT^2, g = Y^2 + X^2, h = Z^2 - dT^2 the doubled point is (ef : gh : fh : eg) up to the sign conventions of
 * ristretto. If e g f h = 0 the doubled point is the identity's class, and its encoding is zero.
 *
 * @param work `BATCH_WORK` bytes per pair
 */
export function doubleAndEncode(out: usize, p: usize, work: usize, pairs: i32): void {
  copy(product, fe.ONE);
  let at: usize = work;
  for (let i: i32 = 0; i < pairs; i++) {
    fe.sqr(xx, p + X);
    fe.sqr(yy, p + Y);
    fe.sqr(zz, p + Z);
    fe.sqr(tt, p + T);
    fe.mul(tt, tt, fe.D);
    fe.mulTwice(at + E, p + X, p + Y);
    fe.addCarry(at + F, zz, tt);
    fe.addCarry(at + G, yy, xx);
    fe.subCarry(at + H, zz, tt);
    fe.mul(at + EG, at + E, at + G);
    fe.mul(at + FH, at + F, at + H);
    fe.mul(at + EGFH, at + EG, at + FH);
    const zero: v128 = fe.isZero(at + EGFH);
    v128.store(at + IS_ZERO, zero);
    select(at + EGFH, fe.ONE, at + EGFH, zero);
    copy(at + BEFORE, product);
    fe.mul(product, product, at + EGFH);
    p += POINT;
    at += BATCH_WORK;
  }
  invert(running, product);
  for (let i: i32 = pairs - 1; i >= 0; i--) {
    at -= BATCH_WORK;
    fe.mul(inverse, running, at + BEFORE);
    fe.mul(running, running, at + EGFH);
    clearIf(inverse, v128.load(at + IS_ZERO));
    fe.mul(zInverse, at + EG, inverse);
    fe.mul(tInverse, at + FH, inverse);
    fe.mul(w, at + EG, zInverse);
    const rotate: v128 = fe.isNegative(w);
    fe.neg(x0, at + E);
    fe.mul(y0, at + F, fe.SQRT_M1);
    select(at + E, at + G, at + E, rotate);
    select(at + G, x0, at + G, rotate);
    select(at + H, y0, at + H, rotate);
    select(den1, fe.SQRT_M1, fe.INVSQRT_A_MINUS_D, rotate);
    fe.mul(w, at + H, at + E);
    fe.mul(w, w, zInverse);
    fe.negIf(at + G, at + G, fe.isNegative(w));
    fe.sub(w, at + H, at + G); // loose
    fe.mul(w, w, den1);
    fe.mul(w, w, at + G);
    fe.mul(w, w, tInverse);
    absolute(w, w);
    fe.toBytes(out + 64 * i, out + 64 * i + 32, w);
  }
}

const E: usize = 0 * FIELD;
const F: usize = 1 * FIELD;
const G: usize = 2 * FIELD;
const H: usize = 3 * FIELD;
const EG: usize = 4 * FIELD;
const FH: usize = 5 * FIELD;
const EGFH: usize = 6 * FIELD;
const BEFORE: usize = 7 * FIELD;
const IS_ZERO: usize = 8 * FIELD;
export const BATCH_WORK: usize = 8 * FIELD + 16;

const product: usize = memory.data(80, 16);
const running: usize = memory.data(80, 16);
const tInverse: usize = memory.data(80, 16);
const xx: usize = memory.data(80, 16);
const yy: usize = memory.data(80, 16);
const zz: usize = memory.data(80, 16);
const tt: usize = memory.data(80, 16);
