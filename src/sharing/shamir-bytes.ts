import { equalBytes } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { printsAsString } from '../inspect.ts';
import { combineShamir, lagrangeShamir, splitShamir } from '../kernels/index.ts';
import { csprng, type Rng } from '../random/index.ts';
import { checkConsistent } from './consistency.ts';

/**
 * Shamir's t-of-n sharing (Shamir, "How to share a secret", 1979) of byte strings over GF(2^16).
 *
 * A secret of any length is cut into 16-bit little-endian words (an odd last byte is followed by a zero byte). Each word is the
 * constant term of its own random polynomial of degree t - 1, and share x holds the values of all of them at x. Any t shares
 * give the secret; t - 1 say nothing about it, whatever computing power one has.
 */

/** Shares have x = 1 .. 65,535: the non-zero elements of the field. */
export const MAX_SHARES = 65_535;

/** One party's share of a byte string. */
export class ByteShare {
  static {
    printsAsString(ByteShare);
  }

  /** Where the polynomials were evaluated, 1 .. 65,535. */
  readonly x: number;
  /** How many shares reconstruct, 1 .. 65,535. */
  readonly threshold: number;
  /** Bytes of the secret. */
  readonly length: number;
  /** What the sharing belongs to: session id, owner and purpose, as the protocol defines them. Public. */
  readonly label: Uint8Array;
  /** The values, little endian: `length` rounded up to an even number of bytes. Secret. */
  readonly bytes: Uint8Array;

  /** @throws {RangeError} when a field is out of its range */
  constructor(fields: {
    readonly x: number;
    readonly threshold: number;
    readonly length: number;
    readonly label: Uint8Array;
    readonly bytes: Uint8Array;
  }) {
    checkX(fields.x);
    checkThreshold(fields.threshold, MAX_SHARES);
    if (!Number.isInteger(fields.length) || fields.length < 0) throw new RangeError(`secret of ${fields.length} bytes`);
    if (fields.bytes.length !== shareBytes(fields.length)) {
      throw new RangeError(
        `a share of a ${fields.length}-byte secret has ${shareBytes(fields.length)} bytes, found ${fields.bytes.length}`,
      );
    }
    this.x = fields.x;
    this.threshold = fields.threshold;
    this.length = fields.length;
    this.label = fields.label;
    this.bytes = fields.bytes;
  }

  toString(): string {
    return `[secret share x = ${this.x}, threshold ${this.threshold}]`;
  }
}

/** How to share a secret of bytes. */
export interface ByteSplit {
  /** How many shares reconstruct, 1 .. the number of shares. */
  readonly threshold: number;
  /** How many shares to make, with x = 1 .. n; or the x coordinates themselves, distinct, 1 .. 65,535. */
  readonly shares: number | ArrayLike<number>;
  /** Bound to every share: {@link ByteInterpolator.combine} refuses to mix labels. */
  readonly label: Uint8Array;
}

/** Bytes of a share of a secret of `length` bytes. */
export function shareBytes(length: number): number {
  return 2 * Math.ceil(length / 2);
}

/**
 * Splits one secret.
 * @returns one share for every x, in the order of the xs
 * @throws {RangeError} when t < 1, t > n, n > 65,535, or an x is 0, out of range or a duplicate
 */
export function splitBytes(secret: Uint8Array, how: ByteSplit, rng: Rng = csprng): ByteShare[] {
  return splitBytesBatch([secret], how, rng)[0]!;
}

/**
 * Splits many secrets among the same parties at once, each with polynomials of its own.
 * @returns `[secret][party]`
 * @throws {RangeError} as {@link splitBytes}
 */
export function splitBytesBatch(secrets: readonly Uint8Array[], how: ByteSplit, rng: Rng = csprng): ByteShare[][] {
  const xs = coordinates(how.shares);
  checkThreshold(how.threshold, xs.length);
  const sizes = secrets.map((secret) => shareBytes(secret.length));
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const words = new Uint16Array(width / 2);
  const bytes = new Uint8Array(words.buffer);
  const coefficients = new Uint16Array((how.threshold - 1) * words.length);
  try {
    let at = 0;
    secrets.forEach((secret, i) => {
      bytes.set(secret, at);
      at += sizes[i]!;
    });
    rng.fill(new Uint8Array(coefficients.buffer));
    const rows = new Uint8Array(splitShamir(words, coefficients, xs).buffer);
    at = 0;
    return secrets.map((secret, i) => {
      const from = at;
      at += sizes[i]!;
      return Array.from(xs, (x, row) => {
        const share = rows.slice(row * width + from, row * width + from + sizes[i]!);
        return new ByteShare({ x, threshold: how.threshold, length: secret.length, label: how.label, bytes: share });
      });
    });
  } finally {
    words.fill(0);
    coefficients.fill(0);
  }
}

/** How to reconstruct. */
export interface CombineOptions {
  /**
   * Check that *all* shares lie on polynomials of degree below the threshold, not only use the first t. Refuses with `bad-share`; with t + 2e
   * shares, up to e wrong ones are named.
   */
  readonly verify?: boolean;
}

/**
 * Reconstructs secrets from the shares of one set of parties. The Lagrange coefficients are computed once, in O(t^2), and used for
 * every secret.
 */
