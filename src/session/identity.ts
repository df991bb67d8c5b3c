import { concatBytes, equalBytes, utf8 } from '../bytes/index.ts';
import { checkVerifyKey, SigningKey, sha256 } from '../crypto/index.ts';
import { printsAsString } from '../inspect.ts';
import { csprng, type Rng, randomBytes } from '../random/index.ts';

/**
 * Long-term identities as text: what analysts put in files and send each other.
 *
 *     subrosa-public-key-<48 characters>
 *     subrosa-secret-key-<48 characters>
 *
 * The 48 characters are base64url (RFC 4648, section 5) of 36 bytes: the Ed25519 key (RFC 8032; the secret one is the seed) and a checksum,
 * the first 4 bytes of SHA-256(prefix || key). 36 bytes fill 48 characters exactly, so a key has one spelling; the checksum catches a
 * character lost or changed on the way.
 */
const PUBLIC = 'subrosa-public-key-';
const SECRET = 'subrosa-secret-key-';
const KEY = 32;
const CHECKSUM = 4;
const CHARACTERS = 48;

/** An Ed25519 identity with its secret. Prints as its public key. */
export class IdentityKey {
  static {
    printsAsString(IdentityKey);
  }

  readonly #seed: Uint8Array;
  readonly #signer: SigningKey;

  /** @param seed the 32-byte secret key of RFC 8032; copied */
  constructor(seed: Uint8Array) {
    this.#signer = new SigningKey(seed);
    this.#seed = seed.slice();
  }

  static generate(rng: Rng = csprng): IdentityKey {
    return new IdentityKey(randomBytes(KEY, rng));
  }

  /** 32 bytes: what the other side pins. */
  get publicKey(): Uint8Array {
    return this.#signer.publicKey;
  }

  /** Ed25519, 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return this.#signer.sign(message);
  }

  /** The seed itself, not a copy: for writing it to a file, or for a round's `me.secretKey`. */
  expose(): Uint8Array {
    return this.#seed;
  }

  toString(): string {
    return formatPublicKey(this.publicKey);
  }
}

/** @throws {ProtocolError} `bad-key` when it is no Ed25519 public key */
export function formatPublicKey(key: Uint8Array): string {
  checkVerifyKey(key);
  return encode(PUBLIC, key);
}

/**
 * The 32 bytes of a public key.
 * @param text white space around it does not count
 * @throws {TypeError} what is wrong with the text, in one line
 * @throws {ProtocolError} `bad-key` for bytes that are no key
 */
export function parsePublicKey(text: string): Uint8Array {
  const key = decode(PUBLIC, 'public key', text);
  checkVerifyKey(key);
  return key;
}

/** One line of an identity file. It is the secret. */
export function formatSecretKey(identity: IdentityKey): string {
  return encode(SECRET, identity.expose());
}

/** @throws {TypeError} what is wrong with the text, in one line that does not repeat it */
export function parseSecretKey(text: string): IdentityKey {
  return new IdentityKey(decode(SECRET, 'secret key', text));
}

function encode(prefix: string, key: Uint8Array): string {
  return prefix + toBase64Url(concatBytes(key, checksum(prefix, key)));
}

function decode(prefix: string, what: string, text: string): Uint8Array {
  const found = text.trim();
  if (!found.startsWith(prefix)) {
    const other = prefix === PUBLIC ? SECRET : PUBLIC;
    if (found.startsWith(other))
      throw new TypeError(`expected a ${what} (${prefix}...), found the other half of the pair`);
    throw new TypeError(`not a ${what}: expected ${prefix} and ${CHARACTERS} characters`);
  }
  const body = found.slice(prefix.length);
  if (body.length !== CHARACTERS) {
    throw new TypeError(`not a ${what}: ${body.length} characters after ${prefix}, expected ${CHARACTERS}`);
  }
  const bytes = fromBase64Url(body);
  if (bytes === undefined) throw new TypeError(`not a ${what}: a character that is not base64url`);
  const key = bytes.slice(0, KEY);
  if (!equalBytes(bytes.subarray(KEY), checksum(prefix, key))) {
    throw new TypeError(`not a ${what}: the checksum does not fit, a character was changed`);
  }
  return key;
}

function checksum(prefix: string, key: Uint8Array): Uint8Array {
  return sha256(utf8(prefix), key).subarray(0, CHECKSUM);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
