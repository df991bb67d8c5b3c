import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedPoint } from '../../src/encoding/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { addResidues } from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  bitLength,
  capacity,
  checkFinite,
  checkSecurity,
  ciphertextBytes,
  DiscreteGaussian,
  dataPrimes,
  describe as describeSet,
  largest,
  loadSeal,
  PARAMETER_SETS,
  packResidues,
  parameterSet,
  planSum,
  type SetName,
  type SumShape,
  shareSecret,
  thresholdSet,
  unpackResidues,
  weightedShare,
} from '../../src/seal/index.ts';
import { invert, multiply, smallPrime } from '../../src/seal/modular.ts';

const rng = new SeededRng(new Uint8Array(32).fill(1));
const PRIMES = [...new Set([...PARAMETER_SETS.values()].flatMap(({ primes }) => [...primes]))];

describe('residues', () => {
  it('multiply as BigInt does', () => {
    for (const prime of PRIMES.filter((p) => p < 1n << 50n)) {
      const p = smallPrime(prime);
      const residue = fc.bigInt({ min: 0n, max: prime - 1n }).map(Number);
      fc.assert(
        fc.property(residue, residue, (a, b) => {
          expect(BigInt(multiply(a, b, p))).toBe((BigInt(a) * BigInt(b)) % prime);
        }),
      );
      const top = Number(prime - 1n);
      expect(multiply(top, top, p)).toBe(1);
    }
  });

  it('pack into ceil(log2 p) bits and come back; no other length, no residue out of range', () => {
    for (const prime of PRIMES) {
      const bits = bitLength(prime);
      fc.assert(
        fc.property(fc.array(fc.bigInt({ min: 0n, max: prime - 1n }), { minLength: 8, maxLength: 8 }), (values) => {
          const words = BigUint64Array.from(values);
          const packed = packResidues(words, [prime], 8);
          expect(packed).toHaveLength(bits);
          expect(unpackResidues(packed, [prime], 8, 1, 'test')).toEqual(words);
          expect(() => unpackResidues(packed.subarray(1), [prime], 8, 1, 'test')).toThrow(ProtocolError);
          expect(() => unpackResidues(Uint8Array.of(...packed, 0), [prime], 8, 1, 'test')).toThrow(ProtocolError);
        }),
        { numRuns: 30 },
      );
      for (let at = 0; at < 8; at++) {
        const words = new BigUint64Array(8);
        words[at] = prime;
        const packed = packResidues(words, [prime], 8);
        expect(() => unpackResidues(packed, [prime], 8, 1, 'test')).toThrow(`coefficient ${at} is not below`);
      }
    }
  });

  it('share a secret: any t weighted shares add up to it', () => {
    const set = { ...parameterSet('threshold'), degree: 8 };
    const primes = dataPrimes(set);
    const secret = BigUint64Array.from({ length: 16 }, (_, i) => primes[i >> 3]! - BigInt(i) - 1n);
    const points = [1, 2, 5, 255];
    const shares = shareSecret(set, secret, points, 3, rng);
    for (const left of points) {
      const active = points.filter((point) => point !== left);
      const total = new BigUint64Array(16);
      for (const point of active)
        addResidues(total, weightedShare(set, shares[points.indexOf(point)]!, point, active), primes, 8);
      expect(total).toEqual(secret);
    }
  });

  it('invert', () => {
    for (const prime of PRIMES) expect((invert(12345n, prime) * 12345n) % prime).toBe(1n);
    expect(() => invert(0n, 97n)).toThrow(RangeError);
  });
});

