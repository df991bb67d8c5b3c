import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/bytes/index.ts';
import { reconstruct } from '../../../src/protocols/secagg/server-unmask.ts';
import { ByteShare, splitBytes } from '../../../src/sharing/index.ts';
import { rngFor } from './play.ts';

const secret = rngFor('secret').fill(new Uint8Array(32));
const fits = (found: Uint8Array) => equalBytes(found, secret);
const damaged = (share: ByteShare) => {
  const { x, threshold, length, label } = share;
  return new ByteShare({
    x,
    threshold,
    length,
    label,
    bytes: share.bytes.map((byte, i) => byte ^ (1 + ((37 * x * x + 11 * i) % 255))),
  });
};

describe('reconstruct', () => {
  it('finds the secret among t + 2e shares of which a dealer made e wrong, whichever they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 3 }), fc.nat(), (t, wrong, pick) => {
        const n = t + 2 * wrong;
        const how = { threshold: t, shares: n, label: new Uint8Array(0) };
        const shares = splitBytes(secret, how, rngFor(`${t}/${wrong}`));
        const mixed = shares.map((share, i) => ((i + pick) % n < wrong ? damaged(share) : share));
        expect(reconstruct(mixed.reverse(), t, new Map(), fits)).toEqual(secret);
      }),
      { numRuns: 60 },
    );
  });

  it('gives up when too many are wrong, and never gives another secret', () => {
    const shares = splitBytes(secret, { threshold: 3, shares: 5, label: new Uint8Array(0) }, rngFor('split'));
    expect(
      reconstruct(
        shares.map((share, i) => (i < 2 ? damaged(share) : share)),
        3,
        new Map(),
        fits,
      ),
    ).toBeUndefined();
    expect(reconstruct(shares.map(damaged), 3, new Map(), fits)).toBeUndefined();
    expect(reconstruct(shares.slice(0, 3), 3, new Map(), () => false)).toBeUndefined();
  });

  it('computes the coefficients of one set of holders once', () => {
    const interpolators = new Map();
    for (const name of ['a', 'b', 'c']) {
      const shares = splitBytes(secret, { threshold: 3, shares: 5, label: new Uint8Array(0) }, rngFor(name));
      expect(reconstruct(shares, 3, interpolators, fits)).toEqual(secret);
    }
    expect([...interpolators.keys()]).toEqual(['1,2,3']);
  });
});
