import { jobHandlers } from './handlers.ts';
import { serve } from './serve.ts';

/** The script of a Web Worker: its global scope is the endpoint. */
serve(globalThis as unknown as DedicatedWorkerGlobalScope, jobHandlers);
