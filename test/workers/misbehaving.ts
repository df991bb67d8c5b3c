import { writeFileSync } from 'node:fs';
import { createPool, type JobOptions, type PoolOptions, type WorkerPool } from '../../src/workers/index.ts';
import { built } from './built.ts';

export type Failure = 'protocol' | 'range' | 'custom' | 'string' | 'unclonable';

/** Jobs that no worker of ours knows: what a worker does that fails. */
interface TestJobs {
  echo: { input: unknown; output: unknown };
  /** milliseconds; answers which thread it was */
  sleep: { input: number; output: number };
  /** Adds `bytes` to a counter in shared memory for some milliseconds; answers what it counted at the start. */
  count: { input: { counter: Int32Array; bytes: number }; output: number };
  crash: { input: 'exit' | 'throw' | 'throw text'; output: never };
  fail: { input: Failure; output: never };
  mask: { input: unknown; output: never };
}

/** The real pool, which knows nothing of kinds of jobs at run time, with the types of these. */
export interface TestPool extends Omit<WorkerPool, 'run'> {
  run<K extends keyof TestJobs>(
    kind: K,
    prepare: () => { input: TestJobs[K]['input']; transfer?: Transferable[] },
    options?: JobOptions,
  ): Promise<TestJobs[K]['output']>;
}

export function testPool(options: PoolOptions): TestPool {
  return createPool({ entry: misbehavingWorker(), ...options }) as unknown as TestPool;
}

/** The worker script: the real endpoint and error transfer, other handlers. */
const SCRIPT = `
import { parentPort, threadId } from 'node:worker_threads';
import { nodeEndpoint } from './endpoint.js';
import { serve } from './serve.js';
import { ProtocolError } from '../errors.js';

const failures = {
  protocol: () => {
    const cause = new RangeError('inner', { cause: 'innermost' });
    throw new ProtocolError('bad-share', 'outer', { phase: 'Unmask', culprits: ['mallory', 'eve'], cause });
  },
  range: () => { throw Object.assign(new RangeError('too large'), { code: 'ERR_TOO_LARGE' }); },
  custom: () => { class Own extends Error { name = 'Own' } throw new Own('mine', { cause: { secret: 1 } }); },
  string: () => { throw 'just text'; },
  unclonable: () => ({ value: () => {} }),
};

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

serve(nodeEndpoint(parentPort), {
  ping: () => ({ value: undefined }),
  echo: (value) => ({ value }),
  sleep: (ms) => { pause(ms); return { value: threadId }; },
  count: ({ counter, bytes }) => {
    const value = Atomics.add(counter, 0, bytes) + bytes;
    pause(5);
    Atomics.sub(counter, 0, bytes);
    return { value };
  },
  crash: (how) => {
    if (how === 'exit') process.exit(3);
    if (how === 'throw') setImmediate(() => { throw new TypeError('out of the blue'); });
    if (how === 'throw text') setImmediate(() => { throw 'no error at all'; });
    return new Promise(() => {});
  },
  fail: (how) => failures[how](),
});
`;

let written: URL | undefined;

function misbehavingWorker(): URL {
  if (written !== undefined) return written;
  const url = built(`workers/misbehaving-${process.pid}.js`);
  writeFileSync(url, SCRIPT);
  written = url;
  return url;
}
