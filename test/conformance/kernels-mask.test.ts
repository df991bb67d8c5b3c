import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enableRelaxedSimd, supportsTier } from '../../src/kernels/features.ts';
import { applyMask, applyMasks, applyMasksAsync, MASK_BLOCK, MASK_TIERS } from '../../src/kernels/mask.ts';
import { type MaskTerm, SUITES, type Suite } from '../../src/kernels/plan.ts';
import { applyMask as applyMaskTwin } from '../../src/kernels/reference/mask.ts';
import { type RingWords, wordBytes } from '../../src/kernels/words.ts';
import { SeededRng } from '../../src/random/index.ts';

// Before anything is compiled: on Node 20 the tier `relaxed` sits behind a flag.
enableRelaxedSimd();
const tiers = MASK_TIERS.filter(supportsTier);

const rng = new SeededRng(new Uint8Array(32).fill(7));
const seed = (): Uint8Array => rng.fill(new Uint8Array(32));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

function vector(width: 4 | 8, length: number): RingWords {
  const words = width === 4 ? new Uint32Array(length) : new BigUint64Array(length);
  rng.fill(wordBytes(words));
  return words;
}

/** OpenSSL's keystream, seeked to a byte: an opinion of its own beside noble's. */
function openssl(key: Uint8Array, suite: Suite, from: number, bytes: number): Uint8Array {
  const size = suite === 'aes256ctr' ? 16 : 64;
  const iv = Buffer.alloc(16);
  const block = Math.floor(from / size);
  if (suite === 'aes256ctr') iv.writeBigUInt64BE(BigInt(block), 8);
  else iv.writeUInt32LE(block, 0);
  const cipher = createCipheriv(suite === 'aes256ctr' ? 'aes-256-ctr' : 'chacha20', key, iv);
  return cipher.update(Buffer.alloc((from % size) + bytes)).subarray(from % size);
}

const cases = tiers.flatMap((tier) => SUITES.map((suite) => [tier, suite] as const));

