import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import type { Curve } from '../curve.ts';
import {
  badPoint,
  checkBound,
  checkSameCount,
  checkScalars,
  checkSecretScalar,
  checkSinglePoint,
  countOf,
  isZero,
  POINT_BYTES,
  SCALAR_BYTES,
  UNIFORM_BYTES,
} from '../curve-checks.ts';

/**
 * The reference twin of the curve: one point after another through @noble/curves. It is the definition that the other tiers are
 * tested against, and what runs where there is no SIMD. BigInt arithmetic is not constant time; noble's algorithm is.
 */
const Group = ristretto255.Point;
type Point = InstanceType<typeof Group>;

function decode(points: Uint8Array): Point[] {
  const n = countOf(points, POINT_BYTES, 'points');
  return Array.from({ length: n }, (_, i) => {
    const bytes = points.subarray(POINT_BYTES * i, POINT_BYTES * (i + 1));
    if (isZero(bytes)) throw badPoint(i, n, true);
    try {
      return Group.fromBytes(bytes);
    } catch {
      throw badPoint(i, n, false);
    }
  });
}

function derive(uniform: Uint8Array): Point[] {
  const n = countOf(uniform, UNIFORM_BYTES, 'uniform bytes');
  return Array.from({ length: n }, (_, i) =>
    ristretto255_hasher.deriveToCurve!(uniform.subarray(UNIFORM_BYTES * i, UNIFORM_BYTES * (i + 1))),
  );
}

function encode(points: readonly Point[]): Uint8Array {
  const out = new Uint8Array(POINT_BYTES * points.length);
  for (const [i, point] of points.entries()) out.set(point.toBytes(), POINT_BYTES * i);
  return out;
}

function integers(scalars: Uint8Array): bigint[] {
  const n = checkScalars(scalars);
  return Array.from({ length: n }, (_, i) =>
    bytesToNumberLE(scalars.subarray(SCALAR_BYTES * i, SCALAR_BYTES * (i + 1))),
  );
}

/** noble refuses a zero scalar; here it gives the identity. */
function times(point: Point, scalar: bigint): Point {
  return scalar === 0n ? Group.ZERO : point.multiply(scalar);
}

function pairs(left: Uint8Array, right: Uint8Array, join: (p: Point, q: Point) => Point): Uint8Array {
  const p = decode(left);
  const q = decode(right);
  checkSameCount(p.length, q.length, 'points');
  return encode(p.map((point, i) => join(point, q[i]!)));
}

function decodeOne(base: Uint8Array): Point {
  checkSinglePoint(base, 'base');
  return decode(base)[0]!;
}

export const referenceCurve: Curve = {
  tier: 'reference',

  hashToGroup(uniform) {
    return encode(derive(uniform));
  },

  checkPoints(points) {
    decode(points);
  },

  multiply(points, scalar) {
    checkSecretScalar(scalar);
    const s = integers(scalar)[0]!;
    return encode(decode(points).map((point) => point.multiply(s)));
  },

  hashAndMultiply(uniform, scalar) {
    checkSecretScalar(scalar);
    const s = integers(scalar)[0]!;
    return encode(derive(uniform).map((point) => point.multiply(s)));
  },

  multiplyEach(points, scalars) {
    const s = integers(scalars);
    checkSameCount(countOf(points, POINT_BYTES, 'points'), s.length, 'points and scalars');
    return encode(decode(points).map((point, i) => times(point, s[i]!)));
  },

  multiplyBase(scalars, base) {
    const point = base === undefined ? Group.BASE : decodeOne(base);
    return encode(integers(scalars).map((s) => times(point, s)));
  },

  multiplyBases(left, right, base) {
    const point = decodeOne(base);
    const l = integers(left);
    const r = integers(right);
    checkSameCount(l.length, r.length, 'scalars');
    return encode(l.map((s, i) => times(Group.BASE, s).add(times(point, r[i]!))));
  },

  add(left, right) {
    return pairs(left, right, (p, q) => p.add(q));
  },

  subtract(left, right) {
    return pairs(left, right, (p, q) => p.subtract(q));
  },

  sum(points) {
    return encode([decode(points).reduce((total, point) => total.add(point), Group.ZERO)]);
  },

  multiScalar(points, scalars) {
    const s = integers(scalars);
    checkSameCount(countOf(points, POINT_BYTES, 'points'), s.length, 'points and scalars');
    return encode([decode(points).reduce((total, point, i) => total.add(times(point, s[i]!)), Group.ZERO)]);
  },

  discreteLog(points, bound) {
    checkBound(bound);
    const n = countOf(points, POINT_BYTES, 'points');
    const m = Math.max(1, Math.ceil(Math.sqrt(bound + 1)));
    const baby = new Map<string, number>();
    let step = Group.ZERO;
    for (let j = 0; j < m; j++) {
      baby.set(step.toHex(), j);
      step = step.add(Group.BASE);
    }
    return Array.from({ length: n }, (_, i) => {
      const bytes = points.subarray(POINT_BYTES * i, POINT_BYTES * (i + 1));
      let point = isZero(bytes) ? Group.ZERO : decodeAt(bytes, i, n);
      for (let giant = 0; giant < m; giant++) {
        const found = baby.get(point.toHex());
        if (found !== undefined) return giant * m + found <= bound ? giant * m + found : -1;
        point = point.subtract(step);
      }
      return -1;
    });
  },
};

function decodeAt(bytes: Uint8Array, index: number, count: number): Point {
  try {
    return Group.fromBytes(bytes);
  } catch {
    throw badPoint(index, count, false);
  }
}
