import { combine as combinePeer, split as splitPeer } from 'shamir-secret-sharing';
import { combineShamir, lagrangeShamir, splitShamir } from '../../src/kernels/index.ts';
import type { Bench, Entry } from './harness.ts';

/** A 32-byte secret for n = 1000 parties, any t = 500 of which reconstruct. */
const N = 1000;
const T = 500;
const WIDTH = 16;

function words(count: number): Uint16Array {
  const out = new Uint16Array(count);
  for (let at = 0; at < count; at += 32_768) crypto.getRandomValues(out.subarray(at, at + 32_768));
  return out;
}

const points = (count: number): Uint16Array => Uint16Array.from({ length: count }, (_, i) => i + 1);

/** The plain twin that most programs use: one polynomial over the integers modulo 2^255 - 19, with BigInt. */
const P = 2n ** 255n - 19n;

function bigInts(count: number): bigint[] {
  return Array.from(
    { length: count },
    () => words(WIDTH).reduce((value, word) => (value << 16n) | BigInt(word), 0n) % P,
  );
}

function splitBigInt(coefficients: readonly bigint[], n: number): bigint[] {
  return Array.from({ length: n }, (_, i) => {
    const x = BigInt(i + 1);
    return coefficients.reduceRight((value, coefficient) => (value * x + coefficient) % P, 0n);
  });
}

function split(): Bench {
  const secret = words(WIDTH);
  const coefficients = words(WIDTH * (T - 1));
  const xs = points(N);
  const big = bigInts(T);
  return {
    id: 'shamir/split',
    unit: 'secret',
    count: 1,
    ours: [
      { tier: 'simd', run: () => splitShamir(secret, coefficients, xs) },
      { tier: 'reference', run: () => splitShamir(secret, coefficients, xs, 'reference') },
    ],
    // A fiftieth of the parties is enough to time it.
    peers: { twin: { run: () => splitBigInt(big, N / 50), count: 0.02 } },
  };
}

function combine(): Bench {
  const xs = points(T);
  const rows = splitShamir(words(WIDTH), words(WIDTH * (T - 1)), xs);
  const weights = lagrangeShamir(xs, 0);
  const bigWeights = bigInts(T);
  const bigShares = bigInts(T);
  return {
    id: 'shamir/combine',
    unit: 'secret',
    count: 1,
    ours: [
      { tier: 'simd', run: () => combineShamir(rows, weights) },
      { tier: 'reference', run: () => combineShamir(rows, weights, 'reference') },
    ],
    peers: { twin: { run: () => bigShares.reduce((sum, share, i) => sum + share * bigWeights[i]!, 0n) % P } },
  };
}

/** The most that npm's audited package takes: n = 255, here with t = 128. It shares over GF(2^8) and answers asynchronously. */
function split255(): Bench {
  const secret = words(WIDTH);
  const bytes = new Uint8Array(secret.buffer);
  const coefficients = words(WIDTH * 127);
  const xs = points(255);
  return {
    id: 'shamir/split-255',
    unit: 'secret',
    count: 1,
    ours: [{ tier: 'simd', run: () => splitShamir(secret, coefficients, xs) }],
    peers: { npm: { run: () => splitPeer(bytes, 255, 128) } },
  };
}

async function combine255(): Promise<Bench> {
  const xs = points(128);
  const rows = splitShamir(words(WIDTH), words(WIDTH * 127), xs);
  const shares = (await splitPeer(new Uint8Array(32).fill(7), 255, 128)).slice(0, 128);
  return {
    id: 'shamir/combine-255',
    unit: 'secret',
    count: 1,
    // With the Lagrange coefficients, since the peer computes its own every time.
    ours: [{ tier: 'simd', run: () => combineShamir(rows, lagrangeShamir(xs, 0)) }],
    peers: { npm: { run: () => combinePeer(shares) } },
  };
}

export const shamir: readonly Entry[] = [
  { id: 'shamir/split', make: split },
  { id: 'shamir/combine', make: combine },
  { id: 'shamir/split-255', extra: true, make: split255 },
  { id: 'shamir/combine-255', extra: true, make: combine255 },
];
