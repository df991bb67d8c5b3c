import * as fe from './field';

// Powers and square roots in GF(2^255-19). Fixed chains: the same operations whatever the values.
//
// A chain of squarings waits for its own results most of the time. So two of them run in turns, on two slots of memory: one multiplies
// while the other carries.

// What a slot holds: u and v, and the root of u/v; temporaries; and a mask of the lanes where u/v is a square.
export const U: usize = 0;
export const V: usize = 80;
export const ROOT: usize = 160;
const T0: usize = 240;
const T1: usize = 320;
const T2: usize = 400;
const V3: usize = 480;
export const IS_SQUARE: usize = 560;
export const ROOT_SLOT: usize = 576;

function mul(one: usize, two: usize, r: usize, a: usize, b: usize): void {
  fe.mul(one + r, one + a, one + b);
  if (two) fe.mul(two + r, two + a, two + b);
}

function sqrN(one: usize, two: usize, r: usize, a: usize, n: i32): void {
  if (!two) return fe.sqrN(one + r, one + a, n);
  fe.sqr(one + r, one + a);
  fe.sqr(two + r, two + a);
  for (let i: i32 = 1; i < n; i++) {
    fe.sqrInline(one + r, one + r);
    fe.sqrInline(two + r, two + r);
  }
}

/** ROOT = ROOT^((p-5)/8) = ROOT^(2^252 - 3) in slot `one`, and in slot `two` unless that is 0. */
function power22523(one: usize, two: usize): void {
  sqrN(one, two, T0, ROOT, 1);
  sqrN(one, two, T1, T0, 2);
  mul(one, two, T1, ROOT, T1);
  mul(one, two, T0, T0, T1);
  sqrN(one, two, T0, T0, 1);
  mul(one, two, T0, T1, T0); // z^(2^5 - 1)
  sqrN(one, two, T1, T0, 5);
  mul(one, two, T0, T1, T0); // 2^10 - 1
  sqrN(one, two, T1, T0, 10);
  mul(one, two, T1, T1, T0); // 2^20 - 1
  sqrN(one, two, T2, T1, 20);
  mul(one, two, T1, T2, T1); // 2^40 - 1
  sqrN(one, two, T1, T1, 10);
  mul(one, two, T0, T1, T0); // 2^50 - 1
  sqrN(one, two, T1, T0, 50);
  mul(one, two, T1, T1, T0); // 2^100 - 1
  sqrN(one, two, T2, T1, 100);
  mul(one, two, T1, T2, T1); // 2^200 - 1
  sqrN(one, two, T1, T1, 50);
  mul(one, two, T0, T1, T0); // 2^250 - 1
  sqrN(one, two, T0, T0, 2);
  mul(one, two, ROOT, T0, ROOT);
}

const slot: usize = memory.data(576, 16);
const cube: usize = memory.data(80, 16);

/** r = 1/z, and 0 for 0: z^(p-2) = (z^((p-5)/8))^8 z^3; r is not z. */
export function invert(r: usize, z: usize): void {
  fe.sqr(cube, z);
  fe.mul(cube, cube, z);
  copy(slot + ROOT, z);
  power22523(slot, 0);
  fe.sqrN(r, slot + ROOT, 3);
  fe.mul(r, r, cube);
}

/**
 * SQRT_RATIO_M1 of RFC 9496 section 4.2 in two slots: ROOT = the non-negative square root of u/v, or of i u/v if u/v is not a square.
 */
export function sqrtRatios(one: usize, two: usize): void {
  beginRatio(one);
  beginRatio(two);
  power22523(one, two);
  endRatio(one);
  endRatio(two);
}

/** ROOT = u v^7 */
function beginRatio(k: usize): void {
  fe.sqr(k + V3, k + V);
  fe.mul(k + V3, k + V3, k + V);
  fe.sqr(k + ROOT, k + V3);
  fe.mul(k + ROOT, k + ROOT, k + V);
  fe.mul(k + ROOT, k + ROOT, k + U);
}

const check: usize = memory.data(80, 16);
const difference: usize = memory.data(80, 16);
const ui: usize = memory.data(80, 16);

function endRatio(k: usize): void {
  const root: usize = k + ROOT;
  fe.mul(root, root, k + V3);
  fe.mul(root, root, k + U); // u v^3 (u v^7)^((p-5)/8)
  fe.sqr(check, root);
  fe.mul(check, check, k + V);
  fe.mul(ui, k + U, fe.SQRT_M1);
  fe.subCarry(difference, check, k + U);
  const correct: v128 = fe.isZero(difference);
  fe.addCarry(difference, check, k + U);
  const flipped: v128 = fe.isZero(difference);
  fe.addCarry(difference, check, ui);
  const flippedByI: v128 = fe.isZero(difference);
  fe.mul(check, root, fe.SQRT_M1);
  select(root, check, root, v128.or(flipped, flippedByI));
  absolute(root, root);
  v128.store(k + IS_SQUARE, v128.or(correct, flipped));
}

/** r = mask ? a : b per lane */
export function select(r: usize, a: usize, b: usize, mask: v128): void {
  for (let at: usize = 0; at < 80; at += 16) {
    v128.store(r + at, v128.bitselect(v128.load(a + at), v128.load(b + at), mask));
  }
}

/** r = |a|: the one of a and -a that is even */
export function absolute(r: usize, a: usize): void {
  fe.negIf(r, a, fe.isNegative(a));
}

export function copy(r: usize, a: usize): void {
  for (let at: usize = 0; at < 80; at += 16) v128.store(r + at, v128.load(a + at));
}

/** r = mask ? 0 : r per lane */
export function clearIf(r: usize, mask: v128): void {
  for (let at: usize = 0; at < 80; at += 16) v128.store(r + at, v128.andnot(v128.load(r + at), mask));
}
