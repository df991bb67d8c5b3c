import * as fe from './curve/field';
import { addPoint, copyPoint, negateAddend, picked, POINT, swapPoint, TEMPORARIES, TEMPORARY_BYTES, toAddend } from './curve/point';
import { addBaseMultiples, addMultiScalar, BASE_TABLE, DIGIT_STRIDE, fillBaseTable, multiplyPoints, PAIR_DIGITS, TABLE } from './curve/multiply';
import { BATCH_WORK, decode as decodePairs, derive, doubleAndEncode, encode as encodePairs } from './curve/ristretto';
import { recodeHalf } from './curve/scalar';

// ristretto255 in batches of at most CHUNK points, two points (a pair) at a time, one per SIMD lane. A batch of odd length is filled
// up with 32 zero bytes, the identity.
//
// Callers put bytes at input() and scalars(), call a few functions, and read output(). Between the calls the points are in
// P, as extended coordinates; the second operand of a sum is in Q.

const CHUNK: i32 = 256;
const PAIRS: i32 = CHUNK / 2;

const TOTAL: usize = memory.data(320, 16);
const VALID: usize = memory.data(32, 16);

/** First free byte of memory, aligned for v128. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

// The large areas lie behind the static data, one after another, so that the binary does not carry their zeros. The face grows the
// memory to base() + room() bytes before the first call.
const SCALARS: usize = CHUNK * 64;
const OUTPUT: usize = SCALARS + CHUNK * 32;
const DIGITS_OF: usize = OUTPUT + CHUNK * 32;
const P: usize = DIGITS_OF + PAIRS * PAIR_DIGITS;
const Q: usize = P + PAIRS * POINT;
/** work of a batch encoding, or the tables of a multi-scalar product */
const WORK: usize = Q + PAIRS * POINT;
/** two tables: the generator's and another base's */
const BASES: usize = WORK + PAIRS * TABLE;
const END: usize = BASES + 2 * BASE_TABLE;

/** room for CHUNK x 64 bytes of points or uniform bytes */
export function input(): usize {
  return base();
}
/** room for CHUNK scalars */
export function scalars(): usize {
  return base() + SCALARS;
}
/** CHUNK encodings */
export function output(): usize {
  return base() + OUTPUT;
}
function digits(): usize {
  return base() + DIGITS_OF;
}
function p(): usize {
  return base() + P;
}
function q(): usize {
  return base() + Q;
}
export function room(): usize {
  return END;
}
export function chunk(): i32 {
  return CHUNK;
}

/**
 * P or Q = the points encoded at `input`.
 * @returns the index of the first of `count` points that is not a valid encoding, or is the identity though that is not allowed;
 * -1 if all are good. Four points are decoded at a time; what lies at `input` behind the last is decoded too, and not looked at.
 */
export function decode(intoQ: bool, count: i32, allowIdentity: bool): i32 {
  let to: usize = intoQ ? q() : p();
  for (let i: i32 = 0; i < count; i += 4) {
    decodePairs(to, input() + 32 * i, VALID);
    for (let k: i32 = i; k < min(count, i + 4); k++) {
      const valid: v128 = v128.load(VALID + 16 * ((k - i) >> 1));
      const good: i32 = (k & 1) == 0 ? fe.maskOf0(valid) : fe.maskOf1(valid);
      if (good == 0 || (!allowIdentity && isIdentity(input() + 32 * k))) return k;
    }
    to += 2 * POINT;
  }
  return -1;
}

function isIdentity(at: usize): bool {
  return (load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24)) == 0;
}

/** P = the points derived from the 64 uniform bytes each at `input`. */
export function map(pairs: i32): void {
  for (let i: i32 = 0; i < pairs; i++) derive(p() + POINT * i, input() + 128 * i, input() + 128 * i + 64);
}

/** Recodes the scalars at `scalars` (2 per pair), halved: what is multiplied by them must be encoded with `encodeDoubled`. */
export function recode(pairs: i32): void {
  for (let i: i32 = 0; i < pairs; i++) {
    recodeHalf(digits() + PAIR_DIGITS * i, DIGIT_STRIDE, scalars() + 64 * i);
    recodeHalf(digits() + PAIR_DIGITS * i + 1, DIGIT_STRIDE, scalars() + 64 * i + 32);
  }
}

