import * as fe from './field';
import { select } from './root';

// The group law of edwards25519 (a = -1) in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. Complete: no special cases.
// Comments call a field element tight or loose as the generator of the field does; at most one factor may be loose.

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

/** Every temporary below, so that one fill wipes them. */
export const SCRATCH: usize = memory.data(1040, 16);
export const SCRATCH_BYTES: usize = 1040;
const a: usize = SCRATCH;
const b: usize = SCRATCH + 80;
const c: usize = SCRATCH + 160;
const d: usize = SCRATCH + 240;
const e: usize = SCRATCH + 320;
const f: usize = SCRATCH + 400;
const g: usize = SCRATCH + 480;
const h: usize = SCRATCH + 560;
const t: usize = SCRATCH + 640;
/** an addend */
export const picked: usize = SCRATCH + 720;

/** r = the addend of p; r is not p */
export function toAddend(r: usize, p: usize): void {
  fe.addCarry(r + SUM, p + Y, p + X);
  fe.subCarry(r + DIFFERENCE, p + Y, p + X);
  fe.add(r + TWO_Z, p + Z, p + Z);
  fe.mul(r + TWO_D_T, p + T, fe.D2);
}

/** r = p + q, q an addend; r may be p. "add-2008-hwcd-3" of the Explicit-Formulas Database. */
export function add(r: usize, p: usize, q: usize): void {
  fe.sub(a, p + Y, p + X);
  fe.mul(a, a, q + DIFFERENCE);
  fe.add(b, p + Y, p + X);
  fe.mul(b, b, q + SUM);
  fe.mul(c, p + T, q + TWO_D_T);
  fe.mul(d, p + Z, q + TWO_Z);
  fe.subCarry(e, b, a);
  fe.sub(f, d, c); // loose
  fe.addCarry(g, d, c);
  fe.add(h, b, a); // loose
  fe.mul(r + X, e, f);
  fe.mul(r + Y, g, h);
  fe.mul(r + Z, f, g);
  fe.mul(r + T, e, h);
}

/**
 * r = 2p; r may be p. "dbl-2008-hwcd" with f and h negated, which negates all four coordinates: the same point.
 * @param withT whether T is needed: a doubling does not read it
 */
export function double(r: usize, p: usize, withT: bool): void {
  fe.sqr(a, p + X);
  fe.sqr(b, p + Y);
  fe.sqr(c, p + Z);
  fe.mul(e, p + X, p + Y);
  fe.add(e, e, e); // loose
  fe.sub(g, b, a); // loose
  fe.addCarry(h, a, b);
  fe.add(c, c, c); // loose
  fe.subCarry(f, c, g);
  fe.mul(r + X, e, f);
  fe.mul(r + Y, g, h);
  fe.mul(r + Z, f, g);
  if (withT) fe.mul(r + T, e, h);
}

/** q = mask ? -q : q per lane, q an addend */
export function negateAddend(q: usize, mask: v128): void {
  select(t, q + DIFFERENCE, q + SUM, mask);
  select(q + DIFFERENCE, q + SUM, q + DIFFERENCE, mask);
  for (let at: usize = 0; at < FIELD; at += 16) v128.store(q + SUM + at, v128.load(t + at));
  fe.negIf(q + TWO_D_T, q + TWO_D_T, mask);
}

export function copyPoint(r: usize, p: usize): void {
  for (let at: usize = 0; at < POINT; at += 16) v128.store(r + at, v128.load(p + at));
}

/** r = p with its two lanes exchanged */
export function swapPoint(r: usize, p: usize): void {
  for (let at: usize = 0; at < POINT; at += FIELD) fe.swapLanes(r + at, p + at);
}
