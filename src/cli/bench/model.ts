import { tokenBytes } from '../../protocols/psi/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import type { PsiCell } from './cell.ts';
import { dot, fitNonNegative } from './fit.ts';
import type { Results, Row } from './results.ts';
import { HELPERS, PSI_BUCKETS, THRESHOLD } from './setting.ts';
import { median } from './stats.ts';
import { degree, type Point, population, psiBytes, roundBytes, sumPlan, vectorShape } from './wire.ts';

/**
 * The cost model. Bytes follow from the specifications and are exact. A time is a sum of terms that the protocol dictates (keystream to expand, key
 * agreements, words to add), each times a constant that is fitted to measured cells. The terms are named, so that a prediction can say what dominates.
 */
export interface Terms {
  readonly [name: string]: number;
}

export const BYTE_TARGETS = ['bytesUp', 'bytesDown', 'serverBytes', 'helperBytes'] as const;
const FITTED_TARGETS = ['clientMs', 'serverMs', 'helperMs', 'memory'] as const;
export type Target = (typeof BYTE_TARGETS)[number] | (typeof FITTED_TARGETS)[number];
export const PSI_BYTE_TARGETS = ['leftBytes', 'rightBytes'] as const;
const PSI_FITTED_TARGETS = ['wallMs', 'leftMs', 'rightMs'] as const;
export type PsiTarget = (typeof PSI_BYTE_TARGETS)[number] | (typeof PSI_FITTED_TARGETS)[number];

function isBytes(
  target: Target | PsiTarget,
): target is (typeof BYTE_TARGETS)[number] | (typeof PSI_BYTE_TARGETS)[number] {
  return target.endsWith('Bytes') || target.startsWith('bytes');
}

