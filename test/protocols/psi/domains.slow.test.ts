import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { curve, enableRelaxedSimd } from '../../../src/kernels/index.ts';
import {
  type Channel,
  memorySource,
  type PsiParameters,
  runReceiver,
  runSender,
} from '../../../src/protocols/psi/index.ts';

/**
 * Two real lists that overlap: disposable e-mail domains as two projects collect them (npm disposable-email-domains 1.0.62, 121,570 entries;
 * mailchecker 6.0.21, 56,359). The truth comes from plain set intersection.
 */
const require = createRequire(import.meta.url);
const left: readonly string[] = require('disposable-email-domains');
const right: readonly string[] = [...new Set(require('mailchecker').blacklist() as Iterable<string>)];
const inLeft = new Set(left);
const common = right.filter((domain) => inLeft.has(domain));

enableRelaxedSimd(); // this process is ours
// With the reference tier alone this would take minutes; a sample of the lists says the same then.
const all = curve().tier !== 'reference';
const sample = <T>(list: readonly T[]): readonly T[] => (all ? list : list.slice(0, 500));
const [leftSet, rightSet] = [sample(left), sample(right)];
const truth = rightSet.filter((domain) => (all ? inLeft : new Set(leftSet)).has(domain));

function pair(): [Channel, Channel] {
  const end = () => ({ queue: [] as Uint8Array[], wake: undefined as ((frame: Uint8Array) => void) | undefined });
  const [a, b] = [end(), end()];
  const make = (mine: ReturnType<typeof end>, theirs: ReturnType<typeof end>): Channel => ({
    async send(frame) {
      const wake = theirs.wake;
      theirs.wake = undefined;
      if (wake) wake(frame);
      else theirs.queue.push(frame);
    },
    receive: () => {
      const frame = mine.queue.shift();
      if (frame) return Promise.resolve(frame);
      return new Promise((resolve) => {
        mine.wake = resolve;
      });
    },
  });
  return [make(a, b), make(b, a)];
}

async function run(parameters: PsiParameters, values?: readonly number[]) {
  const [a, b] = pair();
  const [receiver] = await Promise.all([
    runReceiver(parameters, memorySource(leftSet, 'rows'), a),
    runSender(parameters, memorySource(rightSet, 'shuffled', values), b),
  ]);
  return receiver.result;
}

const base = { normalisation: 'exact/1', maximumSize: 200_000 } as const;

describe('two lists of disposable e-mail domains', () => {
  it('are the ones whose overlap is known', () => {
    expect([left.length, right.length, common.length]).toEqual([121_570, 56_359, 31_223]);
  });

  it('members: the very rows', async () => {
    const { count, rows } = await run({ ...base, reveal: 'members' });
    expect(count).toBe(truth.length);
    expect([...rows!].map((row) => leftSet[row]!).sort()).toEqual([...truth].sort());
  });

  it('sum: the length of the names in the overlap', async () => {
    const result = await run(
      { ...base, reveal: 'sum', valueBits: 8 },
      rightSet.map((domain) => domain.length),
    );
    expect(result).toMatchObject({ count: truth.length, sum: truth.reduce((sum, domain) => sum + domain.length, 0) });
  });
});

/** Group arithmetic per bucket makes the histogram the dearest reveal: a part of the lists is enough to see that it is right. */
describe('a part of the same lists', () => {
  it('count and frequency', async () => {
    const [someLeft, someRight] = [left.filter((_, i) => i % 40 === 0), common.filter((_, i) => i % 20 === 0)];
    const known = new Set(someLeft);
    const overlap = someRight.filter((domain) => known.has(domain));
    const labels = (domain: string) => domain.split('.').length - 1;
    const buckets = [1, 2, 3];
    const [a, b] = pair();
    const parameters: PsiParameters = { ...base, reveal: 'frequency', buckets };
    const [receiver] = await Promise.all([
      runReceiver(parameters, memorySource(someLeft, 'rows'), a),
      runSender(parameters, memorySource(someRight, 'shuffled', someRight.map(labels)), b),
    ]);
    const in_ = (from: number, to: number) =>
      overlap.filter((domain) => labels(domain) >= from && labels(domain) < to).length;
    expect(receiver.result.count).toBe(overlap.length);
    expect(receiver.result.histogram).toEqual([in_(1, 2), in_(2, 3), in_(3, Number.POSITIVE_INFINITY)]);
    expect(overlap.length).toBeGreaterThan(10);
  });
});
