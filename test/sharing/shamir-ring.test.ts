import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addInto, type RingVector, reduce, zeroVector } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import { RingShamir } from '../../src/sharing/index.ts';

const random = new SeededRng(new Uint8Array(32).fill(9));

function uniform(bits: number, length: number): RingVector {
  const vector = zeroVector(bits, length);
  random.fill(new Uint8Array(vector.words.buffer));
  return reduce(vector);
}

function split(scheme: RingShamir, secret: RingVector): RingVector[] {
  const points = Array.from({ length: scheme.threshold }, (_, i) => i);
  const values = points.map((point) => (point === 0 ? secret : uniform(secret.bits, secret.words.length)));
  return Array.from({ length: scheme.parties }, (_, i) => values[i + 1] ?? scheme.interpolate(points, values, i + 1));
}

describe('Shamir over Z_2^bits', () => {
  it('reconstructs the wrapped sum from any t shares, and extra shares agree', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 20, 32, 33, 64),
        fc.integer({ min: 1, max: 9 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n }))),
        fc.integer({ min: 0, max: 9 }),
        (bits, [parties, threshold], length) => {
          const scheme = new RingShamir(parties, threshold);
          const width = scheme.shareLength(length);
          const secrets = [uniform(bits, width), uniform(bits, width), uniform(bits, width)];
          const sum = zeroVector(bits, width);
          for (const secret of secrets) addInto(sum, secret);
          const shares = Array.from({ length: parties }, () => zeroVector(bits, width));
          for (const secret of secrets) split(scheme, secret).forEach((share, i) => void addInto(shares[i]!, share));
          const points = Array.from({ length: parties }, (_, i) => i + 1).slice(parties - threshold);
          const chosen = points.map((point) => shares[point - 1]!);
          expect(scheme.interpolate(points, chosen, 0)).toEqual(reduce(sum));
          expect(scheme.interpolate(points, chosen, 1)).toEqual(reduce(shares[0]!));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('works with 255 parties', () => {
    const scheme = new RingShamir(255, 3);
    expect(scheme.degree).toBe(8);
    const secret = uniform(64, 8);
    const shares = split(scheme, secret);
    expect(scheme.interpolate([255, 100, 3], [shares[254]!, shares[99]!, shares[2]!], 0)).toEqual(secret);
  });

  it('hides the secret: a computed share of a fixed secret is uniform', () => {
    const scheme = new RingShamir(3, 2);
    const secret = zeroVector(8, 51_200);
    const share = split(scheme, secret)[2]!;
    const counts = new Array<number>(256).fill(0);
    for (const word of share.words) counts[Number(word)]!++;
    const chi = counts.reduce((total, count) => total + (count - 200) ** 2 / 200, 0);
    expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(510));
  });

  it('refuses what does not fit', () => {
    expect(() => new RingShamir(256, 2)).toThrow(RangeError);
    expect(() => new RingShamir(3, 4)).toThrow(RangeError);
    expect(() => new RingShamir(3, 0)).toThrow(RangeError);
    const scheme = new RingShamir(3, 2);
    const value = zeroVector(32, 4);
    expect(() => scheme.interpolate([1], [value], 0)).toThrow(RangeError);
    expect(() => scheme.interpolate([1, 1], [value, value], 0)).toThrow(RangeError);
    expect(() => new RingShamir(4, 2).interpolate([1, 5], [value, value], 0)).toThrow(RangeError);
    expect(() => scheme.interpolate([1, 2], [value, zeroVector(32, 6)], 0)).toThrow(RangeError);
    expect(() => scheme.interpolate([1, 2], [zeroVector(32, 3), zeroVector(32, 3)], 0)).toThrow(RangeError);
  });
});
