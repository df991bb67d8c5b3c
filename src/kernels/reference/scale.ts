import type { RingWords } from '../words.ts';

/** The reference twin of the scaled addition: word by word with BigInt. */
export function multiplyAddWords(a: RingWords, b: RingWords, factor: bigint): void {
  for (let i = 0; i < a.length; i++) {
    const value = BigInt(a[i]!) + factor * BigInt(b[i]!);
    if (a instanceof Uint32Array) a[i] = Number(BigInt.asUintN(32, value));
    else a[i] = BigInt.asUintN(64, value);
  }
}
