import { inlineExecutor } from '../../src/kernels/index.ts';
import { createPool, poolExecutor } from '../../src/workers/index.ts';
import { built } from '../workers/built.ts';
import { executorConformance } from './executor.ts';

const entry = built('workers/node-worker.js');

executorConformance('inline', () => inlineExecutor);
executorConformance('two workers', () => poolExecutor(createPool({ size: 2, entry })));
executorConformance('two workers, memory moved', () => {
  return poolExecutor(createPool({ size: 2, entry }), { sharedMemory: false });
});
