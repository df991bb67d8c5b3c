import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Rng, shuffle } from '../../random/index.ts';
import { uniform } from './draw.ts';

/** Pixels of one image, and the classes: 8 x 8, digits 0 .. 9. */
export const PIXELS = 64;
export const CLASSES = 10;

/** A labelled set of images. */
export interface Examples {
  readonly count: number;
  /** count x 64, row by row, each in 0 .. 1 */
  readonly pixels: Float64Array;
  /** count labels, each in 0 .. 9 */
  readonly labels: Uint8Array;
}

const FILE = new URL('../../../examples/data/digits.csv.gz', import.meta.url);

/**
 * The 1,797 handwritten digits of `examples/data` (its README names source and licence).
 * @throws {Error} when the file is missing or a line is not 64 pixels in 0 .. 16 and a label in 0 .. 9
 */
export function loadDigits(file: URL = FILE): Examples {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const pixels = new Float64Array(lines.length * PIXELS);
  const labels = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    const fields = line.split(',');
    const values = fields.map(Number);
    const label = values[PIXELS];
    const inRange = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
    if (fields.length !== PIXELS + 1 || !inRange(label!, 9) || !values.every((value) => inRange(value, 16)))
      throw new Error(`${file.pathname}, line ${i + 1}: expected 64 pixels in 0 .. 16 and a label in 0 .. 9`);
    for (let p = 0; p < PIXELS; p++) pixels[i * PIXELS + p] = values[p]! / 16;
    labels[i] = label!;
  });
  return { count: lines.length, pixels, labels };
}

/** The examples at `indices`, in that order. */
export function pick(all: Examples, indices: readonly number[]): Examples {
  const pixels = new Float64Array(indices.length * PIXELS);
  indices.forEach((from, to) => {
    pixels.set(all.pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS);
  });
  return { count: indices.length, pixels, labels: Uint8Array.from(indices, (i) => all.labels[i]!) };
}

/** Indices of each class, shuffled. */
function byClass(all: Examples, rng: Rng): number[][] {
  const classes: number[][] = Array.from({ length: CLASSES }, () => []);
  for (let i = 0; i < all.count; i++) classes[all.labels[i]!]!.push(i);
  return classes.map((indices) => shuffle(indices, rng));
}

/** Sets a share of every class aside, so that the held-out set has the same mix as the whole. */
export function holdOut(all: Examples, share: number, rng: Rng): { training: Examples; heldOut: Examples } {
  const training: number[] = [];
  const heldOut: number[] = [];
  for (const indices of byClass(all, rng)) {
    const aside = Math.round(share * indices.length);
    heldOut.push(...indices.slice(0, aside));
    training.push(...indices.slice(aside));
  }
  return { training: pick(all, training), heldOut: pick(all, heldOut) };
}

/** The fewest examples that a part of {@link splitUnevenly} may have. */
const FEWEST = 4;
const ATTEMPTS = 1000;

/**
 * Splits examples unevenly, as hospitals differ: the share of each class that goes to each part is drawn from a Dirichlet distribution with
 * concentration 1/2 (Hsu, Qi, Brown 2019), so parts differ in size and each sees some digits often and others hardly ever. A split in
 * which a part has fewer than 4 examples is drawn again.
 * @throws {RangeError} when there are too few examples for so many parts
 */
export function splitUnevenly(all: Examples, parts: number, rng: Rng): Examples[] {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const indices: number[][] = Array.from({ length: parts }, () => []);
    for (const members of byClass(all, rng)) {
      let from = 0;
      let cumulated = 0;
      dirichletHalf(parts, rng).forEach((share, part) => {
        cumulated += share;
        const to = part === parts - 1 ? members.length : Math.round(cumulated * members.length);
        indices[part]!.push(...members.slice(from, to));
        from = to;
      });
    }
    if (indices.every((part) => part.length >= FEWEST)) return indices.map((part) => pick(all, part));
  }
  throw new RangeError(`${all.count} examples cannot be split over ${parts} parts of at least ${FEWEST}`);
}

/** Dirichlet with every concentration 1/2: normalised Gamma(1/2) draws, each half a squared normal (Box and Muller). */
function dirichletHalf(parts: number, rng: Rng): number[] {
  const draws = Array.from(
    { length: parts },
    () => -Math.log(uniform(rng)) * Math.cos(2 * Math.PI * uniform(rng)) ** 2,
  );
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  return draws.map((draw) => draw / total);
}
