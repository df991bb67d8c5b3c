import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIMD_TIERS, supportsTier } from '../../src/kernels/features.ts';
import * as twin from '../../src/kernels/reference/residues.ts';
import {
  addPackedResidues,
  addResidues,
  addSeed,
  packedResidueBytes,
  packResidues,
  subtractPackedResidues,
  subtractResidues,
  subtractSeed,
  unpackResidues,
} from '../../src/kernels/residues.ts';
import { PARAMETER_SETS } from '../../src/seal/index.ts';

const tiers = SIMD_TIERS.filter(supportsTier);
/** All primes of the package, one at every edge of the packing, and small ones. */
const PRIMES = [
  ...new Set([...PARAMETER_SETS.values()].flatMap(({ primes }) => [...primes])),
  ...[3n, 257n, 65_537n, 2_147_483_647n, 4_294_967_291n, 4_294_967_311n],
  ...[144_115_188_075_855_859n, 144_115_188_075_855_881n, 288_230_376_151_711_717n],
];

/** Residues of one prime, with those at which carries and borrows happen. */
function residue(prime: bigint): fc.Arbitrary<bigint> {
  const edges = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, prime / 2n, prime / 2n + 1n, prime - 1n];
  return fc.oneof(fc.bigInt(0n, prime - 1n), fc.constantFrom(...edges.filter((edge) => edge < prime)));
}

function packed(words: BigUint64Array, primes: readonly bigint[], degree: number): Uint8Array {
  const out = new Uint8Array(packedResidueBytes(primes, degree, words.length / (primes.length * degree)));
  twin.packResidues(words, primes, degree, out);
  return out;
}

const bytes = (words: BigUint64Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

describe.each(tiers)('residue kernel, tier %s', (tier) => {
  it.each(PRIMES)('modulo %i: adds, subtracts, packs and unpacks as BigInt does', (prime) => {
    const pair = fc.tuple(residue(prime), residue(prime));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 8, maxLength: 8 }), (pairs) => {
        const a = BigUint64Array.from(pairs, ([x]) => x);
        const b = BigUint64Array.from(pairs, ([, y]) => y);
        const sum = pairs.map(([x, y]) => (x + y) % prime);
        const words = a.slice();
        addResidues(words, b, [prime], 8, tier);
        expect([...words]).toEqual(sum);
        subtractResidues(words, b, [prime], 8, tier);
        expect(words).toEqual(a);
        const wire = new Uint8Array(packedResidueBytes([prime], 8, 1));
        packResidues(bytes(b), [prime], 8, wire, tier);
        expect(wire).toEqual(packed(b, [prime], 8));
        expect(addPackedResidues(words, wire, [prime], 8, tier)).toBe(-1);
        expect([...words]).toEqual(sum);
        subtractPackedResidues(words, wire, [prime], 8, tier);
        expect(words).toEqual(a);
        expect(unpackResidues(wire, words, [prime], 8, tier)).toBe(-1);
        expect(words).toEqual(b);
      }),
      { numRuns: 50 },
    );
  });

  it.each(PRIMES)('modulo %i: names the first residue that is not below it, and leaves the sum alone', (prime) => {
    const primes = [prime, 97n];
    for (const at of [0, 7, 8, 15, 16, 31]) {
      const own = Math.floor(at / 8) % 2 === 0 ? prime : 97n;
      const words = BigUint64Array.from({ length: 32 }, (_, i) => (i % 16 < 8 ? prime - 1n : 96n));
      const before = words.slice();
      for (const value of [own, 2n ** BigInt(twin.bitLength(own)) - 1n]) {
        const bad = words.slice();
        bad[at] = value;
        if (at < 31) bad[31] = 97n;
        const wire = packed(bad, primes, 8);
        expect(addPackedResidues(words, wire, primes, 8, tier)).toBe(at);
        expect(words).toEqual(before);
        expect(unpackResidues(wire, bad, primes, 8, tier)).toBe(at);
      }
    }
  });

  it('takes views that start anywhere, shared memory, and segments larger than a page', () => {
    const primes = [34359451649n, 1152921504606830593n];
    const degree = 16_384;
    const values = (k: bigint) =>
      BigUint64Array.from({ length: 4 * degree }, (_, i) => {
        const prime = primes[Math.floor(i / degree) % 2]!;
        return (prime - 1n - BigInt(i) * k) % prime;
      });
    const words = new BigUint64Array(new SharedArrayBuffer(8 * 4 * degree));
    words.set(values(3n));
    const other = values(5n);
    const wire = new Uint8Array(3 + packedResidueBytes(primes, degree, 2)).subarray(3);
    const anywhere = new Uint8Array(5 + other.byteLength).subarray(5);
    anywhere.set(bytes(other));
    packResidues(anywhere, primes, degree, wire, tier);
    expect(Buffer.compare(wire, packed(other, primes, degree))).toBe(0);
    expect(addPackedResidues(words, wire, primes, degree, tier)).toBe(-1);
    const expected = values(3n);
    twin.addResidues(expected, other, primes, degree);
    expect(Buffer.compare(Buffer.from(bytes(words)), Buffer.from(bytes(expected)))).toBe(0);
  });

  it.each([...PARAMETER_SETS.values()])('expands seeds as the twin does: $name', ({ primes, degree }) => {
    const seed = Uint8Array.from({ length: 64 }, (_, i) => i * i + degree);
    const words = new BigUint64Array(primes.length * degree).fill(1n);
    addSeed(words, seed, primes, degree, tier);
    const expected = twin.expandSeed(seed, primes, degree);
    twin.addResidues(expected, new BigUint64Array(expected.length).fill(1n), primes, degree);
    expect(Buffer.compare(bytes(words), bytes(expected))).toBe(0);
    subtractSeed(words, seed, primes, degree, tier);
    expect(words.every((word) => word === 1n)).toBe(true);
  });

  it('refuses wrong lengths, degrees and primes', () => {
    const words = new BigUint64Array(16);
    const wire = new Uint8Array(2 * packedResidueBytes([97n], 8, 1));
    expect(() => addPackedResidues(words, wire.subarray(1), [97n], 8, tier)).toThrow(RangeError);
    expect(() => unpackResidues(wire, words.subarray(1), [97n], 8, tier)).toThrow(RangeError);
    expect(() => packResidues(bytes(words), [97n], 8, wire.subarray(1), tier)).toThrow(RangeError);
    expect(() => addResidues(words, words.subarray(8), [97n], 8, tier)).toThrow(RangeError);
    expect(() => addPackedResidues(words, wire, [97n], 4, tier)).toThrow(RangeError);
    expect(() => addPackedResidues(words, wire, [2n ** 61n - 1n], 8, tier)).toThrow(RangeError);
    expect(() => addSeed(words, new Uint8Array(63), [97n], 1024, tier)).toThrow(RangeError);
    expect(() => addSeed(words, new Uint8Array(64), [97n], 16, tier)).toThrow(RangeError);
    expect(() => addSeed(words, new Uint8Array(64), [97n], 1024, tier)).toThrow(RangeError);
  });
});

describe('the twin', () => {
  it('has the compression function of BLAKE2b', () => {
    // An 8-byte message under a 64-byte key differs from BLAKE2xb's root in nothing but the parameter block's output length; noble
    // checks the rest.
    const key = Uint8Array.from({ length: 64 }, (_, i) => i);
    const message = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
    expect(twin.keyedBlake2b(key, 1n)).toEqual([
      ...new BigUint64Array(blake2b(message, { key, dkLen: 64 }).slice().buffer),
    ]);
  });
});
