import { parentPort } from 'node:worker_threads';
import { nodeEndpoint } from './endpoint.ts';
import { jobHandlers } from './handlers.ts';
import { serve } from './serve.ts';

/** The script of a worker thread in Node. */
if (parentPort === null) throw new TypeError('this script is started by the worker pool');
serve(nodeEndpoint(parentPort), jobHandlers);
