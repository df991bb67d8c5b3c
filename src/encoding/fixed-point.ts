import type { Encoding, Rounding, Shape, VectorCodec } from './encoding.ts';
import { FixedPointCodec } from './fixed-point-codec.ts';

/** How finely updates are encoded, and what is cut off. */
export interface FixedPointOptions {
  /**
   * Bounds on an update; at least one. `l2` scales the whole update down to that norm; then (after the rotation, if there is one)
   * `value` cuts every coordinate. Each is in 1e-100 .. 1e100. The quantisation step follows from the smaller one.
   */
  readonly clip: { readonly value?: number; readonly l2?: number };
  /** b: bits of a quantised value with its sign, 2 .. 32; 16 by default. */
  readonly bits?: number;
  /** Seeded random Hadamard rotation; no by default. Set `clip.value` to {@link rotatedBound} to profit from it. */
  readonly rotate?: boolean;
  /** `stochastic` (the default) is unbiased: errors of many clients cancel. `nearest` needs no randomness. */
  readonly rounding?: Rounding;
  /**
   * Secret weighted mean: every client passes a weight in (0, max] and the sum of weights travels in the vector. Integer weights are
   * summed exactly while max <= R (see docs/spec/encoding.md), which a default ring always has for max < 2^(bits-1).
   */
  readonly weights?: { readonly max: number };
  /** Bits kept free above the largest sum, 0 .. 48, e.g. for noise; 0 by default. */
  readonly headroom?: number;
  /** Ring bits B, 8 .. 64. By default max(8, bits + ceil(log2 n) + headroom). */
  readonly ring?: number;
  /** Whether counts of clipped values and updates are summed with the values (a few more words, which the server learns); yes by default. */
  readonly telemetry?: boolean;
}

/** {@link FixedPointOptions} with the defaults filled in. */
export interface FixedPointSettings {
  readonly clip: { readonly value?: number; readonly l2?: number };
  readonly bits: number;
  readonly rotate: boolean;
  readonly rounding: Rounding;
  readonly weights: { readonly max: number } | undefined;
  readonly headroom: number;
  readonly ring: number | undefined;
  readonly telemetry: boolean;
}

const LEAST = 1e-100;
const MOST = 1e100;
const MAX_CLIENTS = 2 ** 20;
/** Leaves room for the words of weight and saturation. */
const MAX_DIMENSION = 2 ** 32 - 65;

/**
 * Fixed-point encoding: clip -> rotate -> scale -> round -> ring.
 *
 * A coordinate x becomes the integer q = round(x * Q / M), Q = 2^(b-1) - 1, M the smaller clipping bound, in two's complement
 * modulo 2^B. With step = M / Q (times `weights.max` when weighted), the decoded sum of k contributors differs from the exact
 * sum of their clipped, weighted updates in every coordinate by less than k * step (stochastic) or at most k * step / 2
 * (nearest), up to double rounding. With `rotate` the same holds for the L2 norm of the difference with sqrt(d) * step for
 * step. docs/spec/encoding.md has the bytes.
 *
 * @throws {RangeError|TypeError} naming the option that is wrong
 */
export function fixedPoint(options: FixedPointOptions): Encoding {
  const settings = check(options);
  return {
    name: 'fixed-point',
    prepare(shape: Shape): VectorCodec {
      checkInteger('clients', shape.clients, 1, MAX_CLIENTS);
      checkInteger('dimension', shape.dimension, 1, MAX_DIMENSION);
      if (shape.seed !== undefined && shape.seed.length !== 32) {
        throw new RangeError(`seed of ${shape.seed.length} bytes, expected 32`);
      }
      if (settings.rotate && shape.seed === undefined) {
        throw new TypeError('rotate needs a seed: 32 public bytes, the same for all clients of a round');
      }
      return new FixedPointCodec(settings, shape);
    },
  };
}

function check(options: FixedPointOptions): FixedPointSettings {
  const { value, l2 } = options.clip;
  if (value === undefined && l2 === undefined) throw new TypeError('clip needs a value bound, an l2 bound or both');
  if (value !== undefined) checkScale('clip.value', value);
  if (l2 !== undefined) checkScale('clip.l2', l2);
  if (options.weights !== undefined) checkScale('weights.max', options.weights.max);
  const bits = options.bits ?? 16;
  checkInteger('bits', bits, 2, 32);
  const headroom = options.headroom ?? 0;
  checkInteger('headroom', headroom, 0, 48);
  if (options.ring !== undefined) checkInteger('ring', options.ring, 8, 64);
  const rounding = options.rounding ?? 'stochastic';
  if (rounding !== 'stochastic' && rounding !== 'nearest') {
    throw new TypeError(`rounding ${JSON.stringify(rounding)}, expected 'stochastic' or 'nearest'`);
  }
  return {
    clip: { ...(value === undefined ? {} : { value }), ...(l2 === undefined ? {} : { l2 }) },
    bits,
    rotate: options.rotate ?? false,
    rounding,
    weights: options.weights === undefined ? undefined : { max: options.weights.max },
    headroom,
    ring: options.ring,
    telemetry: options.telemetry ?? true,
  };
}

function checkInteger(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${what} ${value}, expected an integer in ${least} .. ${most}`);
  }
}

function checkScale(what: string, value: number): void {
  if (!(value >= LEAST && value <= MOST)) throw new RangeError(`${what} ${value}, expected ${LEAST} .. ${MOST}`);
}
