import { chacha20 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** The letters of docs/spec/encoding.md. */
export interface StrangerInput {
  readonly n: number;
  readonly d: number;
  readonly b: number;
  readonly h: number;
  readonly B: number | undefined;
  readonly V: number | undefined;
  readonly L: number | undefined;
  readonly W: number | undefined;
  readonly seed: Uint8Array | undefined;
  readonly update: readonly number[];
  readonly weight: number | undefined;
}

/**
 * A second encoder, written from docs/spec/encoding.md alone, with nothing of `src` and nothing fast: matrices from their
 * definition, BigInt, bits one by one. Nearest rounding, telemetry on.
 */
export function stranger(input: StrangerInput): { words: bigint[]; packed: Uint8Array } {
  const { n, d, b, h, V, L, W, weight } = input;
  const B = input.B ?? Math.max(8, b + Math.ceil(Math.log2(n)) + h);
  const Q = 2 ** (b - 1) - 1;
  const M = Math.min(V ?? 1e300, L ?? 1e300);
  const inRing = (2n ** BigInt(B - 1) - 1n) / 2n ** BigInt(h);
  const R = Number((inRing < 2n ** 51n - 1n ? inRing : 2n ** 51n - 1n) / BigInt(n));
  const T = 2 ** Math.floor(Math.log2(R + 1));

  // 2, 3, 4
  let x = [...input.update];
  const norm = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  const clipped = L !== undefined && norm > L;
  if (clipped) x = x.map((value) => value * (L / norm));
  if (input.seed !== undefined) x = rotate(x, input.seed);
  let saturated = 0;
  if (V !== undefined) {
    saturated = x.filter((value) => Math.abs(value) > V).length;
    x = x.map((value) => Math.min(V, Math.max(-V, value)));
  }

  // 5, 6, 7
  const y = x.map((value) => Math.min(Q, Math.max(-Q, ((value * Q) / M) * (W === undefined ? 1 : weight! / W))));
  if (W !== undefined) y.push(Math.min(R, W >= 1 && R >= W ? weight! * Math.floor(R / W) : (weight! / W) * R));
  if (L !== undefined) y.push(clipped ? 1 : 0);
  if (V !== undefined) {
    let m = 0;
    while (T ** m <= d) m++;
    for (let j = 0; j < m; j++) y.push(Math.floor(saturated / T ** j) % T);
  }
  const words = y.map((value) => BigInt.asUintN(B, BigInt(tiesToEven(value))));

  const packed = new Uint8Array(Math.ceil((B * words.length) / 8));
  words.forEach((word, i) => {
    for (let bit = 0; bit < B; bit++) {
      const j = i * B + bit;
      if ((word >> BigInt(bit)) % 2n === 1n) packed[Math.floor(j / 8)]! += 2 ** (j % 8);
    }
  });
  return { words, packed };
}

function tiesToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function rotate(x: readonly number[], seed: Uint8Array): number[] {
  const d = x.length;
  let N = 1;
  while (2 * N <= d) N *= 2;
  const key = sha256(Uint8Array.from([...new TextEncoder().encode('subrosa/encoding/v1 rotation'), ...seed]));
  const stream = chacha20(key, new Uint8Array(12), new Uint8Array(2 * N));
  const sign = (j: number) => ((stream[Math.floor(j / 8)]! >> (j % 8)) & 1 ? -1 : 1);
  const out = [...x];
  for (const [start, first] of d > N
    ? [
        [0, 0],
        [d - N, N],
      ]
    : [[0, 0]]) {
    const signed = Array.from({ length: N }, (_, j) => sign(first! + j) * out[start! + j]!);
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let j = 0; j < N; j++) {
        const odd = [...(i & j).toString(2)].filter((digit) => digit === '1').length % 2 === 1;
        sum += odd ? -signed[j]! : signed[j]!;
      }
      out[start! + i] = sum / Math.sqrt(N);
    }
  }
  return out;
}
