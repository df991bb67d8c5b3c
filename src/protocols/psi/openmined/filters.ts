import { bytesToNumberBE } from '@noble/curves/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, toHex, utf8 } from '../../../bytes/index.ts';
import { ProtocolError } from '../../../errors.ts';
import type { ServerSetup } from './wire.ts';

/** The data structures a server ships its encrypted set in: the set itself, a Golomb-compressed set, a Bloom filter. */
export type DataStructure = ServerSetup['kind'];

/**
 * @param elements the server's set under its key
 * @param falsePositives rate over all of one client's queries, in (0, 1); not used for `raw`. A `bloom` filter has two to three times that: the
 *   positions of an element come from two hashes, as the format has it, and its size is reckoned as if they were independent
 * @param clientInputs how many queries the client will make, at least 1
 */
export function buildSetup(
  kind: DataStructure,
  elements: readonly Uint8Array[],
  falsePositives: number,
  clientInputs: number,
): ServerSetup {
  if (!(falsePositives > 0 && falsePositives < 1))
    throw new RangeError(`false positive rate ${falsePositives}, expected in (0, 1)`);
  if (!Number.isSafeInteger(clientInputs) || clientInputs < 1)
    throw new RangeError(`${clientInputs} client inputs, expected at least 1`);
  // The rate that one query may have, so that all of them together have the declared one.
  const rate = falsePositives / clientInputs;
  const capacity = Math.max(clientInputs, elements.length);
  if (kind === 'raw') return { kind, elements: [...elements].sort(compareBytes) };
  if (kind === 'gcs') {
    const hashRange = BigInt(Math.trunc(capacity / rate));
    return { kind, hashRange, ...compress(elements.map((element) => gcsHash(element, hashRange))) };
  }
  if (kind !== 'bloom') throw new TypeError(`structure ${JSON.stringify(kind)}, expected raw, gcs or bloom`);
  const hashFunctions = Math.ceil(-Math.log2(rate));
  const bits = new Uint8Array(Math.ceil((-capacity * Math.log2(rate)) / Math.log(2) / 8));
  for (const element of elements)
    for (const index of bloomIndices(element, hashFunctions, bits.length)) bits[index >> 3]! |= 1 << (index & 7);
  return { kind, hashFunctions, bits };
}

/** Which of `elements` are (or, for filters, seem to be) in the set: a predicate. */
export function membership(setup: ServerSetup): (element: Uint8Array) => boolean {
  if (setup.kind === 'raw') {
    const known = new Set(setup.elements.map(toHex));
    return (element) => known.has(toHex(element));
  }
  if (setup.kind === 'gcs') {
    if (setup.bits.length === 0) return () => false;
    if (setup.hashRange < 1n) throw new ProtocolError('malformed', 'ServerSetup.gcs: an empty hash range');
    const known = decompress(setup.bits, setup.div);
    return (element) => known.has(gcsHash(element, setup.hashRange));
  }
  if (setup.bits.length === 0) return () => false;
  return (element) =>
    bloomIndices(element, setup.hashFunctions, setup.bits.length).every(
      (index) => (setup.bits[index >> 3]! >> (index & 7)) & 1,
    );
}

function gcsHash(element: Uint8Array, range: bigint): bigint {
  return bytesToNumberBE(sha256(element)) % range;
}

/** (h1 + i h2) mod bits, h_j = SHA-256 of the digit j and the element, big endian, mod bits */
function bloomIndices(element: Uint8Array, functions: number, bytes: number): number[] {
  const bits = BigInt(8 * bytes);
  const [h1, h2] = ['1', '2'].map((digit) => bytesToNumberBE(sha256(concatBytes(utf8(digit), element))) % bits);
  return Array.from({ length: functions }, (_, i) => Number((h1! + BigInt(i) * h2!) % bits));
}

/**
 * Golomb-Rice code of the sorted, distinct hashes' differences: the quotient by 2^div in unary (zeros, then a one), then `div` bits of remainder,
 * least significant bit first throughout. div is the rounded optimum for geometric differences of the mean found.
 */
function compress(hashes: readonly bigint[]): { div: number; bits: Uint8Array } {
  if (hashes.length === 0) return { div: 0, bits: new Uint8Array(0) };
  const sorted = [...hashes].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  const mean = Number(sorted.at(-1)! + 1n) / sorted.length;
  const div = Math.max(0, Math.round(-Math.log2(-Math.log2(1 - 1 / mean))));
  const out: number[] = [];
  let position = 0;
  const put = (bit: number) => {
    if (position % 8 === 0) out.push(0);
    if (bit) out[out.length - 1]! |= 1 << (position % 8);
    position++;
  };
  let previous = -1n;
  for (const hash of sorted) {
    if (hash === previous) continue;
    const delta = hash - (previous < 0n ? 0n : previous);
    for (let zeros = delta >> BigInt(div); zeros > 0n; zeros--) put(0);
    put(1);
    for (let i = 0; i < div; i++) put(Number((delta >> BigInt(i)) & 1n));
    previous = hash;
  }
  return { div, bits: Uint8Array.from(out) };
}

function decompress(bits: Uint8Array, div: number): Set<bigint> {
  const known = new Set<bigint>();
  const end = 8 * bits.length;
  const bit = (at: number) => (bits[at >> 3]! >> (at & 7)) & 1;
  let sum = 0n;
  for (let at = 0; ; ) {
    let quotient = 0n;
    while (at < end && bit(at) === 0) {
      quotient++;
      at++;
    }
    if (at === end) return known; // only the padding of the last byte was left
    at++;
    if (at + div > end) throw new ProtocolError('malformed', 'ServerSetup.gcs: the last remainder is cut off');
    let remainder = 0n;
    for (let i = 0; i < div; i++) remainder |= BigInt(bit(at++)) << BigInt(i);
    sum += (quotient << BigInt(div)) | remainder;
    known.add(sum);
  }
}

export function compareBytes(x: Uint8Array, y: Uint8Array): number {
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}
