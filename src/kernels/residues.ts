import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import * as reference from './reference/residues.ts';
import { layout, type ResidueExports, type ResiduePart, residueMemory, withResidueMemory } from './residue-exports.ts';

/**
 * Residues modulo primes of at most 60 bits: sums of RLWE ciphertexts, whole or packed.
 *
 * Words lie polynomial by polynomial, in each prime by prime, `degree` words for a prime. Packed, a residue modulo p takes ceil(log2 p) bits, lowest
 * first, and since the degree is a multiple of 8, the residues of every prime end at a byte.
 */
/** Bytes of packed residues: degree * ceil(log2 p) / 8 for each prime, for each polynomial. */
export function packedResidueBytes(primes: readonly bigint[], degree: number, polynomials: number): number {
  return layout(primes, degree).bytes * polynomials;
}

/** a[i] += b[i], modulo the prime of its place. Both hold residues. */
export function addResidues(
  a: BigUint64Array,
  b: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): void {
  checkAlike(a, b, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') reference.addResidues(a, b, primes, degree);
  else combine('addResidues', a, b, primes, degree);
}

/** a[i] -= b[i], modulo the prime of its place. Both hold residues. */
export function subtractResidues(
  a: BigUint64Array,
  b: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): void {
  checkAlike(a, b, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') reference.subtractResidues(a, b, primes, degree);
  else combine('subtractResidues', a, b, primes, degree);
}

function combine(
  op: 'addResidues' | 'subtractResidues',
  a: BigUint64Array,
  b: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
): void {
  const size = 8 * degree;
  const target = bytesOf(a);
  const source = bytesOf(b);
  const { parts } = layout(primes, degree);
  withResidueMemory(2 * size, ({ memory, at, exports }) => {
    for (let s = 0; s < a.length / degree; s++) {
      const { low, high } = parts[s % parts.length]!;
      memory.set(target.subarray(s * size, (s + 1) * size), at);
      memory.set(source.subarray(s * size, (s + 1) * size), at + size);
      exports[op](at, at + size, degree, low, high);
      target.set(memory.subarray(at, at + size), s * size);
    }
  });
}

/**
 * Packs residues.
 * @param words the words as bytes, which may start anywhere
 * @param out as long as they take; see {@link packedResidueBytes}
 */
export function packResidues(
  words: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  out: Uint8Array,
  tier?: Tier,
): void {
  const size = 8 * degree;
  const segments = checkPacked(words.length / 8, out.length, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') {
    reference.packResidues(new BigUint64Array(words.slice().buffer), primes, degree, out);
    return;
  }
  const { parts } = layout(primes, degree);
  withResidueMemory(2 * size + 16, ({ memory, at, exports }) => {
    for (let s = 0, to = 0; s < segments; s++) {
      const { bits, bytes } = parts[s % parts.length]!;
      memory.set(words.subarray(s * size, (s + 1) * size), at);
      exports.pack(at, degree, bits, at + size);
      out.set(memory.subarray(at + size, at + size + bytes), to);
      to += bytes;
    }
  });
}

/**
 * The inverse of {@link packResidues}, for bytes that a peer sent.
 * @returns the place of the first residue that is not below its prime, or -1; when there is one the words are worthless
 */
export function unpackResidues(
  packed: Uint8Array,
  words: BigUint64Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): number {
  const size = 8 * degree;
  const segments = checkPacked(words.length, packed.length, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') return reference.unpackResidues(packed, words, primes, degree);
  const { parts } = layout(primes, degree);
  const out = bytesOf(words);
  return withResidueMemory(2 * size + 16, ({ memory, at, exports }) => {
    for (let s = 0, from = 0; s < segments; s++) {
      const { bits, bytes, low, high, prime } = parts[s % parts.length]!;
      memory.set(packed.subarray(from, from + bytes), at + size);
      const fine = exports.unpack(at + size, degree, bits, at, low, high);
      out.set(memory.subarray(at, at + size), s * size);
      if (fine === 0) return s * degree + words.subarray(s * degree).findIndex((word) => word >= prime);
      from += bytes;
    }
    return -1;
  });
}

/**
 * words[i] += the i-th packed residue, modulo its prime: unpacks, checks and adds in one pass. For public residues: what passes through the kernel's
 * memory is not wiped.
 * @returns the place of the first packed residue that is not below its prime, and the words are as they were; or -1
 */
export function addPackedResidues(
  words: BigUint64Array,
  packed: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): number {
  const segments = checkPacked(words.length, packed.length, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') {
    const other = new BigUint64Array(words.length);
    const bad = reference.unpackResidues(packed, other, primes, degree);
    if (bad < 0) reference.addResidues(words, other, primes, degree);
    return bad;
  }
  const { parts, bytes: size } = layout(primes, degree);
  const target = bytesOf(words);
  const added = overPacked(target, packed, parts, degree, segments, (exports, at, from, { bits, low, high }) => {
    return exports.addPacked(at, from, degree, bits, low, high) !== 0;
  });
  if (added === segments) return -1;
  subtractFirst(target, packed, parts, degree, added);
  const polynomial = Math.floor(added / parts.length);
  const before = parts.slice(0, added % parts.length).reduce((sum, { bytes }) => sum + bytes, polynomial * size);
  const { prime, bytes } = parts[added % parts.length]!;
  const bad = new BigUint64Array(degree);
  return added * degree + unpackResidues(packed.subarray(before, before + bytes), bad, [prime], degree, tier);
}

/** Takes away again what {@link addPackedResidues} added. The packed residues have been checked then. */
export function subtractPackedResidues(
  words: BigUint64Array,
  packed: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): void {
  const segments = checkPacked(words.length, packed.length, primes, degree);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') {
    const other = new BigUint64Array(words.length);
    reference.unpackResidues(packed, other, primes, degree);
    reference.subtractResidues(words, other, primes, degree);
  } else subtractFirst(bytesOf(words), packed, layout(primes, degree).parts, degree, segments);
}

function subtractFirst(
  target: Uint8Array,
  packed: Uint8Array,
  parts: readonly ResiduePart[],
  degree: number,
  segments: number,
): void {
  overPacked(target, packed, parts, degree, segments, (exports, at, from, { bits, low, high }) => {
    exports.subtractPacked(at, from, degree, bits, low, high);
    return true;
  });
}

/** Words op= packed, segment by segment, until one fails: its words stay as they were. @returns how many succeeded */
function overPacked(
  target: Uint8Array,
  packed: Uint8Array,
  parts: readonly ResiduePart[],
  degree: number,
  segments: number,
  op: (exports: ResidueExports, words: number, packed: number, part: ResiduePart) => boolean,
): number {
  const size = 8 * degree;
  const { memory, at, exports } = residueMemory(2 * size + 16);
  for (let s = 0, from = 0; s < segments; s++) {
    const part = parts[s % parts.length]!;
    const piece = target.subarray(s * size, (s + 1) * size);
    memory.set(piece, at);
    memory.set(packed.subarray(from, from + part.bytes), at + size);
    if (!op(exports, at, at + size, part)) return s;
    piece.set(memory.subarray(at, at + size));
    from += part.bytes;
  }
  return segments;
}

/**
 * words[i] += the uniform polynomial that SEAL 4 expands from a seed (its BLAKE2xb generator, `sample_poly_uniform`). Seeds are public.
 * @param words one polynomial
 * @param seed 64 bytes
 * @param degree a multiple of 1024
 */
export function addSeed(
  words: BigUint64Array,
  seed: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): void {
  combineSeed('addResidues', words, seed, primes, degree, tier);
}

/** words[i] -= the same. */
export function subtractSeed(
  words: BigUint64Array,
  seed: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  tier?: Tier,
): void {
  combineSeed('subtractResidues', words, seed, primes, degree, tier);
}

function combineSeed(
  op: 'addResidues' | 'subtractResidues',
  words: BigUint64Array,
  seed: Uint8Array,
  primes: readonly bigint[],
  degree: number,
  tier: Tier | undefined,
): void {
  if (seed.length !== 64) throw new RangeError(`a seed of ${seed.length} bytes, expected 64`);
  if (degree % 1024 !== 0) throw new RangeError(`degree ${degree}, expected a multiple of 1024`);
  if (words.length !== primes.length * degree)
    throw new RangeError(`a polynomial of ${words.length} words, expected ${primes.length * degree}`);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') {
    const other = reference.expandSeed(seed, primes, degree);
    if (op === 'addResidues') reference.addResidues(words, other, primes, degree);
    else reference.subtractResidues(words, other, primes, degree);
    return;
  }
  const { parts, table } = layout(primes, degree);
  const target = bytesOf(words);
  const head = 64 + table.length;
  const { memory, at, exports } = residueMemory(head + 2 * target.length);
  const sum = at + head;
  memory.set(seed, at);
  memory.set(table, at + 64);
  exports.expandSeed(at, at + 64, primes.length, degree, sum + target.length);
  memory.set(target, sum);
  for (const [j, { low, high }] of parts.entries()) {
    const from = sum + 8 * j * degree;
    exports[op](from, from + target.length, degree, low, high);
  }
  target.set(memory.subarray(sum, sum + target.length));
}

function checkAlike(a: BigUint64Array, b: BigUint64Array, primes: readonly bigint[], degree: number): void {
  if (a.length === b.length && a.length % (primes.length * degree) === 0) return;
  throw new RangeError(
    `residues of ${a.length} and ${b.length} words, expected a multiple of ${primes.length * degree}`,
  );
}

/** @returns the number of segments of one prime's residues */
function checkPacked(words: number, packed: number, primes: readonly bigint[], degree: number): number {
  const polynomials = words / (primes.length * degree);
  if (Number.isInteger(polynomials) && packed === polynomials * layout(primes, degree).bytes)
    return polynomials * primes.length;
  throw new RangeError(
    `${packed} bytes for ${words} residues, expected ${layout(primes, degree).bytes} for each ${primes.length * degree}`,
  );
}

function bytesOf(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
