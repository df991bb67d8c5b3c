import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import { bestTier, chooseTier, forceTier, SIMD_TIERS, supportsTier, type Tier } from '../../src/kernels/features.ts';

// Node 20 hides relaxed SIMD behind a flag that must be set before anything is compiled; from Node 22 on it is there.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
/** What the processor says: x86 without FMA3 rounds twice, every 64-bit Arm rounds once. */
const FUSES =
  process.arch !== 'x64' || !existsSync('/proc/cpuinfo') || /\bfma\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

const CURVE: readonly Tier[] = ['reference', 'extmul', 'fma'];

describe('tiers', () => {
  afterEach(() => forceTier(undefined));

  it('finds simd128 in the engines we support', () => {
    expect(supportsTier('reference')).toBe(true);
    expect(supportsTier('simd')).toBe(true);
    expect(supportsTier('extmul')).toBe(true);
  });

  it('takes the best a kernel has', () => {
    expect(bestTier(SIMD_TIERS)).toBe('simd');
    expect(bestTier(CURVE)).toBe(supportsTier('fma') ? 'fma' : 'extmul');
  });

  it('is capped by forceTier', () => {
    forceTier('reference');
    expect(bestTier(SIMD_TIERS)).toBe('reference');
    expect(bestTier(CURVE)).toBe('reference');
    forceTier('simd');
    expect(bestTier(SIMD_TIERS)).toBe('simd');
    expect(bestTier(CURVE)).toBe('extmul');
  });

  it('refuses a tier that is unknown or that the engine does not run', () => {
    expect(() => forceTier('mmx' as Tier)).toThrow(/no tier mmx/);
    if (!supportsTier('fma')) expect(() => forceTier('fma')).toThrow(/does not run the tier fma/);
    expect(() => chooseTier(SIMD_TIERS, 'fma')).toThrow(/reference, simd, not fma/);
    expect(chooseTier(SIMD_TIERS, 'reference')).toBe('reference');
  });

  it('takes fma where relaxed SIMD is on and fuses', () => {
    expect(supportsTier('fma')).toBe(FUSES);
  });
});
