/**
 * Galois rings GR(2^64, r) = Z_{2^64}[z] / (h), h monic of degree r and irreducible modulo 2: the scalars of Shamir's scheme over
 * Z_{2^bits}. In Z_{2^bits} itself a difference of two points is often even and cannot be divided by; here there are 2^r points
 * whose differences are all units (Abspoel, Cramer, Damgard, Escudero, Yuan, TCC 2019, section 2). Reduction modulo 2^bits is a ring
 * homomorphism, so scalars modulo 2^64 serve every bits <= 64.
 */

/** Coordinates of 1, z, .. z^(r-1), each 0 .. 2^64 - 1. */
export type GaloisElement = readonly bigint[];

/** The coefficients of h below the leading one, as a bit string (bit i for z^i), by degree. All irreducible modulo 2. */
const MODULI: readonly number[] = [
  0,
  0b0, // z
  0b11, // z^2 + z + 1
  0b011, // z^3 + z + 1
  0b0011, // z^4 + z + 1
  0b00101, // z^5 + z^2 + 1
  0b000011, // z^6 + z + 1
  0b0000011, // z^7 + z + 1
  0b00011011, // z^8 + z^4 + z^3 + z + 1
];

export class GaloisRing {
  /** r */
  readonly degree: number;

  /** @param degree 1 .. 8 */
  constructor(degree: number) {
    if (!Number.isInteger(degree) || degree < 1 || degree > 8)
      throw new RangeError(`degree ${degree}, expected 1 .. 8`);
    this.degree = degree;
  }

  /** The ring with the least degree that has `points` points with invertible differences: ceil(log2 points). */
  static withPoints(points: number): GaloisRing {
    if (!Number.isInteger(points) || points < 1 || points > 256)
      throw new RangeError(`${points} points, expected 1 .. 256`);
    return new GaloisRing(Math.max(1, Math.ceil(Math.log2(points))));
  }

  /** Point j, 0 <= j < 2^r: bit i of j is the coordinate of z^i. Differences of distinct points are units. */
  point(j: number): GaloisElement {
    if (!Number.isInteger(j) || j < 0 || j >= 2 ** this.degree) {
      throw new RangeError(`point ${j}, expected 0 .. ${2 ** this.degree - 1}`);
    }
    return Array.from({ length: this.degree }, (_, i) => BigInt((j >> i) & 1));
  }

  subtract(a: GaloisElement, b: GaloisElement): GaloisElement {
    return a.map((value, i) => wrap(value - b[i]!));
  }

  multiply(a: GaloisElement, b: GaloisElement): GaloisElement {
    const columns = this.matrix(a);
    return this.point(0).map((_, row) => wrap(b.reduce((sum, value, i) => sum + columns[i]![row]! * value, 0n)));
  }

  /**
   * 1 / a.
   * @throws {RangeError} unless a is a unit, i.e. has an odd coordinate
   */
  invert(a: GaloisElement): GaloisElement {
    if (a.every((value) => value % 2n === 0n)) throw new RangeError('an element with even coordinates has no inverse');
    // Modulo 2 the inverse is a^(2^r - 2); every Newton step y <- y (2 - a y) doubles the number of correct bits.
    let inverse = this.point(1);
    let power = a;
    for (let i = 1; i < this.degree; i++) {
      power = this.multiply(power, power);
      inverse = this.multiply(inverse, power);
    }
    const two = inverse.map((_, i) => (i === 0 ? 2n : 0n));
    for (let bits = 1; bits < 64; bits *= 2) {
      inverse = this.multiply(inverse, this.subtract(two, this.multiply(a, inverse)));
    }
    return inverse;
  }

  /** The columns of multiplication by a: column i holds the coordinates of a z^i. */
  matrix(a: GaloisElement): GaloisElement[] {
    const modulus = MODULI[this.degree]!;
    const columns: GaloisElement[] = [a];
    for (let i = 1; i < this.degree; i++) {
      const last = columns[i - 1]!;
      const top = last[this.degree - 1]!;
      // z^r = -(the lower terms of h)
      columns.push(last.map((_, j) => wrap((j === 0 ? 0n : last[j - 1]!) - ((modulus >> j) & 1 ? top : 0n))));
    }
    return columns;
  }

  /**
   * The Lagrange coefficients: f(point(at)) is the sum of coefficient j times f(point(xs[j])), for every polynomial f over the ring of
   * degree < xs.length.
   * @param xs distinct numbers of points
   * @throws {RangeError} when two xs are equal or a point does not exist
   */
  lagrange(xs: readonly number[], at: number): GaloisElement[] {
    if (new Set(xs).size !== xs.length) throw new RangeError(`points ${xs.join(', ')}: one appears twice`);
    const target = this.point(at);
    return xs.map((x, j) => {
      let numerator = this.point(1);
      let denominator = this.point(1);
      xs.forEach((other, m) => {
        if (m === j) return;
        numerator = this.multiply(numerator, this.subtract(target, this.point(other)));
        denominator = this.multiply(denominator, this.subtract(this.point(x), this.point(other)));
      });
      return this.multiply(numerator, this.invert(denominator));
    });
  }
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
