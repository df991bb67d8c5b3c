import { chacha20 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex, utf8 } from '../../src/bytes/index.ts';
import { rotatedBound } from '../../src/encoding/index.ts';
import { Rotation } from '../../src/encoding/rotation.ts';
import { hadamard } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const norm = (v: Float64Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

describe('random rotation', () => {
  it('keeps the norm and is undone by its inverse, for every dimension', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.nat(255),
        (list, byte) => {
          const rotation = new Rotation(seed(byte), list.length);
          const values = Float64Array.from(list);
          const size = norm(values);
          rotation.forward(values);
          expect(Math.abs(norm(values) - size)).toBeLessThanOrEqual(1e-13 * size + 1e-150);
          rotation.inverse(values);
          list.forEach((x, i) => {
            expect(Math.abs(values[i]! - x)).toBeLessThanOrEqual(1e-13 * size + 1e-150);
          });
        },
      ),
    );
  });

  it('is linear: the inverse of a sum is the sum of the inverses', () => {
    const rotation = new Rotation(seed(3), 37);
    const a = Float64Array.from({ length: 37 }, (_, i) => Math.sin(i));
    const b = Float64Array.from({ length: 37 }, (_, i) => Math.cos(3 * i));
    const sum = a.map((x, i) => x + b[i]!);
    for (const v of [a, b]) rotation.forward(v);
    const rotated = a.map((x, i) => x + b[i]!);
    rotation.inverse(rotated);
    rotated.forEach((x, i) => {
      expect(x).toBeCloseTo(sum[i]!, 13);
    });
  });

  it('expands the seed as the specification says', () => {
    for (const d of [1, 2, 3, 5, 8, 13, 100, 128]) {
      const window = 2 ** Math.floor(Math.log2(d));
      const key = sha256(concatBytes(utf8('subrosa/encoding/v1 rotation'), seed(9)));
      const stream = chacha20(key, new Uint8Array(12), new Uint8Array(2 * window));
      const sign = (bit: number) => ((stream[bit >> 3]! >> (bit & 7)) & 1 ? -1 : 1);
      const expected = Float64Array.from({ length: d }, (_, i) => i + 1);
      const first = expected.subarray(0, window);
      first.forEach((x, i) => {
        first[i] = x * sign(i);
      });
      hadamard(first);
      if (d !== window) {
        const second = expected.subarray(d - window);
        second.forEach((x, i) => {
          second[i] = x * sign(window + i);
        });
        hadamard(second);
      }
      const values = Float64Array.from({ length: d }, (_, i) => i + 1);
      new Rotation(seed(9), d).forward(values);
      expect(Array.from(values)).toEqual(Array.from(expected));
    }
  });

  it('gives the same bits on every platform', () => {
    const values = Float64Array.from({ length: 3000 }, (_, i) => ((i * 7919) % 10007) / 10007 - 0.5);
    new Rotation(seed(0x42), 3000).forward(values);
    expect(toHex(sha256(new Uint8Array(values.buffer)))).toMatchInlineSnapshot(
      `"b683dfa297d46e5ce4912ed7888174aa870340b6d29e0bb6763593f2221c8376"`,
    );
  });

  it('differs from seed to seed', () => {
    const outputs = [1, 2].map((byte) => {
      const values = new Float64Array(64).fill(1);
      new Rotation(seed(byte), 64).forward(values);
      return Array.from(values);
    });
    expect(outputs[0]).not.toEqual(outputs[1]);
  });
});

describe('bound after rotation', () => {
  // The worst inputs: all in one coordinate (in the first window, the overlap, the last window), and all alike.
  it.each([16, 100, 129, 1000])('holds for every tested update of dimension %i', (d) => {
    const bound = rotatedBound(1, d, 1e-6);
    const rng = new SeededRng(seed(7));
    let largest = 0;
    for (let trial = 0; trial < 50; trial++) {
      const rotation = new Rotation(rng.fill(new Uint8Array(32)), d);
      for (const hot of [0, d >> 1, d - 1, undefined]) {
        const values = new Float64Array(d);
        if (hot === undefined) values.fill(1 / Math.sqrt(d));
        else values[hot] = 1;
        rotation.forward(values);
        largest = Math.max(largest, ...values.map(Math.abs));
      }
    }
    expect(largest).toBeLessThanOrEqual(bound);
    if (d >= 1000) expect(bound).toBeLessThan(0.35); // and it is worth having
  });

  it('is never above the norm and refuses nonsense', () => {
    expect(rotatedBound(4, 1)).toBe(4);
    expect(rotatedBound(4, 10)).toBe(4);
    expect(rotatedBound(4, 2 ** 20)).toBeCloseTo(4 * Math.sqrt((2 * Math.log(2 ** 41)) / 2 ** 20), 12);
    for (const [l2, d, failure] of [
      [0, 1, 0.1],
      [Number.NaN, 1, 0.1],
      [1, 0, 0.1],
      [1, 1.5, 0.1],
      [1, 1, 0],
      [1, 1, 1],
    ] as const) {
      expect(() => rotatedBound(l2, d, failure)).toThrow(RangeError);
    }
  });
});
