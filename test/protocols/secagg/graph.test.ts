import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbours, ringGraph } from '../../../src/protocols/secagg/graph.ts';

const seed = (value: number) => new Uint8Array(32).fill(value);

describe('ringGraph', () => {
  it('is k-regular, symmetric, without loops, ascending', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat(255), (n, half, value) => {
        const even = 2 * (half % Math.floor((n - 1) / 2 + 1));
        const k = even === 0 ? n - 1 : even;
        const graph = ringGraph(seed(value), n, k);
        const sets = Array.from({ length: n }, (_, node) => new Set(graph.neighbours(node)));
        sets.forEach((set, node) => {
          expect(set.size).toBe(k);
          expect(set.has(node)).toBe(false);
          for (const other of set) expect(sets[other]!.has(node)).toBe(true);
          expect([...set]).toEqual([...set].sort((a, b) => a - b));
          expect(neighbours(seed(value), n, k, node)).toEqual(graph.neighbours(node));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is connected: a ring', () => {
    const graph = ringGraph(seed(1), 101, 2);
    const seen = new Set([0]);
    for (const node of seen) for (const other of graph.neighbours(node)) seen.add(other);
    expect(seen.size).toBe(101);
  });

  it('depends on every bit of its seed, and on nothing else', () => {
    const list = (value: Uint8Array) => [...ringGraph(value, 50, 6).neighbours(7)].join();
    expect(list(seed(3))).toBe(list(seed(3)));
    const others = new Set<string>();
    for (let bit = 0; bit < 256; bit++) {
      const turned = seed(3);
      turned[bit >>> 3]! ^= 1 << (bit & 7);
      others.add(list(turned));
    }
    expect(others.has(list(seed(3)))).toBe(false);
    expect(others.size).toBeGreaterThan(250);
  });

  it('puts everybody next to everybody equally often', () => {
    const counts = new Array<number>(9).fill(0);
    const runs = 2000;
    for (let i = 0; i < runs; i++) {
      const value = new Uint8Array(32);
      new DataView(value.buffer).setUint32(0, i);
      for (const other of neighbours(value, 9, 2, 0)) counts[other]!++;
    }
    // Each of the 8 others with probability 1/4; 99.99 % quantile of chi-square with 7 degrees of freedom: 29.9.
    const expected = runs / 4;
    const chi = counts.slice(1).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts[0]).toBe(0);
    expect(chi).toBeLessThan(29.9);
  });

  it('refuses degrees that no ring has', () => {
    for (const [n, k] of [
      [10, 3],
      [10, 10],
      [10, 0],
      [1, 0],
      [65_536, 2],
      [10, 2.5],
    ] as const) {
      expect(() => ringGraph(seed(0), n, k)).toThrow(RangeError);
    }
    expect(() => neighbours(seed(0), 10, 2, 10)).toThrow(RangeError);
    expect(() => neighbours(seed(0), 10, 9, -1)).toThrow(RangeError);
  });
});
