import { logBinomial, logHypergeometricTail } from './tails.ts';

/**
 * The degree k of the communication graph and the threshold t of the sharing, from what the operator can state: how many clients
 * may be corrupt, how many may drop out, and who is trusted with what (Bell, Bonawitz, Gascón, Lepoint, Raykova: "Secure
 * single-server aggregation with (poly)logarithmic overhead", CCS 2020, sections 3 and 4).
 *
 * For an even k, with c corrupt and d dropping clients among n:
 *
 * 1. *Connected*: the graph of the honest survivors falls apart with probability below 2^-(sigma+1):
 *    n (n-k-1)/2 * C(n-k, c+d-k) / C(n, c+d).
 * 2. *Secret*: t1 is the least number with Pr[Hyp(n, c, k) > t1] <= 2^-(sigma+1)/n: nobody has more than t1 corrupt neighbours. Against a
 *    malicious server t1 becomes ceil((t1+k-1.25)/2), which is 2t > k + t1 for t = t1' + 1.
 * 3. *Available*: t2 is the greatest number with Pr[Hyp(n, n-d, k) < t2] <= 2^-eta/n: everybody keeps at least t2 live neighbours.
 *
 * Against a malicious server a sparse graph also needs n - d >= floor((n + c) / 2) + 1 clients that sign one survivor set.
 *
 * The first even k that is connected and has t1 < t2 wins, with t = t1 + 1. Cohorts of up to 30, and those for which no k
 * works, use the complete graph with the bounds that hold for certain.
 */

/** Whom the protocol protects against: parties that follow it and look, or a server that may also lie. */
export type Adversary = 'honest-but-curious' | 'malicious-server';

/** Every {@link Adversary}. */
export const ADVERSARIES: readonly Adversary[] = ['honest-but-curious', 'malicious-server'];

/** What is known about a cohort, and what shall hold. */
export interface ParameterQuery {
  /** 3 .. 65,535 */
  readonly clients: number;
  /** The largest fraction of the clients that may drop out, 0 <= dropout < 1. */
  readonly dropout: number;
  /** The largest fraction of the clients that may collude with the server, 0 <= corrupt < 1. */
  readonly corrupt: number;
  readonly adversary: Adversary;
  /** Privacy fails with probability at most 2^-sigma. 1 .. 128, 40 unless given. */
  readonly sigma?: number;
  /** The round fails, though no more than `dropout` dropped, with probability at most 2^-eta. 1 .. 128, 20 unless given. */
  readonly eta?: number;
}

/** What follows from a {@link ParameterQuery}. */
export interface ChosenParameters {
  /** Neighbours of each client, who hold its shares. */
  readonly k: number;
  /** How many of them reconstruct. */
  readonly t: number;
  /** Whether everybody is everybody's neighbour: k = n - 1. */
  readonly complete: boolean;
  readonly why: Why;
}

/** The numbers behind a choice. */
export interface Why {
  /** What kept k from being smaller or, on the complete graph, what fixed t. */
  readonly decides: 'connectivity' | 'secrecy-and-availability' | 'small-cohort' | 'no-sparse-graph';
  /** One plain sentence. */
  readonly text: string;
  /** How many clients may be corrupt and how many may drop out, as counts. */
  readonly corrupt: number;
  readonly dropout: number;
  /** t must be greater than this for secrecy (t1)... */
  readonly t1: number;
  /** ...and at most this for availability (t2). */
  readonly t2: number;
  /** log2 of the bound on the probability that the honest survivors are not connected; -Infinity when they always are. */
  readonly log2Disconnected: number;
}

/** The counts that decide, after fractions have become numbers of clients. */
export interface Counts {
  readonly clients: number;
  readonly corrupt: number;
  readonly dropout: number;
  readonly adversary: Adversary;
  readonly sigma: number;
  readonly eta: number;
  /**
   * How many clients must sign one survivor set on a sparse graph, against a malicious server; otherwise 0. Counted of the first cohort
   * like `corrupt`, so that clients who were shown different cohorts cannot bring two sets there either.
   */
  readonly quorum: number;
}

