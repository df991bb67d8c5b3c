import { describe, expect, it } from 'vitest';
import { capture } from './capture.ts';

const params = (clients: number, dropout: number, corrupt: number, adversary: string, ...more: string[]) =>
  capture(
    ['params', '--clients', clients, '--dropout', dropout, '--corrupt', corrupt, '--adversary', adversary, ...more].map(
      String,
    ),
  );

describe('subrosa params', () => {
  it.each([
    [100, 0.05, 'curious', 12, 6],
    [1000, 0.05, 'curious', 30, 17],
    [10_000, 0.05, 'curious', 34, 20],
    [100, 0.05, 'malicious', 16, 11],
    [1000, 0.05, 'malicious', 52, 37],
    [100, 0.1, 'curious', 22, 11],
    [300, 0.2, 'malicious', 160, 109],
  ])('%s clients, %s corrupt and dropping, %s: k = %s, t = %s', async (clients, share, adversary, k, t) => {
    const { code, stdout, stderr } = await params(clients, share, share, adversary, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ k, t, complete: false });
    expect(found.why.text).toContain(`k = ${k}`);
    expect(['connectivity', 'secrecy-and-availability']).toContain(found.why.decides);
  });

  it('says in words what it chose and why', async () => {
    const { code, stdout } = await params(100, 0.05, 0.05, 'curious');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^k = 12\nt = 6\ncomplete = false\n/);
    expect(stdout).toMatch(/decided by /);
  });

  it('uses the complete graph for small cohorts', async () => {
    const { stdout } = await params(5, 0.4, 0.2, 'curious', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ k: 4, complete: true, why: { decides: 'small-cohort' } });
  });

  it('passes sigma and eta on', async () => {
    const { stdout } = await params(1000, 0.05, 0.05, 'curious', '--sigma', '80', '--eta', '40', '--json');
    const strict = JSON.parse(stdout);
    expect(strict.k).toBeGreaterThan(30);
    expect(strict.query).toMatchObject({ sigma: 80, eta: 40 });
  });

  it('says that no parameters exist, with exit code 1', async () => {
    const plain = await params(100, 0.5, 0.5, 'malicious');
    expect(plain).toMatchObject({ code: 1, stdout: '' });
    expect(plain.stderr).toMatch(/^subrosa: error: no parameters exist for 100 clients with dropout 0\.5/);
    const json = await params(100, 0.5, 0.5, 'malicious', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ parameters: null, query: { clients: 100 } });
  });
});
