import { afterAll, describe, expect, it } from 'vitest';
import { bfvSum, ckksSum } from '../../src/aggregate/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { SharedKey } from '../../src/protocols/ckks-sum/index.ts';
import { TYPES } from '../../src/protocols/ckks-sum/messages.ts';
import { SeededRng, uniformBelow } from '../../src/random/index.ts';
import { InlineSealEngine } from '../../src/seal/index.ts';
import { type Hop, makeCase, type Played, play } from '../conformance/play.ts';
import { expectExact } from '../conformance/scheme.ts';

/**
 * Every frame of a signed round, spoiled on its way in one of several manners: the round ends in the right sum of its survivors or in errors with
 * names, and never in a wrong sum.
 */
const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());
const exact = await SharedKey.generate('exact', engine);
const precise = await SharedKey.generate('precise', engine);
const rng = new SeededRng(new Uint8Array(32).fill(11));

/** Frame header: magic, version, protocol, type, session. */
const HEADER = 38;

const MANNERS: readonly [name: string, spoil: (frame: Uint8Array) => Uint8Array][] = [
  ['a bit of the header', (frame) => flip(frame, uniformBelow(HEADER, rng))],
  [
    'a bit at the front of the body',
    (frame) => flip(frame, HEADER + uniformBelow(Math.min(8, frame.length - HEADER), rng)),
  ],
  ['a bit anywhere', (frame) => flip(frame, uniformBelow(frame.length, rng))],
  ['the last bit', (frame) => flip(frame, frame.length - 1)],
  [
    'sixteen bytes of ones',
    (frame) => frame.slice().fill(0xff, HEADER + uniformBelow(Math.max(1, frame.length - HEADER - 16), rng), -1),
  ],
  ['a byte less', (frame) => frame.slice(0, -1)],
  ['a byte more', (frame) => Uint8Array.of(...frame.subarray(0, 64), 0, ...frame.subarray(64, 100))],
];

function flip(frame: Uint8Array, at: number): Uint8Array {
  const out = frame.slice();
  out[at % out.length]! ^= 1 << uniformBelow(8, rng);
  return out;
}

const SCHEMES = [
  { name: 'bfv, uploads', helpers: 3, make: () => bfvSum({ engine, threshold: 2 }) },
  { name: 'bfv, sum', helpers: 3, make: () => bfvSum({ engine, threshold: 2, check: 'sum' }) },
  { name: 'ckks, uploads', helpers: 2, make: () => ckksSum({ engine, threshold: 2 }) },
  { name: 'bfv, shared key', helpers: 0, make: () => bfvSum({ engine, sharedKey: exact }) },
  { name: 'ckks, shared key', helpers: 0, make: () => ckksSum({ engine, sharedKey: precise }) },
] as const;

describe.each(SCHEMES)('$name', ({ name, helpers, make }) => {
  it('gives the right sum or a named error whichever frame is spoiled', async () => {
    const from = makeCase(name, { clients: 4, helpers, bits: 24, length: 5, minimumCohort: 2 });
    const scheme = make();
    const sound = await play(scheme, from);
    const bound = scheme.errorBound?.(from.spec) ?? 0;
    expectExact(from, sound, bound);
    const types = new Set(sound.hops.map(({ frame }) => frame[5]!));
    const ends = { sum: 0, error: 0 };
    // One frame of every sender and receiver of every type.
    for (const target of sound.hops) {
      const spoil = MANNERS[uniformBelow(MANNERS.length, rng)]![1];
      const played = await play(scheme, from, {
        tamper: (hop: Hop) => {
          const meant = hop.from === target.from && hop.to === target.to && hop.frame[5] === target.frame[5];
          return meant ? [{ ...hop, frame: spoil(hop.frame) }] : [hop];
        },
      });
      check(played, from, bound);
      if (played.sum === undefined) ends.error++;
      else ends.sum++;
    }
    expect(types.size).toBeGreaterThanOrEqual(helpers > 0 ? 11 : 4);
    expect(ends.sum).toBeGreaterThan(0);
  });
});

function check(played: Played, from: Parameters<typeof expectExact>[0], bound: number): void {
  for (const error of played.errors.values()) expect(error).toBeInstanceOf(ProtocolError);
  if (played.sum !== undefined) expectExact(from, played, bound);
}

describe('what a decryptor or an opener answers', () => {
  it.each([
    ['a partial decryption', () => bfvSum({ engine, threshold: 2 }), 3, TYPES.partial],
    ['an opened sum', () => bfvSum({ engine, sharedKey: exact }), 0, TYPES.opened],
  ] as const)('%s is refused when a bit of it is another', async (_, make, helpers, type) => {
    const from = makeCase('answers', { clients: 3, helpers, bits: 24, length: 5 });
    for (const at of [HEADER, HEADER + 64, -1]) {
      const played = await play(make(), from, {
        tamper: (hop) => (hop.frame[5] === type ? [{ ...hop, frame: flipLow(hop.frame, at) }] : [hop]),
      });
      expect(played.sum).toBeUndefined();
      expect(played.errors.get('server')).toMatchObject({ code: 'below-threshold', cause: { code: 'bad-signature' } });
    }
  });
});

/** The lowest bit: coefficients stay below their primes. */
function flipLow(frame: Uint8Array, at: number): Uint8Array {
  const out = frame.slice();
  const index = at < 0 ? out.length + at : at;
  out[index]! ^= 1;
  return out;
}