/**
 * More than (n + c) / 2 signatures: of two sets with so many each, more than n + c are needed, but n - c honest clients sign one set each
 * and c corrupt ones at most both.
 */
export function signatureQuorum(clients: number, corrupt: number): number {
  return Math.floor((clients + corrupt) / 2) + 1;
}

export const SMALL_COHORT = 30;
const DEFAULT_SIGMA = 40;
const DEFAULT_ETA = 20;

/**
 * The least degree and threshold that meet the bounds above.
 * @throws {TypeError|RangeError} for an argument out of its range
 * @throws {RangeError} `no parameters exist: ...` when not even the complete graph helps
 */
export function chooseParameters(query: ParameterQuery): ChosenParameters {
  const found = findParameters(query);
  if (found === undefined) throw new RangeError(noParameters(checkedCounts(query)));
  return found;
}

/**
 * Like {@link chooseParameters}, but gives `undefined` when no parameters exist.
 * @throws {TypeError|RangeError} for an argument out of its range
 */
export function findParameters(query: ParameterQuery): ChosenParameters | undefined {
  return searchParameters(checkedCounts(query));
}

/** The fractions of a query as counts. Rounded down, but so that 0.29 of 100 is 29, whatever floating point makes of it. */
export function checkedCounts(query: ParameterQuery): Counts {
  const { clients, adversary, sigma = DEFAULT_SIGMA, eta = DEFAULT_ETA } = query;
  if (!Number.isInteger(clients) || clients < 3 || clients > 65_535) {
    throw new RangeError(`${clients} clients, expected an integer in 3 .. 65,535`);
  }
  if (!ADVERSARIES.includes(adversary)) {
    throw new TypeError(`adversary ${JSON.stringify(adversary)}, expected ${ADVERSARIES.join(' or ')}`);
  }
  for (const name of ['dropout', 'corrupt'] as const) {
    if (!(query[name] >= 0 && query[name] < 1))
      throw new RangeError(`${name} ${query[name]}, expected 0 <= ${name} < 1`);
  }
  for (const [name, bits] of [['sigma', sigma] as const, ['eta', eta] as const]) {
    if (!Number.isInteger(bits) || bits < 1 || bits > 128) {
      throw new RangeError(`${name} ${bits}, expected an integer in 1 .. 128`);
    }
  }
  const count = (fraction: number) => Math.floor(fraction * clients + 1e-9);
  const [corrupt, dropout] = [count(query.corrupt), count(query.dropout)];
  const quorum = adversary === 'malicious-server' ? signatureQuorum(clients, corrupt) : 0;
  return { clients, corrupt, dropout, adversary, sigma, eta, quorum };
}

/** The search itself, over counts. `sigma` may be larger than a caller can ask for: see `cohortParameters`. */
export function searchParameters(counts: Counts): ChosenParameters | undefined {
  if (counts.clients <= SMALL_COHORT) return completeGraph(counts, 'small-cohort');
  return sparseGraph(counts) ?? completeGraph(counts, 'no-sparse-graph');
}

function sparseGraph(counts: Counts): ChosenParameters | undefined {
  const { clients: n, corrupt, dropout, adversary, sigma, eta } = counts;
  if (n - dropout < counts.quorum) return undefined; // no survivor set could be signed by enough
  let connectedFrom = 0;
  // Both bounds only grow with k, so each search goes on where the last k's ended.
  let curious = 0;
  let t2 = 0;
  for (let k = 2; k < n - 1; k += 2) {
    curious = corruptNeighbours(counts, k, curious);
    while (t2 < k && aliveTail(n, dropout, k, t2 + 1) <= -eta - Math.log2(n)) t2++;
    const log2Disconnected = disconnected(n, corrupt + dropout, k);
    if (log2Disconnected >= -(sigma + 1)) continue;
    if (connectedFrom === 0) connectedFrom = k;
    const t1 = secrecyBound(adversary, curious, k);
    if (t1 >= t2) continue;
    const t = t1 + 1;
    const decides = k === connectedFrom ? 'connectivity' : 'secrecy-and-availability';
    const text =
      decides === 'connectivity'
        ? `k = ${k} is the least even degree that keeps the honest survivors connected; t = ${t} is one more than the ${t1} that secrecy excludes`
        : `k = ${k} is the least even degree with room between secrecy (t > ${t1}) and availability (t <= ${t2})`;
    return { k, t, complete: false, why: { decides, text, corrupt, dropout, t1, t2, log2Disconnected } };
  }
  return undefined;
}

