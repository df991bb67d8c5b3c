// Residues modulo primes of at most 60 bits, as 64-bit words and packed: sums of RLWE ciphertexts.
//
// Constant time: loops run over public lengths, and nothing branches on, or addresses memory by, a residue, except that whether all of
// them are below their prime is told at the end. The expansion of a seed rejects words: seeds and what comes of them are public.
import { BLAKE2B_IV, compressBlake2b } from './generated/blake2b';

/** The first free byte of memory, a multiple of 64. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

// @ts-ignore: decorator
@inline function wide(low: u32, high: u32): u64 {
  return (<u64>high << 32) | <u64>low;
}

/** The packed word whose first bit is bit `at`. For `bits` <= 57 it lies in eight bytes. */
// @ts-ignore: decorator
@inline function short(packed: usize, at: u64, mask: u64): u64 {
  return (load<u64>(packed + <usize>(at >> 3)) >> (at & 7)) & mask;
}

/** The same for more bits: a word may reach into a ninth byte. */
// @ts-ignore: decorator
@inline function long(packed: usize, at: u64, mask: u64): u64 {
  const p = packed + <usize>(at >> 3);
  const shift = at & 7;
  const high = (<u64>load<u8>(p, 8) << 1) << (63 - shift); // << (64 - shift), which would be << 0 for shift 0
  return ((load<u64>(p) >> shift) | high) & mask;
}

/** a + b mod p, or a - b mod p, of residues. */
// @ts-ignore: decorator
@inline function plus(a: u64, b: u64, p: u64): u64 {
  const d = a + b - p;
  return d + (p & <u64>(<i64>d >> 63));
}
// @ts-ignore: decorator
@inline function minus(a: u64, b: u64, p: u64): u64 {
  const d = a - b;
  return d + (p & <u64>(<i64>d >> 63));
}

/**
 * words[i] += the i-th packed residue, modulo the prime. Reads up to 8 bytes beyond the last one used: memory is larger than that.
 * @param count even
 * @returns 0 when a packed residue is not below the prime: the words are then worthless
 */
export function addPacked(words: usize, packed: usize, count: u32, bits: u32, low: u32, high: u32): u32 {
  const p = wide(low, high);
  const mask = (<u64>1 << bits) - 1;
  const end = words + (<usize>count << 3);
  let below: u64 = ~(<u64>0);
  let at: u64 = 0;
  if (bits <= 57) {
    for (; words < end; words += 16) {
      const a = short(packed, at, mask), b = short(packed, at + bits, mask);
      at += 2 * bits;
      below &= (a - p) & (b - p);
      store<u64>(words, plus(load<u64>(words), a, p));
      store<u64>(words, plus(load<u64>(words, 8), b, p), 8);
    }
  } else {
    for (; words < end; words += 8, at += bits) {
      const a = long(packed, at, mask);
      below &= a - p;
      store<u64>(words, plus(load<u64>(words), a, p));
    }
  }
  return <u32>(below >> 63);
}

/** The same with a minus. The packed residues have been checked before. */
export function subtractPacked(words: usize, packed: usize, count: u32, bits: u32, low: u32, high: u32): void {
  const p = wide(low, high);
  const mask = (<u64>1 << bits) - 1;
  const end = words + (<usize>count << 3);
  for (let at: u64 = 0; words < end; words += 8, at += bits) {
    store<u64>(words, minus(load<u64>(words), long(packed, at, mask), p));
  }
}

/** words[i] += other[i], modulo the prime. */
export function addResidues(words: usize, other: usize, count: u32, low: u32, high: u32): void {
  const p = wide(low, high);
  for (const end = words + (<usize>count << 3); words < end; words += 8, other += 8)
    store<u64>(words, plus(load<u64>(words), load<u64>(other), p));
}

/** words[i] -= other[i], modulo the prime. */
export function subtractResidues(words: usize, other: usize, count: u32, low: u32, high: u32): void {
  const p = wide(low, high);
  for (const end = words + (<usize>count << 3); words < end; words += 8, other += 8)
    store<u64>(words, minus(load<u64>(words), load<u64>(other), p));
}

/** The packed residues as words. @returns 0 when one is not below the prime */
export function unpack(packed: usize, count: u32, bits: u32, words: usize, low: u32, high: u32): u32 {
  const p = wide(low, high);
  const mask = (<u64>1 << bits) - 1;
  const end = words + (<usize>count << 3);
  let below: u64 = ~(<u64>0);
  for (let at: u64 = 0; words < end; words += 8, at += bits) {
    const a = bits <= 57 ? short(packed, at, mask) : long(packed, at, mask);
    below &= a - p;
    store<u64>(words, a);
  }
  return <u32>(below >> 63);
}

/** The words, packed. @param out room for ceil(bits * count / 64) * 8 bytes and 8 more */
export function pack(words: usize, count: u32, bits: u32, out: usize): void {
  let buffer: u64 = 0;
  let filled: u32 = 0;
  for (const end = words + (<usize>count << 3); words < end; words += 8) {
    const word = load<u64>(words);
    buffer |= word << filled;
    filled += bits;
    if (filled >= 64) {
      store<u64>(out, buffer);
      out += 8;
      filled -= 64;
      buffer = word >> (bits - filled); // 1 <= bits - filled <= 63
    }
  }
  store<u64>(out, buffer);
}

