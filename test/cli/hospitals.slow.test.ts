import { describe, expect, it } from 'vitest';
import { capture } from './capture.ts';

/** What the demonstration promises at its full length. */
describe.each(['pairwise', 'shares', 'plain'])('subrosa demo hospitals --scheme %s, as it comes', (scheme) => {
  it('reaches 0.93 on held-out digits, within 0.01 of training without protection', async () => {
    const { code, stdout } = await capture(['demo', 'hospitals', '--scheme', scheme, '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.rounds.length).toBeLessThanOrEqual(30);
    expect(result.accuracy).toBeGreaterThanOrEqual(0.93);
    expect(Math.abs(result.accuracy - result.plaintextAccuracy)).toBeLessThanOrEqual(0.01);
    expect(result.aloneAccuracy).toBeLessThan(result.accuracy - 0.03);
    expect(result.exact).toBe(true);
  });
});

it.each([2, 3])('does so from seed %s too', async (seed) => {
  const { stdout } = await capture(['demo', 'hospitals', '--seed', String(seed), '--json']);
  const { accuracy, plaintextAccuracy, exact } = JSON.parse(stdout);
  expect(exact).toBe(true);
  expect(accuracy).toBeGreaterThanOrEqual(0.93);
  expect(Math.abs(accuracy - plaintextAccuracy)).toBeLessThanOrEqual(0.01);
});

it.each([
  [4, 0.25],
  [8, 0.5],
  [50, 0.2],
])('%s hospitals of whom a share of %s leaves each round', async (hospitals, dropout) => {
  const { code, stdout } = await capture(
    ['demo', 'hospitals', '--hospitals', hospitals, '--dropout', dropout, '--rounds', 10, '--json'].map(String),
  );
  expect(code).toBe(0);
  const { accuracy, plaintextAccuracy, exact } = JSON.parse(stdout);
  expect(exact).toBe(true);
  expect(Math.abs(accuracy - plaintextAccuracy)).toBeLessThanOrEqual(0.01);
});
