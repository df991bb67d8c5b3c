import { equalBytes, fromHex } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { printsAsString } from '../inspect.ts';
import { csprng, type Rng, randomBytes } from '../random/index.ts';
import { primitives, type X25519Scalar } from './primitives.ts';

/**
 * X25519 key agreement (RFC 7748).
 *
 * The result of {@link AgreementKey.agree} is not a key: feed it to `hkdfSha256` with both public keys in the salt.
 */
export class AgreementKey {
  static {
    printsAsString(AgreementKey);
  }

  readonly #secret: Uint8Array;
  readonly #scalar: X25519Scalar;

  /** @param secret 32 bytes, uniform; RFC 7748 clamps them */
  constructor(secret: Uint8Array) {
    if (secret.length !== 32) throw new RangeError(`an X25519 secret has 32 bytes, found ${secret.length}`);
    this.#secret = secret.slice();
    this.#scalar = primitives().x25519(this.#secret);
  }

  static generate(rng: Rng = csprng): AgreementKey {
    const secret = randomBytes(32, rng);
    try {
      return new AgreementKey(secret);
    } finally {
      secret.fill(0);
    }
  }

  /** 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#scalar.publicKey;
  }

  /** The secret itself, not a copy: for sharing it. */
  expose(): Uint8Array {
    return this.#secret;
  }

  /**
   * The shared secret, 32 bytes.
   * @throws {ProtocolError} `bad-key` when the peer's key is not canonical or of low order
   */
  agree(peer: Uint8Array): Uint8Array {
    checkAgreementKey(peer);
    const shared = this.#scalar.multiply(peer);
    if (shared === undefined) throw new ProtocolError('bad-key', 'X25519 public key of low order');
    return shared;
  }

  /** Overwrites the secret with zeros. A key object of the platform may live on until it is collected. */
  wipe(): void {
    this.#secret.fill(0);
  }

  toString(): string {
    return '[secret X25519 key]';
  }
}

/** The u-coordinates of the points of order 1, 2, 4 and 8, on the curve and on its twist. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

/**
 * Checks an X25519 public key on its bytes: u < 2^255 - 19, and not of low order. RFC 7748 lets a receiver reduce other encodings; here one
 * key has one encoding, so that keys can be compared.
 * @throws {ProtocolError} `bad-key`
 */
export function checkAgreementKey(key: Uint8Array): void {
  if (key.length !== 32) throw new ProtocolError('bad-key', `X25519 public key of ${key.length} bytes, expected 32`);
  if (!isBelowPrime(key, key[31]!)) throw new ProtocolError('bad-key', 'X25519 public key that is not canonical');
  if (LOW_ORDER.some((low) => low[0] === key[0] && equalBytes(low, key))) {
    throw new ProtocolError('bad-key', 'X25519 public key of low order');
  }
}

/** Whether a little-endian number, whose last byte is given apart, is below 2^255 - 19. */
export function isBelowPrime(bytes: Uint8Array, last: number): boolean {
  if (last !== 0x7f) return last < 0x7f;
  for (let i = 30; i > 0; i--) if (bytes[i] !== 0xff) return true;
  return bytes[0]! < 0xed;
}
