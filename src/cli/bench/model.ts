import { tokenBytes } from '../../protocols/psi/index.ts';
import { findParameters } from '../../protocols/secagg/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import type { PsiCell, RoundCell } from './cell.ts';
import { dot, fitNonNegative } from './fit.ts';
import type { Results, Row } from './results.ts';
import { corruptShare, VALUE_BITS } from './round-cell.ts';
import { median } from './stats.ts';

/**
 * The cost model. A cost is a sum of terms that the protocol dictates (keystream to expand, key agreements, words to add), each times a constant that
 * is fitted to measured cells. The terms are named, so that a prediction can say what dominates.
 */
export interface Terms {
  readonly [name: string]: number;
}

export type Target = 'clientMs' | 'serverMs' | 'helperMs' | 'bytesUp' | 'bytesDown' | 'serverBytes' | 'memory';
export const TARGETS: readonly Target[] = [
  'clientMs',
  'serverMs',
  'helperMs',
  'bytesUp',
  'bytesDown',
  'serverBytes',
  'memory',
];

/** A fitted cost: constants by term, and how it did on cells that were not fitted. */
export interface Fitted {
  readonly constants: Readonly<Record<string, number>>;
  /** Of |predicted - measured| / measured. */
  readonly heldOut: { readonly cells: number; readonly medianError: number; readonly worstError: number };
}

export interface Model {
  readonly format: 'subrosa-model/1';
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly node: string };
  /** Share of the fitted cells that were marked noisy. */
  readonly noisy: number;
  readonly rounds: Readonly<Record<string, Readonly<Record<string, Fitted>>>>;
  readonly psi: Readonly<Record<string, Readonly<Record<string, Fitted>>>>;
}

/** The one term of memory that a party answers for, in bytes. */
export const WORKING_SETS = 'vectors of all parties';

/**
 * What a party holds at once, by the protocol: a client its update, two ring vectors (encoded, and masked or shared) and the frame it sends; a server or
 * helper an accumulator, one frame and, the server, mean and sum. Measured memory is fitted as a multiple of these over all parties, never below 1.
 */
export function workingSet(role: 'client' | 'server' | 'helper', { clients, dimension }: Point, frame: number): number {
  const word = ringBits(clients) <= 32 ? 4 : 8;
  if (role === 'client') return (8 + 2 * word) * dimension + frame;
  return (word + (role === 'server' ? 16 : 0)) * dimension + frame;
}

/** Bytes that one upload takes, roughly: the vector packed, or in ciphertexts. */
function frameBytes(scheme: SchemeName, { clients, dimension }: Point): number {
  if (scheme === 'ckks') return 32 * dimension;
  return scheme === 'bfv' ? 16 * dimension : (dimension * ringBits(clients)) / 8;
}

/** Helpers of a study's round. */
export function helperCount(scheme: SchemeName): number {
  return scheme === 'plain' || scheme === 'pairwise' ? 0 : 3;
}

export function memoryOf(
  scheme: SchemeName,
  role: 'client' | 'server' | 'helper',
  point: Point,
  fitted: Fitted | undefined,
): number {
  const factor = Math.max(1, fitted?.constants[WORKING_SETS] ?? 1);
  return factor * workingSet(role, point, frameBytes(scheme, point));
}

export type Point = Pick<RoundCell, 'clients' | 'dimension' | 'dropout'>;

/** Ring bits of a sum of n values of {@link VALUE_BITS} bits: docs/spec/encoding.md. */
export function ringBits(clients: number): number {
  return VALUE_BITS + Math.ceil(Math.log2(clients));
}

/** Degree of the graph; `undefined` when the scheme cannot run such a round. */
export function degree({ clients, dropout }: Point): number | undefined {
  const query = { clients, dropout, corrupt: corruptShare(clients), adversary: 'honest-but-curious' } as const;
  return findParameters(query)?.k;
}

