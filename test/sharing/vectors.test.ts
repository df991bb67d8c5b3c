import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes/index.ts';
import { PrimeField, packVector, unpackVector } from '../../src/math/index.ts';
import { SeededRng } from '../../src/random/index.ts';
import {
  ByteInterpolator,
  ByteShare,
  FieldInterpolator,
  FieldShare,
  fieldGroup,
  RingShamir,
  reconstructAdditive,
  ringGroup,
  splitAdditive,
  splitBytes,
  splitField,
} from '../../src/sharing/index.ts';

/**
 * Known answers for docs/spec/sharing.md. All randomness is the ChaCha20 keystream of `rng` (zero nonce, counter 0). Written by
 * `SUBROSA_WRITE_VECTORS=1 npx vitest run --project unit test/sharing/vectors.test.ts`.
 */
const FILE = new URL('../vectors/sharing/v1/sharing.json', import.meta.url);

const RNG = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20';
const rng = () => new SeededRng(fromHex(RNG));
const label = new Uint8Array();

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

function make() {
  const bytes = [
    { secret: '', threshold: 2, xs: [1, 2] },
    { secret: 'ff', threshold: 1, xs: [1, 65_535] },
    { secret: '00112233445566778899aabbccddeeff', threshold: 3, xs: [1, 2, 3, 4, 65_535] },
    { secret: '0123456789abcdef55', threshold: 4, xs: [9, 300, 7, 40_000] },
  ].map((vector) => ({
    ...vector,
    shares: splitBytes(fromHex(vector.secret), { threshold: vector.threshold, shares: vector.xs, label }, rng()).map(
      (share) => toHex(share.bytes),
    ),
  }));
  const field = [
    { p: 257n, secret: 256n, threshold: 2, xs: [1, 2, 256] },
    { p: 2n ** 61n - 1n, secret: 123_456_789n, threshold: 3, xs: [1, 2, 3, 4] },
    { p: L, secret: L - 1n, threshold: 3, xs: [5, 6, 7, 8, 9] },
  ].map(({ p, secret, threshold, xs }) => {
    const F = new PrimeField(p);
    const shares = splitField(secret, { field: F, threshold, shares: xs, label }, rng());
    return {
      p: toHex(bigEndian(p)),
      secret: toHex(F.encode(secret)),
      threshold,
      xs,
      shares: shares.map(({ value }) => toHex(F.encode(value))),
    };
  });
  const ring = [
    { bits: 8, parties: 2, threshold: 2, length: 4 },
    { bits: 33, parties: 3, threshold: 2, length: 4 },
    { bits: 64, parties: 7, threshold: 4, length: 6 },
    { bits: 32, parties: 200, threshold: 3, length: 8 },
  ].map(({ bits, parties, threshold, length }) => {
    const scheme = new RingShamir(parties, threshold);
    const group = ringGroup(bits);
    const source = rng();
    // The secret, then the shares of points 1 .. t - 1, all expanded from seeds; the share of the last point follows from them.
    const seeds = Array.from({ length: threshold }, () => source.fill(new Uint8Array(32)));
    const values = seeds.map((seed) => group.expand(seed, length));
    const last = scheme.interpolate(Array.from(values.keys()), values, parties);
    return {
      bits,
      parties,
      threshold,
      values: values.map((value) => toHex(packVector(value))),
      last: toHex(packVector(last)),
    };
  });
  const ringOf = { length: 3, scale: 1, parties: 3, session: label };
  const secret = unpackVector(fromHex('ffffffff0000000001000000'), 32, 3);
  const additive = (['aes256ctr', 'chacha20'] as const).map((suite) => ({
    group: `Z_2^32/${suite}`,
    secret: toHex(packVector(secret)),
    shares: splitAdditive(secret, { ...ringOf, group: ringGroup(32, suite) }, { rng: rng() }).map(({ body }) =>
      body.kind === 'seed' ? { seed: toHex(body.seed) } : { vector: toHex(packVector(body.vector)) },
    ),
  }));
  const F = new PrimeField(2n ** 61n - 1n);
  const elements = [0n, 1n, F.p - 1n];
  const overField = {
    p: toHex(bigEndian(F.p)),
    secret: elements.map((value) => toHex(F.encode(value))),
    shares: splitAdditive(elements, { ...ringOf, group: fieldGroup(F) }, { rng: rng() }).map(({ body }) =>
      body.kind === 'seed'
        ? { seed: toHex(body.seed) }
        : { vector: body.vector.map((value) => toHex(F.encode(value))) },
    ),
  };
  return { rng: RNG, bytes, field, ring, additive, additiveField: overField };
}

function bigEndian(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
}

if (process.env.SUBROSA_WRITE_VECTORS) writeFileSync(FILE, `${JSON.stringify(make(), undefined, 2)}\n`);

const vectors: ReturnType<typeof make> = JSON.parse(readFileSync(FILE, 'utf8'));

describe('known answers of the sharing schemes, v1', () => {
  it('are what we compute', () => {
    expect(make()).toEqual(vectors);
  });

  it('reconstruct', () => {
    for (const { secret, threshold, xs, shares } of vectors.bytes) {
      const length = secret.length / 2;
      const given = shares.map(
        (bytes, i) => new ByteShare({ x: xs[i]!, threshold, length, label, bytes: fromHex(bytes) }),
      );
      expect(toHex(ByteInterpolator.for(given).combine(given, { verify: true }))).toBe(secret);
    }
    for (const { p, secret, threshold, xs, shares } of vectors.field) {
      const field = new PrimeField(BigInt(`0x${p}`));
      const given = shares.map(
        (value, i) => new FieldShare({ field, x: xs[i]!, threshold, label, value: field.decode(fromHex(value)) }),
      );
      expect(toHex(field.encode(FieldInterpolator.for(given).combine(given, { verify: true })))).toBe(secret);
    }
    const group = ringGroup(32);
    const [{ shares }] = vectors.additive as [(typeof vectors.additive)[number]];
    const of = { group, length: 3, scale: 1, parties: 3, session: label };
    const secret = unpackVector(fromHex('ffffffff0000000001000000'), 32, 3);
    expect(reconstructAdditive(splitAdditive(secret, of, { rng: rng() }))).toEqual(secret);
    expect(shares.map((share) => Object.keys(share)[0])).toEqual(['seed', 'seed', 'vector']);
  });
});
