import { sha256 } from '@noble/hashes/sha2.js';
import { Writer } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { checkVector, type RingVector, zeroVector } from '../math/index.ts';
import { csprng } from '../random/index.ts';
import { clipNorm, clipValues, copyFinite } from './clip.ts';
import type { Decoded, EncodeOptions, EncodingDescription, Shape, Update, VectorCodec } from './encoding.ts';
import type { FixedPointSettings } from './fixed-point.ts';
import { readIntegers, writeIntegers } from './integers.ts';
import { type Layout, layout } from './layout.ts';
import { Rotation } from './rotation.ts';
import { roundNearest, roundStochastic } from './round.ts';

const LABEL = 'subrosa/encoding/v1';

/**
 * Updates longer than this are scaled down before they are rotated, so that the transform cannot overflow. No clipping bound (at most
 * 1e100) can tell the difference: a coordinate that the rotation cancels to below 1e100 is rounding noise at this length.
 */
const ROTATABLE_NORM = 1e150;

/** One round of a fixed-point encoding; see docs/spec/encoding.md for every step. */
export class FixedPointCodec implements VectorCodec {
  readonly bits: number;
  readonly length: number;
  readonly description: EncodingDescription;
  readonly #settings: FixedPointSettings;
  readonly #shape: Shape;
  readonly #layout: Layout;
  readonly #rotation: Rotation | undefined;
  /** Integers per unit of value (weight 1 or the largest) and per unit of weight. */
  readonly #scale: number;
  readonly #weightScale: number;

