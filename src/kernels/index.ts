export { inlineExecutor } from './inline.ts';
export { applyMask } from './mask.ts';
export { type Executor, type MaskPlan, type MaskTerm, SUITES, type Suite } from './plan.ts';
export { addWords, subtractWords } from './ring.ts';
export { type RingWords, wordBits, wordBytes, zeroWords } from './words.ts';
