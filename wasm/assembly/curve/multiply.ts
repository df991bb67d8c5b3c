import * as fe from './field';
import { addPoint, copyPoint, doublePoint, fromAddend, negateAddend, picked, POINT, toAddend } from './point';
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
  const m0: v128 = fe.lanesEqual(size, v128.load(fe.SMALL));
  const m1: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 16));
  const m2: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 32));
  const m3: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 48));
  const m4: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 64));
  const m5: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 80));
  const m6: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 96));
  const m7: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 112));
  const m8: v128 = fe.lanesEqual(size, v128.load(fe.SMALL, 128));
  for (let at: usize = 0; at < POINT; at += 16) {
    const entry: usize = table + at;
    let x: v128 = v128.and(v128.load(fe.IDENTITY_ADDEND + at), m0);
    x = v128.or(x, v128.and(v128.load(entry), m1));
    x = v128.or(x, v128.and(v128.load(entry, 320), m2));
    x = v128.or(x, v128.and(v128.load(entry, 640), m3));
    x = v128.or(x, v128.and(v128.load(entry, 960), m4));
    x = v128.or(x, v128.and(v128.load(entry, 1280), m5));
    x = v128.or(x, v128.and(v128.load(entry, 1600), m6));
    x = v128.or(x, v128.and(v128.load(entry, 1920), m7));
    x = v128.or(x, v128.and(v128.load(entry, 2240), m8));
    v128.store(picked + at, x);
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
