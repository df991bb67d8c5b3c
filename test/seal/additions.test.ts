import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addResidues,
  CiphertextSum,
  dataPrimes,
  PARAMETER_SETS,
  packResidues,
  parameterSet,
  planSum,
} from '../../src/seal/index.ts';
import { reduceSmall, smallTerms, subtractResidues } from '../../src/seal/modular.ts';

/** Residues of one prime, with those at which carries and borrows happen. */
function residue(prime: bigint): fc.Arbitrary<bigint> {
  const edges = [
    0n,
    1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    prime / 2n,
    prime / 2n + 1n,
    prime - 1n,
    prime & ~0xffff_ffffn,
  ];
  return fc.oneof(fc.bigInt(0n, prime - 1n), fc.constantFrom(...edges.filter((edge) => edge < prime)));
}

describe('residues', () => {
  it.each([...PARAMETER_SETS.values()].flatMap(({ primes }) => [...primes]))(
    'modulo %i: as BigInt adds them',
    (prime) => {
      fc.assert(
        fc.property(fc.array(fc.tuple(residue(prime), residue(prime)), { minLength: 8, maxLength: 8 }), (pairs) => {
          const a = BigUint64Array.from(pairs, ([x]) => x);
          const b = BigUint64Array.from(pairs, ([, y]) => y);
          addResidues(a, b, [prime], 8);
          expect([...a]).toEqual(pairs.map(([x, y]) => (x + y) % prime));
          subtractResidues(a, b.slice(), [prime], 8);
          expect([...a]).toEqual(pairs.map(([x]) => x));
        }),
        { numRuns: 200 },
      );
    },
  );

  it.each([34359451649n, 34359697409n, 35184372060161n])('modulo %i: large words are reduced exactly', (prime) => {
    const most = BigInt(smallTerms([prime]));
    const word = fc.oneof(
      fc.bigInt(0n, most * (prime - 1n)),
      // Beside multiples of the prime, where an estimated quotient is one off.
      fc.tuple(fc.bigInt(1n, most - 1n), fc.bigInt(-1n, 1n)).map(([k, d]) => k * prime + d),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (values) => {
        const words = BigUint64Array.from(values);
        reduceSmall(words, [prime], 8);
        expect([...words]).toEqual(values.map((value) => value % prime));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a sum of ciphertexts', () => {
  const set = parameterSet('threshold');
  const primes = dataPrimes(set);
  const plan = planSum({
    ...{ set, arithmetic: 'bfv', clients: 200, length: 3 * set.degree, bits: 24 },
    ...{ decryptors: 2, threshold: 2, rounds: 1, statisticalSecurity: 40 },
  });
  const count = 2 * plan.chunks * primes.length * set.degree;
  const primeOf = (i: number): bigint => primes[Math.floor(i / set.degree) % primes.length]!;
  /** The largest residues there are, and others. */
  const residues = (k: number) =>
    BigUint64Array.from({ length: count }, (_, i) => primeOf(i) - 1n - BigInt((i * k) % 999));

  it('is the same whoever reads it in between, takes part of it back, or shares it', () => {
    const [a, b] = [new CiphertextSum(plan), new CiphertextSum(plan)];
    const expected = new BigUint64Array(count);
    for (let k = 0; k < 12; k++) {
      const words = residues(k);
      const contribution = packResidues(words, primes, set.degree);
      a.add(contribution);
      b.add(contribution);
      addResidues(expected, words, primes, set.degree);
      if (k === 4) expect(b.words).toEqual(expected);
      if (k === 6) expect(b.polynomial(2, 1)).toEqual(expected.subarray(count - 2 * set.degree));
      if (k === 8) {
        b.share();
        expect(b.words.buffer).toBeInstanceOf(SharedArrayBuffer);
      }
      if (k === 9) {
        a.subtract(contribution);
        a.add(contribution);
      }
      const bad = contribution.slice().fill(0xff, contribution.length - 5);
      expect(() => a.add(bad)).toThrow('is not below its prime');
      expect(() => b.add(bad)).toThrow('is not below its prime');
    }
    expect(Buffer.compare(Buffer.from(a.words.buffer), Buffer.from(expected.buffer))).toBe(0);
    expect(Buffer.compare(Buffer.from(b.words.buffer), Buffer.from(expected.buffer))).toBe(0);
  });
});
