import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Adversary, chooseParameters, findParameters } from '../../../src/protocols/secagg/parameters.ts';
import { logHypergeometricTail } from '../../../src/protocols/secagg/tails.ts';

const ROWS: readonly (readonly [fraction: number, adversary: Adversary, clients: number, k: number, t: number])[] = [
  [0.05, 'honest-but-curious', 100, 12, 6],
  [0.05, 'honest-but-curious', 1000, 30, 17],
  [0.05, 'honest-but-curious', 10_000, 34, 20],
  [0.05, 'malicious-server', 100, 16, 11],
  [0.05, 'malicious-server', 1000, 52, 37],
  [0.05, 'malicious-server', 10_000, 62, 44],
  [0.1, 'honest-but-curious', 100, 22, 11],
  [0.1, 'honest-but-curious', 1000, 48, 27],
  [0.1, 'malicious-server', 100, 32, 22],
  [0.1, 'malicious-server', 300, 66, 46],
  [0.1, 'malicious-server', 1000, 96, 67],
  [0.2, 'malicious-server', 100, 62, 42],
  [0.2, 'malicious-server', 300, 160, 109],
  [0.2, 'malicious-server', 1000, 302, 206],
];

describe('chooseParameters', () => {
  it.each(ROWS)('corrupt = dropout = %d, %s, n = %d gives %d/%d', (fraction, adversary, clients, k, t) => {
    const found = chooseParameters({ clients, dropout: fraction, corrupt: fraction, adversary });
    expect({ k: found.k, t: found.t, complete: found.complete }).toEqual({ k, t, complete: false });
    expect(found.why.t1).toBe(t - 1);
    expect(found.why.t2).toBeGreaterThanOrEqual(t);
  });

  it('uses the complete graph for small cohorts, with a majority where dropout allows it', () => {
    const small = (clients: number, dropout: number, corrupt: number, adversary: Adversary = 'honest-but-curious') => {
      const { k, t, complete } = chooseParameters({ clients, dropout, corrupt, adversary });
      expect(complete).toBe(true);
      return `${k}/${t}`;
    };
    expect(small(3, 0, 0)).toBe('2/2');
    expect(small(5, 0.2, 0)).toBe('4/3');
    expect(small(5, 0.4, 0)).toBe('4/2');
    expect(small(5, 0.2, 0.2)).toBe('4/3');
    expect(small(5, 0.2, 0, 'malicious-server')).toBe('4/3');
    expect(small(10, 0.2, 0.2, 'malicious-server')).toBe('9/6');
    expect(small(30, 0.3, 0.1, 'malicious-server')).toBe('29/17');
  });

  it('says which bound decides', () => {
    const why = (clients: number, adversary: Adversary, fraction = 0.05) =>
      chooseParameters({ clients, dropout: fraction, corrupt: fraction, adversary }).why.decides;
    expect(why(30, 'malicious-server')).toBe('small-cohort');
    expect(why(1000, 'malicious-server')).toBe('secrecy-and-availability');
    expect(
      chooseParameters({ clients: 60, dropout: 0.45, corrupt: 0.1, adversary: 'honest-but-curious' }).why,
    ).toMatchObject({
      corrupt: 6,
      dropout: 27,
    });
  });

  it('says when no parameters exist', () => {
    const query = { clients: 100, dropout: 0.5, corrupt: 0.5, adversary: 'malicious-server' } as const;
    expect(findParameters(query)).toBeUndefined();
    expect(() => chooseParameters(query)).toThrow(
      /^no parameters exist: with 50 of 100 clients corrupt and 50 dropping/,
    );
    expect(findParameters({ clients: 3, dropout: 0.34, corrupt: 0, adversary: 'honest-but-curious' })).toBeUndefined();
  });

  it('refuses arguments out of their range', () => {
    const good = { clients: 100, dropout: 0.1, corrupt: 0.1, adversary: 'honest-but-curious' } as const;
    for (const bad of [
      { clients: 2 },
      { clients: 65_536 },
      { clients: 10.5 },
      { dropout: -0.1 },
      { dropout: 1 },
      { corrupt: Number.NaN },
      { sigma: 0 },
      { sigma: 129 },
      { eta: 1.5 },
    ]) {
      expect(() => chooseParameters({ ...good, ...bad })).toThrow(RangeError);
    }
    expect(() => chooseParameters({ ...good, adversary: 'curious' as never })).toThrow(TypeError);
  });

  it('counts clients as people do: 0.29 of 100 is 29', () => {
    const { why } = chooseParameters({ clients: 100, dropout: 0.29, corrupt: 0.07, adversary: 'honest-but-curious' });
    expect([why.dropout, why.corrupt]).toEqual([29, 7]);
  });

  it('keeps t within its bounds, and 2t > k + t1 against a malicious server', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 400 }),
        fc.double({ min: 0, max: 0.45, noNaN: true }),
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        fc.boolean(),
        (clients, dropout, corrupt, malicious) => {
          const adversary = malicious ? 'malicious-server' : 'honest-but-curious';
          const found = findParameters({ clients, dropout, corrupt, adversary });
          if (found === undefined) return;
          expect(found.t).toBeGreaterThan(found.why.t1);
          expect(found.t).toBeLessThanOrEqual(found.why.t2);
          expect(found.t).toBeLessThanOrEqual(found.k);
          expect(found.complete ? found.k === clients - 1 : found.k % 2 === 0 && found.k < clients - 1).toBe(true);
          if (malicious) expect(2 * found.t).toBeGreaterThan(found.k);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('logHypergeometricTail', () => {
  it('agrees with exact integer arithmetic', () => {
    const choose = (n: bigint, k: bigint): bigint => {
      if (k < 0n || k > n) return 0n;
      let out = 1n;
      for (let i = 0n; i < k; i++) out = (out * (n - i)) / (i + 1n);
      return out;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.nat(), fc.nat(), fc.nat(), (n, a, b, c) => {
        const [marked, drawn] = [a % (n + 1), b % (n + 1)];
        const x = c % (drawn + 2);
        let count = 0n;
        for (let i = x; i <= drawn; i++) {
          count += choose(BigInt(marked), BigInt(i)) * choose(BigInt(n - marked), BigInt(drawn - i));
        }
        const found = logHypergeometricTail(n, marked, drawn, x);
        if (count === 0n) expect(found).toBe(-Infinity);
        else expect(found).toBeCloseTo(bigLog2(count) - bigLog2(choose(BigInt(n), BigInt(drawn))), 9);
      }),
      { numRuns: 300 },
    );
  });
});

function bigLog2(value: bigint): number {
  const shift = Math.max(0, value.toString(2).length - 60);
  return Math.log2(Number(value >> BigInt(shift))) + shift;
}
