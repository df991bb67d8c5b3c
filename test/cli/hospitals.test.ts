import { describe, expect, it } from 'vitest';
import type { Aggregate, Scheme } from '../../src/aggregate/index.ts';
import { createAggregator, plaintext } from '../../src/aggregate/index.ts';
import { printResult } from '../../src/cli/commands/demo.ts';
import type { HospitalsResult } from '../../src/cli/demo/hospitals.ts';
import { SCHEMES } from '../../src/cli/demo/schemes.ts';
import { equalsPlainSum } from '../../src/cli/demo/secure-round.ts';
import { fixedPoint } from '../../src/encoding/index.ts';
import { memoryNetwork } from '../../src/session/index.ts';
import { capture } from './capture.ts';

const demo = (...options: string[]) => capture(['demo', 'hospitals', ...options]);

async function json(...options: string[]): Promise<HospitalsResult> {
  const { code, stdout, stderr } = await demo(...options, '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
}

const IDS = ['h1', 'h2', 'h3', 'h4', 'h5'];

describe.each(SCHEMES)('subrosa demo hospitals --scheme %s', (scheme) => {
  it('reports every round as JSON', async () => {
    const result = await json('--scheme', scheme, '--rounds', '4');
    expect(result).toMatchObject({ scheme, exact: true });
    expect(result.rounds).toHaveLength(4);
    for (const round of result.rounds) {
      expect([...round.survivors, ...round.dropped].sort()).toEqual(IDS);
      expect(round.exact).toBe(true);
      // The model is 3,610 parameters of 23 bits and the weight; no client sends less than that.
      expect(round.bytesUp).toBeGreaterThan((3610 * 23) / 8);
      expect(round.expansion).toBeCloseTo((round.bytesUp + round.bytesDown) / result.plaintextBytes, 10);
      for (const key of ['bytesDown', 'clientMs', 'serverMs', 'accuracy'] as const)
        expect(round[key]).toBeGreaterThanOrEqual(0);
    }
    // One hospital leaves before contributing and another after, in every second round.
    expect(result.rounds.map(({ left }) => Object.keys(left).length)).toEqual([0, 2, 0, 2]);
    expect(result.rounds.map(({ dropped }) => dropped.length)).toEqual([0, 1, 0, 1]);
    expect(result.accuracy).toBe(result.rounds.at(-1)!.accuracy);
    expect(Math.abs(result.accuracy - result.plaintextAccuracy)).toBeLessThan(0.02);
    expect(result.aloneAccuracy).toBeLessThan(result.accuracy);
    expect(Object.keys(result.hospitals)).toEqual(IDS);
  });

  it('trains the same model from the same seed, with fresh keys and masks', async () => {
    const accuracies = ({ rounds }: HospitalsResult) => rounds.map(({ accuracy }) => accuracy);
    const [first, again, other] = await Promise.all(
      ['7', '7', '8'].map((seed) => json('--scheme', scheme, '--rounds', '1', '--seed', seed)),
    );
    expect(accuracies(again!)).toEqual(accuracies(first!));
    expect(accuracies(other!)).not.toEqual(accuracies(first!));
  });

  it('bears a share of the hospitals leaving at random moments', async () => {
    const result = await json('--scheme', scheme, '--rounds', '3', '--hospitals', '10', '--dropout', '0.3');
    for (const round of result.rounds) {
      expect(Object.keys(round.left)).toHaveLength(3);
      for (const id of round.dropped) expect(Object.keys(round.left)).toContain(id);
      expect(round.exact).toBe(true);
    }
    expect(result.rounds.flatMap(({ dropped }) => dropped).length).toBeGreaterThan(0);
  });

  it('has nobody leave with --dropout 0, and runs with three', async () => {
    const result = await json('--scheme', scheme, '--rounds', '2', '--hospitals', '3', '--dropout', '0');
    for (const round of result.rounds) expect(round).toMatchObject({ dropped: [], left: {}, exact: true });
  });

  it('prints a table of at most 80 columns', async () => {
    const { code, stdout, stderr } = await demo('--scheme', scheme, '--rounds', '2');
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/secure sum = plain sum +in 2 of 2 rounds/);
    expect(stdout).toContain('what each party learns');
    // Progress for programs: one JSON object a line, on stderr.
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['start', 'round', 'round']);
  });
});

