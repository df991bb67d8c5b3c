import { describe, expect, it } from 'vitest';
import { fixedPoint } from '../../src/encoding/index.ts';
import { addInto, zeroVector } from '../../src/math/index.ts';

describe('a sum that is only nearly right', () => {
  const codec = fixedPoint({ clip: { value: 1, l2: 3 }, bits: 24, rounding: 'nearest', weights: { max: 10 } }).prepare({
    clients: 2,
    dimension: 3,
    seed: new Uint8Array(32),
  });
  const sum = zeroVector(codec.bits, codec.length);
  for (const value of [1, -1]) addInto(sum, codec.encode([value, 0, 0.5], { weight: 5 }));
  const off = { bits: sum.bits, words: (sum.words as Uint32Array).map((word) => (word - 3) >>> 0) };

  it('is decoded within the bound, without the counts', () => {
    expect(() => codec.decode(off, 2)).toThrow('clipped word 0');
    const { mean, saturated, clipped, weight } = codec.decode(off, 2, 3);
    expect(mean[2]).toBeCloseTo(0.5, 4);
    expect(weight).toBeCloseTo(10, 3);
    expect(saturated).toBeUndefined();
    expect(clipped).toBeUndefined();
  });
});
