import { describe, expect, it } from 'vitest';
import { ms, quantity } from '../../src/cli/bench/format.ts';
import { mad, mannWhitney, median } from '../../src/cli/bench/stats.ts';

it('median and median absolute deviation', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(mad([1, 1, 2, 2, 4, 6, 9])).toBe(1);
  expect(median([])).toBeNaN();
});

describe('Mann-Whitney U', () => {
  it('is exact for small samples', () => {
    // All of one above all of the other: 2 of the C(6, 3) = 20 ways are as uneven.
    expect(mannWhitney([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20);
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252);
    // R: wilcox.test(c(0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), c(1.15, 0.88, 0.9, 0.74, 1.21)): p = 0.2544
    const a = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    expect(mannWhitney(a, [1.15, 0.88, 0.9, 0.74, 1.21])).toBeCloseTo(0.2544, 4);
  });

  it('finds no difference where there is none', () => {
    expect(mannWhitney([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(mannWhitney([7, 7, 7], [7, 7, 7])).toBe(1);
    expect(mannWhitney([], [1])).toBe(1);
  });

  it('approximates for large samples what it enumerates for small ones', () => {
    const a = Array.from({ length: 11 }, (_, i) => i);
    expect(
      mannWhitney(
        a,
        a.map((value) => value + 20),
      ),
    ).toBeLessThan(1e-4);
    expect(
      mannWhitney(
        a,
        a.map((value) => value + 0.5),
      ),
    ).toBeGreaterThan(0.5);
  });
});

it('writes figures for people', () => {
  expect([0, 7, 999, 1000, 12_345, 999_600, 2.5e9].map(quantity)).toEqual([
    '0',
    '7',
    '999',
    '1 k',
    '12.3 k',
    '1 M',
    '2.5 G',
  ]);
  expect([0, 0.0123, 5, 1500, 180_000, 3e8].map(ms)).toEqual(['0', '12.3 us', '5 ms', '1.5 s', '3 min', '3.47 days']);
});
