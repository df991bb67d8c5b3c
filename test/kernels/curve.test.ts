import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { curve } from '../../src/kernels/curve.ts';
describe('smoke', () => {
  it('base', () => {
    const two = new Uint8Array(32); two[0] = 1;
    expect(toHex(curve().multiplyBase(two))).toBe('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76');
    expect(curve().discreteLog(curve().multiplyBase(two), 10)).toEqual([1]);
  });
});
