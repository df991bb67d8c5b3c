import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseParameters } from '../../../src/protocols/secagg/parameters.ts';
import {
  checkParameters,
  degreeFor,
  encodeParameters,
  grindingBits,
  type SecaggParameters,
} from '../../../src/protocols/secagg/policy.ts';

const curious: SecaggParameters = { adversary: 'honest-but-curious', dropout: 0.1, corrupt: 0.1, suite: 'aes256ctr' };
const malicious: SecaggParameters = { ...curious, adversary: 'malicious-server' };

describe('degreeFor', () => {
  it('is the table for a full cohort', () => {
    expect(degreeFor(curious, 1000, 1000, 1000, 2)).toEqual({ k: 48, t: 27, complete: false, minimum: 900, quorum: 0 });
    expect(degreeFor(malicious, 1000, 1000, 1000, 2)).toEqual({
      k: 96,
      t: 67,
      complete: false,
      minimum: 900,
      quorum: 551,
    });
    expect(degreeFor(malicious, 300, 300, 300, 280)).toEqual({
      k: 66,
      t: 46,
      complete: false,
      minimum: 280,
      quorum: 166,
    });
  });

  it('does not let dropouts dilute corrupt clients', () => {
    // Of 20 clients 4 may be corrupt. When only 8 come, half may be: no threshold is secret, though 4 of 20 would be nothing.
    const parameters = { ...malicious, corrupt: 0.2, dropout: 0.1 };
    expect(degreeFor(parameters, 20, 20, 20, 2)).toMatchObject({ k: 19 });
    expect(degreeFor(parameters, 20, 8, 8, 2)).toMatchObject({ k: 7, t: 6 });
    expect(2 * 6).toBeGreaterThan(7 + 4);
    expect(degreeFor(parameters, 20, 5, 5, 2)).toBeUndefined();
  });

  it('pays for nonces that are missing with a larger degree', () => {
    const degree = (revealed: number) => degreeFor({ ...malicious, dropout: 0.3 }, 1000, 1000, revealed, 2)!;
    const ks = [1000, 999, 998, 990].map((revealed) => degree(revealed).k);
    for (let i = 1; i < ks.length; i++) expect(ks[i]).toBeGreaterThan(ks[i - 1]!);
    expect(degree(900).k).toBeGreaterThan(300);
    // Where so many bits are needed that only certainty will do: at most 6 corrupt neighbours, and too few bad nodes to cut the ring.
    const certain = degreeFor({ ...malicious, dropout: 0.3 }, 60, 60, 52, 2)!;
    expect(certain.k).toBeGreaterThan(6 + (18 - 8));
    expect(2 * certain.t).toBeGreaterThan(certain.k + 6);
    // ... while clients that never joined gave the server nothing to choose from.
    expect(degreeFor({ ...malicious, dropout: 0.3 }, 1000, 990, 990, 2)!.k).toBeLessThan(ks[3]!);
  });

  it('counts the graphs that a server can choose from', () => {
    expect(grindingBits(1000, 0)).toBe(0);
    expect(grindingBits(1000, 1)).toBe(Math.ceil(Math.log2(1000)) + 1);
    expect(grindingBits(1000, 2)).toBe(Math.ceil(Math.log2(499_500)) + 2);
  });

  it('keeps k and t given by hand, unless the cohort has become too small for them', () => {
    const parameters = { ...malicious, corrupt: 0, k: 8, t: 6 };
    expect(degreeFor(parameters, 12, 12, 12, 2)).toEqual({ k: 8, t: 6, complete: false, minimum: 11, quorum: 7 });
    const lenient = { ...parameters, dropout: 0.6 };
    expect(degreeFor(lenient, 12, 8, 8, 2)).toEqual({ k: 7, t: 6, complete: true, minimum: 2, quorum: 7 });
    expect(degreeFor(lenient, 12, 6, 6, 2)).toBeUndefined();
  });

  it('never goes below what the first cohort was promised', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 120 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        (n, absent, mute, corrupt) => {
          const parameters = { ...malicious, corrupt, dropout: 0.3 };
          const joined = Math.max(0, n - absent);
          const revealed = Math.max(0, joined - mute);
          const degree = degreeFor(parameters, n, joined, revealed, 2);
          if (degree === undefined) return;
          const worst = degree.complete ? Math.min(Math.floor(corrupt * n + 1e-9), degree.k) : 0;
          expect(2 * degree.t).toBeGreaterThan(degree.k + worst);
          expect(degree.t).toBeLessThanOrEqual(degree.k);
          expect(degree.k).toBeLessThan(revealed);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('checkParameters', () => {
  it('refuses k and t that are weaker than the fractions demand', () => {
    const { k, t } = chooseParameters({ clients: 100, ...malicious });
    expect(() => checkParameters({ ...malicious, k, t }, 100)).not.toThrow();
    expect(() => checkParameters({ ...malicious, k, t: t - 1 }, 100)).toThrow(`at least ${t} is needed`);
    expect(() => checkParameters({ ...malicious, k: 10, t: 9 }, 100)).toThrow(/connected/);
    expect(() => checkParameters({ ...malicious, k: 99, t: 60 }, 100)).not.toThrow();
    expect(() => checkParameters({ ...malicious, k: 101, t: 60 }, 100)).toThrow(RangeError);
    expect(() => checkParameters({ ...malicious, k: 99 }, 100)).toThrow(/both k and t/);
  });

  it('needs enough clients for the signatures on a sparse graph', () => {
    // 61 of 100 must sign, or none but neighbours on the complete graph.
    expect(() => checkParameters({ ...malicious, corrupt: 0.2, dropout: 0.4, k: 90, t: 80 }, 100)).toThrow(
      /61 signatures/,
    );
  });
});

describe('encodeParameters', () => {
  it('tells all parameters apart', () => {
    const variants: SecaggParameters[] = [
      curious,
      malicious,
      { ...curious, suite: 'chacha20' },
      { ...curious, dropout: 0.11 },
      { ...curious, corrupt: 0.11 },
      { ...curious, sigma: 41 },
      { ...curious, eta: 21 },
      { ...curious, k: 22, t: 11 },
    ];
    const bytes = variants.map((parameters) => encodeParameters(parameters, 100).join());
    expect(new Set(bytes).size).toBe(variants.length);
    expect(encodeParameters({ ...curious, sigma: 40, eta: 20 }, 100).join()).toBe(bytes[0]);
  });
});
