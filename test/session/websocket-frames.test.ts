import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWatch } from '../../src/session/websocket-frames.ts';

/** A frame as RFC 6455, section 5.2 draws it. */
function frame(length: number, { first = 0x82, masked = false } = {}): Uint8Array {
  const mask = masked ? 0x80 : 0;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0];
  const head = [first, mask | size[0]!, ...size.slice(1)];
  if (size[0] === 127) for (const shift of [24, 16, 8, 0]) head.push((length >>> shift) & 255);
  if (masked) head.push(1, 2, 3, 4);
  return new Uint8Array([...head, ...new Uint8Array(length).fill(0xff)]);
}

describe('watching frames', () => {
  it('finds their ends wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_001), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (lengths, cuts, masked) => {
          const stream = Buffer.concat(lengths.map((length) => frame(length, { masked })));
          const watch = new FrameWatch(masked, 100_000);
          let ended = 0;
          let at = 0;
          for (let i = 0; at < stream.length; i++) {
            const step = cuts[i % cuts.length]!;
            ended += watch.take(stream.subarray(at, at + step));
            at += step;
          }
          expect(ended).toBe(lengths.length);
          expect(watch.partial).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('knows byte by byte what is missing', () => {
    const watch = new FrameWatch(true, 1000);
    const bytes = frame(300, { masked: true });
    expect(watch.partial).toBe(false);
    for (let i = 0; i < bytes.length - 1; i++) {
      expect(watch.take(bytes.subarray(i, i + 1))).toBe(0);
      expect(watch.partial).toBe(true);
      expect(watch.missing).toBe(i < 7 ? 0 : bytes.length - 1 - i);
    }
    expect(watch.take(bytes.subarray(-1))).toBe(1);
    expect(watch.partial).toBe(false);
  });

  it('refuses a frame by its header when it is too long', () => {
    for (const masked of [false, true]) {
      for (const length of [101, 200, 70_000]) {
        const watch = new FrameWatch(masked, 100);
        const header = frame(length, { masked }).subarray(0, length < 126 ? 2 : length < 65_536 ? 4 : 10);
        expect(() => watch.take(header)).toThrow(`a frame of ${length} bytes, at most 100 allowed in this phase`);
        watch.limit = 1;
      }
    }
    const watch = new FrameWatch(false, 100);
    expect(watch.take(frame(100))).toBe(1);
    watch.limit = 99;
    expect(() => watch.take(frame(100))).toThrow('at most 99');
    const huge = Uint8Array.of(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255);
    expect(() => new FrameWatch(false, 2 ** 31).take(huge)).toThrow('a frame of 18446744073709552000 bytes');
  });

  it('lets control frames through whatever the limit', () => {
    const watch = new FrameWatch(false, 0);
    for (const first of [0x88, 0x89, 0x8a]) expect(watch.take(frame(125, { first }))).toBe(1);
  });

  it.each([
    ['a fragment', 0x02, false, 'fragment'],
    ['a continuation', 0x80, false, 'fragment'],
    ['compression', 0xc2, false, 'extension'],
    ['text', 0x81, false, 'kind 1, expected binary'],
    ['a kind that does not exist', 0x8b, false, 'kind 11'],
    ['a reserved kind', 0x83, false, 'kind 3'],
    ['a mask where none belongs', 0x82, true, 'that is masked'],
  ])('refuses %s', (_, first, masked, message) => {
    expect(() => new FrameWatch(false, 100).take(frame(1, { first, masked }))).toThrow(message);
  });

  it('refuses a client that does not mask, and long control frames', () => {
    expect(() => new FrameWatch(true, 100).take(frame(1))).toThrow('not masked');
    expect(() => new FrameWatch(false, 1000).take(frame(126, { first: 0x89 }))).toThrow('control that is too long');
  });
});
