/**
 * Two circles whose areas, and that of the lens they share, stand in the ratio of three numbers. Lengths are in units of the larger radius;
 * the left circle is centred at the origin, the right one at (distance, 0).
 */
export interface Venn {
  readonly leftRadius: number;
  readonly rightRadius: number;
  readonly distance: number;
  /** How the circles lie; `apart` is drawn with a gap, `inside` touches from within. */
  readonly relation: 'apart' | 'crossing' | 'inside' | 'equal';
}

/** Between circles that share nothing. */
const GAP = 0.12;

/**
 * @param left size of the left set, at least 1
 * @param right size of the right set, at least 1
 * @param overlap 0 .. min(left, right)
 * @throws {RangeError} for sizes that no two sets have
 */
export function venn(left: number, right: number, overlap: number): Venn {
  for (const size of [left, right]) {
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`a set of ${size}, expected at least 1`);
  }
  const smaller = Math.min(left, right);
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > smaller) {
    throw new RangeError(`an overlap of ${overlap} between sets of ${left} and ${right}`);
  }
  const larger = Math.max(left, right);
  const leftRadius = Math.sqrt(left / larger);
  const rightRadius = Math.sqrt(right / larger);
  const sum = leftRadius + rightRadius;
  const circles = { leftRadius, rightRadius };
  if (overlap === 0) return { ...circles, distance: sum + GAP, relation: 'apart' };
  if (left === right && overlap === left) return { ...circles, distance: 0, relation: 'equal' };
  if (overlap === smaller) {
    return { ...circles, distance: Math.abs(leftRadius - rightRadius), relation: 'inside' };
  }
  const depth = solveDepth(leftRadius, rightRadius, (Math.PI * overlap) / larger);
  return { ...circles, distance: sum - depth, relation: 'crossing' };
}

/**
 * The area that two circles share which reach `depth` into each other, 0 .. twice the smaller radius. Written in the depth (how far the circles are from
 * merely touching) rather than in the distance: for one in a billion the lens is so thin that the distance would lose all its digits.
 */
export function lensArea(leftRadius: number, rightRadius: number, depth: number): number {
  const distance = leftRadius + rightRadius - depth;
  return segment(leftRadius, rightRadius, depth, distance) + segment(rightRadius, leftRadius, depth, distance);
}

/** The part of a circle beyond the chord where it crosses the other one. */
function segment(radius: number, other: number, depth: number, distance: number): number {
  // Half the angle of the chord, by the half-angle formula: sin^2(angle / 2) = (1 - cos angle) / 2.
  const squared = (depth * (2 * other - depth)) / (4 * radius * distance);
  const angle = 2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, squared))));
  return radius * radius * angleMinusSine(2 * angle) * 0.5;
}

/** x - sin x; near 0 by its series, where the difference would cancel. */
function angleMinusSine(x: number): number {
  if (x > 0.05) return x - Math.sin(x);
  const square = x * x;
  return ((x * square) / 6) * (1 - (square / 20) * (1 - square / 42));
}

/** The area grows with the depth, so halving the interval finds it; 200 halvings go below the last bit of any depth. */
function solveDepth(leftRadius: number, rightRadius: number, area: number): number {
  let low = 0;
  let high = 2 * Math.min(leftRadius, rightRadius);
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (lensArea(leftRadius, rightRadius, middle) < area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
