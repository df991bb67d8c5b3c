import { chooseTier, SIMD_TIERS, type Tier } from './features.ts';
import { hashWasm } from './hash.wasm.ts';
import { type KernelExports, lazyKernel, reserve, wipe } from './load.ts';
import type { Items } from './plan.ts';
import * as reference from './reference/hash.ts';

/**
 * Digests of many short byte strings at once. Identifiers are short, and a call for each of them costs several times what the
 * hashing does.
 */
export type HashAlgorithm = 'sha256' | 'sha512' | 'blake3';

type HashManyExport = (data: number, offsets: number, count: number, out: number) => void;

interface HashExports extends KernelExports, Record<HashAlgorithm, HashManyExport> {
  expandMessageXmd(
    data: number,
    offsets: number,
    count: number,
    suffix: number,
    suffixLength: number,
    length: number,
    out: number,
    scratch: number,
  ): void;
}

const kernel = lazyKernel<HashExports>(hashWasm);

const DIGEST_BYTES: Readonly<Record<HashAlgorithm, number>> = { sha256: 32, sha512: 64, blake3: 32 };

/** Longer strings gain nothing from lanes and go to the twin, one by one. One chunk of BLAKE3. */
const LONG = 1024;

/** What one call of the kernel takes: so many strings and so many bytes of them. */
const MOST_ITEMS = 512;
const MOST_BYTES = 65_536;

/** Behind every area, because the kernel reads whole vectors and may read on behind the shortest string of a group. */
const SLACK = 2048;

/**
 * The digest of every item, one after the other: n x 32 bytes (SHA-256 of FIPS 180-4; BLAKE3 unkeyed) or n x 64 (SHA-512).
 * @throws {RangeError} when the offsets do not ascend from 0 to the length of the data
 */
export function hashItems(algorithm: HashAlgorithm, items: Items, tier?: Tier): Uint8Array {
  const size = DIGEST_BYTES[algorithm];
  if (size === undefined) throw new TypeError(`no hash ${String(algorithm)}; there are sha256, sha512 and blake3`);
  checkItems(items);
  if (chooseTier(SIMD_TIERS, tier) === 'reference') return reference.hashItems(algorithm, items);
  const out = new Uint8Array(size * (items.offsets.length - 1));
  const exports = kernel();
  forBatches(
    exports,
    items,
    0,
    ({ data, offsets, count, result }) => exports[algorithm](data, offsets, count, result),
    (digests, first) => out.set(digests, first * size),
    (bytes, index) => out.set(reference.hashOne(algorithm, bytes), index * size),
    size,
    MOST_ITEMS,
  );
  return out;
}

/**
 * expand_message_xmd with SHA-512 (RFC 9380 section 5.3.1) of every item: n x `length` uniform bytes.
 * @param tag the domain separation tag, at least 1 byte; above 255 bytes it is hashed first, as section 5.3.3 says
 * @param length 1 .. 16,320 (255 x 64)
 * @throws {RangeError} for an empty tag, a length out of range, or offsets that do not ascend from 0 to the length of the data
 */
export function expandMessages(items: Items, tag: Uint8Array, length: number, tier?: Tier): Uint8Array {
  checkItems(items);
  if (tag.length === 0) throw new RangeError('a domain separation tag has at least 1 byte');
  if (!Number.isInteger(length) || length < 1 || length > 255 * 64) {
    throw new RangeError(`expand_message_xmd to ${length} bytes, expected an integer in 1 .. 16320`);
  }
  if (chooseTier(SIMD_TIERS, tier) === 'reference') return reference.expandMessages(items, tag, length);
  const suffix = xmdSuffix(tag, length);
  const out = new Uint8Array(length * (items.offsets.length - 1));
  // Fewer strings at a time when much comes out of each.
  const atOnce = Math.max(2, Math.min(MOST_ITEMS, 2 * Math.floor(MOST_BYTES / length / 2)));
  const exports = kernel();
  forBatches(
    exports,
    items,
    // Behind the suffix: what expandMessageXmd of wasm/assembly/hash.ts asks of its scratch space, for each string.
    4 + 128 + 64 + suffix.length,
    ({ data, offsets, count, result, extra, memory }) => {
      memory.set(suffix, extra);
      exports.expandMessageXmd(data, offsets, count, extra, suffix.length, length, result, extra + 512);
    },
    (bytes, first) => out.set(bytes, first * length),
    (bytes, index) => out.set(reference.expandOne(bytes, tag, length), index * length),
    length,
    atOnce,
  );
  return out;
}

