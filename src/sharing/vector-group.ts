import { applyMask, type Suite } from '../kernels/index.ts';
import {
  addInto,
  checkVector,
  copyVector,
  type PrimeField,
  type RingVector,
  reduce,
  subtractFrom,
  zeroVector,
} from '../math/index.ts';
import { SeededRng } from '../random/index.ts';

/** Vectors that can be added, and how a 32-byte seed expands to a uniform one. */
export interface VectorGroup<V> {
  /** Names the group and the expansion; shares of different names do not mix. */
  readonly name: string;
  /** @throws {RangeError|TypeError} unless `vector` has `length` elements of this group */
  check(vector: V, length: number): void;
  copy(vector: V): V;
  /** @param seed 32 bytes, used for one vector only */
  expand(seed: Uint8Array, length: number): V;
  addInto(a: V, b: V): void;
  subtractFrom(a: V, b: V): void;
}

/**
 * Vectors over Z_{2^bits}. A seed is the key of the keystream cipher; every element takes one 32-bit word of it (bits <= 32) or one
 * 64-bit word, little endian, modulo 2^bits: every residue is equally likely.
 * @param bits 8 .. 64
 */
export function ringGroup(bits: number, suite: Suite = 'aes256ctr'): VectorGroup<RingVector> {
  zeroVector(bits, 0); // refuses bits out of range
  return {
    name: `Z_2^${bits}/${suite}`,
    check: (vector, length) => checkVector(vector, bits, length),
    copy: copyVector,
    expand(seed, length) {
      const vector = zeroVector(bits, length);
      applyMask(vector.words, { seed, sign: 1 }, suite);
      return reduce(vector);
    },
    addInto(a, b) {
      addInto(a, b);
      reduce(a);
    },
    subtractFrom(a, b) {
      subtractFrom(a, b);
      reduce(a);
    },
  };
}

/**
 * Vectors over a prime field. A seed is the key of a ChaCha20 keystream (zero nonce); elements are its successive groups of
 * `field.byteLength` bytes, big endian, cut to the bits of p - 1, those not below p being passed over: every element is equally likely.
 */
export function fieldGroup(field: PrimeField): VectorGroup<bigint[]> {
  return {
    name: `F_${field.p}`,
    check(vector, length) {
      if (vector.length !== length) throw new RangeError(`${vector.length} elements, expected ${length}`);
      for (const element of vector) field.check(element);
    },
    copy: (vector) => vector.slice(),
    expand(seed, length) {
      const rng = new SeededRng(seed);
      return Array.from({ length }, () => field.random(rng));
    },
    addInto(a, b) {
      for (let i = 0; i < a.length; i++) a[i] = field.add(a[i]!, b[i]!);
    },
    subtractFrom(a, b) {
      for (let i = 0; i < a.length; i++) a[i] = field.subtract(a[i]!, b[i]!);
    },
  };
}