export class ByteInterpolator {
  readonly threshold: number;
  /** The x coordinates, in the order in which shares are given. */
  readonly xs: Uint16Array;
  readonly #weights: Uint16Array;

  /**
   * @param xs whose shares there are: at least `threshold`; the first t of them are used
   * @throws {RangeError} when the threshold is out of range, or an x is 0, out of range or a duplicate
   * @throws {ProtocolError} `below-threshold` when there are fewer than t
   */
  constructor(threshold: number, xs: ArrayLike<number>) {
    checkThreshold(threshold, MAX_SHARES);
    this.threshold = threshold;
    this.xs = coordinates(xs);
    if (xs.length < threshold) {
      throw new ProtocolError('below-threshold', `${xs.length} shares, ${threshold} are needed`);
    }
    this.#weights = lagrangeShamir(this.xs.subarray(0, threshold), 0);
  }

  /** An interpolator for exactly these shares. */
  static for(shares: readonly ByteShare[]): ByteInterpolator {
    const first = shares[0];
    if (first === undefined) throw new ProtocolError('below-threshold', 'no shares');
    const xs = shares.map((share) => share.x);
    if (new Set(xs).size !== xs.length) throw new ProtocolError('bad-share', 'two shares with the same x');
    return new ByteInterpolator(first.threshold, xs);
  }

  /**
   * The secret.
   * @param shares in the order of {@link xs}
   * @throws {ProtocolError} `bad-share` when the shares do not belong together (x, threshold, length or label), contradict each other
   *   (with `verify`), or the padding of an odd length is not zero
   */
  combine(shares: readonly ByteShare[], options: CombineOptions = {}): Uint8Array {
    return this.combineBatch([shares], options)[0]!;
  }

  /**
   * Many secrets, each shared among the same parties.
   * @param sets `[secret][party]`
   * @throws {ProtocolError} as {@link combine}
   */
  combineBatch(sets: readonly (readonly ByteShare[])[], options: CombineOptions = {}): Uint8Array[] {
    for (const shares of sets) this.#check(shares);
    const sizes = sets.map((shares) => shares[0]!.bytes.length);
    const width = sizes.reduce((sum, size) => sum + size, 0);
    const used = options.verify === true ? this.xs.length : this.threshold;
    const rows = new Uint16Array((used * width) / 2);
    const bytes = new Uint8Array(rows.buffer);
    let at = 0;
    sets.forEach((shares, i) => {
      for (let row = 0; row < used; row++) bytes.set(shares[row]!.bytes, row * width + at);
      at += sizes[i]!;
    });
    if (options.verify === true) checkConsistent(this.xs, this.threshold, rows);
    const secret = new Uint8Array(combineShamir(rows.subarray(0, (this.threshold * width) / 2), this.#weights).buffer);
    at = 0;
    return sets.map((shares, i) => {
      const { length } = shares[0]!;
      const out = secret.slice(at, at + length);
      // Only the padding is looked at: a zero byte in every honest sharing of an odd number of bytes.
      if (length % 2 === 1 && secret[at + length] !== 0) throw new ProtocolError('bad-share', 'padding is not zero');
      at += sizes[i]!;
      return out;
    });
  }

  #check(shares: readonly ByteShare[]): void {
    if (shares.length !== this.xs.length) {
      throw new ProtocolError('bad-share', `${shares.length} shares, expected those of ${this.xs.length} parties`);
    }
    const first = shares[0]!;
    shares.forEach((share, i) => {
      const wrong =
        share.x !== this.xs[i]
          ? `x = ${share.x}, expected ${this.xs[i]}`
          : share.threshold !== this.threshold
            ? `threshold ${share.threshold}, expected ${this.threshold}`
            : share.length !== first.length
              ? `secret of ${share.length} bytes, expected ${first.length}`
              : equalBytes(share.label, first.label)
                ? undefined
                : 'another label';
      if (wrong !== undefined)
        throw new ProtocolError('bad-share', `share ${i} does not belong to the others: ${wrong}`);
    });
  }
}

/** @throws {RangeError} unless x is an integer in 1 .. 65,535 */
export function checkX(x: number): void {
  if (!Number.isInteger(x) || x < 1 || x > MAX_SHARES) throw new RangeError(`x = ${x}, expected 1 .. ${MAX_SHARES}`);
}

/** @throws {RangeError} unless 1 <= t <= n */
export function checkThreshold(threshold: number, shares: number): void {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > shares) {
    throw new RangeError(`threshold ${threshold}, expected 1 .. ${shares} (the number of shares)`);
  }
}

function coordinates(shares: number | ArrayLike<number>): Uint16Array {
  if (typeof shares === 'number') {
    if (!Number.isInteger(shares) || shares < 1 || shares > MAX_SHARES) {
      throw new RangeError(`${shares} shares, expected 1 .. ${MAX_SHARES}`);
    }
    return Uint16Array.from({ length: shares }, (_, i) => i + 1);
  }
  const seen = new Set<number>();
  for (let i = 0; i < shares.length; i++) {
    const x = shares[i]!;
    checkX(x);
    if (seen.has(x)) throw new RangeError(`x = ${x} appears twice`);
    seen.add(x);
  }
  return Uint16Array.from(shares);
}