describe('subrosa demo hospitals', () => {
  it('names who leaves and when', async () => {
    const { stdout } = await demo('--rounds', '2');
    expect(stdout).toMatch(/h2 after ShareKeys/);
    expect(stdout).toMatch(/h4 after MaskedInput/);
  });

  it('rewrites one line when a person watches', async () => {
    const { stdout, stderr } = await capture(['demo', 'hospitals', '--scheme', 'plain', '--rounds', '2'], {
      isTTY: true,
      columns: 60,
    });
    expect(stdout).toContain('accuracy');
    expect(stderr).not.toContain('\n');
    expect(stderr).toContain('round 2 of 2');
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
    for (const line of stderr.split('\r\x1b[2K')) expect(line.length).toBeLessThan(60);
    expect(stdout).not.toContain('\x1b[2K');
  });

  it('says that no parameters exist when too many leave', async () => {
    const { code, stdout, stderr } = await demo('--rounds', '1', '--hospitals', '5', '--dropout', '0.8');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^subrosa: error: no parameters exist/m);
    expect(stderr).toMatch(/^subrosa: hint: /m);
  });

  it('says that too few stay for a sum', async () => {
    const { code, stdout, stderr } = await demo('--scheme', 'plain', '--hospitals', '3', '--dropout', '0.9');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^subrosa: error: 2 of 3 hospitals leave a round, but a sum needs at least 2$/m);
  });

  it('stops on Ctrl-C with exit code 130', async () => {
    const interrupt = new AbortController();
    const running = capture(['demo', 'hospitals', '--rounds', '200'], { signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 100);
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/subrosa: error: interrupted\n$/);
  });
});

it('prints a wrong sum, and fails', async () => {
  const good = await json('--scheme', 'plain', '--rounds', '2');
  const rounds = good.rounds.map((round, i) => ({ ...round, exact: i !== 1 }));
  let written = '';
  const stdout = { write: (text: string) => (written += text) };
  const terminal = { stdout, stderr: stdout, signal: new AbortController().signal };
  expect(() => printResult({ ...good, rounds, exact: false }, false, terminal)).toThrow(/sum of round 2 differs/);
  expect(written).toMatch(/^ +2 .*SUM DIFFERS/m);
  expect(written).toMatch(/secure sum = plain sum +in 1 of 2 rounds/);
  expect(() => printResult({ ...good, rounds, exact: false }, true, terminal)).toThrow(/sum of round 2 differs/);
});

describe('the check of a secure sum', () => {
  /** One round of the plain sum, with the inputs as an observer saw them. */
  async function round(): Promise<{ aggregate: Aggregate; inputs: Map<string, Parameters<Scheme['client']>[2]> }> {
    const inputs = new Map();
    const plain = plaintext();
    const scheme: Scheme = {
      ...plain,
      client(spec, me, input, executor, rng) {
        inputs.set(me.id, input);
        return plain.client(spec, me, input, executor, rng);
      },
    };
    await using aggregator = await createAggregator({ scheme, encoding: fixedPoint({ clip: { l2: 1 } }) });
    const network = memoryNetwork();
    const spec = {
      task: 't',
      number: 1,
      model: new Uint8Array(1),
      dimension: 2,
      server: 's',
      clients: ['a', 'b', 'c'],
    };
    const collected = aggregator.collect(spec, network.transport('s'));
    for (const id of spec.clients) await aggregator.contribute(spec, [0.5, -0.5], network.transport(id));
    return { aggregate: await collected, inputs };
  }

  it('accepts the sum of the survivors and nothing else', async () => {
    const { aggregate, inputs } = await round();
    expect(equalsPlainSum(aggregate, inputs)).toBe(true);
    expect(equalsPlainSum({ ...aggregate, survivors: ['a', 'b'] }, inputs)).toBe(false);
    expect(equalsPlainSum({ ...aggregate, survivors: ['a', 'b', 'c', 'x'] }, inputs)).toBe(false);
    const wrong = aggregate.exact.words.slice() as Uint32Array;
    wrong[1]! ^= 1;
    expect(equalsPlainSum({ ...aggregate, exact: { ...aggregate.exact, words: wrong } }, inputs)).toBe(false);
  });
});
