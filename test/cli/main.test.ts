import { describe, expect, it } from 'vitest';
import { capture } from './capture.ts';

describe('subrosa', () => {
  it('prints its version', async () => {
    expect(await capture(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [['--help'], ['demo', 'params', '--version']],
    [['demo', '--help'], ['hospitals']],
    [
      ['demo', 'hospitals', '--help'],
      ['--scheme', '--rounds', '--hospitals', '--dropout', '--seed', '--json'],
    ],
    [
      ['params', '--help'],
      ['--clients', '--dropout', '--corrupt', '--adversary', '--sigma', '--eta', '--json'],
    ],
  ])('%s lists what there is, on stdout', async (argv, words) => {
    const { code, stdout, stderr } = await capture(argv);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const word of words) expect(stdout).toContain(word);
  });

  it('shows help on stderr when no command is given', async () => {
    for (const argv of [[], ['demo']]) {
      const { code, stdout, stderr } = await capture(argv);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('Usage: subrosa');
    }
  });
});

const PARAMS = ['params', '--clients', '100', '--dropout', '.1', '--corrupt', '.1', '--adversary', 'curious'];

describe('a wrong command line', () => {
  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['demo', 'clinics'], /unknown command 'clinics'/],
    [['demo', 'hospitals', 'now'], /too many arguments/],
    [['demo', 'hospitals', '--sceme', 'plain'], /unknown option '--sceme'/],
    [['demo', 'hospitals', '--scheme', 'paillier'], /'paillier'.*pairwise, shares, ckks, bfv, plain/],
    [['demo', 'hospitals', '--scheme'], /argument missing/],
    [['demo', 'hospitals', '--rounds', '0'], /'0'.*1 \.\. 200/],
    [['demo', 'hospitals', '--rounds', '1e9'], /'1e9'.*1 \.\. 200/],
    [['demo', 'hospitals', '--rounds', '1000000000'], /'1000000000'.*1 \.\. 200/],
    [['demo', 'hospitals', '--rounds', 'abc'], /'abc'.*1 \.\. 200/],
    [['demo', 'hospitals', '--rounds', '2.5'], /'2\.5'.*1 \.\. 200/],
    [['demo', 'hospitals', '--rounds', ''], /''.*1 \.\. 200/],
    [['demo', 'hospitals', '--hospitals', '2'], /'2'.*3 \.\. 50/],
    [['demo', 'hospitals', '--hospitals', '51'], /'51'.*3 \.\. 50/],
    [['demo', 'hospitals', '--dropout', '1.5'], /'1\.5'.*less than 1/],
    [['demo', 'hospitals', '--dropout', '1'], /'1'.*less than 1/],
    [['demo', 'hospitals', '--dropout', '-0.1'], /'-0\.1'.*less than 1/],
    [['demo', 'hospitals', '--dropout', 'NaN'], /'NaN'.*less than 1/],
    [['demo', 'hospitals', '--seed', '-1'], /'-1'.*0 \.\. 4294967295/],
    [['demo', 'hospitals', '--seed', '4294967296'], /'4294967296'.*0 \.\. 4294967295/],
    [['params', '--clients', '100'], /required option '--dropout <share>'/],
    [[...PARAMS, '--clients', '2'], /'2'.*3 \.\. 65535/],
    [[...PARAMS, '--adversary', 'evil'], /'evil'.*curious, malicious/],
    [[...PARAMS, '--sigma', '0'], /'0'.*1 \.\. 128/],
    [[...PARAMS, '--corrupt', '1'], /'1'.*less than 1/],
  ])('%s: one clear line, exit code 2, nothing on stdout', async (argv, message) => {
    const { code, stdout, stderr } = await capture(argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^subrosa: error: /);
    expect(lines[0]).toMatch(message);
    for (const line of lines.slice(1)) expect(line).toMatch(/^subrosa: hint: /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('suggests what may have been meant', async () => {
    const { stderr } = await capture(['demo', 'hospitals', '--round', '3']);
    expect(stderr).toContain('subrosa: hint: Did you mean --rounds?');
  });
});
