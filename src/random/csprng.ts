/**
 * Randomness. This file is the only caller of `getRandomValues`.
 *
 * Everything that draws takes an {@link Rng}, so that tests and the simulator can replay a run from a seed; the default is
 * always {@link csprng}.
 */
export interface Rng {
  /** Fills `out` with uniform bytes and returns it. */
  fill(out: Uint8Array): Uint8Array;
}

/** The operating system's generator, through WebCrypto, in pieces of the 65,536 bytes it gives at once. */
export const csprng: Rng = {
  fill(out) {
    for (let at = 0; at < out.length; at += 65_536) {
      const piece = out.subarray(at, at + 65_536);
      // In place, so that no copy of a key stays behind; but getRandomValues refuses shared memory.
      if (piece.buffer instanceof ArrayBuffer) globalThis.crypto.getRandomValues(piece as Uint8Array<ArrayBuffer>);
      else piece.set(globalThis.crypto.getRandomValues(new Uint8Array(piece.length)));
    }
    return out;
  },
};

export function randomBytes(length: number, rng: Rng = csprng): Uint8Array {
  return rng.fill(new Uint8Array(length));
}

/**
 * A uniform integer in [0, bound), by rejection: no value is favoured.
 * @param bound 1 .. 2^48
 */
export function uniformBelow(bound: number, rng: Rng = csprng): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 48)
    throw new RangeError(`bound ${bound} is not in 1 .. 2^48`);
  const limit = 2 ** 48 - (2 ** 48 % bound);
  for (;;) {
    const b = randomBytes(6, rng);
    const value = b[0]! + 2 ** 8 * b[1]! + 2 ** 16 * b[2]! + 2 ** 24 * (b[3]! + 2 ** 8 * b[4]! + 2 ** 16 * b[5]!);
    if (value < limit) return value % bound;
  }
}

/** A uniform integer in [0, bound) for any positive `bound`, by rejection on the bound's own bit length. */
export function uniformBigBelow(bound: bigint, rng: Rng = csprng): bigint {
  if (bound < 1n) throw new RangeError('bound must be at least 1');
  const bits = (bound - 1n).toString(2).length;
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  const mask = 0xff >> (8 * bytes.length - bits);
  for (;;) {
    rng.fill(bytes);
    bytes[0]! &= mask;
    let value = 0n;
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    if (value < bound) return value;
  }
}

/** A uniform permutation of `items`, in place (Fisher-Yates). */
export function shuffle<T>(items: T[], rng: Rng = csprng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = uniformBelow(i + 1, rng);
    const held = items[i]!;
    items[i] = items[j]!;
    items[j] = held;
  }
  return items;
}