function completeGraph(counts: Counts, decides: 'small-cohort' | 'no-sparse-graph'): ChosenParameters | undefined {
  const { clients, corrupt, dropout, adversary } = counts;
  if (clients < 3) return undefined;
  const k = clients - 1;
  const lower = completeLowerBound(counts);
  const t1 = lower - 1;
  const t2 = k - dropout;
  if (lower > t2) return undefined;
  const t = Math.max(lower, Math.min(t2, Math.floor(k / 2) + 1));
  const reason =
    decides === 'small-cohort'
      ? `up to ${SMALL_COHORT} clients use the complete graph`
      : 'no sparse graph meets the bounds';
  const server = adversary === 'malicious-server' ? ', malicious server' : '';
  const text = `${reason}; secrecy needs t > ${t1} (${corrupt} corrupt${server}), availability t <= ${t2} (${dropout} may drop out)`;
  return { k, t, complete: true, why: { decides, text, corrupt, dropout, t1, t2, log2Disconnected: -Infinity } };
}

/** The least threshold that is secret for certain on the complete graph; at least 2, so that no holder knows a secret alone. */
export function completeLowerBound(counts: Counts): number {
  const k = counts.clients - 1;
  return Math.max(2, secrecyBound(counts.adversary, Math.min(counts.corrupt, k), k) + 1);
}

/** The least threshold that is secret on a sparse graph of degree k, or `undefined` when k does not keep the honest survivors connected, or too few are left to sign. */
export function sparseLowerBound(counts: Counts, k: number): number | undefined {
  const { clients, corrupt, dropout, sigma, quorum } = counts;
  if (clients - dropout < quorum) return undefined;
  if (disconnected(clients, corrupt + dropout, k) >= -(sigma + 1)) return undefined;
  return Math.max(2, secrecyBound(counts.adversary, corruptNeighbours(counts, k, 0), k) + 1);
}

/** The least t1 >= from that at most 2^-(sigma+1)/n of all neighbourhoods exceed. */
function corruptNeighbours({ clients, corrupt, sigma }: Counts, k: number, from: number): number {
  let t1 = from;
  while (logHypergeometricTail(clients, corrupt, k, t1 + 1) > -(sigma + 1) - Math.log2(clients)) t1++;
  return t1;
}

function secrecyBound(adversary: Adversary, corruptNeighbours: number, k: number): number {
  return adversary === 'malicious-server' ? Math.ceil((corruptNeighbours + k - 1.25) / 2) : corruptNeighbours;
}

/** log2 Pr[Hyp(n, n - dropout, k) < t]: fewer than t of k neighbours alive is more than k - t of them dropped. */
function aliveTail(n: number, dropout: number, k: number, t: number): number {
  return logHypergeometricTail(n, dropout, k, k - t + 1);
}

/** log2 of the union bound over all cuts of the ring by two arcs of k/2 bad nodes. */
function disconnected(n: number, bad: number, k: number): number {
  if (bad < k) return -Infinity;
  return Math.log2((n * (n - k - 1)) / 2) + (logBinomial(n - k, bad - k) - logBinomial(n, bad)) / Math.LN2;
}

export function noParameters({ clients, corrupt, dropout, adversary, sigma }: Counts): string {
  return (
    `no parameters exist: with ${corrupt} of ${clients} clients corrupt and ${dropout} dropping out no threshold is both ` +
    `secret (${adversary}, 2^-${sigma}) and reachable`
  );
}
