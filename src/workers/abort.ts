/**
 * Calls to make when a signal fires, with one listener a signal: one plan has dozens of jobs under way, and Node takes more than ten listeners for
 * a leak.
 */
export class AbortCalls {
  readonly #watched = new Map<AbortSignal, { readonly calls: Set<() => void>; readonly fire: () => void }>();

  /** @returns a function that takes the call back */
  add(signal: AbortSignal, call: () => void): () => void {
    const { calls } = this.#watched.get(signal) ?? this.#watch(signal);
    calls.add(call);
    return () => {
      calls.delete(call);
      if (calls.size === 0) this.#forget(signal);
    };
  }

  #watch(signal: AbortSignal): { readonly calls: Set<() => void>; readonly fire: () => void } {
    const calls = new Set<() => void>();
    const fire = (): void => {
      for (const call of [...calls]) call();
    };
    const entry = { calls, fire };
    signal.addEventListener('abort', fire, { once: true });
    this.#watched.set(signal, entry);
    return entry;
  }

  #forget(signal: AbortSignal): void {
    const entry = this.#watched.get(signal);
    if (entry === undefined) return;
    signal.removeEventListener('abort', entry.fire);
    this.#watched.delete(signal);
  }
}
