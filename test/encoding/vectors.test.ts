import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { type FixedPointOptions, fixedPoint, type Shape } from '../../src/encoding/index.ts';
import { packVector } from '../../src/math/index.ts';
import { stranger } from './stranger.ts';

interface Vector {
  readonly name: string;
  readonly options: FixedPointOptions;
  readonly shape: Shape;
  readonly update: readonly number[];
  readonly weight?: number;
}

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const nearest = 'nearest' as const;

/** The vectors that docs/spec/encoding.md prints. */
const VECTORS: readonly Vector[] = [
  {
    name: 'values cut at V = 1, n = 3, b = 8 (B = 10)',
    options: { clip: { value: 1 }, bits: 8, rounding: nearest },
    shape: { clients: 3, dimension: 5 },
    update: [0.5, -0.25, 1, -3, 0],
  },
  {
    name: 'norm cut at L = 2.5, weight 3 of W = 4, n = 5, b = 12, B = 20',
    options: { clip: { l2: 2.5 }, bits: 12, ring: 20, rounding: nearest, weights: { max: 4 } },
    shape: { clients: 5, dimension: 2 },
    update: [3, -4],
    weight: 3,
  },
  {
    name: 'rotated, V = 1, L = 4, n = 100, b = 16, B = 40, seed 0x07',
    options: { clip: { value: 1, l2: 4 }, bits: 16, ring: 40, rotate: true, rounding: nearest },
    shape: { clients: 100, dimension: 6, seed: seed(7) },
    update: [1, 0, -0.5, 0.25, 0, 3],
  },
  {
    name: 'the count in digits: V = 0.5, n = 120, b = 2 (B = 9)',
    options: { clip: { value: 0.5 }, bits: 2, rounding: nearest },
    shape: { clients: 120, dimension: 4 },
    update: [1, -1, 0.5, 7],
  },
];

function print({ name, options, shape, update, weight }: Vector): string {
  const codec = fixedPoint(options).prepare(shape);
  const vector = codec.encode(update, weight === undefined ? {} : { weight });
  const lines = [
    name,
    `  update  ${JSON.stringify(update)}`,
    `  words   ${codec.length} of ${codec.bits} bits: ${Array.from<number | bigint, string>(vector.words, String).join(' ')}`,
    `  packed  ${toHex(packVector(vector))}`,
    `  digest  ${toHex(codec.digest())}`,
  ];
  return lines.map((line) => `    ${line}`).join('\n');
}

describe('test vectors of the specification', () => {
  const spec = readFileSync(new URL('../../docs/spec/encoding.md', import.meta.url), 'utf8');

  it.each(VECTORS)('$name', (vector) => {
    expect(spec).toContain(print(vector));
  });

  it.each(VECTORS)('a second implementation, written from the specification, agrees: $name', (vector) => {
    const { options, shape, update, weight } = vector;
    const codec = fixedPoint(options).prepare(shape);
    const ours = codec.encode(update, weight === undefined ? {} : { weight });
    const theirs = stranger({
      n: shape.clients,
      d: shape.dimension,
      b: options.bits!,
      h: options.headroom ?? 0,
      B: options.ring,
      V: options.clip.value,
      L: options.clip.l2,
      W: options.weights?.max,
      seed: options.rotate ? shape.seed : undefined,
      update,
      weight,
    });
    expect(Array.from<number | bigint, bigint>(ours.words, BigInt)).toEqual(theirs.words);
    expect(toHex(packVector(ours))).toBe(toHex(theirs.packed));
  });
});

describe('a second implementation, written from the specification', () => {
  it('agrees over many shapes', () => {
    for (let d = 1; d <= 40; d += 3) {
      for (const [b, B, n, W] of [
        [16, undefined, 7, 10],
        [24, 50, 1000, 0.125],
        [3, 8, 31, 1000],
        [32, 64, 2, 77.5],
      ] as const) {
        const update = Array.from({ length: d }, (_, i) => (((i + 1) * 7919) % 1009) / 1009 - 0.4);
        const options = { clip: { value: 0.9, l2: 2 }, bits: b, rotate: true, rounding: nearest, weights: { max: W } };
        const codec = fixedPoint(B === undefined ? options : { ...options, ring: B }).prepare({
          clients: n,
          dimension: d,
          seed: seed(d),
        });
        const weight = W / 2;
        const theirs = stranger({ n, d, b, h: 0, B, V: 0.9, L: 2, W, seed: seed(d), update, weight });
        const ours = codec.encode(update, { weight });
        // Double rounding may turn a near tie: values may differ by one unit, counts and weights may not.
        const words = Array.from<number | bigint, bigint>(ours.words, BigInt);
        expect(words.slice(d)).toEqual(theirs.words.slice(d));
        for (let i = 0; i < d; i++) {
          expect([-1n, 0n, 1n]).toContain(BigInt.asIntN(codec.bits, words[i]! - theirs.words[i]!));
        }
      }
    }
  });
});
