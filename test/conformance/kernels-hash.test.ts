import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIMD_TIERS, supportsTier } from '../../src/kernels/features.ts';
import { expandMessages, type HashAlgorithm, hashItems } from '../../src/kernels/hash.ts';
import type { Items } from '../../src/kernels/plan.ts';
import * as twin from '../../src/kernels/reference/hash.ts';
import { SeededRng } from '../../src/random/index.ts';

const rng = new SeededRng(new Uint8Array(32).fill(9));
const text = (string: string): Uint8Array => new TextEncoder().encode(string);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function items(strings: readonly Uint8Array[]): Items {
  const offsets = new Uint32Array(strings.length + 1);
  strings.forEach((string, i) => {
    offsets[i + 1] = offsets[i]! + string.length;
  });
  return { data: Uint8Array.from(strings.flatMap((string) => [...string])), offsets };
}

const randomItems = (lengths: readonly number[]): Items => items(lengths.map((n) => rng.fill(new Uint8Array(n))));

const ALGORITHMS: readonly HashAlgorithm[] = ['sha256', 'sha512', 'blake3'];
const tiers = SIMD_TIERS.filter(supportsTier);
const cases = tiers.flatMap((tier) => ALGORITHMS.map((algorithm) => [tier, algorithm] as const));

describe.each(cases)('hash kernel, tier %s, %s', (tier, algorithm) => {
  it('agrees with its twin around every block boundary', () => {
    const lengths = [
      0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 110, 111, 112, 113, 119, 120, 127, 128, 129, 191, 192, 193, 239,
    ];
    const more = [240, 241, 255, 256, 257, 383, 511, 512, 513, 1000, 1023, 1024, 1025, 2000, 5000];
    const all = randomItems([...lengths, ...more, ...lengths.toReversed()]);
    expect(hashItems(algorithm, all, tier)).toEqual(twin.hashItems(algorithm, all));
  });

  it('agrees whatever lies beside a string in a group', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 11 }), (strings) => {
        const all = items(strings);
        expect(hashItems(algorithm, all, tier)).toEqual(twin.hashItems(algorithm, all));
      }),
      { numRuns: 100 },
    );
  });

  it('takes more strings and more bytes than one batch holds', () => {
    const many = randomItems(Array.from({ length: 1203 }, (_, i) => i % 40));
    expect(hex(hashItems(algorithm, many, tier))).toBe(hex(twin.hashItems(algorithm, many)));
    const long = randomItems(Array.from({ length: 150 }, (_, i) => 900 + (i % 130)));
    expect(hex(hashItems(algorithm, long, tier))).toBe(hex(twin.hashItems(algorithm, long)));
  });

  it('gives nothing for nothing, and refuses offsets that are not those of the data', () => {
    expect(hashItems(algorithm, items([]), tier)).toEqual(new Uint8Array(0));
    const data = new Uint8Array(4);
    for (const offsets of [[], [0], [1, 4], [0, 3], [0, 5], [0, 3, 2, 4]]) {
      expect(() => hashItems(algorithm, { data, offsets: Uint32Array.from(offsets) }, tier)).toThrow(RangeError);
    }
  });

  it('reads a view that starts anywhere, and shared memory', () => {
    const strings = [text('one'), text('two'), text(''), text('three')];
    const all = items(strings);
    const shared = new Uint8Array(new SharedArrayBuffer(all.data.length + 5), 5);
    shared.set(all.data);
    expect(hashItems(algorithm, { data: shared, offsets: all.offsets }, tier)).toEqual(twin.hashItems(algorithm, all));
  });
});

describe.each(tiers)('published vectors, tier %s', (tier) => {
  it('FIPS 180-4 examples (NIST CSRC): SHA-256 and SHA-512 of "abc" and of the two-block message', () => {
    const abc = text('abc');
    const two = text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq');
    expect(hex(hashItems('sha256', items([abc, two]), tier))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' +
        '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
    expect(hex(hashItems('sha512', items([abc]), tier))).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    );
    for (const algorithm of ['sha256', 'sha512'] as const) {
      expect(hex(hashItems(algorithm, items([two]), tier))).toBe(createHash(algorithm).update(two).digest('hex'));
    }
  });

  it('BLAKE3 test_vectors.json: lengths 0, 1, 63, 64, 65 and 1024 of the bytes 0, 1, .. 250, 0, ..', () => {
    const strings = [0, 1, 63, 64, 65, 1024].map((n) => Uint8Array.from({ length: n }, (_, i) => i % 251));
    const digests = hashItems('blake3', items(strings), tier);
    expect([0, 1, 2, 3, 4, 5].map((i) => hex(digests.subarray(32 * i, 32 * i + 32)))).toEqual([
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
      '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213',
      'e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b',
      '4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98',
      'de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee',
      '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7',
    ]);
  });

  it('RFC 9380 appendix K.3: expand_message_xmd with SHA-512', () => {
    const tag = text('QUUX-V01-CS02-with-expander-SHA512-256');
    const messages = ['', 'abc', 'abcdef0123456789', `q128_${'q'.repeat(128)}`, `a512_${'a'.repeat(512)}`].map(text);
    const short = expandMessages(items(messages), tag, 32, tier);
    expect([0, 1, 2, 3, 4].map((i) => hex(short.subarray(32 * i, 32 * i + 32)))).toEqual([
      '6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba',
      '0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc',
      '087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58',
      '7336234ee9983902440f6bc35b348352013becd88938d2afec44311caf8356b3',
      '57b5f7e766d5be68a6bfe1768e3c2b7f1228b3e4b3134956dd73a59b954c66f4',
    ]);
    const long = expandMessages(items(messages.slice(0, 1)), tag, 128, tier);
    expect(hex(long)).toBe(
      '41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921' +
        'b052b62eaed99b46f72f2ef4cc96bfaf254ebbbec091e1a3b9e4fb5e5b619d2e' +
        '0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d13d7e' +
        'b00a7cff859b605da678b318bd0e65ebff70bec88c753b159a805d2c89c55961',
    );
  });
});

describe.each(tiers)('expand_message_xmd, tier %s', (tier) => {
  it('agrees with its twin for every length of message, tag and output', () => {
    for (const length of [1, 32, 63, 64, 65, 128, 200, 1000, 16_320]) {
      const all = randomItems([0, 1, 40, 63, 64, 65, 127, 128, 129, 300, 1024, 1100, 7]);
      const tag = rng.fill(new Uint8Array(1 + (length % 255)));
      expect(hex(expandMessages(all, tag, length, tier))).toBe(hex(twin.expandMessages(all, tag, length)));
    }
    const many = randomItems(Array.from({ length: 1030 }, (_, i) => i % 50));
    expect(hex(expandMessages(many, text('tag'), 64, tier))).toBe(hex(twin.expandMessages(many, text('tag'), 64)));
  });

  it('hashes tags of more than 255 bytes (section 5.3.3)', () => {
    for (const size of [255, 256, 300]) {
      const tag = rng.fill(new Uint8Array(size));
      const all = randomItems([5, 6]);
      expect(hex(expandMessages(all, tag, 64, tier))).toBe(hex(twin.expandMessages(all, tag, 64)));
    }
  });

  it('refuses an empty tag and lengths out of range', () => {
    expect(() => expandMessages(items([text('a')]), new Uint8Array(0), 64, tier)).toThrow(/at least 1 byte/);
    for (const length of [0, -1, 1.5, 16_321]) {
      expect(() => expandMessages(items([text('a')]), text('tag'), length, tier)).toThrow(RangeError);
    }
  });
});
