import { describe, expect, it } from 'vitest';
import {
  bernoulliExp,
  discreteGaussian,
  discreteLaplace,
  drawNoise,
  type Noise,
  noiseBound,
} from '../../src/dp/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const rng = (label: string) => new SeededRng(new TextEncoder().encode(label.padEnd(32, '.')).subarray(0, 32));
const DRAWS = 20_000;

/** Chi-square of draws against exact weights, the tails beyond `reach` in one cell each; and its degrees of freedom. */
function chiSquare(
  draw: () => bigint,
  weight: (e: number) => number,
  reach: number,
): { statistic: number; freedom: number } {
  const cells = new Map<number, number>();
  for (let i = 0; i < DRAWS; i++) {
    const e = Math.max(-reach - 1, Math.min(reach + 1, Number(draw())));
    cells.set(e, (cells.get(e) ?? 0) + 1);
  }
  const mass = (from: number, to: number) => {
    let sum = 0;
    for (let e = from; e <= to; e++) sum += weight(e);
    return sum;
  };
  const whole = mass(-2000, 2000);
  let statistic = 0;
  for (let e = -reach - 1; e <= reach + 1; e++) {
    const share = e < -reach ? mass(-2000, e) : e > reach ? mass(e, 2000) : weight(e);
    const expected = (DRAWS * share) / whole;
    statistic += ((cells.get(e) ?? 0) - expected) ** 2 / expected;
  }
  return { statistic, freedom: 2 * reach + 2 };
}

/** Above this, chance alone would be one in a million (Wilson-Hilferty, z = 4.75). */
const limit = (freedom: number) => freedom * (1 - 2 / (9 * freedom) + 4.75 * Math.sqrt(2 / (9 * freedom))) ** 3;

describe('exact integer noise (Canonne, Kamath, Steinke 2020)', () => {
  it.each([
    [1n, 1n, 6],
    [5n, 2n, 12],
    [1n, 3n, 2],
    [10n, 1n, 30],
  ])('discrete Laplace of scale %d/%d has exactly its distribution', (numerator, denominator, reach) => {
    const source = rng(`laplace ${numerator}/${denominator}`);
    const scale = Number(numerator) / Number(denominator);
    const found = chiSquare(
      () => discreteLaplace({ numerator, denominator }, source),
      (e) => Math.exp(-Math.abs(e) / scale),
      reach,
    );
    expect(found.statistic).toBeLessThan(limit(found.freedom));
  });

  it.each([
    [1n, 1n, 3],
    [9n, 4n, 4],
    [1n, 4n, 1],
    [100n, 1n, 25],
  ])('discrete Gaussian of variance %d/%d has exactly its distribution', (numerator, denominator, reach) => {
    const source = rng(`gaussian ${numerator}/${denominator}`);
    const variance = Number(numerator) / Number(denominator);
    const found = chiSquare(
      () => discreteGaussian({ numerator, denominator }, source),
      (e) => Math.exp((-e * e) / (2 * variance)),
      reach,
    );
    expect(found.statistic).toBeLessThan(limit(found.freedom));
  });

  it('the test can fail: a scale that is a tenth off is seen', () => {
    const source = rng('control');
    const found = chiSquare(
      () => discreteLaplace({ numerator: 11n, denominator: 1n }, source),
      (e) => Math.exp(-Math.abs(e) / 10),
      30,
    );
    expect(found.statistic).toBeGreaterThan(limit(found.freedom));
  });

  it.each([
    [0n, 1n],
    [1n, 2n],
    [1n, 1n],
    [7n, 3n],
  ])('a coin of chance exp(-%d/%d)', (numerator, denominator) => {
    const source = rng(`coin ${numerator}/${denominator}`);
    let heads = 0;
    for (let i = 0; i < DRAWS; i++) if (bernoulliExp(numerator, denominator, source)) heads++;
    const p = Math.exp(-Number(numerator) / Number(denominator));
    expect(Math.abs(heads - DRAWS * p)).toBeLessThanOrEqual(5 * Math.sqrt(DRAWS * p * (1 - p)));
  });

  it('stays within the bound both parties derive', () => {
    const laplace: Noise = { mechanism: 'discrete-laplace', numerator: 7, denominator: 2 };
    const gaussian: Noise = { mechanism: 'discrete-gaussian', numerator: 50, denominator: 3 };
    expect(noiseBound(laplace)).toBe(102);
    expect(noiseBound(gaussian)).toBe(33);
    const source = rng('bounds');
    for (let i = 0; i < 500; i++) {
      expect(Math.abs(drawNoise(laplace, source))).toBeLessThanOrEqual(102);
      expect(Math.abs(drawNoise(gaussian, source))).toBeLessThanOrEqual(33);
    }
  });

  it('refuses what is no scale', () => {
    expect(() => discreteLaplace({ numerator: 0n, denominator: 1n })).toThrow(RangeError);
    expect(() => discreteGaussian({ numerator: 1n, denominator: 0n })).toThrow(RangeError);
    expect(() => drawNoise({ mechanism: 'discrete-laplace', numerator: 0.5, denominator: 1 })).toThrow(RangeError);
    expect(() => drawNoise({ mechanism: 'uniform' as 'discrete-laplace', numerator: 1, denominator: 1 })).toThrow(
      RangeError,
    );
  });
});
