import { fixedPoint } from '../../encoding/index.ts';
import { packedBytes } from '../../kernels/index.ts';
import { FRAME_HEADER } from '../../protocols/index.ts';
import { tokenBytes } from '../../protocols/psi/index.ts';
import { findParameters } from '../../protocols/secagg/index.ts';
import { parameterSet, planSum, polynomialBytes, type SumPlan } from '../../seal/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import type { PsiCell, RoundCell } from './cell.ts';
import { BITS_PER_VALUE, corruptShare, HELPERS, NORM, PSI_BUCKETS, PSI_CHUNK, THRESHOLD } from './setting.ts';

/**
 * What crosses the wire, from the specifications' tables of messages (docs/spec) alone: nothing is measured or fitted. Every measured cell is compared
 * with it. Parts are named, so that a prediction can say which is the largest.
 */
export type Parts = Readonly<Record<string, number>>;

export type Point = Pick<RoundCell, 'clients' | 'dimension' | 'dropout'>;
export type ByteTarget = 'bytesUp' | 'bytesDown' | 'serverBytes' | 'helperBytes';

/** Bits of a ring word, and words of a contribution: the update and a count of those clipped. */
export function vectorShape({ clients, dimension }: Point): { readonly bits: number; readonly length: number } {
  return fixedPoint({ clip: { l2: NORM }, bits: BITS_PER_VALUE }).prepare({ clients, dimension });
}

/** Clients that stay, and that leave just before they would contribute. */
export function population({ clients, dropout }: Point): { readonly stay: number; readonly gone: number } {
  const gone = Math.floor(dropout * clients);
  return { stay: clients - gone, gone };
}

/** Degree of the graph of pairwise masks; `undefined` when the scheme cannot run such a round. */
export function degree({ clients, dropout }: Point): number | undefined {
  const query = { clients, dropout, corrupt: corruptShare(clients), adversary: 'honest-but-curious' } as const;
  return findParameters(query)?.k;
}

/** @throws {RangeError} when the parameter set cannot carry such a sum */
export function sumPlan(scheme: 'ckks' | 'bfv', point: Point): SumPlan {
  const { bits, length } = vectorShape(point);
  return planSum({
    set: parameterSet('threshold'),
    arithmetic: scheme,
    clients: point.clients,
    length,
    bits,
    decryptors: HELPERS.length,
    threshold: THRESHOLD,
    rounds: 1,
    statisticalSecurity: 40,
  });
}

/** @returns the bytes by part; `undefined` when the scheme cannot run such a round */
export function roundBytes(scheme: SchemeName, point: Point, target: ByteTarget): Parts | undefined {
  if (scheme === 'ckks' || scheme === 'bfv') return homomorphic(sumPlan(scheme, point), point, target);
  const { bits, length } = vectorShape(point);
  const vector = packedBytes(bits, length);
  if (scheme === 'pairwise') {
    const k = degree(point);
    return k === undefined ? undefined : pairwise(k, vector, point, target);
  }
  return scheme === 'shares' ? shares(vector, point, target) : plain(vector, point, target);
}

const bitmap = (members: number): number => Math.ceil(members / 8);

function plain(vector: number, point: Point, target: ByteTarget): Parts {
  const { stay } = population(point);
  if (target === 'bytesUp') return { 'the vector': vector, headers: FRAME_HEADER };
  return target === 'serverBytes' ? { vectors: stay * vector, headers: stay * FRAME_HEADER } : {};
}

/** docs/spec/secagg.md section 6. */
function pairwise(k: number, vector: number, point: Point, target: ByteTarget): Parts | undefined {
  const { clients: n } = point;
  const { stay } = population(point);
  const [advertise, sharing] = [64, 32 + 112 * k];
  const [roster, relayed] = [bitmap(n) + 64 * n, bitmap(k) + 112 * k];
  const unmask = bitmap(k) + 32 * k;
  switch (target) {
    case 'bytesUp':
      return {
        'the vector': vector,
        'shares for neighbours': sharing + unmask,
        keys: advertise,
        headers: 4 * FRAME_HEADER,
      };
    case 'bytesDown':
      return {
        "everybody's keys": roster,
        'shares of neighbours': relayed,
        survivors: bitmap(n),
        headers: 3 * FRAME_HEADER,
      };
    case 'serverBytes':
      return {
        vectors: stay * vector,
        "everybody's keys to everybody": n * (advertise + roster),
        'shares passed on': n * (sharing + relayed) + stay * unmask,
        survivors: stay * bitmap(n),
        headers: (4 * n + 3 * stay) * FRAME_HEADER,
      };
    case 'helperBytes':
      return {};
  }
}

