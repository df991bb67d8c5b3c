// Mask expansion: keystream -> ring accumulator.

/** First free byte of memory, aligned for v128. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}
