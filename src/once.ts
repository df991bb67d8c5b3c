import { printsAsString } from './inspect.ts';

/**
 * A value that can be taken exactly once.
 *
 * Secret state is spent: one mask over two inputs reveals their difference, one nonce under two messages reveals the key. The
 * typed states of a protocol hold what they may use once in a `Once`, take it first and compute afterwards, so that an
 * exception in the middle leaves nothing to reuse.
 */
export class Once<T> {
  static {
    printsAsString(Once);
  }

  #value: T | undefined;
  #spent = false;
  readonly #what: string;

  /** @param what names the holder in the error of a second use, e.g. `AwaitingRoster` */
  constructor(what: string, value: T) {
    this.#what = what;
    this.#value = value;
  }

  get spent(): boolean {
    return this.#spent;
  }

  /**
   * The value; afterwards it is gone.
   * @throws {TypeError} on the second call
   */
  take(): T {
    if (this.#spent) throw new TypeError(`${this.#what} was already used: its secrets are spent`);
    this.#spent = true;
    const value = this.#value as T;
    this.#value = undefined;
    return value;
  }

  toString(): string {
    return `Once(${this.#what}${this.#spent ? ', spent' : ''})`;
  }
}