/** What a round of a scheme consists of, for each cost; `undefined` when it cannot run. */
export function roundTerms(scheme: SchemeName, point: Point, target: Target): Terms | undefined {
  const { clients: n, dimension: d, dropout } = point;
  const vectorBytes = (d * ringBits(n)) / 8;
  const gone = Math.floor(dropout * n);
  const stay = n - gone;
  if (target === 'bytesUp') return bytesUp(scheme, point, vectorBytes);
  if (target === 'bytesDown') return bytesDown(scheme, point);
  if (target === 'memory') {
    const frame = frameBytes(scheme, point);
    const parties = n * workingSet('client', point, frame) + workingSet('server', point, frame);
    return {
      'code and garbage': 1,
      [WORKING_SETS]: parties + helperCount(scheme) * workingSet('helper', point, frame),
    };
  }
  if (target === 'serverBytes') {
    const k = scheme === 'pairwise' ? degree(point) : 0;
    if (k === undefined) return undefined;
    return {
      'headers and keys': n,
      'shares passed on': n * k,
      'vectors of the clients': stay * vectorBytes,
      sums: vectorBytes,
    };
  }
  if (scheme === 'pairwise') {
    const k = degree(point);
    if (k === undefined) return undefined;
    if (target === 'helperMs') return {};
    return target === 'clientMs'
      ? {
          'the round itself': 1,
          'keys and shares of k neighbours': k,
          'masks over the vector': (k + 1) * d,
        }
      : {
          'the round itself': 1,
          'frames of n clients': n,
          'shares passed on, reconstruction': n * k,
          // A vector unpacked and added costs about what a mask does.
          'masks of dropped edges and survivors': (2 * stay + (gone * k * stay) / n) * d,
        };
  }
  if (scheme === 'ckks' || scheme === 'bfv') {
    if (target === 'clientMs') return { 'the round itself': 1, encryption: d };
    if (target === 'serverMs')
      return { 'the round itself': 1, 'frames of n clients': n, 'adding ciphertexts': stay * d, 'opening the sum': d };
    return { 'the round itself': 1, 'checking uploads': stay * d, 'partial decryption': d, 'frames of n clients': n };
  }
  if (target === 'clientMs') return { 'the round itself': 1, [scheme === 'plain' ? 'packing' : 'seeds and masks']: d };
  if (target === 'serverMs') {
    return scheme === 'plain'
      ? { 'the round itself': 1, 'frames of n clients': n, 'adding vectors': stay * d }
      : { 'the round itself': 1, 'frames of n clients': n, 'adding partial sums': d };
  }
  return scheme === 'shares' ? { 'the round itself': 1, 'frames of n clients': n, 'adding shares': stay * d } : {};
}

function bytesUp(scheme: SchemeName, point: Point, vectorBytes: number): Terms | undefined {
  if (scheme === 'pairwise') {
    const k = degree(point);
    return k === undefined
      ? undefined
      : { 'headers and keys': 1, 'shares for neighbours': k, 'the vector': vectorBytes };
  }
  if (scheme === 'ckks' || scheme === 'bfv') return { 'headers and keys': 1, ciphertexts: point.dimension };
  return { 'headers and keys': 1, 'the vector': vectorBytes };
}

function bytesDown(scheme: SchemeName, point: Point): Terms | undefined {
  if (scheme === 'pairwise') {
    const k = degree(point);
    return k === undefined
      ? undefined
      : { headers: 1, 'keys and shares of neighbours': k, 'who is in the cohort': point.clients };
  }
  return scheme === 'ckks' || scheme === 'bfv' ? { 'the public key': 1 } : {};
}

export type PsiTarget = 'wallMs' | 'leftBytes' | 'rightBytes';
export const PSI_TARGETS: readonly PsiTarget[] = ['wallMs', 'leftBytes', 'rightBytes'];

/** What the left side must hold: the table of its tokens, with 2 to 4 slots of 4 bytes an entry. The right side holds one chunk at a time. */
export function psiMemory({ left, right }: Pick<PsiCell, 'left' | 'right'>): number {
  return left * tokenBytes(left, right) + 4 * 2 ** (Math.ceil(Math.log2(left + 1)) + 1);
}

/** For the suite `ristretto255`: both sides blind their own and multiply what the other sends. */
export function psiTerms(
  { reveal, left, right }: Pick<PsiCell, 'reveal' | 'left' | 'right'>,
  target: PsiTarget,
): Terms {
  const ciphertexts = reveal === 'sum' ? 1 : reveal === 'frequency' ? 5 : 0;
  if (target === 'leftBytes') return { headers: 1, 'blinded elements': left };
  if (target === 'rightBytes')
    return {
      headers: 1,
      tokens: left * tokenBytes(left, right),
      elements: right,
      'encrypted values': ciphertexts * right,
    };
  return {
    'the run itself': 1,
    'group arithmetic on both sets': left + right,
    'encrypted values': ciphertexts * right,
  };
}

