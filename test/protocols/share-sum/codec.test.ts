import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { packedBytes } from '../../../src/kernels/index.ts';
import {
  bodyOf,
  contributorsDigest,
  decodeContributors,
  decodeHoldings,
  decodePartialSum,
  decodeShare,
  EXCLUSIONS,
  type Exclusion,
  encodeContributors,
  encodeHoldings,
  encodePartialSum,
  encodeShare,
  frameOf,
  type ShareSumRound,
  shareSumRound,
} from '../../../src/protocols/share-sum/index.ts';
import { spec } from './harness.ts';

const round = shareSumRound(spec(11, 3, { bits: 13, length: 9 }), { mode: 'shamir', threshold: 2 });
const vectorBytes = packedBytes(13, round.shareLength);

const packed = fc.uint8Array({ minLength: vectorBytes, maxLength: vectorBytes }).map((bytes) => {
  const used = (13 * round.shareLength) % 8;
  if (used !== 0) bytes[bytes.length - 1]! &= 2 ** used - 1;
  return bytes;
});
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const indices = fc.uniqueArray(fc.integer({ min: 0, max: 10 })).map((list) => list.sort((a, b) => a - b));

const tag = fc.uint8Array({ minLength: 16, maxLength: 16 });

const share = fc.oneof(
  fc.record({ tag, kind: fc.constant('seed' as const), seed: digest }),
  fc.record({ tag, kind: fc.constant('vector' as const), packed }),
);
const holdings = fc
  .array(fc.option(fc.constantFrom<Exclusion | 'held'>('held', ...EXCLUSIONS), { nil: undefined }), {
    minLength: 11,
    maxLength: 11,
  })
  .map((fates) => ({
    held: new Map(fates.flatMap((fate, i) => (fate === 'held' ? [[i, new Uint8Array(16).fill(7 * i)] as const] : []))),
    excluded: new Map(fates.flatMap((fate, i) => (fate === undefined || fate === 'held' ? [] : [[i, fate] as const]))),
  }));

interface Codec<T> {
  readonly name: string;
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (round: ShareSumRound, body: Uint8Array) => T;
}

const codec = <T>(codec: Codec<T>) => codec as Codec<unknown>;