describe('the discrete Gaussian', () => {
  it.each([0, 1, 2, 3])('has the exact probabilities at sigma = 2^%i (chi-square)', (m) => {
    const sigma = 2 ** m;
    const gaussian = new DiscreteGaussian(m, rng);
    const count = 100_000;
    const edge = Math.ceil(3 * sigma);
    const weight = (e: number) => Math.exp(-(e * e) / (2 * sigma * sigma));
    let total = 0;
    for (let e = -60 * sigma; e <= 60 * sigma; e++) total += weight(e);
    const found = new Map<number, number>();
    for (const e of gaussian.fill(count)) found.set(e, (found.get(e) ?? 0) + 1);
    let chi = 0;
    let cells = 0;
    for (let e = -edge; e <= edge; e++) {
      const expected = (count * weight(e)) / total;
      chi += ((found.get(e) ?? 0) - expected) ** 2 / expected;
      cells++;
    }
    // Mean cells, standard deviation sqrt(2 cells); the seed is fixed.
    expect(chi).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  it('has the right variance, symmetry and low bits at sigma = 2^46', () => {
    const gaussian = new DiscreteGaussian(46, rng);
    const samples = gaussian.fill(20_000);
    const scaled = samples.map((e) => e / 2 ** 46);
    const mean = scaled.reduce((a, b) => a + b, 0) / scaled.length;
    const variance = scaled.reduce((a, b) => a + b * b, 0) / scaled.length;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(scaled.length));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / scaled.length));
    const beyond = scaled.filter((e) => Math.abs(e) > 2).length / scaled.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.01);
    const odd = samples.filter((e) => Math.abs(e) % 2 === 1).length / samples.length;
    expect(Math.abs(odd - 0.5)).toBeLessThan(0.02);
    expect(samples.every(Number.isSafeInteger)).toBe(true);
  });

  it('refuses a sigma whose samples are not exact', () => {
    for (const m of [-1, 47, 1.5]) expect(() => new DiscreteGaussian(m, rng)).toThrow(RangeError);
  });
});

