import { type KernelExports, lazyKernel, reserve, wipe } from './load.ts';
import { ringWasm } from './ring.wasm.ts';
import { type RingWords, wordBytes } from './words.ts';

export interface RingExports extends KernelExports {
  add32(a: number, b: number, count: number): void;
  add64(a: number, b: number, count: number): void;
  subtract32(a: number, b: number, count: number): void;
  subtract64(a: number, b: number, count: number): void;
  multiplyAdd32(a: number, b: number, count: number, factor: number): void;
  multiplyAdd64(a: number, b: number, count: number, low: number, high: number): void;
  scale32(a: number, count: number, factor: number): void;
  scale64(a: number, count: number, low: number, high: number): void;
  pack32(words: number, count: number, bits: number, out: number): void;
  pack64(words: number, count: number, bits: number, out: number): void;
  unpack32(packed: number, count: number, bits: number, words: number): void;
  unpack64(packed: number, count: number, bits: number, words: number): void;
  roundStochastic(values: number, random: number, count: number): void;
  hadamard(at: number, n: number, width: number): void;
  scaleDoubles(values: number, count: number, factor: number): void;
}

export const ringKernel: () => RingExports = lazyKernel<RingExports>(ringWasm);

/** Vectors pass through the kernel's memory in pieces of this many bytes. */
export const RING_PIECE = 65_536;

/** Below this many bytes the copies cost more than the vectors save, and the faces take the plain loop: same result. */
export const RING_SMALL = 512;

/** Room for `bytes` bytes from the kernel's base; `work` gets the exports, the base and a view of the whole memory. */
export function withRingMemory<T>(
  bytes: number,
  work: (exports: RingExports, base: number, memory: Uint8Array) => T,
): T {
  const exports = ringKernel();
  const base = exports.base();
  reserve(exports.memory, base + bytes);
  try {
    return work(exports, base, new Uint8Array(exports.memory.buffer));
  } finally {
    wipe(exports.memory, base, bytes);
  }
}

/** a <- op(a, b), piece by piece; b may be left out. `op` gets the addresses of both pieces and the count of words. */
export function overPieces(
  a: RingWords,
  b: RingWords | undefined,
  op: (exports: RingExports, a: number, b: number, count: number) => void,
): void {
  const target = wordBytes(a);
  const source = b === undefined ? undefined : wordBytes(b);
  const most = Math.min(RING_PIECE, target.length);
  withRingMemory(2 * most, (exports, base, memory) => {
    for (let start = 0; start < target.length; start += RING_PIECE) {
      const piece = target.subarray(start, start + RING_PIECE);
      memory.set(piece, base);
      if (source !== undefined) memory.set(source.subarray(start, start + RING_PIECE), base + most);
      op(exports, base, base + most, piece.length / a.BYTES_PER_ELEMENT);
      piece.set(memory.subarray(base, base + piece.length));
    }
  });
}