/** docs/spec/share-sum.md: one vector and seeds for the other servers. */
function shares(vector: number, point: Point, target: ByteTarget): Parts {
  const { stay } = population(point);
  const servers = HELPERS.length;
  const [tag, seed, digest] = [16, 32, 32];
  const seeds = (servers - 1) * (seed + tag) + tag;
  const headers = servers * (FRAME_HEADER + 1);
  if (target === 'bytesUp') return { 'the vector': vector, seeds, headers };
  if (target === 'bytesDown') return {};
  const sums = {
    'partial sums': servers * (digest + vector),
    'who contributed': servers * (2 * bitmap(point.clients) + tag * stay + 2),
    'headers of the servers': 3 * servers * FRAME_HEADER,
  };
  return target === 'serverBytes'
    ? sums
    : { ...sums, vectors: stay * vector, seeds: stay * seeds, headers: stay * headers };
}

/** docs/spec/ckks-sum.md: key generation, uploads that the server passes on to all decryptors, decryption by the threshold. */
function homomorphic(plan: SumPlan, point: Point, target: ByteTarget): Parts {
  const { clients: n } = point;
  const { stay } = population(point);
  const { set, decryptors: d, threshold } = plan;
  const [share, sealed] = [polynomialBytes(set, set.primes), polynomialBytes(set) + 16];
  const jointKey = share + 32 + 2 * d + 3;
  switch (target) {
    case 'bytesUp':
      return { ciphertexts: plan.bytes, headers: FRAME_HEADER };
    case 'bytesDown':
      return { 'the public key': jointKey, headers: FRAME_HEADER };
    default: {
      const helpers = {
        'uploads passed on to the decryptors': d * (4 + stay * (4 + plan.bytes)),
        'key generation':
          d * (64 + (1 + 65 * d) + (33 + share + (d - 1) * (1 + sealed)) + 32 + jointKey) +
          d * (1 + d * (33 + share) + (d - 1) * sealed),
        'partial decryptions': threshold * plan.chunks * polynomialBytes(set) + d * (32 + 1 + threshold),
        'headers of the decryptors': (9 * d + threshold) * FRAME_HEADER,
      };
      if (target === 'helperBytes') return helpers;
      return {
        ...helpers,
        uploads: stay * plan.bytes,
        'public keys': n * jointKey,
        headers: (n + stay) * FRAME_HEADER,
      };
    }
  }
}

/** docs/spec/psi.md, protocol ristretto255: elements of both, tokens of 7 to 13 bytes, ciphertexts of 64. */
export function psiBytes(
  { reveal, left, right }: Pick<PsiCell, 'reveal' | 'left' | 'right'>,
  target: 'leftBytes' | 'rightBytes',
): Parts {
  const buckets = reveal === 'frequency' ? PSI_BUCKETS.length : 0;
  const ciphertexts = reveal === 'sum' ? 1 : buckets;
  const opening = ciphertexts === 0 ? 0 : FRAME_HEADER + ciphertexts * (target === 'leftBytes' ? 64 : 32);
  const [hello, confirmation] = [FRAME_HEADER + 104 + 4 * buckets, FRAME_HEADER + 32];
  const chunks = (size: number) => Math.ceil(size / PSI_CHUNK) * (FRAME_HEADER + 4);
  const greeting = hello + confirmation + opening;
  if (target === 'leftBytes') return { 'blinded elements': 32 * left, headers: greeting + chunks(left) };
  return {
    elements: 32 * right,
    tokens: tokenBytes(left, right) * left,
    'encrypted values': 64 * ciphertexts * right,
    headers: greeting + chunks(left) + chunks(right),
  };
}
