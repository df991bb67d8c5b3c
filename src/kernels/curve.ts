import { curveExtmulWasm } from './curve-extmul.wasm.ts';
import { curveFmaWasm } from './curve-fma.wasm.ts';
import { type CurveExports, WasmCurve } from './curve-wasm.ts';
import { chooseTier } from './features.ts';
import { lazyKernel } from './load.ts';
import { referenceCurve } from './reference/curve.ts';

/**
 * ristretto255 (RFC 9496) in batches: what set intersection, oblivious PRFs and exponential ElGamal need of a group.
 *
 * Everything is flat bytes. A point is its 32-byte canonical encoding, n points are 32n bytes. A scalar is 32 bytes, little endian,
 * below the group order l = 2^252 + 27742317777372353535851937790883648493; n scalars are 32n bytes. `G` is the generator.
 *
 * Points that go in are decoded with every check of RFC 9496 section 4.3.1, and the identity is refused; a bad one throws a
 * `ProtocolError`, code `not-canonical` or `identity-element`, whose message names the first bad index. Points that come out are
 * canonical; they may be the identity (32 zero bytes) where the method says so. Lengths that are not multiples of 32 (or 64), and
 * scalars out of range, are the caller's mistake: `RangeError`.
 *
 * Time depends on the number of points and on public points, never on a scalar, except where a method says "public". That holds for
 * the tiers `fma` and `extmul`; the reference twin computes with BigInt, which is not constant time.
 */
export interface Curve {
  readonly tier: CurveTier;

  /**
   * Element derivation, RFC 9496 section 4.3.4: two Elligator maps and their sum.
   * @param uniform n x 64 uniform bytes, e.g. of expand_message_xmd
   * @returns n points; the identity with probability 2^-252
   */
  hashToGroup(uniform: Uint8Array): Uint8Array;

  /** Throws unless every point is a canonical encoding of an element other than the identity. */
  checkPoints(points: Uint8Array): void;

  /** scalar * P_i: all points by one secret scalar in 1 .. l-1. */
  multiply(points: Uint8Array, scalar: Uint8Array): Uint8Array;

  /** scalar * hashToGroup(uniform_i), without encoding the points in between. Scalar in 1 .. l-1. */
  hashAndMultiply(uniform: Uint8Array, scalar: Uint8Array): Uint8Array;

  /** scalar_i * P_i: each point by its own secret scalar in 0 .. l-1 (0 gives the identity). */
  multiplyEach(points: Uint8Array, scalars: Uint8Array): Uint8Array;

  /**
   * scalar_i * base for secret scalars in 0 .. l-1 (0 gives the identity), from a table of the base's multiples.
   * @param base one point; the generator when left out
   */
  multiplyBase(scalars: Uint8Array, base?: Uint8Array): Uint8Array;

  /**
   * left_i * G + right_i * base for secret scalars in 0 .. l-1: the second half of an exponential ElGamal ciphertext under the public
   * key `base`, or a Pedersen commitment.
   */
  multiplyBases(left: Uint8Array, right: Uint8Array, base: Uint8Array): Uint8Array;

  /** P_i + Q_i (may be the identity) */
  add(left: Uint8Array, right: Uint8Array): Uint8Array;

  /** P_i - Q_i (may be the identity) */
  subtract(left: Uint8Array, right: Uint8Array): Uint8Array;

  /** P_1 + ... + P_n, one point; the identity for none. */
  sum(points: Uint8Array): Uint8Array;

  /** scalar_1 P_1 + ... + scalar_n P_n, one point, for scalars in 0 .. l-1: the composites of RFC 9497 section 2.2.1. */
  multiScalar(points: Uint8Array, scalars: Uint8Array): Uint8Array;

  /**
   * The m_i in 0 .. bound with m_i G = P_i, by baby steps and giant steps; -1 where there is none. The identity is allowed: it is 0.
   * Public: time and memory accesses depend on the result.
   * @param bound at most 2^40; about 2 sqrt(bound) steps, and a table of sqrt(bound) entries kept for the next call
   */
  discreteLog(points: Uint8Array, bound: number): number[];
}

/** `fma`: relaxed SIMD with a fused multiply-add; `extmul`: plain simd128; `reference`: @noble/curves. Same bytes from each. */
export type CurveTier = 'reference' | 'extmul' | 'fma';

/** Every {@link CurveTier}, the slowest first. */
export const CURVE_TIERS: readonly CurveTier[] = ['reference', 'extmul', 'fma'];

const kernels: Record<Exclude<CurveTier, 'reference'>, () => CurveExports> = {
  fma: lazyKernel<CurveExports>(curveFmaWasm),
  extmul: lazyKernel<CurveExports>(curveExtmulWasm),
};

/**
 * The binary behind a tier, for tests of its field arithmetic and for benchmarks of its steps. Nothing else calls it.
 * @throws RangeError when the engine cannot run the tier
 */
export function curveExports(tier: 'extmul' | 'fma'): CurveExports {
  chooseTier(CURVE_TIERS, tier);
  return kernels[tier]();
}

const made = new Map<CurveTier, Curve>([['reference', referenceCurve]]);

/**
 * The curve on the best tier that this engine runs (see `forceTier` and SUBROSA_TIER), or on the one asked for.
 * @throws RangeError when the engine cannot run the tier asked for
 */
export function curve(asked?: CurveTier): Curve {
  const tier = chooseTier(CURVE_TIERS, asked);
  let kernel = made.get(tier);
  if (kernel === undefined) {
    if (tier === 'reference') throw new TypeError('the reference tier is always there');
    kernel = new WasmCurve(tier, kernels[tier]());
    made.set(tier, kernel);
  }
  return kernel;
}
