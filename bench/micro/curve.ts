import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import sodium from 'libsodium-wrappers-sumo';
import { CURVE_TIERS, type CurveTier, curve, curveExports } from '../../src/kernels/curve.ts';
import { supportsTier } from '../../src/kernels/features.ts';
import type { Bench, Entry } from './harness.ts';

/** Points of one batch of ours: a few milliseconds, of which some pass undisturbed even on a busy machine. */
const N = 64;

type WasmTier = Exclude<CurveTier, 'reference'>;
const tiers = CURVE_TIERS.filter((tier): tier is WasmTier => tier !== 'reference' && supportsTier(tier)).reverse();

function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

function scalars(count: number): Uint8Array {
  const out = random(32 * count);
  for (let i = 0; i < count; i++) out[32 * i + 31]! &= 0x0f;
  return out;
}

const at = (bytes: Uint8Array, i: number, size: number): Uint8Array => bytes.subarray(size * i, size * (i + 1));

/** Decode with all checks, multiply by one secret scalar in constant time, encode: what a step of set intersection does to a point. */
async function multiply(): Promise<Bench> {
  await sodium.ready;
  const points = curve().hashToGroup(random(64 * N));
  const scalar = scalars(1);
  const integer = ristretto255.Point.Fn.fromBytes(scalar);
  const one = at(points, 0, 32);
  return {
    id: 'curve/multiply',
    unit: 'point',
    count: N,
    ours: tiers.map((tier) => ({ tier, run: () => curve(tier).multiply(points, scalar) })),
    peers: {
      noble: { run: () => ristretto255.Point.fromBytes(one).multiply(integer).toBytes(), count: 1 },
      libsodium: { run: () => sodium.crypto_scalarmult_ristretto255(scalar, one), count: 1 },
    },
  };
}

async function hashToGroup(): Promise<Bench> {
  await sodium.ready;
  const uniform = random(64 * N);
  const one = at(uniform, 0, 64);
  return {
    id: 'curve/hash-to-group',
    unit: 'point',
    count: N,
    ours: tiers.map((tier) => ({ tier, run: () => curve(tier).hashToGroup(uniform) })),
    peers: {
      noble: { run: () => ristretto255_hasher.deriveToCurve!(one).toBytes(), count: 1 },
      libsodium: { run: () => sodium.crypto_core_ristretto255_from_hash(one), count: 1 },
    },
  };
}

/** The last step of every multiplication: 256 points in extended coordinates to bytes. */
function encodeBatch(): Bench {
  const uniform = random(64 * 256);
  const point = ristretto255_hasher.deriveToCurve!(at(uniform, 0, 64));
  const ours = tiers.map((tier) => {
    curve(tier).hashToGroup(uniform); // leaves its points where encodeDoubled reads them
    return { tier, run: () => curveExports(tier).encodeDoubled(128) };
  });
  return {
    id: 'curve/encode-batch',
    unit: 'point',
    count: 256,
    ours,
    peers: { noble: { run: () => point.toBytes(), count: 1 } },
  };
}

/** The generator times secret scalars: key generation, and the first half of an ElGamal ciphertext. */
function multiplyBase(): Bench {
  const secrets = scalars(N);
  const integer = ristretto255.Point.Fn.fromBytes(at(secrets, 0, 32));
  return {
    id: 'curve/multiply-base',
    unit: 'point',
    count: N,
    ours: tiers.map((tier) => ({ tier, run: () => curve(tier).multiplyBase(secrets) })),
    peers: {
      noble: { run: () => ristretto255.Point.BASE.multiply(integer).toBytes(), count: 1 },
      libsodium: { run: () => sodium.crypto_scalarmult_ristretto255_base(at(secrets, 0, 32)), count: 1 },
    },
  };
}

export const curves: readonly Entry[] = [
  { id: 'curve/multiply', make: multiply },
  { id: 'curve/hash-to-group', make: hashToGroup },
  { id: 'curve/encode-batch', make: encodeBatch },
  { id: 'curve/multiply-base', make: multiplyBase },
];
