import { expect, it } from 'vitest';
import { Reader, Writer } from '../../src/bytes/index.ts';

it('grows at any field', () => {
  for (let capacity = 0; capacity < 60; capacity++) {
    const out = new Writer(capacity);
    out.u8(1).u16(2).u32(3).u64(4n).f64(5.5).text('six').sized(Uint8Array.of(7)).bytes(Uint8Array.of(8)).u8(9);
    const reader = new Reader(out.finish(), 'test');
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.f64(), reader.text()]).toEqual([
      1,
      2,
      3,
      4n,
      5.5,
      'six',
    ]);
    expect([reader.sized(1), reader.u8(), reader.u8()]).toEqual([Uint8Array.of(7), 8, 9]);
    reader.end();
  }
});
