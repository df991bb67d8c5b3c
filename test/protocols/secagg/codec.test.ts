import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/bytes/index.ts';
import { ClientSet } from '../../../src/protocols/secagg/bitmap.ts';
import * as codec from '../../../src/protocols/secagg/codec.ts';
import { Nonces, PAIR_BYTES, Roster } from '../../../src/protocols/secagg/messages.ts';
import { resolveRound } from '../../../src/protocols/secagg/round.ts';
import { setup } from './play.ts';

const N = 11;
const K = 10;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const subset = (size: number) =>
  fc.uniqueArray(fc.nat(size - 1), { maxLength: size }).map((indices) => ClientSet.of(size, indices));

const rounds = (['honest-but-curious', 'malicious-server'] as const).map((adversary) => {
  const { spec, parameters } = setup({ clients: N, bits: 20, length: 7, parameters: { adversary, dropout: 0.25 } });
  return resolveRound(spec, parameters);
});

/** Round trip; and every truncation, extension, and padding bit is refused as malformed. */
function exact<Message>(
  message: fc.Arbitrary<Message>,
  encode: (message: Message) => Uint8Array,
  decode: (body: Uint8Array) => Message,
  /** Where a set of so many members begins. */
  sets: readonly (readonly [at: number, size: number])[] = [],
): void {
  const malformed = (body: Uint8Array) =>
    expect(() => decode(body), `${body.length} bytes`).toThrow(expect.objectContaining({ code: 'malformed' }));
  fc.assert(
    fc.property(message, (value) => {
      const body = encode(value);
      expect(encode(decode(body))).toEqual(body);
      for (let length = 0; length < body.length; length += Math.max(1, Math.floor(body.length / 97))) {
        malformed(body.slice(0, length));
      }
      malformed(body.slice(0, -1));
      for (const extra of [1, 2, 32, 64, PAIR_BYTES]) malformed(concatBytes(body, new Uint8Array(extra)));
      for (const [at, size] of sets) {
        for (let bit = size; bit < 8 * Math.ceil(size / 8); bit++) {
          const padded = body.slice();
          padded[at + (bit >>> 3)]! |= 1 << (bit & 7);
          malformed(padded);
        }
      }
    }),
    { numRuns: 40 },
  );
}

describe.each(rounds)('bodies ($parameters.adversary)', (round) => {
  const entry = codec.entryBytes(round);

  it('AdvertiseKeys', () => {
    const signed = fc.record({ commitment: bytes(32), signature: bytes(64) });
    const keys = { boxKey: bytes(32), maskKey: bytes(32) };
    exact(round.malicious ? fc.record({ ...keys, signed }) : fc.record(keys), codec.encodeAdvertiseKeys, (body) =>
      codec.decodeAdvertiseKeys(round, body),
    );
  });

  it('Roster', () => {
    const roster = subset(N).chain((present) =>
      bytes(present.count * entry).map((entries) => new Roster(present, entries, entry)),
    );
    exact(roster, codec.encodeRoster, (body) => codec.decodeRoster(round, body), [[0, N]]);
  });

  it('Survivors', () => {
    exact(
      subset(N).map((set) => ({ set })),
      codec.encodeSurvivors,
      (body) => codec.decodeSurvivors(round, body),
      [[0, N]],
    );
  });

  it('SignedSurvivors', () => {
    const message = fc
      .tuple(subset(N), subset(K))
      .chain(([set, signers]) => bytes(64 * signers.count).map((signatures) => ({ set, signers, signatures })));
    exact(message, codec.encodeSignedSurvivors, (body) => codec.decodeSignedSurvivors(round, body), [
      [0, N],
      [2, K],
    ]);
  });
});

describe('bodies', () => {
  const round = rounds[1]!;

  it('RevealNonce, ConsistencyCheck', () => {
    exact(fc.record({ nonce: bytes(32) }), codec.encodeRevealNonce, codec.decodeRevealNonce);
    exact(fc.record({ signature: bytes(64) }), codec.encodeConsistencyCheck, codec.decodeConsistencyCheck);
  });

  it('Nonces', () => {
    const nonces = subset(N).chain((set) => bytes(32 * set.count).map((values) => new Nonces(set, values)));
    exact(nonces, codec.encodeNonces, (body) => codec.decodeNonces(round, body), [[0, N]]);
  });

  it('ShareKeys', () => {
    exact(fc.record({ commitment: bytes(32), pairs: bytes(K * PAIR_BYTES) }), codec.encodeShareKeys, (body) =>
      codec.decodeShareKeys(body, K),
    );
  });

  it('EncryptedShares, UnmaskShares', () => {
    const slots = <Name extends string, Slots extends string>(name: Name, slotsName: Slots, size: number) =>
      subset(K).chain((set) =>
        bytes(size * set.count).map(
          (values) => ({ [name]: set, [slotsName]: values }) as Record<Name, ClientSet> & Record<Slots, Uint8Array>,
        ),
      );
    exact(
      slots('senders', 'pairs', PAIR_BYTES),
      codec.encodeEncryptedShares,
      (body) => codec.decodeEncryptedShares(body, K),
      [[0, K]],
    );
    exact(slots('held', 'shares', 32), codec.encodeUnmaskShares, (body) => codec.decodeUnmaskShares(body, K), [[0, K]]);
  });

  it('MaskedInput: 7 words of 20 bits, 4 bits of padding', () => {
    const words = fc
      .array(fc.nat(2 ** 20 - 1), { minLength: 7, maxLength: 7 })
      .map((list) => ({ words: Uint32Array.from(list) }));
    exact(
      words as fc.Arbitrary<{ words: Uint32Array | BigUint64Array }>,
      (message) => codec.encodeMaskedInput(round, message),
      (body) => codec.decodeMaskedInput(round, body),
      [[0, 140]],
    );
  });
});

describe('ClientSet', () => {
  it('is a set', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.nat()), fc.array(fc.nat()), (size, a, b) => {
        const [x, y] = [new Set(a.map((i) => i % size)), new Set(b.map((i) => i % size))];
        const [s, t] = [ClientSet.of(size, x), ClientSet.of(size, y)];
        expect(s.indices()).toEqual([...x].sort((i, j) => i - j));
        expect(s.count).toBe(x.size);
        expect(s.isSubsetOf(t)).toBe([...x].every((i) => y.has(i)));
        expect(s.has(size)).toBe(false);
        expect(() => s.add(size)).toThrow(RangeError);
      }),
    );
  });
});

describe('Roster', () => {
  it('has no entry for who is not in it', () => {
    const roster = new Roster(
      ClientSet.of(4, [1, 3]),
      Uint8Array.from({ length: 128 }, (_, i) => i),
      64,
    );
    expect(roster.boxKey(3)[0]).toBe(64);
    expect(roster.maskKey(1)[0]).toBe(32);
    for (const index of [0, 2, 4, -1]) expect(() => roster.boxKey(index)).toThrow(RangeError);
  });
});
