import { ProtocolError } from '../errors.ts';
import { csprng, type Rng, uniformBigBelow } from '../random/index.ts';

/**
 * The integers modulo a prime p, on BigInt. Elements are 0 .. p - 1; every function takes and gives those.
 *
 * BigInt arithmetic takes time that depends on the values: use it where an attacker cannot measure single operations, and never
 * for a long-term key under repeated use.
 */
export class PrimeField {
  readonly p: bigint;
  /** Bytes of an encoded element: the bytes of p. */
  readonly byteLength: number;

  /**
   * @param p a prime of at most 4,096 bits
   * @throws {RangeError} when p is not prime: Miller-Rabin with the first 13 primes (a proof below 3.3 * 10^24) and, above,
   *   40 random bases (a composite passes with probability below 2^-80)
   */
  constructor(p: bigint) {
    if (p < 2n || p >= 1n << 4096n) throw new RangeError('a field needs a prime of 2 .. 4,096 bits');
    if (!isProbablePrime(p)) throw new RangeError(`${p} is not a prime`);
    this.p = p;
    this.byteLength = Math.ceil(p.toString(16).length / 2);
  }

  /** @throws {RangeError} unless 0 <= a < p */
  check(a: bigint): void {
    // The value may be a secret: it is not in the message.
    if (typeof a !== 'bigint' || a < 0n || a >= this.p)
      throw new RangeError('not an element of the field: expected 0 .. p - 1');
  }

  add(a: bigint, b: bigint): bigint {
    const sum = a + b;
    return sum >= this.p ? sum - this.p : sum;
  }

  subtract(a: bigint, b: bigint): bigint {
    const difference = a - b;
    return difference < 0n ? difference + this.p : difference;
  }

  multiply(a: bigint, b: bigint): bigint {
    return (a * b) % this.p;
  }

  /**
   * 1 / a, by the extended Euclidean algorithm.
   * @throws {RangeError} for 0
   */
  invert(a: bigint): bigint {
    if (a === 0n) throw new RangeError('0 has no inverse');
    let [r, next] = [this.p, a];
    let [s, t] = [0n, 1n];
    while (next !== 0n) {
      const q = r / next;
      [r, next] = [next, r - q * next];
      [s, t] = [t, s - q * t];
    }
    return s < 0n ? s + this.p : s;
  }

  /** A uniform element, by rejection. */
  random(rng: Rng = csprng): bigint {
    return uniformBigBelow(this.p, rng);
  }

  /** Little endian, {@link byteLength} bytes. */
  encode(a: bigint): Uint8Array {
    this.check(a);
    const out = new Uint8Array(this.byteLength);
    for (let i = 0, rest = a; i < out.length; i++, rest >>= 8n) out[i] = Number(rest & 0xffn);
    return out;
  }

  /** @throws {ProtocolError} `malformed` unless there are exactly {@link byteLength} bytes and the value is below p */
  decode(bytes: Uint8Array): bigint {
    if (bytes.length !== this.byteLength) {
      throw new ProtocolError('malformed', `field element of ${bytes.length} bytes, expected ${this.byteLength}`);
    }
    let value = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    if (value >= this.p) throw new ProtocolError('malformed', 'field element that is not below p');
    return value;
  }
}

let scalars: PrimeField | undefined;

/** The scalars of edwards25519 and ristretto255 (RFC 8032 section 5.1): p = 2^252 + 27742317777372353535851937790883648493. */
export function ed25519ScalarField(): PrimeField {
  scalars ??= new PrimeField(2n ** 252n + 27742317777372353535851937790883648493n);
  return scalars;
}

const SMALL = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n];
const PROVEN_BELOW = 3_317_044_064_679_887_385_961_981n; // Sorenson & Webster 2015

/** Miller-Rabin. */
function isProbablePrime(n: bigint): boolean {
  for (const prime of SMALL) if (n % prime === 0n) return n === prime;
  let odd = n - 1n;
  let twos = 0;
  while (odd % 2n === 0n) {
    odd /= 2n;
    twos++;
  }
  const bases = [...SMALL];
  if (n >= PROVEN_BELOW) for (let i = 0; i < 40; i++) bases.push(2n + uniformBigBelow(n - 3n));
  return bases.every((base) => {
    let power = modularPower(base, odd, n);
    if (power === 1n || power === n - 1n) return true;
    for (let i = 1; i < twos; i++) {
      power = (power * power) % n;
      if (power === n - 1n) return true;
    }
    return false;
  });
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let out = 1n;
  let power = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) out = (out * power) % modulus;
    power = (power * power) % modulus;
  }
  return out;
}
