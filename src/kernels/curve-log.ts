import type { Curve } from './curve.ts';
import { checkBound, countOf, isZero, POINT_BYTES, SCALAR_BYTES } from './curve-checks.ts';

/** Encodings of twice start, start + q, start + 2q, ... where next = start + q and twice = 2q, until `take` returns true. */
export type Walk = (
  start: Uint8Array,
  next: Uint8Array,
  twice: Uint8Array,
  take: (encodings: Uint8Array, first: number) => boolean,
) => void;

const IDENTITY = new Uint8Array(POINT_BYTES);

/**
 * Baby steps, giant steps (Shanks 1971). The table holds the encodings of 2jG for 0 <= j < m; a giant step subtracts mG. Everything is
 * looked at doubled, because a batch of doubled points is encoded ten times faster (ristretto.ts in wasm/assembly/curve).
 */
export function discreteLog(curve: Curve, points: Uint8Array, bound: number, walk: Walk): number[] {
  checkBound(bound);
  const n = countOf(points, POINT_BYTES, 'points');
  const steps = babySteps(curve, bound, walk);
  const m = steps.size;
  const stride = curve.multiplyBase(scalarOf(m));
  const minusTwo = curve.subtract(stride, curve.multiplyBase(scalarOf(3 * m)));
  checkPointsOrIdentity(curve, points, stride);
  const out: number[] = [];
  for (let i = 0; i < n; i++) {
    const point = points.subarray(POINT_BYTES * i, POINT_BYTES * (i + 1));
    if (isZero(point)) {
      out.push(0);
      continue;
    }
    const next = curve.subtract(point, stride);
    let found = -1;
    walk(point, next, minusTwo, (encodings, first) => {
      for (let at = 0; at < encodings.length; at += POINT_BYTES) {
        const giant = first + at / POINT_BYTES;
        if (giant * m > bound) return true;
        const baby = steps.find(encodings, at);
        if (baby < 0 || giant * m + baby > bound) continue;
        found = giant * m + baby;
        return true;
      }
      return false;
    });
    out.push(found);
  }
  return out;
}

/** Checks all points at once, so that an error names the right index; `harmless` stands in for the identity. */
function checkPointsOrIdentity(curve: Curve, points: Uint8Array, harmless: Uint8Array): void {
  const checked = points.slice();
  for (let at = 0; at < checked.length; at += POINT_BYTES) {
    if (isZero(checked.subarray(at, at + POINT_BYTES))) checked.set(harmless, at);
  }
  curve.checkPoints(checked);
}

/** Little-endian scalar of a non-negative safe integer. */
function scalarOf(value: number): Uint8Array {
  const scalar = new Uint8Array(SCALAR_BYTES);
  new DataView(scalar.buffer).setBigUint64(0, BigInt(value), true);
  return scalar;
}

const kept = new WeakMap<Curve, BabySteps>();

function babySteps(curve: Curve, bound: number, walk: Walk): BabySteps {
  const size = Math.max(256, Math.ceil(Math.sqrt(bound + 1)));
  let steps = kept.get(curve);
  if (steps === undefined || steps.size < size) {
    steps = new BabySteps(size);
    const table = steps;
    const one = curve.multiplyBase(scalarOf(1));
    walk(IDENTITY, one, curve.multiplyBase(scalarOf(2)), (encodings, first) => {
      for (let at = 0; at < encodings.length; at += POINT_BYTES) {
        const j = first + at / POINT_BYTES;
        if (j === size) return true;
        table.add(encodings, at, j);
      }
      return false;
    });
    kept.set(curve, steps);
  }
  return steps;
}

/**
 * Encoding -> j. Open addressing on the first 4 bytes, equality on the first 12: two of 2^20 encodings share them with probability
 * 2^-57, and none that we could be made to look up can be chosen to.
 */
class BabySteps {
  readonly size: number;
  readonly #mask: number;
  /** j + 1, or 0 where free */
  readonly #index: Uint32Array;
  readonly #keys: Uint32Array;

  constructor(size: number) {
    this.size = size;
    const slots = 2 ** Math.ceil(Math.log2(2 * size));
    this.#mask = slots - 1;
    this.#index = new Uint32Array(slots);
    this.#keys = new Uint32Array(3 * slots);
  }

  add(encodings: Uint8Array, at: number, j: number): void {
    const key = words(encodings, at);
    let slot = key[0] & this.#mask;
    while (this.#index[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#index[slot] = j + 1;
    this.#keys.set(key, 3 * slot);
  }

  find(encodings: Uint8Array, at: number): number {
    const [a, b, c] = words(encodings, at);
    for (let slot = a & this.#mask; this.#index[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const k = 3 * slot;
      if (this.#keys[k] === a && this.#keys[k + 1] === b && this.#keys[k + 2] === c) return this.#index[slot]! - 1;
    }
    return -1;
  }
}

function words(bytes: Uint8Array, at: number): [number, number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 12);
  return [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
}