  /** Use {@link fixedPoint}, which checks the arguments. */
  constructor(settings: FixedPointSettings, shape: Shape) {
    const { clip, weights, telemetry } = settings;
    this.#settings = settings;
    this.#shape = { ...shape, ...(shape.seed === undefined ? {} : { seed: shape.seed.slice() }) };
    this.#layout = layout({
      clients: shape.clients,
      dimension: shape.dimension,
      valueBits: settings.bits,
      headroom: settings.headroom,
      ring: settings.ring,
      weighted: weights !== undefined,
      countClipped: telemetry && clip.l2 !== undefined,
      countSaturated: telemetry && clip.value !== undefined,
    });
    const { largest, room } = this.#layout;
    this.bits = this.#layout.ringBits;
    this.length = this.#layout.length;
    const bound = Math.min(clip.value ?? Number.POSITIVE_INFINITY, clip.l2 ?? Number.POSITIVE_INFINITY);
    this.#scale = largest / bound;
    // A whole number of integers per unit of weight where there is room: integer weights are then exact.
    const max = weights?.max ?? 1;
    this.#weightScale = holdsIntegers(max, room) ? Math.floor(room / max) : room / max;
    this.#rotation =
      settings.rotate && this.#shape.seed !== undefined ? new Rotation(this.#shape.seed, shape.dimension) : undefined;
    this.description = {
      name: 'fixed-point',
      clients: shape.clients,
      dimension: shape.dimension,
      valueBits: settings.bits,
      ringBits: this.bits,
      headroom: settings.headroom,
      words: {
        values: shape.dimension,
        weight: this.#layout.weightWords,
        clipped: this.#layout.clippedWords,
        saturated: this.#layout.saturatedWords,
      },
      bound,
      step: bound / largest,
      clip,
      rotate: settings.rotate,
      rounding: settings.rounding,
      ...(weights === undefined ? {} : { weights }),
    };
  }

  encode(update: Update, options: EncodeOptions = {}): RingVector {
    const { clip, weights, rounding } = this.#settings;
    const { largest, weightAt, clippedAt, clippedWords, saturatedAt, saturatedWords, saturatedBase } = this.#layout;
    const weight = this.#checkWeight(options.weight);

    // Everything that goes into the vector, in units of the integers it will become.
    const numbers = new Float64Array(this.length);
    const values = numbers.subarray(0, this.#shape.dimension);
    copyFinite(update, values);
    const clipped = clip.l2 !== undefined && clipNorm(values, clip.l2);
    if (this.#rotation !== undefined) {
      if (clip.l2 === undefined) clipNorm(values, ROTATABLE_NORM);
      this.#rotation.forward(values);
    }
    const saturated = clip.value === undefined ? 0 : clipValues(values, clip.value);

    const scale = weights === undefined ? this.#scale : this.#scale * (weight / weights.max);
    for (let i = 0; i < values.length; i++) {
      // The bound holds already up to double rounding; this makes it hold exactly.
      values[i] = Math.max(-largest, Math.min(largest, values[i]! * scale));
    }
    if (weights !== undefined) numbers[weightAt] = this.#weightUnits(weight, weights.max);
    if (clippedWords > 0) numbers[clippedAt] = clipped ? 1 : 0;
    for (let digit = 0, rest = saturated; digit < saturatedWords; digit++) {
      numbers[saturatedAt + digit] = rest % saturatedBase;
      rest = Math.floor(rest / saturatedBase);
    }

    if (rounding === 'stochastic') roundStochastic(numbers, options.rng ?? csprng);
    else roundNearest(numbers);
    const vector = zeroVector(this.bits, this.length);
    writeIntegers(vector, 0, numbers);
    return vector;
  }

  decode(sum: RingVector, contributors: number, errorBound = 0): Decoded {
    const { clients, dimension } = this.#shape;
    const { clip, weights } = this.#settings;
    const { largest, weightAt, clippedAt, clippedWords, saturatedAt, saturatedWords, saturatedBase } = this.#layout;
    if (!Number.isInteger(contributors) || contributors < 1 || contributors > clients) {
      throw new RangeError(
        `${contributors} contributors, expected an integer in 1 .. ${clients} (the clients prepared for)`,
      );
    }
    checkVector(sum, this.bits, this.length);
    const integers = readIntegers(sum, 0, this.length);
    const values = integers.slice(0, dimension);
    // Noise that was added to the vectors may use the headroom.
    const most = contributors * largest * 2 ** this.#settings.headroom + errorBound;
    checkRange(values, -most, most, 'value');

    let weight = contributors;
    let unit = this.description.step;
    if (weights !== undefined) {
      const total = integers.subarray(weightAt, weightAt + 1);
      checkRange(total, contributors - errorBound, contributors * this.#layout.room + errorBound, 'weight');
      weight = Math.max(total[0]!, contributors) / this.#weightScale;
      unit *= weights.max;
    }
    let clipped: number | undefined;
    if (clippedWords > 0 && errorBound === 0) {
      const total = integers.subarray(clippedAt, clippedAt + 1);
      checkRange(total, 0, contributors, 'clipped');
      clipped = total[0]!;
    }
    let saturated: number | undefined;
    if (saturatedWords > 0 && errorBound === 0) {
      const digits = integers.subarray(saturatedAt, saturatedAt + saturatedWords);
      checkRange(digits, 0, contributors * (saturatedBase - 1), 'saturated');
      saturated = digits.reduceRight((sum, digit) => sum * saturatedBase + digit, 0);
      checkRange([saturated], 0, contributors * dimension, 'saturated');
    }

    for (let i = 0; i < dimension; i++) values[i]! *= unit;
    this.#rotation?.inverse(values);
    return {
      sum: values,
      mean: values.map((value) => value / weight),
      weight,
      count: contributors,
      saturated: clip.value === undefined ? undefined : saturated,
      clipped,
    };
  }

  digest(): Uint8Array {
    const { clip, bits, rounding, rotate, weights, headroom, telemetry } = this.#settings;
    const { clients, dimension, seed } = this.#shape;
    const out = new Writer()
      .text(LABEL)
      .text('fixed-point')
      .u32(clients)
      .u32(dimension)
      .u8(bits)
      .u8(this.bits)
      .u8(headroom);
    out
      .u8(rounding === 'stochastic' ? 1 : 0)
      .u8(rotate ? 1 : 0)
      .u8(telemetry ? 1 : 0);
    out
      .f64(clip.value ?? 0)
      .f64(clip.l2 ?? 0)
      .f64(weights?.max ?? 0);
    out.sized(seed ?? new Uint8Array(0));
    return sha256(out.finish());
  }

  /** The weight in units of its word, at most R; max gives exactly R where the scale is not a whole number. */
  #weightUnits(weight: number, max: number): number {
    const { room } = this.#layout;
    return Math.min(room, holdsIntegers(max, room) ? weight * this.#weightScale : (weight / max) * room);
  }

  /** @returns the weight; 1 when there are none */
  #checkWeight(weight: number | undefined): number {
    const { weights } = this.#settings;
    if (weights === undefined) {
      if (weight !== undefined) throw new TypeError('a weight was given, but this encoding has no weights');
      return 1;
    }
    if (weight === undefined) throw new TypeError('this encoding has weights: encode needs one');
    if (!(weight > 0 && weight <= weights.max)) {
      throw new RangeError(`weight ${weight}, expected a number above 0 and at most ${weights.max}`);
    }
    if (this.#weightUnits(weight, weights.max) < 1) {
      throw new RangeError(`weight ${weight} is below ${1 / this.#weightScale}, the smallest that this ring can carry`);
    }
    return weight;
  }
}

/** Whether weights 1, 2, ... up to `max` can be told apart in a word of 0 .. room. */
function holdsIntegers(max: number, room: number): boolean {
  return max >= 1 && max <= room;
}

/** What many honest contributions cannot add up to is a wrap around, or somebody's lie. */
function checkRange(integers: ArrayLike<number>, least: number, most: number, what: string): void {
  for (let i = 0; i < integers.length; i++) {
    const found = integers[i]!;
    if (found < least || found > most) {
      throw new ProtocolError('overflow', `${what} word ${i} of the sum is ${found}, expected ${least} .. ${most}`);
    }
  }
}
