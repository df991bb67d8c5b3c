import { describe, expect, it } from 'vitest';
import { capture } from './capture.ts';

const demo = (...options: string[]) => capture(['demo', 'hospitals', '--rounds', '2', '--json', ...options]);

describe.each(['ckks', 'bfv'])('subrosa demo hospitals --scheme %s', (scheme) => {
  it('bears decryptors that leave, down to the threshold', async () => {
    const { code, stdout } = await demo(
      ...['--scheme', scheme, '--decryptors', '5', '--decrypt-threshold', '3', '--decryptor-dropout', '2'],
    );
    expect(code).toBe(0);
    const { parameters, rounds, learns } = JSON.parse(stdout);
    expect(parameters).toMatchObject({ decryptors: 5, threshold: 3, keys: 'threshold', check: 'uploads' });
    expect(learns.helpers).toMatch(/fewer than `threshold`/);
    for (const round of rounds) {
      expect(round.maxError).toBeLessThanOrEqual(round.errorBound);
      expect(round.bytesPerParameter).toBeGreaterThan(17);
      expect(round.bytesPerParameter).toBeLessThan(50);
      if (scheme === 'bfv') expect(round).toMatchObject({ exact: true, maxError: 0, errorBound: 0 });
    }
  });

  it('says before the first round that too few would be left to decrypt', async () => {
    const { code, stderr } = await demo('--scheme', scheme, '--decryptors', '4', '--decryptor-dropout', '2');
    expect(code).toBe(1);
    expect(stderr).toMatch(/2 of 4 decryptors leave a round, but 3 are needed to decrypt/);
  });
});

it('has no decryptors in other schemes', async () => {
  const { code, stderr } = await demo('--decryptors', '3');
  expect(code).toBe(2);
  expect(stderr).toMatch(/scheme pairwise has no decryptors/);
});
