import type { Agreement } from '../../protocols/psi/index.ts';
import type { NoiseApplied } from './summary.ts';

/** The noise of a run as the reports show it. */
export function appliedNoise({ noise }: Agreement): NoiseApplied | undefined {
  if (noise === undefined) return undefined;
  const { mechanism } = noise;
  const ratio = noise.numerator / noise.denominator;
  if (mechanism === 'discrete-gaussian') {
    const sigma = Math.sqrt(ratio);
    return { mechanism, scale: sigma, within95: Math.ceil(1.96 * sigma) };
  }
  // P(|e| > k) is at most 2 r^(k+1) / (1 + r) with r = exp(-1/scale); 5 % of it outside.
  const within95 = Math.max(0, Math.ceil(-ratio * Math.log(0.025 * (1 + Math.exp(-1 / ratio))) - 1));
  return { mechanism, scale: ratio, within95 };
}
