import { equalBytes } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { printsAsString } from '../inspect.ts';
import { evaluate, lagrangeCoefficients, type PrimeField } from '../math/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import { checkFieldConsistent } from './consistency.ts';
import type { CombineOptions } from './shamir-bytes.ts';
import { checkThreshold, MAX_SHARES } from './shamir-bytes.ts';

/**
 * Shamir's t-of-n sharing of elements of a prime field: for secrets with an algebraic meaning, such as the scalar of a key, whose
 * shares can be added and multiplied by constants.
 */

/** One party's share of a field element. */
export class FieldShare {
  static {
    printsAsString(FieldShare);
  }

  readonly field: PrimeField;
  /** 1 .. min(65,535, p - 1) */
  readonly x: number;
  readonly threshold: number;
  /** What the sharing belongs to: session id, owner and purpose, as the protocol defines them. Public. */
  readonly label: Uint8Array;
  /** f(x). Secret. */
  readonly value: bigint;

  /** @throws {RangeError} when a field is out of its range, the value included */
  constructor(fields: {
    readonly field: PrimeField;
    readonly x: number;
    readonly threshold: number;
    readonly label: Uint8Array;
    readonly value: bigint;
  }) {
    checkFieldX(fields.field, fields.x);
    checkThreshold(fields.threshold, maxShares(fields.field));
    fields.field.check(fields.value);
    this.field = fields.field;
    this.x = fields.x;
    this.threshold = fields.threshold;
    this.label = fields.label;
    this.value = fields.value;
  }

  toString(): string {
    return `[secret field share x = ${this.x}, threshold ${this.threshold}]`;
  }
}

/** How to share an element of a prime field. */
export interface FieldSplit {
  readonly field: PrimeField;
  /** 1 .. the number of shares */
  readonly threshold: number;
  /** How many shares to make, with x = 1 .. n; or the x coordinates themselves, distinct. */
  readonly shares: number | readonly number[];
  readonly label: Uint8Array;
}

/**
 * Splits one element.
 * @returns one share for every x, in the order of the xs
 * @throws {RangeError} when the secret is no element of the field, t < 1, t > n, or an x is 0, not below p or a duplicate
 */
export function splitField(secret: bigint, how: FieldSplit, rng: Rng = csprng): FieldShare[] {
  const { field, threshold, label } = how;
  const xs = coordinates(field, how.shares);
  checkThreshold(threshold, xs.length);
  field.check(secret);
  const polynomial = [secret, ...Array.from({ length: threshold - 1 }, () => field.random(rng))];
  return xs.map((x) => new FieldShare({ field, x, threshold, label, value: evaluate(field, polynomial, BigInt(x)) }));
}

/** Reconstructs elements from the shares of one set of parties; the Lagrange coefficients are computed once. */
export class FieldInterpolator {
  readonly field: PrimeField;
  readonly threshold: number;
  /** The x coordinates, in the order in which shares are given. */
  readonly xs: readonly number[];
  readonly #weights: readonly bigint[];

  /**
   * @param xs whose shares there are: at least `threshold`; the first t of them are used
   * @throws {RangeError} when the threshold is out of range, or an x is 0, out of range or a duplicate
   * @throws {ProtocolError} `below-threshold` when there are fewer than t
   */
  constructor(field: PrimeField, threshold: number, xs: readonly number[]) {
    checkThreshold(threshold, maxShares(field));
    this.field = field;
    this.threshold = threshold;
    if (xs.length < threshold)
      throw new ProtocolError('below-threshold', `${xs.length} shares, ${threshold} are needed`);
    this.xs = coordinates(field, xs);
    this.#weights = lagrangeCoefficients(field, this.xs.slice(0, threshold).map(BigInt), 0n);
  }

  /** An interpolator for exactly these shares. */
  static for(shares: readonly FieldShare[]): FieldInterpolator {
    const first = shares[0];
    if (first === undefined) throw new ProtocolError('below-threshold', 'no shares');
    const xs = shares.map((share) => share.x);
    if (new Set(xs).size !== xs.length) throw new ProtocolError('bad-share', 'two shares with the same x');
    return new FieldInterpolator(first.field, first.threshold, xs);
  }

  /**
   * The secret.
   * @param shares in the order of {@link xs}
   * @throws {ProtocolError} `bad-share` when the shares do not belong together (field, x, threshold or label), or contradict each
   *   other (with `verify`: a `BadShares` that names up to floor((m - t) / 2) wrong ones)
   */
  combine(shares: readonly FieldShare[], options: CombineOptions = {}): bigint {
    this.#check(shares);
    const { field } = this;
    if (options.verify === true) {
      checkFieldConsistent(field, this.xs, this.threshold, [shares.map((share) => share.value)]);
    }
    return this.#weights.reduce((sum, weight, j) => field.add(sum, field.multiply(weight, shares[j]!.value)), 0n);
  }

  #check(shares: readonly FieldShare[]): void {
    if (shares.length !== this.xs.length) {
      throw new ProtocolError('bad-share', `${shares.length} shares, expected those of ${this.xs.length} parties`);
    }
    const first = shares[0]!;
    shares.forEach((share, i) => {
      const wrong =
        share.field.p !== this.field.p
          ? 'another field'
          : share.x !== this.xs[i]
            ? `x = ${share.x}, expected ${this.xs[i]}`
            : share.threshold !== this.threshold
              ? `threshold ${share.threshold}, expected ${this.threshold}`
              : equalBytes(share.label, first.label)
                ? undefined
                : 'another label';
      if (wrong !== undefined)
        throw new ProtocolError('bad-share', `share ${i} does not belong to the others: ${wrong}`);
    });
  }
}

function maxShares(field: PrimeField): number {
  return field.p > BigInt(MAX_SHARES) ? MAX_SHARES : Number(field.p - 1n);
}

function checkFieldX(field: PrimeField, x: number): void {
  if (!Number.isInteger(x) || x < 1 || x > maxShares(field)) {
    throw new RangeError(`x = ${x}, expected 1 .. ${maxShares(field)}`);
  }
}

function coordinates(field: PrimeField, shares: number | readonly number[]): number[] {
  const most = maxShares(field);
  if (typeof shares === 'number') {
    if (!Number.isInteger(shares) || shares < 1 || shares > most) {
      throw new RangeError(`${shares} shares, expected 1 .. ${most}`);
    }
    return Array.from({ length: shares }, (_, i) => i + 1);
  }
  const seen = new Set<number>();
  for (const x of shares) {
    checkFieldX(field, x);
    if (seen.has(x)) throw new RangeError(`x = ${x} appears twice`);
    seen.add(x);
  }
  return [...shares];
}
