import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import {
  applyMask,
  applyMasksAsync,
  CURVE_TIERS,
  curve,
  type MaskTerm,
  runPointPlan,
  SUITES,
  supportsTier,
  TIERS,
} from '../../src/kernels/index.ts';
import { csprng, SeededRng } from '../../src/random/index.ts';

const rng = new SeededRng(new Uint8Array(32).fill(3));
const bytes = (length: number): Uint8Array => rng.fill(new Uint8Array(length));

describe('this browser', () => {
  it('runs every tier', () => {
    expect(TIERS.filter(supportsTier)).toEqual(TIERS);
  });

  it('has randomness', () => {
    expect(csprng.fill(new Uint8Array(32))).not.toEqual(new Uint8Array(32));
  });
});

describe.each(SUITES)('masks, %s', (suite) => {
  it.each([
    [Uint32Array, 0, 100_003],
    [Uint32Array, 33, 5],
    [BigUint64Array, 7, 20_001],
  ] as const)('%o from word %i', async (Words, from, length) => {
    const terms = [1, -1, 1].map((sign): MaskTerm => ({ seed: bytes(32), sign: sign as 1 | -1 }));
    const [ours, twin] = [new Words(length), new Words(length)];
    await applyMasksAsync(ours, terms, suite, from);
    for (const term of terms) applyMask(twin, term, suite, from, 'reference');
    expect(ours).toEqual(twin);
  });
});

describe.each(CURVE_TIERS.filter(supportsTier))('curve, tier %s', (tier) => {
  const group = curve(tier);

  it('gives the multiples of the generator of RFC 9496, appendix A.1', () => {
    const scalars = new Uint8Array(32 * 3);
    scalars.set([1], 32);
    scalars.set([2], 64);
    const encodings = group.multiplyBase(scalars);
    expect(hex(encodings)).toBe(
      '00'.repeat(32) +
        'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76' +
        '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
    );
  });

  it('blinds as the OPRF of RFC 9497 does, by the word of another implementation', () => {
    const input = new TextEncoder().encode('subrosa');
    const { blind, blinded } = ristretto255_oprf.oprf.blind(input);
    const items = { data: input, offsets: Uint32Array.of(0, input.length) };
    expect(hex(runPointPlan({ op: 'blind', items, scalar: blind }, group))).toBe(hex(blinded));
  });

  it('refuses a bad point', () => {
    expect(() => group.checkPoints(new Uint8Array(32).fill(255))).toThrow(
      expect.objectContaining({ code: 'not-canonical' }),
    );
  });
});

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