const codecs = [
  codec({ name: 'Share', values: share, encode: encodeShare, decode: decodeShare }),
  codec({
    name: 'Holdings',
    values: holdings,
    encode: (value) => encodeHoldings(round, value),
    decode: decodeHoldings,
  }),
  codec({
    name: 'Contributors',
    values: indices.map((clients) => ({ clients })),
    encode: (value) => encodeContributors(round, value),
    decode: decodeContributors,
  }),
  codec({
    name: 'PartialSum',
    values: fc.record({ contributors: digest, packed }),
    encode: encodePartialSum,
    decode: decodePartialSum,
  }),
];

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe.each(codecs)('$name', ({ values, encode, decode }) => {
  it('round-trips', () => {
    fc.assert(fc.property(values, (value) => void expect(decode(round, encode(value))).toEqual(value)));
  });

  it('refuses every truncation and extension', () => {
    fc.assert(
      fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 9 }), (value, tail) => {
        const body = encode(value);
        for (let end = 0; end < body.length; end++) {
          expect(refusal(() => decode(round, body.subarray(0, end)))).toBe('malformed');
        }
        expect(refusal(() => decode(round, new Uint8Array([...body, ...tail])))).toBe('malformed');
      }),
      { numRuns: 20 },
    );
  });

  it('has one encoding for every value: arbitrary bytes are refused or encode to themselves', () => {
    fc.assert(
      fc.property(
        values,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
        (value, flips) => {
          const body = encode(value).slice();
          for (const [at, flip] of flips) body[at % body.length]! ^= flip;
          let decoded: unknown;
          const code = refusal(() => {
            decoded = decode(round, body);
          });
          if (code === 'accepted') expect(encode(decoded)).toEqual(body);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('fields out of range', () => {
  const held = encodeHoldings(round, {
    held: new Map([
      [1, new Uint8Array(16)],
      [2, new Uint8Array(16).fill(9)],
    ]),
    excluded: new Map([
      [3, 'malformed'],
      [10, 'bad-share'],
    ]),
  });
  const changed = (at: number, byte: number) => {
    const out = held.slice();
    out[at] = byte;
    return out;
  };

  it('are refused in Holdings', () => {
    // bitmap 0..1, tags 2..33, count 34..35, entries at 36 and 39
    for (const [at, byte] of [
      [1, 0b1000], // client 11 of 0 .. 10
      [34, 3], // more entries than follow
      [36, 10], // not ascending
      [36, 2], // held and excluded
      [39, 11], // no such client
      [38, 0], // no such reason
      [41, 7],
    ] as const) {
      expect(refusal(() => decodeHoldings(round, changed(at, byte)))).toBe('malformed');
    }
  });

  it('are refused in Contributors, Share and PartialSum', () => {
    expect(refusal(() => decodeContributors(round, new Uint8Array([0, 0b1000])))).toBe('malformed');
    expect(refusal(() => decodeShare(round, new Uint8Array([2, ...new Uint8Array(48)])))).toBe('malformed');
    const full = new Uint8Array(vectorBytes).fill(0xff);
    expect((13 * round.shareLength) % 8).not.toBe(0);
    expect(refusal(() => decodeShare(round, new Uint8Array([1, ...new Uint8Array(16), ...full])))).toBe('malformed');
    expect(refusal(() => decodePartialSum(round, new Uint8Array([...new Uint8Array(32), ...full])))).toBe('malformed');
  });
});

describe('frames', () => {
  it('are bound to session, protocol and type', () => {
    const body = new Uint8Array([1, 2, 3]);
    const frame = frameOf(round, 2, body);
    expect(bodyOf(round, 2, frame)).toEqual(body);
    expect(refusal(() => bodyOf(round, 3, frame))).toBe('unexpected-message');
    const other = shareSumRound(spec(11, 3, { bits: 13, length: 9, round: 4 }), { mode: 'shamir', threshold: 2 });
    expect(refusal(() => bodyOf(other, 2, frame))).toBe('wrong-session');
    for (const [at, code] of [
      [0, 'malformed'],
      [3, 'unsupported-version'],
      [4, 'malformed'],
      [37, 'wrong-session'],
    ] as const) {
      const mutated = frame.slice();
      mutated[at]! ^= 0x40;
      expect(refusal(() => bodyOf(round, 2, mutated))).toBe(code);
    }
  });

  it('have a session that depends on mode, suite, threshold and spec, not on the order of members', () => {
    const base = spec(5, 3);
    const id = (parameters: Parameters<typeof shareSumRound>[1], round = base) =>
      shareSumRound(round, parameters).session.join();
    const ids = [
      id({ mode: 'additive' }),
      id({ mode: 'additive', suite: 'chacha20' }),
      id({ mode: 'shamir', threshold: 2 }),
      id({ mode: 'shamir', threshold: 3 }),
      id({ mode: 'additive' }, spec(5, 4)),
      id({ mode: 'additive' }, spec(5, 3, { length: 8 })),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    const reversed = { ...base, clients: [...base.clients].reverse(), helpers: [...base.helpers].reverse() };
    expect(id({ mode: 'additive' }, reversed)).toBe(ids[0]);
  });

  it('name the set of contributors by a digest of their own', () => {
    const digests = [
      [0, 1],
      [0, 2],
      [0, 1, 2],
    ].map((clients) => contributorsDigest(round, { clients }).join());
    expect(new Set(digests).size).toBe(3);
  });
});

describe('parameters', () => {
  it('out of range are refused', () => {
    const wrong: [() => unknown, RegExp][] = [
      [() => shareSumRound(spec(3, 1), { mode: 'additive' }), /1 aggregation servers/],
      [() => shareSumRound(spec(3, 256), { mode: 'additive' }), /256 aggregation servers/],
      [() => shareSumRound(spec(3, 3), { mode: 'shamir', threshold: 1 }), /threshold 1 of 3/],
      [() => shareSumRound(spec(3, 4), { mode: 'shamir', threshold: 2 }), /expected 3 .. 4/],
      [() => shareSumRound(spec(3, 3), { mode: 'shamir', threshold: 4 }), /threshold 4/],
      [() => shareSumRound(spec(3, 3), { mode: 'shamir', threshold: 2.5 }), /threshold 2.5/],
      [() => shareSumRound(spec(3, 3), { mode: 'replicated' as 'additive' }), /unknown mode/],
      [() => shareSumRound(spec(3, 3), { mode: 'additive', suite: 'rc4' as 'chacha20' }), /unknown suite/],
    ];
    for (const [action, message] of wrong) {
      expect(action).toThrow(RangeError);
      expect(action).toThrow(message);
    }
  });
});