const STATE = memory.data(128, 16); // eight vectors
const BLOCK = memory.data(128, 16); // eight vectors
const ROOTS = memory.data(128, 16); // two roots, one after the other
const SPARE = memory.data(8192, 16);

/** What SEAL's generator writes at once: BLAKE2xb output of this length. */
const BUFFER: u32 = 4096;
/** Parameter block, word 0: digest 64, key 64, fan-out 1, depth 1; of an output block: digest 64, leaf length 64. */
const ROOT_PARAMETERS: u64 = 0x01014040;
const LEAF_PARAMETERS: u64 = 0x40_00000040;
/** Word 2 of an output block: inner length 64. */
const LEAF_INNER: u64 = 0x4000;

function initialise(word0: u64, first: u64, second: u64, word2: u64): void {
  for (let i: usize = 0; i < 8; i++) v128.store(STATE + (i << 4), v128.load64_splat(BLAKE2B_IV + (i << 3)));
  v128.store(STATE, v128.xor(v128.load(STATE), i64x2.splat(word0)));
  v128.store(STATE + 16, v128.xor(v128.load(STATE + 16), i64x2.replace_lane(i64x2.splat(first), 1, second)));
  v128.store(STATE + 32, v128.xor(v128.load(STATE + 32), i64x2.splat(word2)));
}

/** Both lanes of the state to two places. */
// @ts-ignore: decorator
@inline function unlace(first: usize, second: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    const pair = v128.load(STATE + (i << 4));
    store<u64>(first + (i << 3), i64x2.extract_lane(pair, 0));
    store<u64>(second + (i << 3), i64x2.extract_lane(pair, 1));
  }
}

/**
 * Buffers `counter` and `counter` + 1 of SEAL's generator: BLAKE2xb (Aumasson, Neves, Wilcox-O'Hearn, Winnerlein: "BLAKE2X") of the counter under
 * the seed as key, 4096 bytes each.
 */
function fillTwo(seed: usize, counter: u64, out: usize): void {
  const xof = <u64>BUFFER << 32;
  initialise(ROOT_PARAMETERS, xof, xof, 0);
  for (let i: usize = 0; i < 8; i++) v128.store(BLOCK + (i << 4), v128.load64_splat(seed + (i << 3)));
  compressBlake2b(STATE, BLOCK, 128, 0);
  for (let i: usize = 1; i < 8; i++) v128.store(BLOCK + (i << 4), i64x2.splat(0));
  v128.store(BLOCK, i64x2.replace_lane(i64x2.splat(counter), 1, counter + 1));
  compressBlake2b(STATE, BLOCK, 136, ~(<u64>0));
  unlace(ROOTS, ROOTS + 64);
  for (let b: usize = 0; b < 2; b++) {
    for (let i: usize = 0; i < 8; i++) v128.store(BLOCK + (i << 4), v128.load64_splat(ROOTS + (b << 6) + (i << 3)));
    for (let node: u64 = 0; node < 64; node += 2, out += 128) {
      initialise(LEAF_PARAMETERS, xof | node, xof | (node + 1), LEAF_INNER);
      compressBlake2b(STATE, BLOCK, 64, ~(<u64>0));
      unlace(out, out + 64);
    }
  }
}

/**
 * The uniform polynomial that SEAL 4 expands from a seed (`sample_poly_uniform`): words of the generator; a word that is not below the largest
 * multiple of the prime is replaced by the next one behind all of them; the remainder modulo the prime.
 *
 * @param seed 64 bytes
 * @param primes for each prime: u64 prime, u64 limit, f64 2048 / prime
 * @param degree words for each prime, a multiple of 1024
 */
export function expandSeed(seed: usize, primes: usize, count: u32, degree: u32, words: usize): void {
  const total = <usize>count * <usize>degree;
  let counter: u64 = 0;
  for (let at: usize = 0; at < total; at += 1024, counter += 2) fillTwo(seed, counter, words + (at << 3));
  let spare: usize = 8192;
  for (; count > 0; count--, primes += 24) {
    const p = load<u64>(primes), limit = load<u64>(primes, 8);
    const scale = load<f64>(primes, 16);
    for (const end = words + (<usize>degree << 3); words < end; words += 8) {
      let word = load<u64>(words);
      while (word >= limit) {
        if (spare === 8192) {
          fillTwo(seed, counter, SPARE);
          counter += 2;
          spare = 0;
        }
        word = load<u64>(SPARE + spare);
        spare += 8;
      }
      // The quotient, below 2^32, is at most one off: 53 bits of the word times the inverse of the prime.
      const quotient = <u64>(<i64>(<f64>(<i64>(word >> 11)) * scale));
      let rest = word - quotient * p;
      rest += p & <u64>(<i64>rest >> 63);
      rest -= p;
      rest += p & <u64>(<i64>rest >> 63);
      store<u64>(words, rest);
    }
  }
}
