import { type KernelExports, lazyKernel, reserve, wipe } from './load.ts';
import { bitLength, uniformLimit } from './reference/residues.ts';
import { residuesWasm } from './residues.wasm.ts';

export interface ResidueExports extends KernelExports {
  addPacked(words: number, packed: number, count: number, bits: number, low: number, high: number): number;
  subtractPacked(words: number, packed: number, count: number, bits: number, low: number, high: number): void;
  addResidues(words: number, other: number, count: number, low: number, high: number): void;
  subtractResidues(words: number, other: number, count: number, low: number, high: number): void;
  unpack(packed: number, count: number, bits: number, words: number, low: number, high: number): number;
  pack(words: number, count: number, bits: number, out: number): void;
  expandSeed(seed: number, primes: number, count: number, degree: number, words: number): void;
}

const kernel: () => ResidueExports = lazyKernel<ResidueExports>(residuesWasm);

/** What the kernel needs to know of a prime. */
export interface ResiduePart {
  readonly prime: bigint;
  readonly bits: number;
  /** Bytes of `degree` packed residues. */
  readonly bytes: number;
  /** The prime in two halves. */
  readonly low: number;
  readonly high: number;
}

export interface ResidueLayout {
  readonly parts: readonly ResiduePart[];
  /** Bytes of one packed polynomial. */
  readonly bytes: number;
  /** For the expansion of seeds: prime, limit and 2048 / prime, 24 bytes each. */
  readonly table: Uint8Array;
}

const layouts = new WeakMap<readonly bigint[], Map<number, ResidueLayout>>();

/** @throws {RangeError} for primes beyond 60 bits, or a degree that is not a multiple of 8 */
export function layout(primes: readonly bigint[], degree: number): ResidueLayout {
  let known = layouts.get(primes);
  if (known === undefined) {
    known = new Map();
    layouts.set(primes, known);
  }
  const found = known.get(degree);
  if (found !== undefined) return found;
  if (primes.length === 0 || !Number.isInteger(degree) || degree < 8 || degree % 8 !== 0)
    throw new RangeError(`${primes.length} primes, degree ${degree}: expected primes and a multiple of 8`);
  const table = new DataView(new ArrayBuffer(24 * primes.length));
  const parts = primes.map((prime, i) => {
    const bits = bitLength(prime);
    if (prime < 2n || bits > 60) throw new RangeError(`prime ${prime}: expected 2 .. 60 bits`);
    table.setBigUint64(24 * i, prime, true);
    table.setBigUint64(24 * i + 8, uniformLimit(prime), true);
    table.setFloat64(24 * i + 16, 2048 / Number(prime), true);
    const bytes = (degree * bits) / 8;
    return { prime, bits, bytes, low: Number(prime & 0xffff_ffffn), high: Number(prime >> 32n) };
  });
  const made = {
    parts,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    table: new Uint8Array(table.buffer),
  };
  known.set(degree, made);
  return made;
}

export interface ResidueRoom {
  readonly exports: ResidueExports;
  /** A multiple of 64. */
  readonly at: number;
  readonly memory: Uint8Array;
}

/** `bytes` bytes of the kernel's memory, and a few more that the last load or store may touch. */
export function residueMemory(bytes: number): ResidueRoom {
  const exports = kernel();
  const at = exports.base();
  reserve(exports.memory, at + bytes + 16);
  return { exports, at, memory: new Uint8Array(exports.memory.buffer) };
}

/** The same, wiped afterwards: keys and shares are residues, too. */
export function withResidueMemory<T>(bytes: number, work: (room: ResidueRoom) => T): T {
  const lent = residueMemory(bytes);
  try {
    return work(lent);
  } finally {
    wipe(lent.exports.memory, lent.at, bytes + 16);
  }
}
