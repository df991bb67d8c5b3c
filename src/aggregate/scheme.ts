import type { Executor } from '../kernels/index.ts';
import type { RingVector } from '../math/index.ts';
import type { Identity, Party, RoundSpec, Sum } from '../protocols/index.ts';
import type { Rng } from '../random/index.ts';

/**
 * A way to compute a sum. A scheme from outside the package plugs in by implementing this; all of ours pass the same
 * conformance suite (`test/conformance/scheme.ts`).
 */
export interface Scheme {
  /** For reports, e.g. `pairwise-masks`. */
  readonly name: string;
  /** Who learns what, one plain sentence a role, for reports. */
  readonly learns: { readonly server: string; readonly clients: string; readonly helpers?: string };
  /**
   * Checks that the scheme can run this round.
   * @throws {RangeError} saying which parameter does not fit
   */
  check(spec: RoundSpec): void;
  /**
   * The 32-byte session id that every frame of this round bears, where `encodeFrame` puts it: the session layer sorts frames by it. It must depend
   * on the whole spec and on the scheme's parameters; `sessionId` makes one.
   */
  session(spec: RoundSpec): Uint8Array;
  /** The parameters that follow from the options and the spec (k and t, say), for reports. */
  parameters?(spec: RoundSpec): Readonly<Record<string, string | number | boolean>>;
  /**
   * For schemes that approximate: what |sum found - true sum| stays below, in units of Z_{2^bits}. Absent or 0: the sum is exact.
   */
  errorBound?(spec: RoundSpec): number;
  /** The party that learns the sum. */
  server(spec: RoundSpec, executor: Executor, me?: Identity): Party<Sum>;
  /**
   * @param input this client's contribution, spec.length words of Z_{2^spec.bits}; not changed
   * @param rng default: the operating system's generator; another one only to replay a run
   */
  client(spec: RoundSpec, me: Identity, input: RingVector, executor: Executor, rng?: Rng): Party<void>;
  /** One of spec.helpers, for schemes that need them. */
  helper?(spec: RoundSpec, me: Identity, executor: Executor, rng?: Rng): Party<void>;
}
