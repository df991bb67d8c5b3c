import { shake256 } from '@noble/hashes/sha3.js';
import { concatBytes, utf8 } from '../bytes/index.ts';
import { addResidues } from '../kernels/index.ts';
import { type Rng, uniformBigBelow } from '../random/index.ts';
import { halves, invert } from './modular.ts';
import { bitLength, dataPrimes, type ParameterSet } from './parameters.ts';

/**
 * Threshold keys: the arithmetic of Mouchet, Troncoso-Pastoriza, Bossuat and Hubaux, "Multiparty Homomorphic Encryption from
 * Ring-Learning-With-Errors" (PoPETs 2021/4), with Shamir sharing of the secret for t of n (Mouchet, Bertrand and Hubaux, "An Efficient
 * Threshold Access-Structure for RLWE-Based Multiparty Homomorphic Encryption", J. Cryptology 36, 2023). All words are in NTT form.
 */

/**
 * The common reference polynomial a: uniform residues of all primes from SHAKE256(label || seed), by rejection. Coefficients are drawn in NTT form,
 * which is uniform just as well.
 */
export function commonReference(set: ParameterSet, seed: Uint8Array): BigUint64Array {
  const stream = shake256.create({ dkLen: 8 }).update(concatBytes(utf8('subrosa/ckks-sum/reference/v1'), seed));
  const out = new BigUint64Array(set.primes.length * set.degree);
  let block = new DataView(new ArrayBuffer(0));
  let at = 0;
  for (let j = 0; j < set.primes.length; j++) {
    const prime = set.primes[j]!;
    const width = bitLength(prime);
    for (let i = 0; i < set.degree; ) {
      if (at === block.byteLength) {
        const bytes = stream.xof(16_384);
        block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        at = 0;
      }
      const word = BigInt.asUintN(width, block.getBigUint64(at, true));
      at += 8;
      if (word < prime) out[j * set.degree + i++] = word;
    }
  }
  return out;
}

/**
 * A decryptor's public share b_i = -(a s_i + e_i) for the common a, from the key pair (b', a') that SEAL drew: b_i = b' + (a' - a) s_i. The error
 * is SEAL's own.
 */
export function publicShare(
  set: ParameterSet,
  secret: BigUint64Array,
  publicKey: BigUint64Array,
  reference: BigUint64Array,
): BigUint64Array {
  const count = set.primes.length * set.degree;
  const out = new BigUint64Array(count);
  for (let i = 0; i < count; i++) {
    const p = set.primes[Math.floor(i / set.degree)]!;
    out[i] = (publicKey[i]! + (publicKey[count + i]! + p - reference[i]!) * secret[i]!) % p;
  }
  return out;
}

/** The joint public key (sum of the b_i, a). */
export function jointPublicKey(
  set: ParameterSet,
  shares: readonly BigUint64Array[],
  reference: BigUint64Array,
): BigUint64Array {
  const out = new BigUint64Array(2 * reference.length);
  const first = out.subarray(0, reference.length);
  for (const share of shares) addResidues(first, share, set.primes, set.degree);
  out.set(reference, reference.length);
  return out;
}

/**
 * Shamir shares of a secret, modulo each data prime and coefficient by coefficient: share x is f(x) with f(0) the secret and degree t - 1.
 * @param points the decryptors' points, distinct, 1 .. 255
 */
export function shareSecret(
  set: ParameterSet,
  secret: BigUint64Array,
  points: readonly number[],
  threshold: number,
  rng: Rng,
): BigUint64Array[] {
  const primes = dataPrimes(set);
  const shares = points.map(() => new BigUint64Array(primes.length * set.degree));
  const coefficients = Array<bigint>(threshold);
  for (let j = 0; j < primes.length; j++) {
    const p = primes[j]!;
    const random = uniformResidues(p, (threshold - 1) * set.degree, rng);
    for (let i = 0; i < set.degree; i++) {
      coefficients[0] = secret[j * set.degree + i]!;
      for (let d = 1; d < threshold; d++) coefficients[d] = random[i * (threshold - 1) + d - 1]!;
      for (let k = 0; k < points.length; k++) {
        const x = BigInt(points[k]!);
        let value = 0n;
        for (let d = threshold - 1; d >= 0; d--) value = (value * x + coefficients[d]!) % p;
        shares[k]![j * set.degree + i] = value;
      }
    }
    random.fill(0n);
  }
  return shares;
}

/** `count` uniform residues, by rejection on the prime's bit length. */
function uniformResidues(prime: bigint, count: number, rng: Rng): BigUint64Array {
  const out = new BigUint64Array(count);
  rng.fill(new Uint8Array(out.buffer));
  const mask = (1n << BigInt(bitLength(prime))) - 1n;
  for (let i = 0; i < count; i++) {
    const word = out[i]! & mask;
    out[i] = word < prime ? word : uniformBigBelow(prime, rng);
  }
  return out;
}

/** The share times the Lagrange coefficient at 0 of `point` among `active`: these add up to the secret. */
export function weightedShare(
  set: ParameterSet,
  share: BigUint64Array,
  point: number,
  active: readonly number[],
): BigUint64Array {
  const out = new BigUint64Array(share.length);
  for (const [j, p] of dataPrimes(set).entries()) {
    let top = 1n;
    let bottom = 1n;
    for (const other of active) {
      if (other === point) continue;
      top = (top * BigInt(other)) % p;
      bottom = (bottom * (BigInt(other - point) + p)) % p;
    }
    const lambda = (top * invert(bottom, p)) % p;
    for (let i = j * set.degree; i < (j + 1) * set.degree; i++) out[i] = (share[i]! * lambda) % p;
  }
  return out;
}

/** Adds small signed integers to one polynomial of data residues in coefficient form: the same integer modulo every prime. */
export function addNoise(words: BigUint64Array, noise: Float64Array, set: ParameterSet): void {
  const view = halves(words);
  for (const [j, prime] of dataPrimes(set).entries()) {
    const p = Number(prime);
    for (let i = 0; i < set.degree; i++) {
      const at = 2 * (j * set.degree + i);
      if (prime < 2n ** 50n) {
        // |noise| < 2^53: the remainder of doubles is exact.
        let value = view[at]! + 2 ** 32 * view[at + 1]! + (noise[i]! % p);
        if (value < 0) value += p;
        else if (value >= p) value -= p;
        view[at] = value;
        view[at + 1] = value / 2 ** 32;
      } else {
        const value = (words[at / 2]! + BigInt(noise[i]!)) % prime;
        words[at / 2] = value < 0n ? value + prime : value;
      }
    }
  }
}
