/** Constructors by which buffers come into being: called with `new`, or by `slice` and `map`. Buffers of Node's `Buffer` are not seen. */
const NAMES = ['ArrayBuffer', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'BigUint64Array', 'Float64Array'] as const;

type Constructor = new (...args: unknown[]) => { readonly byteLength: number };

/** Counts buffers that code allocates with `new`, from a size on, until it is stopped. */
export class Allocations {
  readonly #originals = new Map<string, Constructor>();
  #count = 0;
  #bytes = 0;

  /** @param least bytes */
  constructor(least: number) {
    const global = globalThis as unknown as Record<string, Constructor>;
    for (const name of NAMES) {
      const original = global[name]!;
      this.#originals.set(name, original);
      const counting = new Proxy(original, {
        construct: (target, args, newTarget) => {
          const made = Reflect.construct(target, args, newTarget) as { readonly byteLength: number };
          // A view of a buffer allocates nothing.
          const isView = args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer;
          if (!isView && made.byteLength >= least) {
            this.#count += 1;
            this.#bytes += made.byteLength;
          }
          return made;
        },
      });
      global[name] = counting;
      original.prototype.constructor = counting;
    }
  }

  /** Idempotent. */
  stop(): { readonly count: number; readonly bytes: number } {
    for (const [name, original] of this.#originals) {
      (globalThis as Record<string, unknown>)[name] = original;
      original.prototype.constructor = original;
    }
    return { count: this.#count, bytes: this.#bytes };
  }
}
