import { equalBytes, fromHex } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { printsAsString } from '../inspect.ts';
import { csprng, type Rng, randomBytes } from '../random/index.ts';
import { isBelowPrime } from './agreement.ts';
import { type Ed25519Signer, primitives } from './primitives.ts';

/** Ed25519 signatures (RFC 8032): a long-term identity key. */
export class SigningKey {
  static {
    printsAsString(SigningKey);
  }

  readonly #signer: Ed25519Signer;

  /** @param seed the 32-byte secret key of RFC 8032 */
  constructor(seed: Uint8Array) {
    if (seed.length !== 32) throw new RangeError(`an Ed25519 secret key has 32 bytes, found ${seed.length}`);
    this.#signer = primitives().ed25519(seed);
  }

  static generate(rng: Rng = csprng): SigningKey {
    return new SigningKey(randomBytes(32, rng));
  }

  /** 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#signer.publicKey;
  }

  /** 64 bytes. The same message gives the same signature. */
  sign(message: Uint8Array): Uint8Array {
    return this.#signer.sign(message);
  }

  toString(): string {
    return '[secret Ed25519 key]';
  }
}

/** Points of order 1, 2, 4 and 8 by their y-coordinate; the sign bit is ignored. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
].map(fromHex);

/**
 * Checks an Ed25519 public key on its bytes: y < 2^255 - 19 and not of small order (under such a key one signature fits many
 * messages).
 * @throws {ProtocolError} `bad-key`
 */
export function checkVerifyKey(key: Uint8Array): void {
  if (key.length !== 32) throw new ProtocolError('bad-key', `Ed25519 public key of ${key.length} bytes, expected 32`);
  const last = key[31]! & 0x7f;
  if (!isBelowPrime(key, last)) throw new ProtocolError('bad-key', 'Ed25519 public key that is not canonical');
  const small = SMALL_ORDER.some((y) => y[31] === last && equalBytes(y.subarray(0, 31), key.subarray(0, 31)));
  if (small) throw new ProtocolError('bad-key', 'Ed25519 public key of small order');
}

const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/**
 * Whether `signature` is `publicKey`'s on `message`. Strict: canonical A and S, R compared as bytes, no cofactor, the same verdict
 * whichever implementation runs below.
 * @returns false for every signature that does not verify, whatever is wrong with it
 * @throws {ProtocolError} `bad-key` as {@link checkVerifyKey}
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  checkVerifyKey(publicKey);
  if (signature.length !== 64 || !isBelowOrder(signature.subarray(32))) return false;
  return primitives().ed25519Verify(publicKey, message, signature);
}

function isBelowOrder(s: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) if (s[i] !== ORDER[i]) return s[i]! < ORDER[i]!;
  return false;
}
