import { curves } from './curve.ts';
import type { Entry } from './harness.ts';
import { hash } from './hash.ts';
import { mask } from './mask.ts';
import { opening } from './open.ts';
import { pool } from './pool.ts';
import { ring } from './ring.ts';
import { sampler } from './sampler.ts';
import { seal } from './seal.ts';
import { shamir } from './shamir.ts';
import { agreement } from './x25519.ts';

/** Every benchmark, in the order in which they run. One file for each group. */
export const ENTRIES: readonly Entry[] = [
  ...mask,
  ...curves,
  ...agreement,
  ...hash,
  ...ring,
  ...shamir,
  ...sampler,
  ...pool,
  ...seal,
  ...opening,
];
