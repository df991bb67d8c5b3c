import { createRequire } from 'node:module';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileSpill } from '../../../src/cli/psi/temporary.ts';
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
 * mailchecker 6.0.21, 56,359), all four reveals over the whole of both. The truth comes from a join in DuckDB, and from plain set intersection.
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

/** Some of the runs keep their tokens on disk: 256 KiB hold a small part of them. */
async function run(parameters: PsiParameters, memoryBytes: number, values?: readonly number[]) {
  const [a, b] = pair();
  const spills = [new FileSpill(memoryBytes), new FileSpill(memoryBytes)] as const;
  try {
    const [receiver] = await Promise.all([
      runReceiver(parameters, memorySource(leftSet, 'rows'), a, { spill: spills[0] }),
      runSender(parameters, memorySource(rightSet, 'shuffled', values), b, { spill: spills[1] }),
    ]);
    if (all) expect(spills.map((spill) => spill.files)).toEqual(memoryBytes === DISK ? [2, 1] : [0, 0]);
    return receiver.result;
  } finally {
    for (const spill of spills) spill.close();
  }
}

const MEMORY = 2 ** 30;
const DISK = 2 ** 18;

/** What a query over `common`, the joined domains, gives. */
async function sql(query: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    for (const [name, list] of Object.entries({ a: leftSet, b: rightSet })) {
      await connection.run(`CREATE TABLE ${name} (domain VARCHAR)`);
      const appender = await connection.createAppender(name);
      for (const domain of list) {
        appender.appendVarchar(domain);
        appender.endRow();
      }
      appender.closeSync();
    }
    await connection.run('CREATE TABLE common AS SELECT domain FROM a JOIN b USING (domain)');
    return (await connection.runAndReadAll(query)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const base = { normalisation: 'exact/1', maximumSize: 200_000 } as const;
/** Code points, as SQL counts them. */
const lengths = rightSet.map((domain) => [...domain].length);

describe('two lists of disposable e-mail domains', () => {
  let count: number;
  beforeAll(async () => {
    count = Number((await sql('SELECT count(*) FROM common'))[0]![0]);
  });

  it('are the ones whose overlap is known', () => {
    expect([left.length, right.length, common.length]).toEqual([121_570, 56_359, 31_223]);
    expect(count).toBe(truth.length);
  });

  it.each([MEMORY, DISK])('members: the very rows (%d bytes)', async (memory) => {
    const result = await run({ ...base, reveal: 'members' }, memory);
    expect(result.count).toBe(count);
    const found = [...result.rows!].map((row) => leftSet[row]!).sort();
    expect(found).toEqual([...truth].sort());
    expect(found).toEqual((await sql('SELECT domain FROM common')).map(([domain]) => domain).sort());
  });

  it.each([DISK])('count (%d bytes)', async (memory) => {
    expect(await run({ ...base, reveal: 'count' }, memory)).toEqual({ reveal: 'count', suppressed: false, count });
  });

  it.each([MEMORY])('sum: the length of the names (%d bytes)', async (memory) => {
    const result = await run({ ...base, reveal: 'sum', valueBits: 8 }, memory, lengths);
    const [[sum]] = (await sql('SELECT sum(length(domain))::DOUBLE FROM common')) as [[number]];
    expect(result).toEqual({ reveal: 'sum', suppressed: false, count, sum });
  });

  it.each([DISK])('frequency: how many names have which length (%d bytes)', async (memory) => {
    const buckets = [1, 10, 15, 20];
    const result = await run({ ...base, reveal: 'frequency', buckets }, memory, lengths);
    const histogram = await sql(`SELECT (SELECT count(*) FROM common
        WHERE length(domain) >= start AND (next IS NULL OR length(domain) < next))::DOUBLE
      FROM (SELECT start, lead(start) OVER (ORDER BY start) AS next FROM unnest([${buckets}]) AS starts(start))
      ORDER BY start`);
    expect(result).toEqual({ reveal: 'frequency', suppressed: false, count, histogram: histogram.flat() });
    expect(Math.min(...result.histogram!)).toBeGreaterThan(0);
  });
});