/** P_i = (s_i / 2) P_i; with `shared`, all by the first two scalars, which must be alike. */
export function multiply(pairs: i32, shared: bool): void {
  multiplyPoints(p(), pairs, digits(), shared ? 0 : PAIR_DIGITS);
}

/** P_i = the identity */
export function clear(pairs: i32): void {
  for (let i: i32 = 0; i < pairs; i++) copyPoint(p() + POINT * i, fe.IDENTITY);
}

/** Table 0 = the generator's. */
export function prepareGenerator(): void {
  fillBaseTable(base() + BASES, fe.GENERATOR);
}

/** Table 1 = that of the first point of P, both of whose lanes must be alike. */
export function prepareBase(): void {
  fillBaseTable(base() + BASES + BASE_TABLE, p());
}

/** P_i = P_i + (s_i / 2) B, B the generator (0) or the prepared base (1). */
export function addMultiples(pairs: i32, which: i32): void {
  addBaseMultiples(p(), pairs, digits(), base() + BASES + which * BASE_TABLE);
}

/** P_i = P_i + Q_i, or P_i - Q_i. */
export function add(pairs: i32, negate: bool): void {
  const mask: v128 = fe.lanes(-i32(negate), -i32(negate));
  for (let i: i32 = 0; i < pairs; i++) {
    toAddend(picked, q() + POINT * i);
    negateAddend(picked, mask);
    addPoint(p() + POINT * i, p() + POINT * i, picked, true);
  }
}

/** total = the identity */
export function startTotal(): void {
  copyPoint(TOTAL, fe.IDENTITY);
}

/** total = total + P_1 + P_2 + ... (lane by lane) */
export function addToTotal(pairs: i32): void {
  for (let i: i32 = 0; i < pairs; i++) {
    toAddend(picked, p() + POINT * i);
    addPoint(TOTAL, TOTAL, picked, true);
  }
}

/** total = total + (s_1 / 2) P_1 + ... (lane by lane) */
export function addProductsToTotal(pairs: i32): void {
  addMultiScalar(TOTAL, p(), pairs, digits(), base() + WORK);
}

/** P_1 = the total over both lanes, in both lanes. */
export function takeTotal(): void {
  swapPoint(p(), TOTAL);
  toAddend(picked, p());
  addPoint(p(), TOTAL, picked, true);
}

/**
 * P = an arithmetic progression: from the first pair (x, x + q) and the first pair of Q = (2q, 2q), P_i = x + i q. With `more` it goes
 * on from the last pair of the last call.
 */
export function walk(pairs: i32, more: bool): void {
  toAddend(picked, q());
  if (more) addPoint(p(), p() + POINT * (PAIRS - 1), picked, true);
  for (let i: i32 = 1; i < pairs; i++) addPoint(p() + POINT * i, p() + POINT * (i - 1), picked, true);
}

/** output = the encodings of P; two pairs are encoded at a time, of which the last may be left over from earlier and means nothing */
export function encode(pairs: i32): void {
  for (let i: i32 = 0; i < pairs; i += 2) encodePairs(output() + 64 * i, p() + POINT * i);
}

/** output = the encodings of 2P */
export function encodeDoubled(pairs: i32): void {
  doubleAndEncode(output(), p(), base() + WORK, pairs);
}

/** Overwrites what a secret scalar has left: itself, its digits, the last addends, sums and products. */
export function wipe(): void {
  memory.fill(scalars(), 0, CHUNK * 32);
  memory.fill(digits(), 0, PAIRS * PAIR_DIGITS);
  memory.fill(TEMPORARIES, 0, TEMPORARY_BYTES);
  memory.fill(fe.PARKED, 0, fe.PARKED_BYTES);
}

// The field itself and the doubling, for the tests of their bounds: elements are FIELD bytes anywhere in memory, points POINT bytes.
export { doublePoint as pointDouble } from './curve/point';
export {
  carry as fieldCarry,
  fromBytes as fieldFromBytes,
  mul as fieldMul,
  sqr as fieldSqr,
  toBytes as fieldToBytes,
} from './curve/field';
