import { describe, expect, it } from 'vitest';
import { generator } from '../../src/cli/demo/draw.ts';
import { demonstration, describeLeaving, randomly } from '../../src/cli/demo/schedule.ts';
import { messagesOf } from '../../src/cli/demo/schemes.ts';

const pairwise = messagesOf('pairwise');

describe('the demonstration', () => {
  it('has one hospital leave after ShareKeys and another after MaskedInput, in every second round', () => {
    const { most, rounds } = demonstration(5, 10, pairwise);
    expect(most).toBe(2);
    rounds.forEach((leaving, round) => {
      expect(leaving.map((one) => describeLeaving(one, pairwise))).toEqual(
        round % 2 === 0 ? [] : ['after ShareKeys', 'after MaskedInput'],
      );
      expect(new Set(leaving.map(({ hospital }) => hospital)).size).toBe(leaving.length);
    });
  });

  it('asks no more of a small cohort than it can bear', () => {
    expect(demonstration(4, 10, pairwise).most).toBe(1);
    expect(demonstration(3, 10, pairwise).rounds.flat()).toEqual([]);
  });
});

describe('a random schedule', () => {
  const leaving = (hospitals: number, dropout: number) =>
    randomly(hospitals, 200, pairwise, dropout, generator(1, 'test'));

  it.each([
    [10, 0.3, 3],
    [10, 0.29, 2],
    [50, 0.1, 5],
    [5, 0, 0],
  ])('of %s hospitals and a share of %s has %s leave each round', (hospitals, dropout, count) => {
    const { most, rounds } = leaving(hospitals, dropout);
    expect(most).toBe(count);
    for (const round of rounds) expect(new Set(round.map(({ hospital }) => hospital)).size).toBe(count);
  });

  it('has one leave in some rounds when the share is less than one hospital', () => {
    const { most, rounds } = leaving(5, 0.1);
    expect(most).toBe(1);
    expect(rounds.flat().length).toBeGreaterThan(60);
    expect(rounds.flat().length).toBeLessThan(140);
  });

  it('reaches every phase', () => {
    const { rounds } = leaving(10, 0.3);
    expect(new Set(rounds.flat().map((one) => describeLeaving(one, pairwise)))).toEqual(
      new Set(['before AdvertiseKeys', 'after AdvertiseKeys', 'after ShareKeys', 'after MaskedInput']),
    );
  });

  it('follows from its seed', () => {
    expect(leaving(10, 0.3)).toEqual(leaving(10, 0.3));
  });
});
