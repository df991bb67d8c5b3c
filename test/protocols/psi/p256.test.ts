import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes/index.ts';
import { hashToPoint, nobleP256, nodeP256 } from '../../../src/protocols/psi/openmined/p256.ts';

const { n, p } = p256.Point.CURVE();
const curves = [nobleP256, nodeP256()].filter((curve) => curve !== undefined);
const points = Array.from({ length: 12 }, (_, i) => p256.Point.BASE.multiply(BigInt(3 * i + 1)));

describe.each(curves)('P-256 of $name', (curve) => {
  it('multiplies points as the definition says, of both signs', () => {
    for (const scalar of [1n, 2n, 3n, n >> 1n, (n >> 1n) + 1n, n - 3n, n - 2n, n - 1n]) {
      const multiply = curve.multiplier(scalar);
      for (const point of points) {
        const truth = point.multiply(scalar).toHex(true);
        expect(toHex(multiply(point.toBytes(true)))).toBe(truth);
        expect(toHex(multiply(point.negate().toBytes(true)))).toBe(point.negate().multiply(scalar).toHex(true));
      }
    }
  });

  it('refuses what is not a compressed point', () => {
    const multiply = curve.multiplier(12345n);
    const good = points[3]!.toBytes(true);
    const bytes = (x: bigint, prefix = 2) => fromHex(`0${prefix}${x.toString(16).padStart(64, '0')}`);
    let off = 1n;
    while (curve.lift(bytes(off).subarray(1)) !== undefined) off++;
    const bad = [
      bytes(off),
      bytes(p),
      bytes(p + 5n),
      bytes(1n, 0),
      bytes(1n, 4),
      good.subarray(0, 32),
      Uint8Array.from([...good, 0]),
      points[3]!.toBytes(false),
      Uint8Array.of(0),
      new Uint8Array(0),
    ];
    for (const point of bad) expect(() => multiply(point), toHex(point)).toThrow();
    expect(multiply(good)).toHaveLength(33);
  });

  it('lifts x to the point with even y, where there is one', () => {
    for (let x = 0n; x < 40n; x++) {
      const bytes = fromHex(x.toString(16).padStart(64, '0'));
      const lifted = curve.lift(bytes);
      const truth = nobleP256.lift(bytes);
      expect(lifted && toHex(lifted)).toBe(truth && toHex(truth));
      if (lifted) expect(p256.Point.fromBytes(lifted).toAffine().y & 1n).toBe(0n);
    }
    expect(curve.lift(new Uint8Array(32).fill(255))).toBeUndefined();
  });

  it('hashes items as the other does', () => {
    for (let i = 0; i < 20; i++) {
      expect(toHex(hashToPoint(utf8(`item ${i}`), curve))).toBe(toHex(hashToPoint(utf8(`item ${i}`), nobleP256)));
    }
  });
});

it('is of node:crypto here', () => {
  expect(curves.map(({ name }) => name)).toEqual(['noble', 'node']);
});
