import * as fe from './field';

// The group law of edwards25519 (a = -1) in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. The formulas are complete: no special
// cases, hence no branches. Comments call a field element tight or loose as the generator of the field does; at most one factor of
// a product may be loose.

/** Bytes of a field element, and where a point's coordinates are. */
export const FIELD: usize = 80;
export const X: usize = 0;
export const Y: usize = 80;
export const Z: usize = 160;
export const T: usize = 240;
export const POINT: usize = 320;

// An addend is a point prepared for being added: Y+X, Y-X, 2Z, 2dT, the first two and the last tight, 2Z loose.
const SUM: usize = 0;
const DIFFERENCE: usize = 80;
const TWO_Z: usize = 160;
const TWO_D_T: usize = 240;

/** Everything below, so that one fill wipes it. */
export const TEMPORARIES: usize = memory.data(1360, 16);
export const TEMPORARY_BYTES: usize = 1360;

/** The addend that was picked last. */
export const picked: usize = TEMPORARIES;
const t: usize = picked + POINT;

/** r = the addend of p; r is not p */
export function toAddend(r: usize, p: usize): void {
  fe.addCarry(r + SUM, p + Y, p + X);
  fe.subCarry(r + DIFFERENCE, p + Y, p + X);
  fe.add(r + TWO_Z, p + Z, p + Z);
  fe.mul(r + TWO_D_T, p + T, fe.D2);
}

// Products before their carries, and the tight sums and differences of them.
const WIDE: usize = 160;
const wideA: usize = t + FIELD;
const wideB: usize = wideA + WIDE;
const wideC: usize = wideB + WIDE;
const wideD: usize = wideC + WIDE;
const e: usize = wideD + WIDE;
const f: usize = e + FIELD;
const g: usize = f + FIELD;
const h: usize = g + FIELD;

/**
 * r = p + q, q an addend; r may be p. "add-2008-hwcd-3" of the Explicit-Formulas Database. As in doublePoint, the order of the steps
 * lets no step wait for the one right before it.
 * @param withT whether T of the sum is needed: only additions and encodings read it, doublings do not
 */
export function addPoint(r: usize, p: usize, q: usize, withT: bool): void {
  fe.mulWide(wideC, p + T, q + TWO_D_T);
  fe.mulWide(wideD, q + TWO_Z, p + Z); // 2Z is loose
  fe.sub(t, p + Y, p + X); // loose
  fe.mulWide(wideA, t, q + DIFFERENCE);
  fe.carryPair(g, f, wideD, wideC);
  fe.add(t, p + Y, p + X); // loose
  fe.mulWide(wideB, t, q + SUM);
  fe.mul(r + Z, f, g);
  fe.carryPair(h, e, wideB, wideA);
  fe.mul(r + X, e, f);
  fe.mul(r + Y, g, h);
  if (withT) fe.mul(r + T, e, h);
}

/**
 * r = 2p; r may be p. "dbl-2008-hwcd" with f and h negated, which negates all four coordinates: the same point. 2XY is
 * (X + Y)^2 - (X^2 + Y^2).
 * @param withT as for addPoint
 */
export function doublePoint(r: usize, p: usize, withT: bool): void {
  fe.addCarryInline(t, p + X, p + Y);
  fe.sqrWideInline(wideC, p + Z);
  fe.sqrWideInline(wideA, p + X);
  fe.sqrWideInline(wideB, p + Y);
  fe.sqrWideInline(wideD, t);
  fe.carrySquaresInline(e, f, g, h, wideA, wideB, wideC, wideD);
  fe.mulInline(r + Z, f, g);
  fe.mulInline(r + X, e, f);
  fe.mulInline(r + Y, g, h);
  if (withT) fe.mul(r + T, e, h);
}

/** q = mask ? -q : q per lane, q an addend: exchanges Y+X and Y-X, and negates T. */
export function negateAddend(q: usize, mask: v128): void {
  for (let at: usize = q; at < q + FIELD; at += 16) {
    const sum: v128 = v128.load(at, SUM);
    const difference: v128 = v128.load(at, DIFFERENCE);
    const change: v128 = v128.and(v128.xor(sum, difference), mask);
    v128.store(at, v128.xor(sum, change), SUM);
    v128.store(at, v128.xor(difference, change), DIFFERENCE);
  }
  fe.negIf(q + TWO_D_T, q + TWO_D_T, mask);
}

/** r = the point of an addend, scaled by 2, without T: good for doublings only */
export function fromAddend(r: usize, q: usize): void {
  fe.subCarry(r + X, q + SUM, q + DIFFERENCE);
  fe.addCarry(r + Y, q + SUM, q + DIFFERENCE);
  fe.carry(r + Z, q + TWO_Z);
}

export function copyPoint(r: usize, p: usize): void {
  for (let at: usize = 0; at < POINT; at += 16) v128.store(r + at, v128.load(p + at));
}

/** r = p with its two lanes exchanged */
export function swapPoint(r: usize, p: usize): void {
  for (let at: usize = 0; at < POINT; at += FIELD) fe.swapLanes(r + at, p + at);
}
