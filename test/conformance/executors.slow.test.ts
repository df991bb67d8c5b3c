import { describe } from 'vitest';
import { createPool, poolExecutor } from '../../src/workers/index.ts';
import { built } from '../workers/built.ts';
import { executorConformance } from './executor.ts';

const entry = built('workers/node-worker.js');

describe.each([1, 3, 7])('%i workers', (size) => {
  executorConformance('shared memory', () => poolExecutor(createPool({ size, entry })));
  executorConformance('memory moved', () => poolExecutor(createPool({ size, entry }), { sharedMemory: false }));
  executorConformance('one job at a time', () => poolExecutor(createPool({ size, entry, byteBudget: 1 })));
});
