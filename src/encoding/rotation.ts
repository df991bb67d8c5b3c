import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8 } from '../bytes/index.ts';
import { hadamard } from '../math/index.ts';
import { SeededRng } from '../random/index.ts';

const LABEL = utf8('subrosa/encoding/v1 rotation');

/**
 * A seeded random rotation of d values: random signs, then the orthonormal Hadamard transform. It spreads every update evenly over all
 * coordinates, so that a much smaller bound per coordinate (and thus a finer step) serves; see {@link rotatedBound}.
 * (Ailon and Chazelle 2009; Suresh et al., "Distributed mean estimation with limited communication", ICML 2017.)
 *
 * The transform needs a power of two. Padding would make vectors up to twice as long on the wire. Instead, with N the largest
 * power of two <= d, the first N values are transformed and then, with fresh signs, the last N: the two windows overlap, every value is
 * covered, nothing is padded, and the map is orthogonal. When d = N once is enough.
 */
export class Rotation {
  readonly #dimension: number;
  readonly #window: number;
  /** One bit a sign, lowest first: N bits for the first window, then N for the second. */
  readonly #signs: Uint8Array;

  /** @param seed 32 public bytes */
  constructor(seed: Uint8Array, dimension: number) {
    this.#dimension = dimension;
    this.#window = windowSize(dimension);
    const windows = this.#window === dimension ? 1 : 2;
    // A key of its own, so that no other use of the same public seed shares the stream.
    const key = sha256(concatBytes(LABEL, seed));
    this.#signs = new SeededRng(key).fill(new Uint8Array(Math.ceil((windows * this.#window) / 8)));
  }

  /** In place. */
  forward(values: Float64Array): void {
    const last = this.#dimension - this.#window;
    const first = values.subarray(0, this.#window);
    this.#flip(first, 0);
    hadamard(first);
    if (last === 0) return;
    const second = values.subarray(last);
    this.#flip(second, this.#window);
    hadamard(second);
  }

  /** Undoes {@link forward} up to rounding errors, in place. */
  inverse(values: Float64Array): void {
    const last = this.#dimension - this.#window;
    if (last !== 0) {
      const second = values.subarray(last);
      hadamard(second);
      this.#flip(second, this.#window);
    }
    const first = values.subarray(0, this.#window);
    hadamard(first);
    this.#flip(first, 0);
  }

  /** Changes the sign of value i where bit from + i is set. */
  #flip(values: Float64Array, from: number): void {
    for (let i = 0; i < values.length; i++) {
      const bit = from + i;
      if ((this.#signs[Math.floor(bit / 8)]! >>> (bit % 8)) & 1) values[i] = -values[i]!;
    }
  }
}

/** The largest power of two <= dimension. */
function windowSize(dimension: number): number {
  let size = 1;
  while (2 * size <= dimension) size *= 2;
  return size;
}

/**
 * A bound per coordinate to use as `clip.value` together with `rotate` and `clip.l2`: with probability at least 1 - `failure` (over
 * the public seed) no coordinate of one rotated update is larger, so that nothing is cut.
 *
 * Each coordinate of the last transform that touches it is a sum of N values v_i with random signs over sqrt(N), and sum v_i^2 <= l2^2.
 * Hoeffding: Pr[|y| > t] <= 2 exp(-t^2 N / (2 l2^2)). A union over d coordinates gives t = l2 sqrt(2 ln(2 d / failure) / N),
 * N the largest power of two <= d. It is never larger than l2, which always holds.
 * @param failure in (0, 1), 2^-20 by default
 */
export function rotatedBound(l2: number, dimension: number, failure: number = 2 ** -20): number {
  if (!(l2 > 0 && l2 < Number.POSITIVE_INFINITY)) throw new RangeError(`l2 ${l2}, expected a positive number`);
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new RangeError(`dimension ${dimension}, expected a positive integer`);
  }
  if (!(failure > 0 && failure < 1)) throw new RangeError(`failure ${failure}, expected a probability in (0, 1)`);
  return Math.min(l2, l2 * Math.sqrt((2 * Math.log((2 * dimension) / failure)) / windowSize(dimension)));
}