describe.each(cases)('mask kernel, tier %s, %s', (tier, suite) => {
  it.each([4, 8] as const)('agrees with its twin at every edge, %i-byte words', (width) => {
    for (const length of [0, 1, 2, 3, 7, 15, 17, 191, 192, 193, 385, 1023, 16_387]) {
      for (const from of [0, 1, 3, 16, 1023]) {
        for (const sign of [1, -1] as const) {
          const before = vector(width, length);
          const term: MaskTerm = { seed: seed(), sign };
          const ours = before.slice();
          const twin = before.slice();
          applyMask(ours, term, suite, from, tier);
          applyMaskTwin(twin, term, suite, from);
          expect(ours).toEqual(twin);
        }
      }
    }
  });

  it.each([4, 8] as const)('is the keystream of OpenSSL, little endian, from any word, %i-byte words', (width) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 0, max: 2 ** 36 / width }),
        fc.integer({ min: 0, max: 999 }),
        (key, from, length) => {
          const into = width === 4 ? new Uint32Array(length) : new BigUint64Array(length);
          applyMask(into, { seed: key, sign: 1 }, suite, from, tier);
          const expected = openssl(key, suite, from * width, length * width);
          expect(Buffer.compare(wordBytes(into), expected)).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes views that start anywhere and leaves their neighbours alone', () => {
    for (const [from, length] of [
      [1, 5],
      [3, 64],
      [5, 1021],
    ] as const) {
      const whole = vector(4, 1100) as Uint32Array;
      const expected = whole.slice();
      applyMaskTwin(expected.subarray(from, from + length), { seed: new Uint8Array(32), sign: 1 }, suite, 9);
      applyMask(whole.subarray(from, from + length), { seed: new Uint8Array(32), sign: 1 }, suite, 9, tier);
      expect(whole).toEqual(expected);
    }
  });

  it('works on shared memory', () => {
    const into = new Uint32Array(new SharedArrayBuffer(400));
    const twin = new Uint32Array(100);
    const term: MaskTerm = { seed: seed(), sign: -1 };
    applyMask(into, term, suite, 2, tier);
    applyMaskTwin(twin, term, suite, 2);
    expect(into.slice()).toEqual(twin);
  });

  it('masks ranges as it masks the whole, and takes back what it added', () => {
    const whole = vector(4, 3000);
    const original = whole.slice();
    const parts = whole.slice();
    const term: MaskTerm = { seed: seed(), sign: 1 };
    applyMask(whole, term, suite, 0, tier);
    for (const [from, to] of [
      [0, 1],
      [1, 1030],
      [1030, 3000],
    ] as const) {
      applyMask(parts.subarray(from, to), term, suite, from, tier);
    }
    expect(parts).toEqual(whole);
    applyMask(whole, { seed: term.seed, sign: -1 }, suite, 0, tier);
    expect(whole).toEqual(original);
  });

  it('seeks beyond 2^32 bytes', () => {
    for (const from of [2 ** 30 - 3, 2 ** 30, 2 ** 33 + 5, 2 ** 36 - 56]) {
      const into = new Uint32Array(40);
      applyMask(into, { seed: new Uint8Array(32).fill(3), sign: 1 }, suite, from, tier);
      const expected = openssl(new Uint8Array(32).fill(3), suite, 4 * from, 160);
      expect(Buffer.compare(wordBytes(into), expected)).toBe(0);
    }
  });

  it('refuses a range beyond the keystream, a short seed, a wrong sign', () => {
    const beyond = suite === 'chacha20' ? 2 ** 36 - 16 - 39 : 2 ** 51 - 39;
    const term: MaskTerm = { seed: new Uint8Array(32), sign: 1 };
    expect(() => applyMask(new Uint32Array(40), term, suite, beyond, tier)).toThrow(RangeError);
    expect(() => applyMask(new Uint32Array(1), term, suite, -1, tier)).toThrow(RangeError);
    expect(() => applyMask(new Uint32Array(1), term, suite, 0.5, tier)).toThrow(RangeError);
    expect(() => applyMask(new Uint32Array(1), { seed: new Uint8Array(31), sign: 1 }, suite, 0, tier)).toThrow(/31/);
    expect(() => applyMask(new Uint32Array(1), { ...term, sign: 0 as 1 }, suite, 0, tier)).toThrow(/sign/);
  });

  it.each(['node', 'webcrypto'] as const)('gives the same bytes asynchronously, AES from %s', async (aes) => {
    const length = suite === 'aes256ctr' && tier !== 'reference' ? MASK_BLOCK / 4 + 77 : 5000;
    const terms: MaskTerm[] = [
      { seed: seed(), sign: 1 },
      { seed: seed(), sign: -1 },
    ];
    const sync = vector(4, length);
    const async = sync.slice();
    applyMasks(sync, terms, suite, 5, tier);
    await applyMasksAsync(async, terms, suite, 5, { tier, aes });
    expect(Buffer.compare(wordBytes(sync), wordBytes(async))).toBe(0);
  });
});

describe('many masks at once', () => {
  it.each(SUITES)('add up over several blocks: %s', (suite) => {
    const length = Math.floor(2.3 * (MASK_BLOCK / 8));
    const terms: MaskTerm[] = Array.from({ length: 3 }, (_, i) => ({ seed: seed(), sign: i === 1 ? -1 : 1 }));
    const together = vector(8, length);
    const apart = together.slice();
    applyMasks(together, terms, suite, 11);
    for (const term of terms) applyMask(apart, term, suite, 11);
    expect(Buffer.compare(wordBytes(together), wordBytes(apart))).toBe(0);
    // The twin checks the words around the boundary of the first two blocks.
    const at = MASK_BLOCK / 8 - 4;
    const twin = new BigUint64Array(8);
    for (const term of terms) applyMaskTwin(twin, term, suite, 11 + at);
    const masked = new BigUint64Array(length);
    applyMasks(masked, terms, suite, 11);
    expect(masked.slice(at, at + 8)).toEqual(twin);
  });
});

describe('published vectors', () => {
  it('RFC 8439, appendix A.1, test vectors 1 and 2: ChaCha20 of the zero key and nonce, blocks 0 and 1', () => {
    const expected = hex(
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
        '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
    for (const tier of tiers) {
      const into = new Uint32Array(32);
      applyMask(into, { seed: new Uint8Array(32), sign: 1 }, 'chacha20', 0, tier);
      expect(wordBytes(into)).toEqual(expected);
    }
  });

  it('GCM specification (McGrew, Viega), test case 13: AES-256 of the zero block under the zero key', () => {
    for (const tier of tiers) {
      const into = new Uint32Array(4);
      applyMask(into, { seed: new Uint8Array(32), sign: 1 }, 'aes256ctr', 0, tier);
      expect(wordBytes(into)).toEqual(hex('dc95c078a2408989ad48a21492842087'));
    }
  });
});