/** A cost: constants by term, and how it did on cells that were not fitted. */
export interface Fitted {
  /** Bytes have none: their terms are bytes already. */
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
export function workingSet(role: 'client' | 'server' | 'helper', scheme: SchemeName, point: Point): number {
  const { dimension } = point;
  const word = vectorShape(point).bits <= 32 ? 4 : 8;
  const homomorphic = scheme === 'ckks' || scheme === 'bfv';
  const frame = homomorphic ? sumPlan(scheme, point).bytes : (vectorShape(point).bits * dimension) / 8;
  if (role === 'client') return (8 + 2 * word) * dimension + frame;
  const accumulator = homomorphic ? accumulatorBytes(scheme, point) : word * dimension;
  return accumulator + (role === 'server' ? 16 * dimension : 0) + frame;
}

/** Two polynomials of two data primes a ciphertext, 8 bytes a coefficient. */
function accumulatorBytes(scheme: 'ckks' | 'bfv', point: Point): number {
  const { chunks, set } = sumPlan(scheme, point);
  return chunks * 2 * 2 * set.degree * 8;
}

/** Helpers of a study's round. */
export function helperCount(scheme: SchemeName): number {
  return scheme === 'plain' || scheme === 'pairwise' ? 0 : HELPERS.length;
}

export function memoryOf(
  scheme: SchemeName,
  role: 'client' | 'server' | 'helper',
  point: Point,
  fitted: Fitted | undefined,
): number {
  const factor = Math.max(1, fitted?.constants[WORKING_SETS] ?? 1);
  return factor * workingSet(role, scheme, point);
}

/**
 * What a round of a scheme consists of, for each cost; `undefined` when it cannot run.
 * @throws {RangeError} when a parameter set cannot carry the sum
 */
export function roundTerms(scheme: SchemeName, point: Point, target: Target): Terms | undefined {
  if (scheme === 'pairwise' && degree(point) === undefined) return undefined;
  if (target === 'memory') {
    const parties = point.clients * workingSet('client', scheme, point) + workingSet('server', scheme, point);
    return {
      'code and garbage': 1,
      [WORKING_SETS]: parties + helperCount(scheme) * workingSet('helper', scheme, point),
    };
  }
  if (target !== 'clientMs' && target !== 'serverMs' && target !== 'helperMs') return roundBytes(scheme, point, target);
  if (scheme === 'pairwise') return pairwiseTerms(degree(point)!, point, target);
  return scheme === 'ckks' || scheme === 'bfv'
    ? homomorphicTerms(scheme, point, target)
    : simpleTerms(scheme, point, target);
}

type TimeTarget = 'clientMs' | 'serverMs' | 'helperMs';

function pairwiseTerms(k: number, point: Point, target: TimeTarget): Terms {
  const { clients: n, dimension: d } = point;
  const { stay, gone } = population(point);
  if (target === 'helperMs') return {};
  if (target === 'clientMs') {
    return {
      'the round itself': 1,
      'keys and boxes of k neighbours': k,
      'sharing two secrets, k x t': k * k,
      'masks over the vector': (k + 1) * d,
      'encoding and packing': d,
    };
  }
  return {
    'the round itself': 1,
    'shares passed on': n * k,
    'shares put together': stay * k + gone * k * k,
    'unpacking and adding vectors': stay * d,
    'masks of survivors and dropped edges': (stay + (gone * k * stay) / n) * d,
  };
}

/** All of it is by the ciphertext: a short vector fills one anyhow. */
function homomorphicTerms(scheme: 'ckks' | 'bfv', point: Point, target: TimeTarget): Terms {
  const { clients: n } = point;
  const { chunks } = sumPlan(scheme, point);
  const { stay } = population(point);
  if (target === 'clientMs') return { 'the round itself': 1, encryption: chunks };
  if (target === 'serverMs') {
    return {
      'the round itself': 1,
      'frames of n clients': n,
      'adding ciphertexts': stay * chunks,
      'opening the sum': chunks,
    };
  }
  const helpers = HELPERS.length;
  return {
    'key generation': 1,
    'checking and adding uploads': helpers * stay * chunks,
    'partial decryption': THRESHOLD * chunks,
  };
}

function simpleTerms(scheme: 'plain' | 'shares', point: Point, target: TimeTarget): Terms {
  const { clients: n, dimension: d } = point;
  const { stay } = population(point);
  if (target === 'clientMs') return { 'the round itself': 1, [scheme === 'plain' ? 'packing' : 'seeds and masks']: d };
  if (target === 'serverMs') {
    return scheme === 'plain'
      ? { 'the round itself': 1, 'frames of n clients': n, 'adding vectors': stay * d, 'decoding the sum': d }
      : { 'the round itself': 1, 'frames of n clients': n, 'adding partial sums': d };
  }
  return scheme === 'shares' ? { 'the round itself': 1, 'frames of n clients': n, 'adding shares': stay * d } : {};
}

/** What the left side must hold: the table of its tokens, with 2 to 4 slots of 4 bytes an entry. The right side holds one chunk at a time. */
export function psiMemory({ left, right }: Pick<PsiCell, 'left' | 'right'>): number {
  return left * tokenBytes(left, right) + 4 * 2 ** (Math.ceil(Math.log2(left + 1)) + 1);
}

/** For the suite `ristretto255`: both sides blind their own and multiply what the other sends. */
export function psiTerms(cell: Pick<PsiCell, 'reveal' | 'left' | 'right'>, target: PsiTarget): Terms {
  const { reveal, left, right } = cell;
  const values = (reveal === 'sum' ? 1 : reveal === 'frequency' ? PSI_BUCKETS.length : 0) * right;
  switch (target) {
    case 'leftBytes':
    case 'rightBytes':
      return psiBytes(cell, target);
    case 'leftMs':
      return {
        'the run itself': 1,
        'blinding its own': left,
        "multiplying the other's": right,
        'adding encrypted values': values,
      };
    case 'rightMs':
      return {
        'the run itself': 1,
        'blinding its own': right,
        "multiplying the other's": left,
        'encrypting values': values,
      };
    case 'wallMs':
      return { 'the run itself': 1, 'group arithmetic on both sets': left + right, 'encrypted values': values };
  }
}

/** Cells are dealt by position into so many parts; each part is predicted by constants fitted to the others. The constants given are fitted to all. */
const FOLDS = 4;

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
      [...BYTE_TARGETS, ...FITTED_TARGETS].flatMap((target) => {
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
      [...PSI_BYTE_TARGETS, ...PSI_FITTED_TARGETS].flatMap((target) => {
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

function fitTarget(
  rows: readonly Row[],
  target: Target | PsiTarget,
  termsOf: (row: Row) => Terms | undefined,
): Fitted | undefined {
  const seen = rows.flatMap((row) => {
    const terms = termsOf(row);
    const value = target === 'memory' ? row.peakRss - row.baseRss : (row.times[target]?.median ?? row.counts[target]);
    return terms === undefined || value === undefined || value <= 0 ? [] : [{ terms, value }];
  });
  const names = Object.keys(seen[0]?.terms ?? {});
  if (names.length === 0) return undefined;
  const features = ({ terms }: { readonly terms: Terms }) => names.map((name) => terms[name]!);
  if (isBytes(target)) {
    const sum = ({ terms }: { readonly terms: Terms }) => Object.values(terms).reduce((a, b) => a + b, 0);
    return { constants: {}, heldOut: judged(seen.map((one) => sum(one) / one.value)) };
  }
  const fitted = (cells: typeof seen) =>
    fitNonNegative(
      cells.map(features),
      cells.map(({ value }) => value),
    );
  // Few cells cannot be spared: their error on themselves would flatter, so none is given.
  const enough = seen.length > Math.max(FOLDS, names.length);
  const ratios = (enough ? [...Array(FOLDS).keys()] : []).flatMap((fold) => {
    const constants = fitted(seen.filter((_, i) => i % FOLDS !== fold));
    return seen.filter((_, i) => i % FOLDS === fold).map((one) => dot(constants, features(one)) / one.value);
  });
  const constants = fitted(seen);
  return { constants: Object.fromEntries(names.map((name, i) => [name, constants[i]!])), heldOut: judged(ratios) };
}

/** @param ratios predicted / measured */
function judged(ratios: readonly number[]): Fitted['heldOut'] {
  const errors = ratios.map((ratio) => Math.abs(ratio - 1));
  return {
    cells: errors.length,
    medianError: errors.length === 0 ? -1 : median(errors),
    worstError: errors.length === 0 ? -1 : Math.max(...errors),
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
  const bytes = Object.keys(fitted.constants).length === 0;
  const parts = Object.entries(terms).map(
    ([name, count]) => [name, bytes ? count : count * (fitted.constants[name] ?? 0)] as const,
  );
  if (parts.length === 0) return undefined;
  const value = parts.reduce((sum, [, part]) => sum + part, 0);
  const [dominant, largest] = parts.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { value, dominant, share: value === 0 ? 0 : largest / value, heldOut: fitted.heldOut };
}