describe('parameter sets', () => {
  it('stay within the 2024 tables; anything beyond is refused', () => {
    for (const { degree, primes } of PARAMETER_SETS.values()) expect(() => checkSecurity(degree, primes)).not.toThrow();
    expect(() => checkSecurity(2048, [18014398509404161n])).toThrow('at most 53'); // 54 bits, the 2018 table's limit
    expect(() => checkSecurity(2048, [35184372060161n, 40961n])).toThrow('at most 53');
    expect(() => checkSecurity(4096, [...parameterSet('threshold').primes, 40961n])).toThrow('at most 106');
    expect(() => checkSecurity(1024, [12289n])).toThrow('degree 1024');
    expect(() => checkSecurity(2048, [35184372060163n])).toThrow('not 1 modulo');
    expect(() => parameterSet('mystery' as never)).toThrow('compact, precise, nvflare, exact, threshold, wide');
  });

  it('keep to the bytes they promise', () => {
    const bytes = (name: SetName, arithmetic: 'ckks' | 'bfv') =>
      ciphertextBytes(parameterSet(name)) / capacity(parameterSet(name), arithmetic);
    expect(bytes('compact', 'ckks')).toBeLessThanOrEqual(23 / 2);
    expect(bytes('precise', 'ckks')).toBeLessThanOrEqual(13.4);
    expect(bytes('exact', 'bfv')).toBeLessThanOrEqual(12.6 / 2);
    expect(bytes('threshold', 'ckks')).toBeLessThanOrEqual(36);
    expect(bytes('threshold', 'bfv')).toBeLessThanOrEqual(17.6);
    expect(bytes('wide', 'bfv')).toBeLessThanOrEqual(18.3);
  });

  const shape: SumShape = {
    set: parameterSet('threshold'),
    arithmetic: 'bfv',
    clients: 10,
    length: 1_000_000,
    bits: 24,
    decryptors: 3,
    threshold: 2,
    rounds: 1,
    statisticalSecurity: 40,
  };

  it('report what they carry and refuse more', () => {
    const report = describeSet(shape);
    expect(report).toMatchObject({ set: 'threshold', keys: 'threshold', errorBound: 0 });
    expect(report.bytesPerParameter).toBeLessThanOrEqual(17.6);
    expect(report.securityReached).toBeGreaterThanOrEqual(40);
    expect(report.largestCohort).toBeGreaterThan(100);
    expect(report.largestRounds).toBeGreaterThan(10);
    expect(() => planSum({ ...shape, rounds: report.largestRounds })).not.toThrow();
    expect(() => planSum({ ...shape, rounds: report.largestRounds + 1 })).toThrow('does not fit');
    expect(() => planSum({ ...shape, clients: report.largestCohort + 1 })).toThrow('does not fit');
    expect(largest('clients', { ...shape, statisticalSecurity: 80, bits: 64 })).toBe(0);
  });

  it('split wide words into as few limbs as the noise allows', () => {
    expect(planSum(shape).limbs).toBe(1);
    const wide = planSum({ ...shape, bits: 64 });
    expect(wide.limbs * wide.limbBits).toBeGreaterThanOrEqual(64);
    expect(wide.plainBits).toBeLessThanOrEqual(32);
    expect(planSum({ ...shape, set: parameterSet('exact'), decryptors: 1, threshold: 1, bits: 32 }).limbs).toBe(1);
  });

  it('are chosen by width for threshold keys: whole words in the fewest bytes', () => {
    const chosen = (bits: number, more: Partial<SumShape> = {}): string =>
      thresholdSet({ ...shape, bits, ...more }).name;
    for (const bits of [8, 20, 28, 29]) expect(chosen(bits)).toBe('threshold');
    for (const bits of [30, 31, 32]) {
      expect(chosen(bits)).toBe('wide');
      expect(planSum({ ...shape, bits, set: parameterSet('wide') }).limbs).toBe(1);
    }
    for (const bits of [40, 64]) expect(chosen(bits)).toBe('threshold');
    expect(chosen(29, { rounds: 100 })).toBe('wide');
    expect(chosen(32, { arithmetic: 'ckks' })).toBe('threshold');
    // What fits neither is refused by the plan, as it would be without the choice.
    expect(chosen(64, { clients: 2 ** 24, statisticalSecurity: 80 })).toBe('threshold');
    // What an aggregator makes of its defaults: 16-bit values, and 24-bit ones, of ten clients.
    for (const bits of [16, 24]) {
      const { bits: ring, length } = fixedPoint({ clip: { value: 1 }, bits }).prepare({
        clients: 10,
        dimension: 1_000_000,
      });
      expect(planSum({ ...shape, bits: ring, length }).bytesPerParameter).toBeLessThanOrEqual(17.6);
    }
  });

  it('more rounds, clients or security never mean less noise', () => {
    const base = planSum({ ...shape, arithmetic: 'ckks' }).log2Flooding;
    for (const more of [{ rounds: 100 }, { clients: 1000 }, { statisticalSecurity: 50 }, { decryptors: 30 }])
      expect(planSum({ ...shape, arithmetic: 'ckks', ...more }).log2Flooding).toBeGreaterThan(base);
  });

  it('refuse shapes that make no sense', () => {
    const wrong: Partial<SumShape>[] = [
      { clients: 0 },
      { length: 0 },
      { bits: 7 },
      { bits: 65 },
      { decryptors: 1, threshold: 1 },
      { threshold: 4 },
      { rounds: 0 },
      { statisticalSecurity: 10 },
      { set: parameterSet('compact') },
      { set: parameterSet('exact') },
      { arithmetic: 'ckks', bits: 53 },
    ];
    for (const more of wrong) expect(() => planSum({ ...shape, ...more })).toThrow(RangeError);
  });
});

describe('the loader', () => {
  it('says what to install when node-seal is absent', async () => {
    const absent = () => Promise.reject(new Error("Cannot find package 'node-seal'"));
    await expect(loadSeal(absent)).rejects.toThrow('npm install node-seal@6.0.3');
    await expect(loadSeal(async () => ({}))).rejects.toThrow('does not export a loader');
    await expect(loadSeal(async () => ({ default: async () => ({ Version: '7.0.0' }) }))).rejects.toThrow(
      'node-seal 7.0.0 found, expected 6.0.3',
    );
  });
});

describe('input', () => {
  it('is refused with the index of the first value that is not finite', () => {
    expect(() => checkFinite([1, 2, Number.NaN])).toThrow('value 2 is NaN');
    expect(() => checkFinite(Float32Array.of(Number.NEGATIVE_INFINITY))).toThrow('value 0 is -Infinity');
    expect(() => checkFinite([0, -1e308])).not.toThrow();
  });
});
