import { multiplyAddWords } from '../kernels/index.ts';
import { checkVector, GaloisRing, type RingVector, reduce, zeroVector } from '../math/index.ts';

/**
 * Shamir's t-of-n sharing of vectors over Z_{2^bits}, exact modulo 2^bits: sums of shares are shares of the wrapped sum.
 *
 * The polynomials live over the Galois ring GR(2^bits, r) with 2^r > n points. Such an element has r coordinates in Z_{2^bits}, and all of
 * them carry data: a vector of d words is ceil(d / r) elements, and a share is no longer than the secret (up to r - 1 words of
 * padding). Coordinates lie in planes: with D = ceil(d / r), word m D + i is coordinate m of element i.
 *
 * Everything is one operation, {@link interpolate}. To share a secret, choose t - 1 shares at random (as seeds, if you like) and
 * interpolate the others through them and the secret at point 0; to reconstruct, interpolate t shares at 0; to check an extra share,
 * interpolate at its point.
 */
export class RingShamir {
  /** n, 1 .. 255: shares have the points 1 .. n. */
  readonly parties: number;
  /** t, 1 .. n */
  readonly threshold: number;
  /** r */
  readonly degree: number;
  readonly #ring: GaloisRing;

  /** @throws {RangeError} when n or t is out of range */
  constructor(parties: number, threshold: number) {
    if (!Number.isInteger(parties) || parties < 1 || parties > 255) {
      throw new RangeError(`${parties} parties, expected 1 .. 255`);
    }
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > parties) {
      throw new RangeError(`threshold ${threshold}, expected 1 .. ${parties} (the number of shares)`);
    }
    this.parties = parties;
    this.threshold = threshold;
    this.#ring = GaloisRing.withPoints(parties + 1);
    this.degree = this.#ring.degree;
  }

  /** Words in a share of a vector of `length` words: `length` rounded up to a multiple of r. */
  shareLength(length: number): number {
    return this.degree * Math.ceil(length / this.degree);
  }

  /**
   * The value at a point of the polynomials of degree < t through the given values.
   * @param points exactly t distinct points, 0 .. n; 0 is the secret's
   * @param values one vector for every point, all over one ring and of one length, a multiple of r (pad with zeros)
   * @param at 0 .. n
   * @returns canonical words
   * @throws {RangeError} when the points or shapes are wrong
   */
  interpolate(points: readonly number[], values: readonly RingVector[], at: number): RingVector {
    if (points.length !== this.threshold || values.length !== points.length) {
      throw new RangeError(`${points.length} points and ${values.length} values, expected ${this.threshold}`);
    }
    for (const point of [...points, at]) {
      if (point > this.parties) throw new RangeError(`point ${point}, expected 0 .. ${this.parties}`);
    }
    const { bits, words } = values[0]!;
    const plane = words.length / this.degree;
    if (!Number.isInteger(plane)) throw new RangeError(`${words.length} words, expected a multiple of ${this.degree}`);
    const out = zeroVector(bits, words.length);
    this.#ring.lagrange(points, at).forEach((weight, j) => {
      const value = values[j]!;
      checkVector(value, bits, words.length);
      this.#ring.matrix(weight).forEach((column, from) => {
        const source = value.words.subarray(from * plane, (from + 1) * plane);
        column.forEach((factor, to) => {
          if (factor !== 0n) multiplyAddWords(out.words.subarray(to * plane, (to + 1) * plane), source, factor);
        });
      });
    });
    return reduce(out);
  }
}
