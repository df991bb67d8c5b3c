export type { Scheme } from './scheme.ts';
