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
  /** How updates became integers, and how much was cut. */
  readonly encoding: EncodingDescription & { readonly saturated?: number; readonly clipped?: number };
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
      reason === undefined
        ? { id, phase }
        : { id, phase, reason: 'code' in reason ? String(reason.code) : reason.name },
    ),
    encoding: {
      ...codec.description,
      ...(saturated === undefined ? {} : { saturated }),
      ...(clipped === undefined ? {} : { clipped }),
    },
    traffic: { total: meter.total, phases: meter.phases },
  };
}