/** l_i_b_str || 0 || DST_prime */
function xmdSuffix(tag: Uint8Array, length: number): Uint8Array {
  const oversize = new TextEncoder().encode('H2C-OVERSIZE-DST-');
  const dst = tag.length <= 255 ? tag : reference.hashOne('sha512', Uint8Array.from([...oversize, ...tag]));
  return Uint8Array.from([length >> 8, length & 255, 0, ...dst, dst.length]);
}

/** Addresses of one batch in the kernel's memory. */
interface Batch {
  readonly data: number;
  readonly offsets: number;
  /** rounded up to whole groups of four; the strings beyond the last are empty */
  readonly count: number;
  readonly result: number;
  readonly extra: number;
  readonly memory: Uint8Array;
}

/**
 * Copies runs of short items into the kernel's memory, works on them and hands out what they gave; long items go one by one.
 * @param scratch bytes of extra space that `run` needs for each item, beside a copy of the data
 * @param size bytes that come out of each item
 * @param atOnce items in a run
 */
function forBatches(
  exports: HashExports,
  { data, offsets }: Items,
  scratch: number,
  run: (batch: Batch) => void,
  taken: (result: Uint8Array, first: number) => void,
  long: (bytes: Uint8Array, index: number) => void,
  size: number,
  atOnce: number,
): void {
  const base = exports.base();
  // Whole groups of four; what is reserved is wiped afterwards, so no more than this call needs.
  const most = Math.min(atOnce, offsets.length - 1) + 4;
  const bytes = Math.min(MOST_BYTES, data.length);
  const dataAt = base + 4 * (most + 12);
  const resultAt = dataAt + bytes + SLACK;
  const extra = resultAt + size * most + SLACK;
  const total = extra + (scratch === 0 ? 0 : 1024 + scratch * most + bytes + SLACK) - base;
  reserve(exports.memory, base + total);
  const memory = new Uint8Array(exports.memory.buffer);
  const starts = new Uint32Array(memory.buffer, base, most + 12);
  try {
    for (let first = 0; first + 1 < offsets.length; ) {
      const from = offsets[first]!;
      let end = first;
      while (end + 1 < offsets.length && end - first < atOnce) {
        if (offsets[end + 1]! - offsets[end]! > LONG || offsets[end + 1]! - from > MOST_BYTES) break;
        end++;
      }
      if (end === first) {
        long(data.subarray(from, offsets[first + 1]), first);
        first++;
        continue;
      }
      const n = end - first;
      memory.set(data.subarray(from, offsets[end]), dataAt);
      for (let i = 0; i <= n; i++) starts[i] = offsets[first + i]! - from;
      starts.fill(offsets[end]! - from, n + 1, n + 5);
      run({ data: dataAt, offsets: base, count: n + ((4 - (n % 4)) % 4), result: resultAt, extra, memory });
      taken(memory.subarray(resultAt, resultAt + n * size), first);
      first = end;
    }
  } finally {
    wipe(exports.memory, base, total);
  }
}

function checkItems({ data, offsets }: Items): void {
  let before = 0;
  if (offsets.length === 0 || offsets[0] !== 0 || offsets[offsets.length - 1] !== data.length) {
    throw new RangeError(`offsets must begin with 0 and end with the ${data.length} bytes of the data`);
  }
  for (const offset of offsets) {
    if (offset < before) throw new RangeError(`offsets must ascend, found ${offset} after ${before}`);
    before = offset;
  }
}
