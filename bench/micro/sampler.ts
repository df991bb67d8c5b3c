import { discreteGaussian, discreteLaplace } from '../../src/dp/index.ts';
import { csprng } from '../../src/random/index.ts';
import { DiscreteGaussian } from '../../src/seal/index.ts';
import type { Bench, Entry } from './harness.ts';

/**
 * Exact samplers. No package for JavaScript samples exactly, so there is no rival; the limit is what the random bytes alone would take at 16 a
 * sample, drawn 64 KiB at a time.
 */
function bench(id: string, count: number, run: () => unknown): Bench {
  const buffer = new Uint8Array(65_536);
  return {
    id,
    unit: 'sample',
    count,
    ours: [{ tier: 'exact', run }],
    peers: { limit: { run: () => csprng.fill(buffer), count: buffer.length / 16 } },
  };
}

/** Noise of decryptors: sigma = 2^30. */
function flooding(): Bench {
  const sampler = new DiscreteGaussian(30, csprng);
  return bench('sampler/flooding', 1_000, () => sampler.fill(1_000));
}

const TEN = { numerator: 10n, denominator: 1n };

export const sampler: readonly Entry[] = [
  { id: 'sampler/flooding', extra: true, make: flooding },
  { id: 'sampler/laplace', extra: true, make: () => bench('sampler/laplace', 1, () => discreteLaplace(TEN)) },
  { id: 'sampler/gaussian', extra: true, make: () => bench('sampler/gaussian', 1, () => discreteGaussian(TEN)) },
];
