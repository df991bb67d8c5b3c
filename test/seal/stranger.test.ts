import { shake256 } from '@noble/hashes/sha3.js';
import { afterAll, describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/bytes/index.ts';
import { commonReference, InlineSealEngine, parameterSet, planSum } from '../../src/seal/index.ts';

/**
 * docs/spec/ckks-sum.md read by a stranger: its wire form, NTT order and encodings in plain BigInt, without SEAL and without a line of
 * src/seal, against ciphertexts that SEAL made.
 */
const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const power = (base: bigint, exponent: bigint, p: bigint): bigint => {
  let result = 1n;
  for (let b = base % p, e = exponent; e > 0n; e >>= 1n, b = (b * b) % p) if (e & 1n) result = (result * b) % p;
  return result;
};

/** Residues of one polynomial: coefficients of ceil(log2 p) bits, least significant bit first, prime after prime. */
function unpack(bytes: Uint8Array, primes: readonly bigint[], n: number): bigint[][] {
  let at = 0;
  return primes.map((prime) => {
    const bits = BigInt(prime.toString(2).length);
    const size = (n * Number(bits)) / 8;
    const segment = bytes.subarray(at, at + size);
    at += size;
    let number = 0n;
    for (let i = size - 1; i >= 0; i--) number = (number << 8n) | BigInt(segment[i]!);
    return Array.from({ length: n }, (_, i) => (number >> (bits * BigInt(i))) & ((1n << bits) - 1n));
  });
}

/**
 * Values at the odd powers of the least primitive 2N-th root psi, bit-reversed (point i is psi^(2 rev(i) + 1)), back to coefficients: by the
 * definition, a sum for each coefficient, for the few coefficients asked for.
 */
function coefficients(values: readonly bigint[], p: bigint, n: number, wanted: readonly number[]): bigint[] {
  const order = BigInt(2 * n);
  let generator = 2n;
  let root = 0n;
  do root = power(generator++, (p - 1n) / order, p);
  while (power(root, BigInt(n), p) !== p - 1n);
  let psi = root;
  for (let k = 1, candidate = root; k < n; k++) {
    candidate = (((candidate * root) % p) * root) % p;
    if (candidate < psi) psi = candidate;
  }
  const bits = Math.log2(n);
  const reverse = (i: number) => Number.parseInt(i.toString(2).padStart(bits, '0').split('').reverse().join(''), 2);
  const inverse = power(psi, order - 1n, p);
  return wanted.map((k) => {
    let total = 0n;
    for (let i = 0; i < n; i++) {
      total += values[i]! * power(inverse, BigInt(((2 * reverse(i) + 1) * k) % (2 * n)), p);
    }
    return ((total % p) * power(BigInt(n), p - 2n, p)) % p;
  });
}

describe('the specification', () => {
  it('is enough to read an exact sum with the secret key', async () => {
    const set = parameterSet('threshold');
    const { degree: n } = set;
    const primes = set.primes.slice(0, 2);
    const shape = { set, clients: 2, rounds: 1, statisticalSecurity: 40, decryptors: 2, threshold: 2 };
    const plan = planSum({ ...shape, arithmetic: 'bfv', length: 3 * 1365, bits: 64 });
    expect([plan.limbs, plan.limbBits, plan.plainBits, plan.chunks]).toEqual([3, 22, 23, 3]);
    const { secret, publicKey } = await engine.generate(set);
    const words = BigUint64Array.from({ length: plan.length }, (_, i) => BigInt(i) * 0x9e37_79b9_7f4a_7c15n);
    const upload = await engine.encrypt(plan, { mode: 'public', publicKey }, { bits: 64, words });
    const size = upload.length / plan.chunks;
    const chunk = upload.subarray(size, 2 * size);
    const [c0, c1] = [chunk.subarray(0, size / 2), chunk.subarray(size / 2)].map((half) => unpack(half, primes, n));
    const wanted = [0, 1, 2, 777, 4095];
    const found = primes.map((p, j) => {
      const values = c0![j]!.map((value, i) => (value + c1![j]![i]! * secret[j * n + i]!) % p);
      return coefficients(values, p, n, wanted);
    });
    const [p, r] = primes as [bigint, bigint];
    const q = p * r;
    for (const [k, position] of wanted.entries()) {
      const x = (found[0]![k]! * r * power(r, p - 2n, p) + found[1]![k]! * p * power(p, r - 2n, r)) % q;
      const t = 1n << BigInt(plan.plainBits);
      const limb = ((x * t + q / 2n) / q) % t;
      const at = n + position; // the second chunk
      const word = BigInt.asUintN(64, words[Math.floor(at / 3)]!);
      expect(limb).toBe((word >> BigInt(22 * (at % 3))) & ((1n << 22n) - 1n));
    }
  });

  it('gives the common reference polynomial', () => {
    const set = parameterSet('threshold');
    const session = Uint8Array.from({ length: 32 }, (_, i) => i);
    const stream = shake256(concatBytes(utf8('subrosa/ckks-sum/reference/v1'), session), { dkLen: 8 * 3 * 4096 * 3 });
    const view = new DataView(stream.buffer, stream.byteOffset);
    let at = 0;
    const expected = set.primes.flatMap((prime) => {
      const bits = prime.toString(2).length;
      const out: bigint[] = [];
      for (; out.length < set.degree; at += 8) {
        const word = BigInt.asUintN(bits, view.getBigUint64(at, true));
        if (word < prime) out.push(word);
      }
      return out;
    });
    expect([...commonReference(set, session)]).toEqual(expected);
  });
});
