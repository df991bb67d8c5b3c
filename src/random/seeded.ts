import { chacha20 } from '@noble/ciphers/chacha.js';
import { printsAsString } from '../inspect.ts';
import type { Rng } from './csprng.ts';

const BLOCK = 4096;
const NONCE = new Uint8Array(12);

/**
 * A deterministic generator: the ChaCha20 (RFC 8439) keystream of a 32-byte seed, zero nonce, counter from 0.
 *
 * For public randomness that several parties must expand alike (the communication graph, a rotation) and for replay in tests.
 * The stream ends after 2^32 blocks of 64 bytes; drawing more throws.
 */
export class SeededRng implements Rng {
  static {
    printsAsString(SeededRng);
  }

  readonly #seed: Uint8Array;
  #counter = 0;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** @param seed 32 bytes */
  constructor(seed: Uint8Array) {
    if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, found ${seed.length}`);
    this.#seed = seed.slice();
  }

  fill(out: Uint8Array): Uint8Array {
    let at = 0;
    while (at < out.length) {
      if (this.#at === this.#block.length) this.#refill();
      const take = Math.min(out.length - at, this.#block.length - this.#at);
      out.set(this.#block.subarray(this.#at, this.#at + take), at);
      this.#at += take;
      at += take;
    }
    return out;
  }

  #refill(): void {
    if (this.#counter + BLOCK / 64 > 2 ** 32) throw new RangeError('the keystream of this seed is used up');
    this.#block = chacha20(this.#seed, NONCE, new Uint8Array(BLOCK), undefined, this.#counter);
    this.#counter += BLOCK / 64;
    this.#at = 0;
  }

  toString(): string {
    return '[SeededRng]';
  }
}