/** Cells are dealt by position: every fourth is held out, judged and not fitted. */
const HOLD_OUT = 4;

/** Fits the model to cells on one thread. */
export function fitModel(results: Results): Model {
  const { cpu, node } = results.machine;
  const rounds: Record<string, Record<string, Fitted>> = {};
  for (const scheme of ['plain', 'pairwise', 'shares', 'ckks', 'bfv'] as const) {
    const rows = results.rows.filter(
      ({ cell }) => cell.kind === 'round' && cell.scheme === scheme && cell.threads === 1,
    );
    if (rows.length === 0) continue;
    rounds[scheme] = Object.fromEntries(
      TARGETS.flatMap((target) => {
        const fitted = fitTarget(rows, target, ({ cell }) =>
          cell.kind === 'round' ? roundTerms(scheme, cell, target) : undefined,
        );
        return fitted === undefined ? [] : [[target, fitted]];
      }),
    );
  }
  const psi: Record<string, Record<string, Fitted>> = {};
  const rows = results.rows.filter(
    ({ cell }) => cell.kind === 'psi' && cell.suite === 'ristretto255' && cell.threads === 1,
  );
  if (rows.length > 0) {
    psi['ristretto255'] = Object.fromEntries(
      PSI_TARGETS.flatMap((target) => {
        const fitted = fitTarget(rows, target, ({ cell }) =>
          cell.kind === 'psi' ? psiTerms(cell, target) : undefined,
        );
        return fitted === undefined ? [] : [[target, fitted]];
      }),
    );
  }
  const noisy = results.rows.filter((row) => row.noisy).length / Math.max(1, results.rows.length);
  return { format: 'subrosa-model/1', date: results.date, machine: { cpu, node }, noisy, rounds, psi };
}

function fitTarget(rows: readonly Row[], target: string, termsOf: (row: Row) => Terms | undefined): Fitted | undefined {
  const seen = rows.flatMap((row) => {
    const terms = termsOf(row);
    const value = target === 'memory' ? row.peakRss - row.baseRss : (row.times[target]?.median ?? row.counts[target]);
    return terms === undefined || value === undefined || value <= 0 ? [] : [{ terms, value }];
  });
  const names = Object.keys(seen[0]?.terms ?? {});
  if (names.length === 0) return undefined;
  const features = ({ terms }: { readonly terms: Terms }) => names.map((name) => terms[name]!);
  // Few cells are all fitted: their error on themselves would flatter, so none is given.
  const holds = seen.length >= HOLD_OUT + 1;
  const fitted = seen.filter((_, i) => !holds || i % HOLD_OUT !== 2);
  const held = seen.filter((_, i) => holds && i % HOLD_OUT === 2);
  const constants = fitNonNegative(
    fitted.map(features),
    fitted.map(({ value }) => value),
  );
  const errors = held.map((one) => Math.abs(dot(constants, features(one)) / one.value - 1));
  return {
    constants: Object.fromEntries(names.map((name, i) => [name, constants[i]!])),
    heldOut: {
      cells: held.length,
      medianError: errors.length === 0 ? -1 : median(errors),
      worstError: errors.length === 0 ? -1 : Math.max(...errors),
    },
  };
}

/** A predicted cost. */
export interface Prediction {
  readonly value: number;
  /** The largest term, and its share of the whole. */
  readonly dominant: string;
  readonly share: number;
  readonly heldOut: Fitted['heldOut'];
}

export function predict(fitted: Fitted | undefined, terms: Terms | undefined): Prediction | undefined {
  if (fitted === undefined || terms === undefined) return undefined;
  const parts = Object.entries(terms).map(([name, count]) => [name, count * (fitted.constants[name] ?? 0)] as const);
  const value = parts.reduce((sum, [, part]) => sum + part, 0);
  const [dominant, largest] = parts.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { value, dominant, share: value === 0 ? 0 : largest / value, heldOut: fitted.heldOut };
}
