import { type KernelExports, lazyKernel, reserve, wipe } from './load.ts';
import { shamirWasm } from './shamir.wasm.ts';

interface ShamirExports extends KernelExports {
  prepare(constants: number, count: number, out: number): void;
  same(a: number, b: number, count: number): number;
  split(rows: number, degree: number, width: number, xs: number, count: number, planes: number, out: number): void;
  combine(rows: number, count: number, width: number, prepared: number, out: number): void;
}

const kernel = lazyKernel<ShamirExports>(shamirWasm);

/** Rows pass through the kernel's memory in strips of columns of about so many words, always whole groups of sixteen. */
const STRIP_WORDS = 131_072;
const GROUP = 16;
/** Evaluations per call of the kernel: keeps its output within some hundred KiB. */
const MOST_XS = 4096;

/** @see splitShamir: same arguments, checked there */
export function splitSimd(secret: Uint16Array, coefficients: Uint16Array, xs: Uint16Array): Uint16Array {
  const width = secret.length;
  const out = new Uint16Array(xs.length * width);
  if (out.length === 0) return out;
  const degree = coefficients.length / width;
  const strip = stripWidth(width, Math.max(degree + 1, Math.min(xs.length, MOST_XS)));
  const groups = Math.ceil(strip / GROUP);
  const exports = kernel();
  const base = exports.base();
  const atOnce = Math.min(xs.length, MOST_XS);
  const rowsAt = base + align(2 * atOnce);
  const planesAt = rowsAt + align(2 * strip * (degree + 1)) + 64;
  const outAt = planesAt + 32 * groups * (degree + 1) + 128;
  const total = outAt + 2 * strip * atOnce + 64 - base;
  // The tables of the last combination lie in the same memory.
  prepared = 0;
  reserve(exports.memory, base + total);
  try {
    for (let column = 0; column < width; column += strip) {
      const columns = Math.min(strip, width - column);
      const rows = words(exports, rowsAt, columns * (degree + 1));
      rows.set(secret.subarray(column, column + columns));
      copyColumns(coefficients, width, column, columns, rows.subarray(columns));
      for (let first = 0; first < xs.length; first += atOnce) {
        const some = xs.subarray(first, first + atOnce);
        words(exports, base, some.length).set(some);
        exports.split(rowsAt, degree, columns, base, some.length, planesAt, outAt);
        const values = words(exports, outAt, columns * some.length);
        if (columns === width) out.set(values, first * width);
        else {
          for (let i = 0; i < some.length; i++) {
            out.set(values.subarray(i * columns, (i + 1) * columns), (first + i) * width + column);
          }
        }
      }
    }
  } finally {
    wipe(exports.memory, base, total);
  }
  return out;
}

/**
 * How many weights have their tables in the kernel's memory, from its base: the weights, then 128 bytes of tables for each. The
 * secrets of one set of survivors are combined one after the other with the same weights, and tables cost more to make than
 * to use. Weights are public.
 */
let prepared = 0;

/** @see combineShamir: same arguments, checked there */
export function combineSimd(rows: Uint16Array, weights: Uint16Array): Uint16Array {
  const count = weights.length;
  const width = rows.length / count;
  const out = new Uint16Array(width);
  if (width === 0) return out;
  const strip = stripWidth(width, count);
  const exports = kernel();
  const base = exports.base();
  const tablesAt = base + align(2 * count);
  const freshAt = tablesAt + 128 * count;
  const rowsAt = freshAt + align(2 * count);
  const outAt = rowsAt + align(2 * strip * count) + 64;
  const total = outAt + align(2 * strip) + 64 - base;
  reserve(exports.memory, base + total);
  words(exports, freshAt, count).set(weights);
  if (prepared !== count || exports.same(base, freshAt, count) === 0) {
    words(exports, base, count).set(weights);
    exports.prepare(base, count, tablesAt);
    prepared = count;
  }
  try {
    for (let column = 0; column < width; column += strip) {
      const columns = Math.min(strip, width - column);
      copyColumns(rows, width, column, columns, words(exports, rowsAt, columns * count));
      exports.combine(rowsAt, count, columns, tablesAt, outAt);
      out.set(words(exports, outAt, columns), column);
    }
  } finally {
    wipe(exports.memory, rowsAt, base + total - rowsAt);
  }
  return out;
}

/** All columns when that is little, else whole groups of sixteen. */
function stripWidth(width: number, rows: number): number {
  const most = Math.max(GROUP, Math.floor(STRIP_WORDS / rows / GROUP) * GROUP);
  return Math.min(width, most);
}

function copyColumns(rows: Uint16Array, width: number, column: number, columns: number, to: Uint16Array): void {
  if (columns === width) {
    to.set(rows);
    return;
  }
  for (let from = column, at = 0; from < rows.length; from += width, at += columns) {
    to.set(rows.subarray(from, from + columns), at);
  }
}

function words({ memory }: ShamirExports, at: number, count: number): Uint16Array {
  return new Uint16Array(memory.buffer, at, count);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
