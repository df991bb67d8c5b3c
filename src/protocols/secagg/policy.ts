import { Writer } from '../../bytes/index.ts';
import { SUITES, type Suite } from '../../kernels/index.ts';
import {
  ADVERSARIES,
  type Adversary,
  type Counts,
  checkedCounts,
  completeLowerBound,
  noParameters,
  searchParameters,
  sparseLowerBound,
} from './parameters.ts';
import { logBinomial } from './tails.ts';

/** What the operator states, part of the session id: every client computes k and t from it by itself. */
export interface SecaggParameters {
  readonly adversary: Adversary;
  /** The largest fraction of the cohort that may drop out, 0 <= dropout < 1. */
  readonly dropout: number;
  /** The largest fraction of the cohort that may collude with the server, 0 <= corrupt < 1. */
  readonly corrupt: number;
  /** Bits of statistical security, 1 .. 128; 40 unless given. */
  readonly sigma?: number;
  /** Bits of availability, 1 .. 128; 20 unless given. */
  readonly eta?: number;
  /** The mask PRG, and with it the AEAD: AES-256-CTR with AES-256-GCM, or ChaCha20 with ChaCha20-Poly1305. */
  readonly suite: Suite;
  /** Degree and threshold by hand, both or neither; refused when they are weaker than what the fractions above demand. */
  readonly k?: number;
  readonly t?: number;
}

/** Degree and threshold for a cohort as it is after dropouts. */
export interface Degree {
  readonly k: number;
  readonly t: number;
  readonly complete: boolean;
  /** A survivor set smaller than this is refused. */
  readonly minimum: number;
  /**
   * How many of all clients must sign one survivor set, besides t neighbours: so many that honest clients, who sign one set each, cannot
   * bring two sets there. 0 where t of the neighbours are that majority already (a cohort that is complete from the start) or nobody signs.
   */
  readonly quorum: number;
}

/** @throws {TypeError|RangeError} when a field is out of range, or no degree and threshold exist for a cohort of n */
export function checkParameters(parameters: SecaggParameters, n: number): void {
  const counts = checkedCounts({ ...query(parameters), clients: n });
  if (!SUITES.includes(parameters.suite)) {
    throw new TypeError(`suite ${JSON.stringify(parameters.suite)}, expected ${SUITES.join(' or ')}`);
  }
  const { k, t } = parameters;
  if ((k === undefined) !== (t === undefined)) throw new RangeError('give both k and t, or neither');
  if (k !== undefined && t !== undefined) {
    if (!Number.isInteger(k) || k < 2 || k >= n) throw new RangeError(`k = ${k}, expected 2 .. ${n - 1}`);
    if (k % 2 !== 0 && k !== n - 1) throw new RangeError(`k = ${k}, expected an even number, or ${n - 1}`);
    if (!Number.isInteger(t) || t < 2 || t > k) throw new RangeError(`t = ${t}, expected 2 .. ${k} (k)`);
    if (k < n - 1 && n - counts.dropout < counts.quorum) {
      const text = `with ${counts.dropout} of ${n} clients dropping out too few are left for the ${counts.quorum} signatures on the survivors`;
      throw new RangeError(`k = ${k}: ${text}; k = ${n - 1} needs none but of t neighbours`);
    }
    const least = lowerBound(counts, k);
    if (least === undefined) {
      throw new RangeError(`k = ${k} does not keep the honest survivors connected with 2^-${counts.sigma}`);
    }
    if (t < least)
      throw new RangeError(`t = ${t}, at least ${least} is needed against a ${parameters.adversary} party`);
  } else if (searchParameters(counts) === undefined) {
    throw new RangeError(noParameters(counts));
  }
}

/**
 * Degree and threshold after some of n clients are gone. Corrupt clients are counted against the *first* cohort: a server that
 * declares honest clients dropped does not dilute them.
 *
 * @param n clients of the round
 * @param joined clients in the roster
 * @param revealed those of them that opened their nonce; `joined` where there are no nonces
 * @returns undefined when the cohort has become too small
 */
export function degreeFor(
  parameters: SecaggParameters,
  n: number,
  joined: number,
  revealed: number,
  minimumCohort: number,
): Degree | undefined {
  if (revealed < Math.max(3, minimumCohort)) return undefined;
  const agreed = checkedCounts({ ...query(parameters), clients: n });
  const counts: Counts = {
    ...agreed,
    clients: revealed,
    corrupt: Math.min(agreed.corrupt, revealed),
    dropout: Math.max(0, agreed.dropout - (n - revealed)),
    sigma: agreed.sigma + grindingBits(joined, joined - revealed),
  };
  const found = parameters.k === undefined ? searchParameters(counts) : explicit(counts, parameters.k, parameters.t!);
  if (found === undefined) return undefined;
  const { k, t, complete } = found;
  const minimum = complete ? minimumCohort : Math.max(minimumCohort, n - agreed.dropout);
  // A cohort that was to be sparse and has become so small that it is complete keeps the quorum: else a server could show several
  // groups rosters so small that each of them believes to be everybody.
  const quorum = complete && agreedComplete(parameters, agreed) ? 0 : agreed.quorum;
  return revealed < Math.max(minimum, quorum) ? undefined : { k, t, complete, minimum, quorum };
}

function agreedComplete(parameters: SecaggParameters, agreed: Counts): boolean {
  return parameters.k === undefined ? searchParameters(agreed)?.complete === true : parameters.k === agreed.clients - 1;
}

/**
 * A server that sees all nonces before it says whose came has C(joined, missing) graphs to choose from. That many bits, and one more for
 * each missing nonce to pay for the union over their number, are added to sigma: a missing nonce or two costs a larger degree,
 * many end where the bounds hold for certain, on the complete graph at the latest, so that there is nothing to choose.
 */
export function grindingBits(joined: number, missing: number): number {
  return missing === 0 ? 0 : Math.ceil(logBinomial(joined, missing) / Math.LN2) + missing;
}

function explicit(counts: Counts, wanted: number, t: number): Pick<Degree, 'k' | 't' | 'complete'> | undefined {
  const k = Math.min(wanted, counts.clients - 1);
  const least = lowerBound(counts, k);
  return least === undefined || t < least || t > k ? undefined : { k, t, complete: k === counts.clients - 1 };
}

function lowerBound(counts: Counts, k: number): number | undefined {
  return k === counts.clients - 1 ? completeLowerBound(counts) : sparseLowerBound(counts, k);
}

function query({ adversary, dropout, corrupt, sigma, eta }: SecaggParameters) {
  return {
    adversary,
    dropout,
    corrupt,
    ...(sigma === undefined ? {} : { sigma }),
    ...(eta === undefined ? {} : { eta }),
  };
}

/** The canonical bytes that go into the session id; docs/spec/secagg.md section 3. Parameters and cohort must have been checked. */
export function encodeParameters(parameters: SecaggParameters, n: number): Uint8Array {
  const { sigma, eta } = checkedCounts({ ...query(parameters), clients: n });
  const { k, t, complete } =
    parameters.k === undefined
      ? searchParameters(checkedCounts({ ...query(parameters), clients: n }))!
      : { k: parameters.k, t: parameters.t!, complete: parameters.k === n - 1 };
  return new Writer(48)
    .u8(ADVERSARIES.indexOf(parameters.adversary))
    .text(parameters.suite)
    .f64(parameters.dropout + 0) // -0 becomes 0
    .f64(parameters.corrupt + 0)
    .u8(sigma)
    .u8(eta)
    .u8(parameters.k === undefined ? 0 : 1)
    .u32(k)
    .u32(t)
    .u8(complete ? 1 : 0)
    .finish();
}
