import { type Endpoint, expose, transfer } from 'comlink';
import { registerErrorTransfer } from './error-transfer.ts';
import type { Done } from './jobs.ts';

/** What a worker offers to its pool through comlink. */
export interface WorkerApi {
  run(job: { readonly kind: string; readonly input: unknown }): Promise<unknown>;
}

/** Handlers by name, with their types erased: what comes over the wire is not typed either. */
export type Handlers = Readonly<Record<string, (input: never) => Done<unknown> | Promise<Done<unknown>>>>;

/** Answers jobs that arrive at `endpoint`. Called once by each worker entry. */
export function serve(endpoint: Endpoint, handlers: Handlers): void {
  registerErrorTransfer();
  const api: WorkerApi = {
    async run({ kind, input }) {
      if (!Object.hasOwn(handlers, kind)) throw new TypeError(`this worker does not know ${JSON.stringify(kind)} jobs`);
      const done = await handlers[kind]!(input as never);
      // comlink remembers what to transfer by the object it is handed.
      return typeof done.value === 'object' && done.value !== null && done.transfer !== undefined
        ? transfer(done.value, [...done.transfer])
        : done.value;
    },
  };
  expose(api, endpoint);
}
