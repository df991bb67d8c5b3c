import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/bytes/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { CURVE_TIERS, type Curve, curve } from '../../src/kernels/curve.ts';
import { enableRelaxedSimd, supportsTier } from '../../src/kernels/features.ts';
import { expandMessages } from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import { BAD_ENCODINGS, DERIVED, DERIVED_ALIKE, MULTIPLES } from '../vectors/rfc9496.ts';

enableRelaxedSimd();
const twin = curve('reference');
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function scalar(value: bigint): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = Number((value >> BigInt(8 * i)) & 255n);
  return out;
}

function error(action: () => unknown): ProtocolError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const all = (hex: readonly string[]): Uint8Array => concatBytes(...hex.map(fromHex));

/** Digits, halves and carries of the recoding: near powers of 16 and 2, near 0, l/2 and l, and runs of one digit. */
const EDGES = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 9n, 15n, 16n, 17n].flatMap((k) => [k, ORDER - 1n - k, ORDER / 2n + k, ORDER / 2n - k]),
  ...[4n, 63n, 64n, 65n, 127n, 128n, 192n, 248n, 251n, 252n].flatMap((k) => [2n ** k - 1n, 2n ** k, 2n ** k + 1n]),
  ...[0x1n, 0x7n, 0x8n, 0x9n, 0xfn].map((digit) => digit * ((16n ** 62n - 1n) / 15n)),
];

