import type { Decoded, EncodingDescription, VectorCodec } from '../encoding/index.ts';
import type { RoundSpec, Sum } from '../protocols/index.ts';
import type { PhaseMeter, PhaseTraffic } from '../session/index.ts';
import type { Scheme } from './scheme.ts';

/** What happened in a round and what it cost, in JSON's own types: for logs, tables and audits. No value of an update is in it. */
export interface Report {
  readonly scheme: string;
  /** Who learns what, in one sentence a role. */
  readonly learns: Scheme['learns'];
  /** What the scheme derived from its options and the cohort, e.g. k and t. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly task: string;
  readonly round: number;
  /** The size of the cohort. */
  readonly clients: number;
  readonly minimumCohort: number;
  readonly survivors: readonly string[];
  /** Who dropped out, in which phase, and the error code when the server excluded it for a fault. */
  readonly dropped: readonly { readonly id: string; readonly phase: string; readonly reason?: string }[];
  /** Survivors proven to have misbehaved in a round that succeeded all the same, with the error code; absent when there are none. */
  readonly blamed?: readonly { readonly id: string; readonly reason: string }[];
  /** How updates became integers, and how much was cut. */
  readonly encoding: EncodingDescription & {
    readonly saturated?: number;
    readonly clipped?: number;
    /**
     * What the decoded sum can be off by, against the sum of the survivors' clipped and weighted updates: for a `coordinate`, or with rotation for the
     * `l2` norm of the difference. Divided by the sum of weights, the same for the mean.
     */
    readonly errorBound: { readonly of: 'coordinate' | 'l2'; readonly value: number };
  };
  /** The server's bytes and working time. */
  readonly traffic: { readonly total: PhaseTraffic; readonly phases: readonly PhaseTraffic[] };
}

export function makeReport(
  scheme: Scheme,
  spec: RoundSpec,
  codec: VectorCodec,
  outcome: Sum,
  { saturated, clipped }: Decoded,
  meter: PhaseMeter,
): Report {
  return {
    scheme: scheme.name,
    learns: scheme.learns,
    parameters: scheme.parameters?.(spec) ?? {},
    task: spec.task,
    round: spec.round,
    clients: spec.clients.length,
    minimumCohort: spec.minimumCohort,
    survivors: outcome.survivors,
    dropped: outcome.dropped.map(({ id, phase, reason }) =>
      reason === undefined ? { id, phase } : { id, phase, reason: codeOf(reason) },
    ),
    ...(outcome.blamed === undefined
      ? {}
      : { blamed: outcome.blamed.map(({ id, reason }) => ({ id, reason: reason ? codeOf(reason) : 'unknown' })) }),
    encoding: {
      ...codec.description,
      ...(saturated === undefined ? {} : { saturated }),
      ...(clipped === undefined ? {} : { clipped }),
      errorBound: errorBound(codec.description, outcome.survivors.length, scheme.errorBound?.(spec) ?? 0),
    },
    traffic: { total: meter.total, phases: meter.phases },
  };
}

function codeOf(reason: Error): string {
  return 'code' in reason ? String(reason.code) : reason.name;
}

/**
 * Rounding moves a contributor's coordinate by less than a step (stochastic) or at most half a step (nearest); a step is worth `weights.max` of the sum when
 * updates are weighted. A rotation keeps the norm of an error, not its coordinates.
 * @param unexact units of the ring that the scheme's own sum can be off by
 */
function errorBound(
  { step, weights, rounding, rotate, dimension }: EncodingDescription,
  contributors: number,
  unexact: number,
): { of: 'coordinate' | 'l2'; value: number } {
  const units = contributors * (rounding === 'nearest' ? 0.5 : 1) + unexact;
  const coordinate = units * step * (weights?.max ?? 1);
  return rotate ? { of: 'l2', value: coordinate * Math.sqrt(dimension) } : { of: 'coordinate', value: coordinate };
}
