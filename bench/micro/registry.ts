import { curves } from './curve.ts';
import type { Entry } from './harness.ts';
import { hash } from './hash.ts';
import { mask } from './mask.ts';
import { pool } from './pool.ts';
import { seal } from './seal.ts';
import { shamir } from './shamir.ts';

/** Every benchmark, in the order in which they run. One file for each group. */
export const ENTRIES: readonly Entry[] = [...mask, ...curves, ...hash, ...shamir, ...pool, ...seal];