describe.each(CURVE_TIERS.filter(supportsTier))('curve, tier %s', (tier) => {
  const group: Curve = curve(tier);
  const same = (name: string, run: (c: Curve) => Uint8Array) => expect(toHex(run(group)), name).toBe(toHex(run(twin)));

  it('is the tier it says', () => {
    expect(group.tier).toBe(tier);
  });

  it('RFC 9496 A.1: multiples of the generator', () => {
    const scalars = concatBytes(...MULTIPLES.map((_, i) => scalar(BigInt(i))));
    expect(group.multiplyBase(scalars)).toEqual(all(MULTIPLES));
    expect(group.multiplyBase(scalars, fromHex(MULTIPLES[1]!))).toEqual(all(MULTIPLES));
    const generators = concatBytes(...MULTIPLES.map(() => fromHex(MULTIPLES[1]!)));
    expect(group.multiplyEach(generators, scalars)).toEqual(all(MULTIPLES));
    expect(() => group.checkPoints(all(MULTIPLES.slice(1)))).not.toThrow();
    for (let i = 1; i < 8; i++) {
      expect(group.multiply(all(MULTIPLES.slice(1, 3)), scalar(BigInt(i)))).toEqual(
        all([MULTIPLES[i]!, MULTIPLES[2 * i]!]),
      );
    }
  });

  it.each(Object.entries(BAD_ENCODINGS))('RFC 9496 A.2: refuses a %s', (_reason, encodings) => {
    for (const bad of encodings) {
      for (const count of [1, 2, 3, 4]) {
        for (let index = 0; index < count; index++) {
          const points = all(Array.from({ length: count }, (_, i) => (i === index ? bad : MULTIPLES[i + 1]!)));
          const found = error(() => group.checkPoints(points));
          expect(found.code).toBe('not-canonical');
          if (count > 1) expect(found.message).toContain(`point ${index} of ${count}`);
        }
      }
    }
  });

  it('refuses bad points in every operation that takes points, and names the first', () => {
    const bad = all([MULTIPLES[1]!, MULTIPLES[2]!, BAD_ENCODINGS['non-square x^2']![0]!, MULTIPLES[0]!]);
    const good = all(MULTIPLES.slice(1, 5));
    const one = scalar(1n);
    const ones = concatBytes(one, one, one, one);
    const operations: Record<string, () => unknown> = {
      checkPoints: () => group.checkPoints(bad),
      multiply: () => group.multiply(bad, one),
      multiplyEach: () => group.multiplyEach(bad, ones),
      'add, left': () => group.add(bad, good),
      'add, right': () => group.add(good, bad),
      subtract: () => group.subtract(good, bad),
      sum: () => group.sum(bad),
      multiScalar: () => group.multiScalar(bad, ones),
      discreteLog: () => group.discreteLog(bad, 10),
    };
    for (const [name, run] of Object.entries(operations)) {
      const found = error(run);
      expect(found.code, name).toBe('not-canonical');
      expect(found.message, name).toContain('point 2 of 4');
    }
    const base = bad.subarray(64, 96);
    expect(error(() => group.multiplyBase(ones, base)).code).toBe('not-canonical');
    expect(error(() => group.multiplyBases(ones, ones, base)).code).toBe('not-canonical');
  });

  it('refuses the identity as such', () => {
    const points = all([MULTIPLES[1]!, MULTIPLES[0]!, MULTIPLES[0]!]);
    const found = error(() => group.multiply(points, scalar(5n)));
    expect(found.code).toBe('identity-element');
    expect(found.message).toContain('point 1 of 3');
    expect(error(() => group.multiplyBase(scalar(5n), fromHex(MULTIPLES[0]!))).code).toBe('identity-element');
  });

  it('names the right index beyond the first batch', () => {
    const points = all(Array.from({ length: 600 }, (_, i) => MULTIPLES[1 + (i % 15)]!));
    points.set(fromHex(BAD_ENCODINGS['negative xy']![0]!), 32 * 577);
    expect(error(() => group.checkPoints(points)).message).toContain('point 577 of 600');
  });

  it('RFC 9496 A.3: element derivation', () => {
    const uniform = concatBytes(...DERIVED.map(([message]) => sha512(utf8(message))));
    expect(group.hashToGroup(uniform)).toEqual(all(DERIVED.map(([, element]) => element)));
    expect(group.hashToGroup(all(DERIVED_ALIKE.inputs))).toEqual(
      all(DERIVED_ALIKE.inputs.map(() => DERIVED_ALIKE.element)),
    );
  });

  it('RFC 9497 A.1.1: blinds and evaluates', () => {
    const dst = utf8('HashToGroup-OPRFV1-\x00-ristretto255-SHA512');
    const data = concatBytes(Uint8Array.of(0), new Uint8Array(17).fill(0x5a));
    const uniform = expandMessages({ data, offsets: Uint32Array.of(0, 1, 18) }, dst, 64);
    const blind = fromHex('64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706');
    const key = fromHex('5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e');
    const blinded = group.hashAndMultiply(uniform, blind);
    expect(toHex(blinded.subarray(0, 32))).toBe('609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c');
    expect(toHex(blinded.subarray(32))).toBe('da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418');
    const evaluated = group.multiply(blinded, key);
    expect(toHex(evaluated.subarray(0, 32))).toBe('7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e');
    expect(toHex(evaluated.subarray(32))).toBe('b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25');
  });

  it('maps edge field elements as its twin does', () => {
    const p = 2n ** 255n - 19n;
    const halves = [
      0n,
      1n,
      2n,
      p - 1n,
      p,
      p + 1n,
      p - 2n,
      2n ** 255n - 1n,
      2n ** 255n,
      2n ** 256n - 1n,
      2n ** 51n,
      2n ** 254n,
    ];
    const uniform = concatBytes(...halves.flatMap((h, i) => [scalar(h), scalar(halves[(5 * i + 1) % halves.length]!)]));
    same('hashToGroup', (c) => c.hashToGroup(uniform));
    same('alone', (c) => c.hashToGroup(uniform.subarray(0, 64)));
  });

  it('multiplies by edge scalars as its twin does', () => {
    const rng = new SeededRng(new Uint8Array(32).fill(7));
    const points = twin.hashToGroup(rng.fill(new Uint8Array(64 * EDGES.length)));
    const scalars = concatBytes(...EDGES.map(scalar));
    same('multiplyEach', (c) => c.multiplyEach(points, scalars));
    same('multiplyBase', (c) => c.multiplyBase(scalars));
    same('multiScalar', (c) => c.multiScalar(points, scalars));
    for (const edge of EDGES.filter((k, i) => k > 0n && i % 9 === 0))
      same(`multiply by ${edge}`, (c) => c.multiply(points.subarray(0, 96), scalar(edge)));
  });

  it('does on random input what its twin does', () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 7 }), (seed, n) => {
        const rng = new SeededRng(seed);
        const draw = (): Uint8Array => {
          const out = rng.fill(new Uint8Array(32 * n));
          for (let i = 0; i < n; i++) out[32 * i + 31]! &= 0x0f;
          return out;
        };
        const uniform = rng.fill(new Uint8Array(64 * n));
        const other = twin.hashToGroup(rng.fill(new Uint8Array(64 * n)));
        const [left, right] = [draw(), draw()];
        const points = twin.hashToGroup(uniform);
        same('hashToGroup', (c) => c.hashToGroup(uniform));
        same('add', (c) => c.add(points, other));
        same('subtract', (c) => c.subtract(points, other));
        same('sum', (c) => c.sum(points));
        if (n === 0) return;
        const base = points.subarray(0, 32);
        const key = left.subarray(0, 32);
        same('multiply', (c) => c.multiply(points, key));
        same('hashAndMultiply', (c) => c.hashAndMultiply(uniform, key));
        same('multiplyEach', (c) => c.multiplyEach(points, left));
        same('multiplyBase', (c) => c.multiplyBase(left, base));
        same('multiplyBases', (c) => c.multiplyBases(left, right, base));
        same('multiScalar', (c) => c.multiScalar(points, right));
      }),
      { numRuns: tier === 'reference' ? 1 : 8 },
    );
  });

  it('gives the identity where it must, as 32 zero bytes', () => {
    const points = all(MULTIPLES.slice(1, 4));
    const zeros = new Uint8Array(96);
    expect(group.subtract(points, points)).toEqual(zeros);
    expect(group.multiplyEach(points, zeros)).toEqual(zeros);
    expect(group.multiplyBase(zeros)).toEqual(zeros);
    expect(group.multiplyBases(zeros, zeros, points.subarray(0, 32))).toEqual(zeros);
    expect(group.sum(new Uint8Array(0))).toEqual(zeros.subarray(0, 32));
    expect(group.multiScalar(points, zeros)).toEqual(zeros.subarray(0, 32));
    // P + (-P), the two in different representations
    const minus = group.multiplyEach(points, concatBytes(...Array.from({ length: 3 }, () => scalar(ORDER - 1n))));
    expect(group.add(points, minus)).toEqual(zeros);
    expect(group.sum(concatBytes(points, minus))).toEqual(zeros.subarray(0, 32));
  });

  it('takes exponential ElGamal through encryption, addition and decryption', () => {
    const x = scalar(0x1234567890abcdefn);
    const key = group.multiplyBase(x);
    const values = concatBytes(...[3n, 0n, 1000n].map(scalar));
    const randoms = concatBytes(...[5n, 7n, ORDER - 11n].map(scalar));
    const c1 = group.multiplyBase(randoms);
    const c2 = group.multiplyBases(values, randoms, key);
    expect(group.discreteLog(group.subtract(c2, group.multiply(c1, x)), 2000)).toEqual([3, 0, 1000]);
    expect(group.discreteLog(group.subtract(group.sum(c2), group.multiply(group.sum(c1), x)), 2000)).toEqual([1003]);
  });

  it('finds small logarithms, and none above the bound', () => {
    const logs = [0, 1, 2, 255, 256, 257, 65_535, 65_536, 1_000_000];
    const points = group.multiplyBase(concatBytes(...logs.map((k) => scalar(BigInt(k)))));
    expect(group.discreteLog(points, 1_000_000)).toEqual(logs);
    expect(group.discreteLog(points, 256)).toEqual(logs.map((k) => (k <= 256 ? k : -1)));
    expect(group.discreteLog(points.subarray(0, 64), 0)).toEqual([0, -1]);
    expect(() => group.discreteLog(points, 2 ** 40 + 1)).toThrow(RangeError);
    expect(() => group.discreteLog(points, 1.5)).toThrow(RangeError);
  });

  it("calls a caller's own mistakes a RangeError", () => {
    const points = all(MULTIPLES.slice(1, 3));
    const one = scalar(1n);
    expect(() => group.multiply(points.subarray(1), one)).toThrow(/63 bytes is not a multiple of 32/);
    expect(() => group.hashToGroup(points.subarray(0, 32))).toThrow(/32 bytes is not a multiple of 64/);
    expect(() => group.multiply(points, scalar(0n))).toThrow(/scalar is zero/);
    expect(() => group.multiply(points, scalar(ORDER))).toThrow(/not below the group order/);
    expect(() => group.hashAndMultiply(points, scalar(2n ** 256n - 1n))).toThrow(/not below the group order/);
    expect(() => group.multiply(points, new Uint8Array(31))).toThrow(/a scalar has 32 bytes, found 31/);
    expect(() => group.multiplyEach(points, one)).toThrow(/2 and 1 items/);
    expect(() => group.multiplyBase(scalar(ORDER))).toThrow(RangeError);
    expect(() => group.multiplyBases(one, concatBytes(one, one), points.subarray(0, 32))).toThrow(RangeError);
    expect(() => group.multiplyBase(one, points)).toThrow(/a point has 32 bytes, found 64/);
    expect(() => group.add(points, points.subarray(32))).toThrow(/2 and 1 items/);
    expect(() => group.multiScalar(points, one)).toThrow(RangeError);
  });

  it('does not change what it is given', () => {
    const points = all(MULTIPLES.slice(1, 4));
    const key = scalar(12_345n);
    const before = [points.slice(), key.slice()];
    group.multiply(points, key);
    group.add(points, points);
    group.multiplyBase(key, points.subarray(0, 32));
    group.discreteLog(points, 3);
    expect([points, key]).toEqual(before);
  });
});
