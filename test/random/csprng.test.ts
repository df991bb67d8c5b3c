import { describe, expect, it } from 'vitest';
import { csprng, randomBytes } from '../../src/random/index.ts';

describe('the system generator', () => {
  it.each([
    ['memory of its own', (length: number) => new Uint8Array(length)],
    ['shared memory', (length: number) => new Uint8Array(new SharedArrayBuffer(length))],
    ['a Buffer', (length: number) => Buffer.alloc(length)],
  ])('fills %s, more than it gives at once, and nothing beside it', (_, make) => {
    const whole = make(200_003);
    const middle = whole.subarray(3, 200_000);
    expect(csprng.fill(middle)).toBe(middle);
    expect(whole.subarray(0, 3).every((byte) => byte === 0)).toBe(true);
    expect(whole.subarray(200_000).every((byte) => byte === 0)).toBe(true);
    // Of 199,997 uniform bytes each value is there; 64 zeros in a row are not.
    expect(new Set(middle).size).toBe(256);
    for (let at = 0; at + 64 <= middle.length; at += 64) {
      expect(middle.subarray(at, at + 64).some((byte) => byte !== 0)).toBe(true);
    }
  });

  it('draws afresh each time, also nothing', () => {
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
    expect(randomBytes(0)).toHaveLength(0);
  });
});
