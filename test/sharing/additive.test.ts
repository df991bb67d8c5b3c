import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { addInto, copyVector, PrimeField, type RingVector, reduce, zeroVector } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  AdditiveShare,
  fieldGroup,
  reconstructAdditive,
  ringGroup,
  type SharingOf,
  splitAdditive,
} from '../../src/sharing/index.ts';

const rng = (seed = 1) => new SeededRng(new Uint8Array(32).fill(seed));
const session = new Uint8Array(32).fill(7);

function vector(bits: number, values: readonly bigint[]): RingVector {
  const out = zeroVector(bits, values.length);
  values.forEach((value, i) => {
    if (out.words instanceof Uint32Array) out.words[i] = Number(value);
    else out.words[i] = value;
  });
  return out;
}

function code(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('additive sharing over Z_2^bits', () => {
  it('reconstructs, and sums of shares are shares of the sum', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 13, 32, 33, 57, 64),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom('aes256ctr' as const, 'chacha20' as const),
        fc.infiniteStream(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        (bits, parties, length, suite, stream) => {
          const draw = () =>
            vector(
              bits,
              Array.from({ length }, () => BigInt.asUintN(bits, stream.next().value as bigint)),
            );
          const of: SharingOf<RingVector> = { group: ringGroup(bits, suite), length, scale: 1, parties, session };
          const [a, b] = [draw(), draw()];
          const before = copyVector(a);
          const left = splitAdditive(a, of, { rng: rng(2), full: 1 });
          const right = splitAdditive(b, of, { rng: rng(3) });
          expect(a).toEqual(before);
          expect(reconstructAdditive(left)).toEqual(a);
          expect(reconstructAdditive([...right].reverse())).toEqual(b);
          const sum = copyVector(a);
          addInto(sum, b);
          expect(reconstructAdditive(left.map((share, i) => share.add(right[i]!)))).toEqual(reduce(sum));
        },
      ),
    );
  });

  it('sends one vector and n - 1 seeds, all different', () => {
    const of = { group: ringGroup(32), length: 5, scale: 1, parties: 4, session };
    const shares = splitAdditive(zeroVector(32, 5), of, { rng: rng(), full: 2 });
    expect(shares.map((share) => share.body.kind)).toEqual(['seed', 'vector', 'seed', 'seed']);
    const seeds = shares.flatMap((share) => (share.body.kind === 'seed' ? [share.body.seed.join()] : []));
    expect(new Set(seeds).size).toBe(3);
  });

  it('fills the ring: every residue is reached equally often', () => {
    for (const [bits, kind] of [
      [8, 'seed'],
      [8, 'vector'],
      [40, 'vector'],
      [64, 'seed'],
    ] as const) {
      const length = 25_600;
      const of = { group: ringGroup(bits), length, scale: 1, parties: 2, session };
      const shares = splitAdditive(zeroVector(bits, length), of, { rng: rng(bits) });
      const words = shares.find((share) => share.body.kind === kind)!.expand().words;
      for (const shift of [0, bits - 8]) {
        const counts = new Array<number>(256).fill(0);
        for (const word of words) counts[Number((BigInt(word) >> BigInt(shift)) & 0xffn)]!++;
        const chi = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
        expect(Math.min(...counts)).toBeGreaterThan(0);
        expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(510));
      }
    }
  });
});

describe('additive sharing over a prime field', () => {
  it('reconstructs and adds', () => {
    for (const p of [5n, 65_537n, 2n ** 127n - 1n]) {
      const group = fieldGroup(new PrimeField(p));
      const of = { group, length: 3, scale: 1, parties: 3, session };
      const a = splitAdditive([p - 1n, 1n, 0n], of, { rng: rng(4) });
      const b = splitAdditive([2n, 2n, 0n], of, { rng: rng(5) });
      expect(reconstructAdditive(a)).toEqual([p - 1n, 1n, 0n]);
      expect(reconstructAdditive(a.map((share, i) => share.add(b[i]!)))).toEqual([1n, 3n, 0n]);
    }
  });

  it('reaches every residue equally often', () => {
    const group = fieldGroup(new PrimeField(11n));
    const of = { group, length: 5_500, scale: 1, parties: 2, session };
    for (const share of splitAdditive(new Array<bigint>(5_500).fill(3n), of, { rng: rng(6) })) {
      const counts = new Array<number>(11).fill(0);
      for (const value of share.expand()) counts[Number(value)]!++;
      const chi = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
      expect(chi).toBeLessThan(35); // 10 degrees of freedom
      expect(chi).toBeGreaterThan(1);
    }
  });
});

describe('refusals', () => {
  const of = { group: ringGroup(32), length: 2, scale: 1, parties: 3, session };
  const secret = zeroVector(32, 2);
  const shares = splitAdditive(secret, of, { rng: rng() });
  const [a, b, c] = shares as [AdditiveShare<RingVector>, AdditiveShare<RingVector>, AdditiveShare<RingVector>];

  it('does not mix sharings', () => {
    expect(code(() => reconstructAdditive([a, b, c]))).toBe('no error');
    const others: Partial<SharingOf<RingVector>>[] = [
      { group: ringGroup(31) },
      { group: ringGroup(32, 'chacha20') },
      { length: 3 },
      { scale: 2 },
      { parties: 4 },
      { session: new Uint8Array(32) },
    ];
    for (const other of others) {
      const changed = { ...of, ...other };
      const stranger = splitAdditive(
        zeroVector(changed.group.name.startsWith('Z_2^31') ? 31 : 32, changed.length),
        changed,
      )[2]!;
      expect(code(() => reconstructAdditive([a, b, stranger]))).toBe('bad-share');
      expect(code(() => c.add(stranger))).toBe('bad-share');
    }
    expect(code(() => a.add(b))).toBe('bad-share');
    expect(code(() => reconstructAdditive([a, b, b]))).toBe('bad-share');
    expect(code(() => reconstructAdditive([a, b]))).toBe('below-threshold');
    expect(code(() => reconstructAdditive([]))).toBe('below-threshold');
  });

  it('does not take arguments out of range', () => {
    expect(() => splitAdditive(zeroVector(32, 3), of)).toThrow(RangeError);
    expect(() => splitAdditive(zeroVector(31, 2), of)).toThrow(RangeError);
    expect(() => splitAdditive(secret, { ...of, parties: 1 })).toThrow(RangeError);
    expect(() => splitAdditive(secret, { ...of, scale: Number.NaN })).toThrow(RangeError);
    expect(() => splitAdditive(secret, of, { full: 4 })).toThrow(RangeError);
    expect(() => new AdditiveShare(of, 0, { kind: 'seed', seed: new Uint8Array(32) })).toThrow(RangeError);
    expect(() => new AdditiveShare(of, 1, { kind: 'seed', seed: new Uint8Array(31) })).toThrow(/32 bytes, found 31/);
    expect(() => ringGroup(7)).toThrow(RangeError);
    expect(() => fieldGroup(new PrimeField(5n)).check([5n], 1)).toThrow(RangeError);
  });

  it('does not print', () => {
    for (const text of [String(a), JSON.stringify(a), inspect(a)])
      expect(text).toContain('[secret additive share 1 of 3]');
  });
});
