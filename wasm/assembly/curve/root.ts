import * as fe from './field';

// Powers and square roots in GF(2^255-19). Fixed chains: the same operations whatever the values.

const t0: usize = memory.data(80, 16);
const t1: usize = memory.data(80, 16);
const t2: usize = memory.data(80, 16);

/** r = z^((p-5)/8) = z^(2^252 - 3); r may be z. */
export function power22523(r: usize, z: usize): void {
  fe.sqr(t0, z);
  fe.sqrN(t1, t0, 2);
  fe.mul(t1, z, t1);
  fe.mul(t0, t0, t1);
  fe.sqr(t0, t0);
  fe.mul(t0, t1, t0); // z^(2^5 - 1)
  fe.sqrN(t1, t0, 5);
  fe.mul(t0, t1, t0); // 2^10 - 1
  fe.sqrN(t1, t0, 10);
  fe.mul(t1, t1, t0); // 2^20 - 1
  fe.sqrN(t2, t1, 20);
  fe.mul(t1, t2, t1); // 2^40 - 1
  fe.sqrN(t1, t1, 10);
  fe.mul(t0, t1, t0); // 2^50 - 1
  fe.sqrN(t1, t0, 50);
  fe.mul(t1, t1, t0); // 2^100 - 1
  fe.sqrN(t2, t1, 100);
  fe.mul(t1, t2, t1); // 2^200 - 1
  fe.sqrN(t1, t1, 50);
  fe.mul(t0, t1, t0); // 2^250 - 1
  fe.sqrN(t0, t0, 2);
  fe.mul(r, t0, z);
}

const cube: usize = memory.data(80, 16);

/** r = 1/z, and 0 for 0: z^(p-2) = (z^((p-5)/8))^8 z^3; r is not z. */
export function invert(r: usize, z: usize): void {
  fe.sqr(cube, z);
  fe.mul(cube, cube, z);
  power22523(r, z);
  fe.sqrN(r, r, 3);
  fe.mul(r, r, cube);
}

const v3: usize = memory.data(80, 16);
const root: usize = memory.data(80, 16);
const check: usize = memory.data(80, 16);
const difference: usize = memory.data(80, 16);
const ui: usize = memory.data(80, 16);

/**
 * SQRT_RATIO_M1 of RFC 9496 section 4.2: r = the non-negative square root of u/v, or of i u/v if u/v is not a square.
 * @returns mask of the lanes where u/v is a square
 */
export function sqrtRatio(r: usize, u: usize, v: usize): v128 {
  fe.sqr(v3, v);
  fe.mul(v3, v3, v);
  fe.sqr(root, v3);
  fe.mul(root, root, v); // v^7
  fe.mul(root, root, u);
  power22523(root, root);
  fe.mul(root, root, v3);
  fe.mul(root, root, u); // u v^3 (u v^7)^((p-5)/8)
  fe.sqr(check, root);
  fe.mul(check, check, v);
  fe.mul(ui, u, fe.SQRT_M1);
  fe.subCarry(difference, check, u);
  const correct: v128 = fe.isZero(difference);
  fe.addCarry(difference, check, u);
  const flipped: v128 = fe.isZero(difference);
  fe.addCarry(difference, check, ui);
  const flippedByI: v128 = fe.isZero(difference);
  fe.mul(check, root, fe.SQRT_M1);
  select(root, check, root, v128.or(flipped, flippedByI));
  absolute(r, root);
  return v128.or(correct, flipped);
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
