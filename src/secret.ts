import { printsAsString } from './inspect.ts';

/**
 * Secret bytes that do not print.
 *
 * `String(secret)`, `JSON.stringify(secret)` and `console.log(secret)` show the label only. `expose()` hands out the bytes
 * themselves (not a copy), so that {@link Secret.wipe} reaches them; JavaScript cannot promise that no copy is left in memory.
 */
export class Secret {
  static {
    printsAsString(Secret);
  }

  readonly #bytes: Uint8Array;
  readonly label: string;

  constructor(label: string, bytes: Uint8Array) {
    this.label = label;
    this.#bytes = bytes;
  }

  expose(): Uint8Array {
    return this.#bytes;
  }

  /** Overwrites the bytes with zeros. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return `[secret ${this.label}]`;
  }
}
