import { good } from './secagg/good.ts';
import type { Scenario } from './secagg/record.ts';
import { refusedByClient } from './secagg/refused-by-client.ts';
import { refusedByServer } from './secagg/refused-by-server.ts';

/**
 * The scenarios behind test/vectors/secagg/v1. Written by
 * `SUBROSA_WRITE_VECTORS=1 npx vitest run --project unit test/protocols/secagg/vectors.test.ts`.
 */
export const scenarios: readonly Scenario[] = [...good, ...refusedByClient, ...refusedByServer];

export { makeVector } from './secagg/record.ts';
