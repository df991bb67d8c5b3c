import * as fe from './field';
import { addPoint, copyPoint, doublePoint, FIELD, fromAddend, negateAddend, picked, POINT, toAddend } from './point';
import { DIGITS } from './scalar';

// Multiplication by secret scalars given as signed digits. Every table entry is read for every digit, and all branches and loop
// counts are fixed: neither the instructions nor the addresses depend on a digit.

/** Addends of 1p .. 8p. */
const ENTRIES: usize = 8;
export const TABLE: usize = ENTRIES * POINT;

/** table = the addends of p, 2p, ..., 8p */
export function fillTable(table: usize, p: usize): void {
  toAddend(table, p);
  copyPoint(multiple, p);
  for (let k: usize = 1; k < ENTRIES; k++) {
    addPoint(multiple, multiple, table, true);
    toAddend(table + k * POINT, multiple);
  }
}

const multiple: usize = memory.data(320, 16);

/** picked = the addend of digit * p for two digits in -8 .. 8, one per lane: `digits` is the address of the two bytes. */
function pick(table: usize, digits: usize): void {
  const d0: i32 = load<i8>(digits);
  const d1: i32 = load<i8>(digits, 1);
  const sign0: i32 = d0 >> 31;
  const sign1: i32 = d1 >> 31;
  const size: v128 = fe.lanes((d0 ^ sign0) - sign0, (d1 ^ sign1) - sign1);
  const none: v128 = fe.lanesEqual(size, v128.load(fe.SMALL));
  for (let at: usize = 0; at < POINT; at += FIELD) {
    // Only the first vector of the identity's coordinates is not zero.
    let x0: v128 = v128.and(v128.load(fe.IDENTITY_ADDEND + at), none);
    let x1: v128 = i64x2.splat(0);
    let x2: v128 = x1;
    let x3: v128 = x1;
    let x4: v128 = x1;
    let entry: usize = table + at;
    for (let small: usize = fe.SMALL + 16; small <= fe.SMALL + 16 * ENTRIES; small += 16) {
      const mask: v128 = fe.lanesEqual(size, v128.load(small));
      x0 = v128.or(x0, v128.and(v128.load(entry), mask));
      x1 = v128.or(x1, v128.and(v128.load(entry, 16), mask));
      x2 = v128.or(x2, v128.and(v128.load(entry, 32), mask));
      x3 = v128.or(x3, v128.and(v128.load(entry, 48), mask));
      x4 = v128.or(x4, v128.and(v128.load(entry, 64), mask));
      entry += POINT;
    }
    v128.store(picked + at, x0);
    v128.store(picked + at, x1, 16);
    v128.store(picked + at, x2, 32);
    v128.store(picked + at, x3, 48);
    v128.store(picked + at, x4, 64);
  }
  negateAddend(picked, fe.lanes(sign0, sign1));
}

/** Bytes between the digits of one scalar (the other lane's lie between them), and of a pair's digits in all. */
export const DIGIT_STRIDE: usize = 2;
export const PAIR_DIGITS: usize = 2 * DIGITS;

function double4(p: usize): void {
  doublePoint(p, p, false);
  doublePoint(p, p, false);
  doublePoint(p, p, false);
  doublePoint(p, p, true);
}

/**
 * p_i = s_i p_i for `pairs` pairs of points.
 * @param step bytes from one pair's digits to the next's: PAIR_DIGITS, or 0 if all pairs share the digits of the first
 */
export function multiplyPoints(p: usize, pairs: i32, digits: usize, step: usize): void {
  for (let i: i32 = 0; i < pairs; i++) {
    fillTable(table, p);
    pick(table, digits + DIGIT_STRIDE * (DIGITS - 1));
    fromAddend(p, picked);
    for (let w: i32 = DIGITS - 2; w >= 0; w--) {
      double4(p);
      pick(table, digits + DIGIT_STRIDE * w);
      addPoint(p, p, picked, w == 0);
    }
    p += POINT;
    digits += step;
  }
}

const table: usize = memory.data(2560, 16);

/** A table for one base: row w holds the addends of 16^w p, 2 16^w p, ..., 8 16^w p. */
export const BASE_TABLE: usize = DIGITS * TABLE;

export function fillBaseTable(rows: usize, p: usize): void {
  copyPoint(power, p);
  for (let w: i32 = 0; w < DIGITS; w++) {
    fillTable(rows + w * TABLE, power);
    double4(power);
  }
}

const power: usize = memory.data(320, 16);

/** p_i = p_i + s_i base, row by row, so that a row stays in the first-level cache. */
export function addBaseMultiples(p: usize, pairs: i32, digits: usize, rows: usize): void {
  for (let w: i32 = 0; w < DIGITS; w++) {
    for (let i: i32 = 0; i < pairs; i++) {
      pick(rows + w * TABLE, digits + PAIR_DIGITS * i + DIGIT_STRIDE * w);
      addPoint(p + POINT * i, p + POINT * i, picked, true);
    }
  }
}

/**
 * r = r + s_1 p_1 + ... (lane by lane), Straus: all pairs share the doublings.
 * @param tables TABLE bytes per pair
 */
export function addMultiScalar(r: usize, p: usize, pairs: i32, digits: usize, tables: usize): void {
  for (let i: i32 = 0; i < pairs; i++) fillTable(tables + i * TABLE, p + i * POINT);
  copyPoint(straus, fe.IDENTITY);
  for (let w: i32 = DIGITS - 1; w >= 0; w--) {
    if (w < DIGITS - 1) double4(straus);
    for (let i: i32 = 0; i < pairs; i++) {
      pick(tables + i * TABLE, digits + PAIR_DIGITS * i + DIGIT_STRIDE * w);
      addPoint(straus, straus, picked, true);
    }
  }
  toAddend(picked, straus);
  addPoint(r, r, picked, true);
}

const straus: usize = memory.data(320, 16);
