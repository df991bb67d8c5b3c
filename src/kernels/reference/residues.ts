/**
 * The twin of the residue kernel: residues modulo primes of at most 60 bits in BigInt, by the definitions. Words lie polynomial by polynomial, in each prime
 * by prime, `degree` words for a prime; packed, a residue modulo p takes ceil(log2 p) bits, lowest first.
 */

export function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** a[i] += b[i] modulo the prime of its place. */
export function addResidues(a: BigUint64Array, b: BigUint64Array, primes: readonly bigint[], degree: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i]! + b[i]!) % primeAt(i, primes, degree);
}

/** a[i] -= b[i] modulo the prime of its place. */
export function subtractResidues(
  a: BigUint64Array,
  b: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
): void {
  for (let i = 0; i < a.length; i++) {
    const prime = primeAt(i, primes, degree);
    a[i] = (a[i]! + prime - b[i]!) % prime;
  }
}

export function packResidues(words: BigUint64Array, primes: readonly bigint[], degree: number, out: Uint8Array): void {
  let at = 0;
  out.fill(0);
  for (let i = 0; i < words.length; i++) {
    const width = bitLength(primeAt(i, primes, degree));
    for (let bit = 0; bit < width; bit++, at++)
      out[at >> 3] = out[at >> 3]! | (Number((words[i]! >> BigInt(bit)) & 1n) << (at & 7));
  }
}

/** @returns the place of the first residue that is not below its prime, or -1 */
export function unpackResidues(
  packed: Uint8Array,
  words: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
): number {
  let at = 0;
  let bad = -1;
  for (let i = 0; i < words.length; i++) {
    const prime = primeAt(i, primes, degree);
    const width = bitLength(prime);
    let word = 0n;
    for (let bit = 0; bit < width; bit++, at++) word |= BigInt((packed[at >> 3]! >> (at & 7)) & 1) << BigInt(bit);
    if (word >= prime && bad < 0) bad = i;
    words[i] = word;
  }
  return bad;
}

function primeAt(i: number, primes: readonly bigint[], degree: number): bigint {
  return primes[Math.floor(i / degree) % primes.length]!;
}

/** The uniform polynomial that SEAL 4 expands from a seed (`sample_poly_uniform` over its BLAKE2xb generator). */
export function expandSeed(seed: Uint8Array, primes: readonly bigint[], degree: number): BigUint64Array {
  const out = new BigUint64Array(primes.length * degree);
  const next = generator(seed);
  for (let i = 0; i < out.length; i++) out[i] = next();
  for (let i = 0; i < out.length; i++) {
    const prime = primeAt(i, primes, degree);
    const limit = uniformLimit(prime);
    let word = out[i]!;
    while (word >= limit) word = next();
    out[i] = word % prime;
  }
  return out;
}

/** What SEAL takes a word for uniform below: a multiple of the prime, or one less. */
export function uniformLimit(prime: bigint): bigint {
  const most = 2n ** 64n - 1n;
  return most - (most % prime) - 1n;
}

/** 64-bit words of SEAL's generator: BLAKE2xb of a counter, 4096 bytes each, with the seed as key. */
function generator(seed: Uint8Array): () => bigint {
  let buffer: bigint[] = [];
  let counter = 0n;
  let at = 0;
  return () => {
    if (at === buffer.length) {
      buffer = blake2xb(seed, counter++, 4096);
      at = 0;
    }
    return buffer[at++]!;
  };
}

/** BLAKE2xb (Aumasson, Neves, Wilcox-O'Hearn and Winnerlein, "BLAKE2X") of an 8-byte message under a 64-byte key. */
function blake2xb(key: Uint8Array, message: bigint, length: number): bigint[] {
  const xof = BigInt(length) << 32n;
  const root = keyedBlake2b(key, message, xof);
  // Of an output block: digest 64, fan-out and depth 0, leaf length 64, inner length 64.
  return Array.from({ length: length / 64 }, (_, node) =>
    compress(start((64n << 32n) | 64n, xof | BigInt(node), 64n << 8n), root, 64n, true),
  ).flat();
}

/**
 * BLAKE2b-512 of an 8-byte message under a 64-byte key, as words.
 * @param word1 of the parameter block: 0, or for a root of BLAKE2xb the length of its output
 */
export function keyedBlake2b(key: Uint8Array, message: bigint, word1 = 0n): bigint[] {
  const view = new DataView(key.buffer, key.byteOffset, 64);
  const keyBlock = Array.from({ length: 8 }, (_, i) => view.getBigUint64(8 * i, true));
  // Digest 64, key 64, fan-out 1, depth 1.
  return compress(compress(start(0x0101_4040n, word1, 0n), keyBlock, 128n, false), [message], 136n, true);
}

function start(word0: bigint, word1: bigint, word2: bigint): bigint[] {
  return IV.map((word, i) => word ^ ([word0, word1, word2][i] ?? 0n));
}

const MASK = 2n ** 64n - 1n;

/** RFC 7693, section 3.2, for a block whose words beyond `message` are zero. */
function compress(h: readonly bigint[], message: readonly bigint[], t: bigint, last: boolean): bigint[] {
  const v = [...h, ...IV];
  v[12]! ^= t;
  if (last) v[14]! ^= MASK;
  const rotate = (x: bigint, by: bigint) => ((x >> by) | (x << (64n - by))) & MASK;
  const mix = (a: number, b: number, c: number, d: number, x: bigint, y: bigint) => {
    v[a] = (v[a]! + v[b]! + x) & MASK;
    v[d] = rotate(v[d]! ^ v[a]!, 32n);
    v[c] = (v[c]! + v[d]!) & MASK;
    v[b] = rotate(v[b]! ^ v[c]!, 24n);
    v[a] = (v[a]! + v[b]! + y) & MASK;
    v[d] = rotate(v[d]! ^ v[a]!, 16n);
    v[c] = (v[c]! + v[d]!) & MASK;
    v[b] = rotate(v[b]! ^ v[c]!, 63n);
  };
  for (let round = 0; round < 12; round++) {
    const word = (i: number) => message[Number.parseInt(SIGMA[round % 10]![i]!, 16)] ?? 0n;
    for (let i = 0; i < 4; i++) mix(i, i + 4, i + 8, i + 12, word(2 * i), word(2 * i + 1));
    for (let i = 0; i < 4; i++)
      mix(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4), word(8 + 2 * i), word(9 + 2 * i));
  }
  return h.map((word, i) => word ^ v[i]! ^ v[i + 8]!);
}

/** RFC 7693, sections 2.6 and 2.7. */
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
] as const;
