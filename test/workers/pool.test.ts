import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { createPool, type JobOptions } from '../../src/workers/index.ts';
import { type Failure, type TestPool, testPool } from './misbehaving.ts';

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
const fail = (pool: TestPool, how: Failure, options?: JobOptions): Promise<unknown> =>
  pool.run('fail', () => ({ input: how }), options);

describe('pool', () => {
  let pool: TestPool;
  beforeAll(() => {
    pool = testPool({ size: 2 });
  });
  afterAll(() => pool.close());

  it('runs jobs on every worker and keeps the workers', async () => {
    await pool.ready();
    const first = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run('sleep', () => ({ input: 20 }))));
    const second = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run('sleep', () => ({ input: 20 }))));
    expect(new Set(first).size).toBe(2);
    expect(new Set(second)).toEqual(new Set(first));
  });

  it('moves buffers and gives them back as they are', async () => {
    const data = Uint8Array.of(1, 2, 3);
    const back = await pool.run('echo', () => ({ input: data, transfer: [data.buffer] }));
    expect(back).toEqual(Uint8Array.of(1, 2, 3));
    expect(data.length).toBe(0);
  });

  it('prepares a job only when a worker is free for it, in order', async () => {
    const prepared: string[] = [];
    const jobs = ['a', 'b', 'c', 'd'].map((name) => {
      return pool.run('sleep', () => {
        prepared.push(name);
        return { input: 10 };
      });
    });
    expect(prepared).toEqual(['a', 'b']);
    await Promise.all(jobs);
    expect(prepared).toEqual(['a', 'b', 'c', 'd']);
  });

  it('rejects with what prepare throws, and goes on', async () => {
    const mistake = new RangeError('no input');
    const run = pool.run('echo', () => {
      throw mistake;
    });
    expect(await caught(run)).toBe(mistake);
    expect(await pool.run('echo', () => ({ input: 1 }))).toBe(1);
  });

  it('refuses a job that workers do not know, and an input that does not clone', async () => {
    const unknown = await caught(pool.run('mask', () => ({ input: 1 })));
    expect(unknown).toEqual(new TypeError('this worker does not know "mask" jobs'));
    expect(await caught(pool.run('toString' as 'echo', () => ({ input: 1 })))).toBeInstanceOf(TypeError);
    expect(await caught(pool.run('echo', () => ({ input: () => {} })))).toMatchObject({ name: 'DataCloneError' });
    expect(await pool.run('echo', () => ({ input: 1 }))).toBe(1);
  });

  describe('errors arrive as they left', () => {
    it('a ProtocolError', async () => {
      const error = (await caught(fail(pool, 'protocol'))) as ProtocolError;
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({
        code: 'bad-share',
        message: 'outer',
        phase: 'Unmask',
        culprits: ['mallory', 'eve'],
      });
      expect(error.cause).toBeInstanceOf(RangeError);
      expect((error.cause as Error).message).toBe('inner');
      expect((error.cause as Error).cause).toBe('innermost');
      expect(error.stack).toContain('misbehaving');
    });

    it('a RangeError with a code', async () => {
      const error = await caught(fail(pool, 'range'));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'too large', code: 'ERR_TOO_LARGE' });
    });

    it('an error of a class that is not known here, without the objects it drags along', async () => {
      const error = (await caught(fail(pool, 'custom'))) as Error;
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ name: 'Own', message: 'mine' });
      expect('cause' in error).toBe(false);
    });

    it('what is not an error at all', async () => {
      expect(await caught(fail(pool, 'string'))).toBe('just text');
    });

    it('a result that cannot be sent', async () => {
      const error = (await caught(fail(pool, 'unclonable'))) as Error;
      expect(error).toEqual(new TypeError('Unserializable return value'));
    });
  });

  it.each([
    ['exit', 'the worker exited with code 3'],
    ['throw', 'out of the blue'],
    ['throw text', 'no error at all'],
  ] as const)('a worker that dies (%s) fails its own job, and a fresh one takes its place', async (how, why) => {
    const doomed = pool.run('crash', () => ({ input: how }));
    const others = [1, 2, 3, 4].map((input) => pool.run('echo', () => ({ input })));
    const error = (await caught(doomed)) as Error;
    expect(error.message).toBe(`a worker died while it ran a crash job: ${why}`);
    expect(error.cause).toBeInstanceOf(how === 'throw' ? TypeError : Error);
    expect(await Promise.all(others)).toEqual([1, 2, 3, 4]);
    const threads = await Promise.all([1, 2, 3, 4].map(() => pool.run('sleep', () => ({ input: 20 }))));
    expect(new Set(threads).size).toBe(2);
  });

  it('replaces a worker whose job throws, when asked to', async () => {
    await using single = testPool({ size: 1 });
    const thread = await single.run('sleep', () => ({ input: 0 }));
    await caught(fail(single, 'range'));
    expect(await single.run('sleep', () => ({ input: 0 }))).toBe(thread);
    await caught(fail(single, 'range', { recycleOnError: true }));
    expect(await single.run('sleep', () => ({ input: 0 }))).not.toBe(thread);
  });

  describe('jobs that may be sent ahead', () => {
    const ahead = { ahead: true };

    it('go to a worker that runs one of them, and no further', async () => {
      const prepared: number[] = [];
      const jobs = [0, 1, 2, 3, 4, 5].map((i) => {
        const prepare = (): { input: number } => {
          prepared.push(i);
          return { input: 10 };
        };
        return pool.run('sleep', prepare, ahead);
      });
      expect(prepared).toEqual([0, 1, 2, 3]);
      await Promise.all(jobs);
      expect(prepared).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it.each([
      ['behind a job of another sort', {}, ahead],
      ['before a job of another sort', ahead, {}],
      ['before a job that may cost the worker', ahead, { ahead: true, recycleOnError: true }],
    ])('never share a worker: %s', async (_, first, second) => {
      await using single = testPool({ size: 1 });
      const doomed = caught(single.run('crash', () => ({ input: 'exit' as const }), first));
      const other = single.run('echo', () => ({ input: 1 }), second);
      expect(await doomed).toBeInstanceOf(Error);
      expect(await other).toBe(1); // it was not there when the worker died
    });

    it('fail together when their worker dies, and the next ones get a fresh one', async () => {
      await using single = testPool({ size: 1 });
      const doomed = [
        caught(single.run('crash', () => ({ input: 'exit' as const }), ahead)),
        caught(single.run('echo', () => ({ input: 1 }), ahead)),
      ];
      const next = single.run('echo', () => ({ input: 2 }), ahead);
      const [first, second] = (await Promise.all(doomed)) as Error[];
      expect(first!.message).toBe('a worker died while it ran a crash job: the worker exited with code 3');
      expect(second!.message).toBe('a worker died while it ran a echo job: the worker exited with code 3');
      expect(await next).toBe(2);
    });

    it('are dropped by an abort like others, and count for the byte budget', async () => {
      await using small = testPool({ size: 1, byteBudget: 100 });
      const controller = new AbortController();
      const reason = new Error('enough');
      const sent: number[] = [];
      const job = (i: number, bytes: number, signal?: AbortSignal): Promise<unknown> => {
        const prepare = (): { input: number } => {
          sent.push(i);
          return { input: 20 };
        };
        return caught(small.run('sleep', prepare, { ...ahead, bytes, signal }));
      };
      const jobs = [job(0, 60), job(1, 40, controller.signal), job(2, 60)];
      expect(sent).toEqual([0, 1]);
      controller.abort(reason);
      expect(await jobs[1]).toBe(reason);
      expect(sent).toEqual([0, 1]);
      await Promise.all(jobs);
      expect(sent).toEqual([0, 1, 2]);
    });
  });

  describe('an abort', () => {
    const reason = new Error('enough');

    it('drops a waiting job', async () => {
      const controller = new AbortController();
      const busy = [1, 2].map(() => pool.run('sleep', () => ({ input: 30 })));
      let prepared = false;
      const prepare = (): { input: number } => {
        prepared = true;
        return { input: 1 };
      };
      const waiting = pool.run('echo', prepare, { signal: controller.signal });
      controller.abort(reason);
      expect(await caught(waiting)).toBe(reason);
      await Promise.all(busy);
      expect(prepared).toBe(false);
    });

    it('drops the result of a running job', async () => {
      await using single = testPool({ size: 1 });
      const controller = new AbortController();
      let over = false;
      const sleeping = caught(single.run('sleep', () => ({ input: 100 }), { signal: controller.signal }));
      const next = single
        .run('sleep', () => ({ input: 0 }))
        .then(() => {
          over = true;
        });
      controller.abort(reason);
      expect(await sleeping).toBe(reason);
      expect(over).toBe(false); // the caller does not wait for the worker; the next job does
      await next;
    });

    it('drops a hundred jobs with one listener, and leaves none behind', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const counts = { added: 0, removed: 0 };
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        counts.added += 1;
        addEventListener.apply(signal, args);
      };
      signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
        counts.removed += 1;
        removeEventListener.apply(signal, args);
      };
      const run = (): Promise<unknown>[] =>
        Array.from({ length: 100 }, (_, i) => pool.run('echo', () => ({ input: i }), { signal }));
      expect(await Promise.all(run())).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(counts).toEqual({ added: 1, removed: 1 });
      const dropped = run().map(caught);
      controller.abort(reason);
      expect(new Set(await Promise.all(dropped))).toEqual(new Set([reason]));
      expect(counts).toEqual({ added: 2, removed: 2 });
    });

    it('before the start is thrown at once', async () => {
      const signal = AbortSignal.abort(reason);
      expect(await caught(pool.run('echo', () => ({ input: 1 }), { signal }))).toBe(reason);
    });
  });

  describe('the byte budget', () => {
    it('lets in what fits, and a larger job alone, in order', async () => {
      await using small = testPool({ size: 4, byteBudget: 100 });
      const counter = new Int32Array(new SharedArrayBuffer(4));
      const sizes = [50, 50, 50, 200, 50, 0, 100];
      const seen = await Promise.all(
        sizes.map((bytes) => small.run('count', () => ({ input: { counter, bytes } }), { bytes })),
      );
      expect(seen.every((total) => total <= 100 || total === 200)).toBe(true);
      expect(seen).toContain(200);
    });

    it('wakes the next job when a waiting one is aborted', async () => {
      await using small = testPool({ size: 2, byteBudget: 100 });
      const controller = new AbortController();
      const first = small.run('sleep', () => ({ input: 60 }), { bytes: 60 });
      const large = caught(small.run('echo', () => ({ input: 1 }), { bytes: 90, signal: controller.signal }));
      const fits = small.run('echo', () => ({ input: 2 }), { bytes: 40 });
      controller.abort('no');
      expect(await large).toBe('no');
      expect(await fits).toBe(2);
      await first;
    });
  });

  describe('closing', () => {
    it('rejects what waits and what runs, and refuses what comes later', async () => {
      const closing = testPool({ size: 1 });
      const running = caught(closing.run('sleep', () => ({ input: 10_000 })));
      const waiting = caught(closing.run('echo', () => ({ input: 1 })));
      await Promise.all([closing.close(), closing.close()]);
      expect(await running).toEqual(new Error('the worker pool was closed'));
      expect(await waiting).toEqual(new Error('the worker pool was closed'));
      expect(await caught(closing.run('echo', () => ({ input: 1 })))).toEqual(
        new TypeError('this worker pool is closed'),
      );
      await expect(closing.ready()).rejects.toThrow(TypeError);
      await closing.close();
    });

    it('is fine for a pool that never started a worker', async () => {
      await using unused = createPool();
      expect(unused.size).toBeGreaterThan(0);
    });

    it('does not wait for workers that are still starting', async () => {
      const starting = testPool({ size: 3 });
      const answer = caught(starting.ready());
      await starting.close();
      expect(await answer).toEqual(new Error('the worker pool was closed'));
    });
  });

  it('says so when the worker script is not there', async () => {
    await using broken = testPool({ size: 1, entry: new URL('file:///nowhere/worker.js') });
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = (await caught(broken.run('echo', () => ({ input: 1 })))) as Error;
      expect(error.message).toMatch(/^a worker died while it ran a echo job: .*nowhere/);
    }
  });

  it.each([0, -1, 1.5, 65, Number.NaN])('refuses a size of %d', (size) => {
    expect(() => createPool({ size })).toThrow(RangeError);
  });

  it.each([0, -5, Number.NaN])('refuses a byte budget of %d', (byteBudget) => {
    expect(() => createPool({ byteBudget })).toThrow(RangeError);
  });
});
