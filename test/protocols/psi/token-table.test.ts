import { describe, expect, it } from 'vitest';
import { TokenTable } from '../../../src/protocols/psi/token-table.ts';
import { randomBytes, SeededRng } from '../../../src/random/index.ts';

describe('TokenTable', () => {
  for (const bytes of [4, 5, 8, 10, 16, 32]) {
    it(`finds what was added and nothing else (${bytes} bytes)`, () => {
      const rng = new SeededRng(new Uint8Array(32).fill(bytes));
      const entries = randomBytes(2000 * bytes, rng);
      const table = new TokenTable(1000, bytes, rng);
      const added: number[] = [];
      for (let i = 0; i < 1000; i++) if (table.add(entries, i * bytes)) added.push(i);
      for (const [index, i] of added.entries()) {
        expect(table.find(entries, i * bytes)).toBe(index);
        expect(table.add(entries, i * bytes)).toBe(false);
      }
      let found = 0;
      for (let i = 1000; i < 2000; i++) if (table.find(entries, i * bytes) >= 0) found++;
      expect(found).toBeLessThanOrEqual(bytes === 4 ? 2 : 0);
      expect(table.size).toBe(added.length);
    });
  }

  it('keeps entries apart that share their first and last words', () => {
    const table = new TokenTable(500, 16);
    const entry = new Uint8Array(16);
    for (let i = 0; i < 500; i++) {
      new DataView(entry.buffer).setUint32(6, i);
      expect(table.add(entry, 0)).toBe(true);
    }
    for (let i = 0; i < 500; i++) {
      new DataView(entry.buffer).setUint32(6, i);
      expect(table.find(entry, 0)).toBe(i);
    }
    expect(() => table.add(new Uint8Array(16).fill(255), 0)).toThrow(RangeError);
  });
});
