import type { Endpoint } from 'comlink';
import { nodeEndpoint } from './endpoint.ts';

/** One started worker, the same face over worker_threads and Web Workers. */
export interface Thread {
  readonly endpoint: Endpoint;
  /** Keeps the process alive while there is work. A thread is started without. */
  hold(): void;
  release(): void;
  /** Stops it, whatever it is doing. `onEnd` is not called. */
  terminate(): Promise<void>;
}

/** @param onEnd called at most once, when the thread ends by itself or breaks, with the reason */
export function startThread(entry: URL | undefined, onEnd: (reason: Error) => void): Thread {
  return nodeThreads() === undefined ? startWeb(entry, onEnd) : startNode(entry, onEnd);
}

/** Whether this platform has threads at all. */
export function hasThreads(): boolean {
  return nodeThreads() !== undefined || typeof globalThis.Worker === 'function';
}

/** How many threads run at once on this machine. */
export function hardwareThreads(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os') as typeof import('node:os') | undefined;
  return Math.max(1, os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1);
}

type NodeThreads = typeof import('node:worker_threads');

/** Through `getBuiltinModule`, so that no bundler for browsers trips over the import. */
function nodeThreads(): NodeThreads | undefined {
  return globalThis.process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined;
}

function startNode(entry: URL | undefined, onEnd: (reason: Error) => void): Thread {
  const { Worker: NodeWorker } = nodeThreads()!;
  // `execArgv: []`: flags of the host such as --import or --inspect are for the host's own scripts.
  // A small young generation: what jobs leave behind dies at once, so room for 48 MB of it would only be memory held.
  const worker = new NodeWorker(entry ?? new URL('./node-worker.js', import.meta.url), {
    name: 'subrosa',
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  const end = once(onEnd);
  let failure: Error | undefined;
  const fail = (error: unknown): void => {
    failure = error instanceof Error ? error : new Error(String(error));
    void worker.terminate(); // 'exit' follows
  };
  worker.on('error', fail);
  worker.on('messageerror', fail);
  worker.on('exit', (code) => end(failure ?? new Error(`the worker exited with code ${code}`)));
  worker.unref();
  return {
    endpoint: nodeEndpoint(worker),
    hold: () => worker.ref(),
    release: () => worker.unref(),
    async terminate() {
      end.cancel();
      await worker.terminate();
    },
  };
}

function startWeb(entry: URL | undefined, onEnd: (reason: Error) => void): Thread {
  // Bundlers look for exactly this expression, so the options are literals and the branch is here.
  const worker =
    entry === undefined
      ? new Worker(new URL('./web-worker.js', import.meta.url), { type: 'module', name: 'subrosa' })
      : new Worker(entry, { type: 'module', name: 'subrosa' });
  const end = once((reason: Error) => {
    worker.terminate(); // after an uncaught error a Web Worker lives on, in a state nobody knows
    onEnd(reason);
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault?.();
    end(new Error(event.message || 'the worker script could not be loaded'));
  });
  worker.addEventListener('messageerror', () => end(new Error('a message to or from the worker did not decode')));
  return {
    endpoint: worker,
    hold() {},
    release() {},
    async terminate() {
      end.cancel();
      worker.terminate();
    },
  };
}

function once(call: (reason: Error) => void): { (reason: Error): void; cancel(): void } {
  let open = true;
  const guarded = (reason: Error): void => {
    if (!open) return;
    open = false;
    call(reason);
  };
  return Object.assign(guarded, {
    cancel() {
      open = false;
    },
  });
}
