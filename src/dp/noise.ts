import { csprng, type Rng } from '../random/index.ts';
import { discreteGaussian, discreteLaplace, squareRoot } from './discrete.ts';

/** Integer noise as two parties write it down: exact, so that both derive the same bounds. */
export interface Noise {
  readonly mechanism: 'discrete-laplace' | 'discrete-gaussian';
  /** Scale of the Laplace, variance of the Gaussian, as numerator / denominator; each 1 .. 2^32 - 1. */
  readonly numerator: number;
  readonly denominator: number;
}

/** @throws {RangeError} */
export function checkNoise({ mechanism, numerator, denominator }: Noise): void {
  if (mechanism !== 'discrete-laplace' && mechanism !== 'discrete-gaussian') {
    throw new RangeError(`noise ${JSON.stringify(mechanism)}, expected discrete-laplace or discrete-gaussian`);
  }
  for (const [name, value] of Object.entries({ numerator, denominator })) {
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 32 - 1) {
      throw new RangeError(`noise ${name} ${value}, expected an integer in 1 .. 2^32 - 1`);
    }
  }
}

/**
 * The magnitude that noise exceeds with probability below 2^-40: 29 scales of the Laplace (2 e^-29 < 2^-40), 8 standard deviations of the
 * Gaussian (2 e^-32 < 2^-45), rounded up.
 */
export function noiseBound(noise: Noise): number {
  const [n, d] = [BigInt(noise.numerator), BigInt(noise.denominator)];
  if (noise.mechanism === 'discrete-laplace') return Number((29n * n) / d + 1n);
  return Number(squareRoot((64n * n) / d) + 1n);
}

/** One draw, at most {@link noiseBound} in magnitude: a larger one is drawn again, which adds less than 2^-40 to delta. */
export function drawNoise(noise: Noise, rng: Rng = csprng): number {
  checkNoise(noise);
  const ratio = { numerator: BigInt(noise.numerator), denominator: BigInt(noise.denominator) };
  const bound = BigInt(noiseBound(noise));
  for (;;) {
    const drawn = noise.mechanism === 'discrete-laplace' ? discreteLaplace(ratio, rng) : discreteGaussian(ratio, rng);
    if (drawn <= bound && drawn >= -bound) return Number(drawn);
  }
}
