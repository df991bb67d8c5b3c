import { blake2b } from './gen/blake2b.ts';
import { blake3 } from './gen/blake3.ts';
import { chacha, type Swizzle } from './gen/chacha.ts';

import { curveField } from './gen/index.ts';
import { sha2 } from './gen/sha2.ts';

/** One WebAssembly binary: what it is built from, and how. */
export interface KernelModule {
  /** becomes src/kernels/<name>.wasm.ts */
  readonly name: string;
  /** the AssemblyScript entry file, relative to wasm/ */
  readonly entry: string;
  /** memory at instantiation, in pages of 64 KiB; faces may grow it */
  readonly pages: number;
  /**
   * How hard binaryen optimises. `-O3` for hand-written loops. `-O0` for unrolled generated code: the optimiser copies v128
   * constants into every use, and newer V8 rematerialises each copy, which halves the speed.
   */
  readonly optimize: '-O3' | '-O0';
  /** proposals beyond simd128 that the binary needs; an engine without one of them refuses the whole binary */
  readonly features?: readonly 'relaxed-simd'[];
  /** generated AssemblyScript: path relative to wasm/ -> text; never written to disk, importable from `entry` */
  readonly generate?: () => ReadonlyMap<string, string>;
}

/** Every binary of the package. A new kernel is a new line here (README.md, "Adding a kernel"). */
export const MODULES: readonly KernelModule[] = [
  { name: 'mask', entry: 'assembly/mask.ts', pages: 4, optimize: '-O3', generate: () => chachaModule('i8x16.swizzle') },
  {
    name: 'mask-relaxed',
    entry: 'assembly/mask.ts',
    pages: 4,
    optimize: '-O3',
    features: ['relaxed-simd'],
    generate: () => chachaModule('i8x16.relaxed_swizzle'),
  },
  { name: 'ring', entry: 'assembly/ring.ts', pages: 4, optimize: '-O3' },
  {
    name: 'residues',
    entry: 'assembly/residues.ts',
    pages: 4,
    optimize: '-O3',
    generate: () => new Map([['assembly/generated/blake2b.ts', blake2b()]]),
  },
  { name: 'shamir', entry: 'assembly/shamir.ts', pages: 4, optimize: '-O3' },
  {
    name: 'hash',
    entry: 'assembly/hash.ts',
    pages: 8,
    optimize: '-O3',
    generate: () =>
      new Map([
        ['assembly/generated/sha2.ts', sha2()],
        ['assembly/generated/blake3.ts', blake3()],
      ]),
  },
  {
    name: 'curve-fma',
    entry: 'assembly/curve.ts',
    pages: 16,
    optimize: '-O0',
    features: ['relaxed-simd'],
    generate: curveField.fma,
  },
  { name: 'curve-extmul', entry: 'assembly/curve.ts', pages: 16, optimize: '-O0', generate: curveField.extmul },
];

function chachaModule(swizzle: Swizzle): ReadonlyMap<string, string> {
  return new Map([['assembly/generated/chacha.ts', chacha(swizzle)]]);
}
