import { equalBytes, Reader, utf8, Writer } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { ProtocolError } from '../../errors.ts';
import { printsAsString } from '../../inspect.ts';
import {
  commonReference,
  jointPublicKey,
  type ParameterSet,
  packResidues,
  parameterSet,
  type SealEngine,
  type SetName,
  unpackResidues,
} from '../../seal/index.ts';
import type { Member } from '../index.ts';
import { checkSigned } from './signing.ts';

/** Keys outlive a round: the joint public key, a decryptor's share of the secret, and the secret that all clients share. */

/** What identifies and makes up a joint public key. */
export interface JointKeyParts {
  readonly set: ParameterSet;
  /** The session that made it; it seeds the common reference. */
  readonly session: Uint8Array;
  readonly threshold: number;
  /** Sorted roster of the session that made it. */
  readonly decryptors: readonly Member[];
  /** Whose public shares are in it, by index, ascending. */
  readonly dealers: readonly number[];
  /** Sum of the b_i, packed, all primes. */
  readonly packed: Uint8Array;
}

/** The joint public key, with the signatures of at least `threshold` decryptors on its id. */
export class JointKey {
  readonly id: Uint8Array;
  readonly parts: JointKeyParts;
  readonly signatures: ReadonlyMap<number, Uint8Array>;
  #publicKey: BigUint64Array | undefined;

  /** @throws {ProtocolError} `below-threshold` when too few signed, `bad-signature` */
  constructor(parts: JointKeyParts, signatures: ReadonlyMap<number, Uint8Array>) {
    this.id = jointKeyId(parts);
    this.parts = parts;
    this.signatures = signatures;
    if (signatures.size < parts.threshold) {
      throw new ProtocolError(
        'below-threshold',
        `${signatures.size} decryptors confirm the key, ${parts.threshold} are needed`,
      );
    }
    const signed = parts.decryptors[0]!.key !== undefined;
    for (const [index, signature] of signatures) checkSigned(signed, parts.decryptors[index]!, this.id, signature);
  }

  /** (b, a), all primes, NTT form. */
  get publicKey(): BigUint64Array {
    const { set, packed, session } = this.parts;
    this.#publicKey ??= jointPublicKey(
      set,
      [unpackResidues(packed, set.primes, set.degree, 1, 'joint public key')],
      commonReference(set, session),
    );
    return this.#publicKey;
  }

  encode(): Uint8Array {
    const { session, threshold, dealers, packed } = this.parts;
    const out = new Writer(packed.length + 512).bytes(session).u8(threshold).u8(dealers.length);
    for (const dealer of dealers) out.u8(dealer);
    out.bytes(packed).u8(this.signatures.size);
    for (const [index, signature] of this.signatures) out.u8(index).bytes(signature);
    return out.finish();
  }

  /**
   * @param decryptors the sorted roster that pins the decryptors' identity keys
   * @throws {ProtocolError} for bytes that are no joint key of this set, signed by `threshold` of these decryptors
   */
  static decode(bytes: Uint8Array, set: ParameterSet, decryptors: readonly Member[]): JointKey {
    const reader = new Reader(bytes, 'joint key');
    const session = reader.bytes(32);
    const threshold = reader.u8();
    const dealers = ascending(Array.from(reader.view(reader.u8())), decryptors.length);
    const packed = reader.bytes(packedBytes(set));
    const count = reader.u8();
    const size = decryptors[0]?.key === undefined ? 0 : 64;
    reader.expect(count * (1 + size));
    const signatures = new Map<number, Uint8Array>();
    for (let i = 0; i < count; i++) signatures.set(reader.u8(), reader.bytes(size));
    ascending([...signatures.keys()], decryptors.length);
    if (signatures.size !== count) throw new ProtocolError('malformed', 'joint key: a decryptor signs twice');
    if (threshold < 2 || dealers.length < threshold)
      throw new ProtocolError('weak-parameters', `joint key of ${dealers.length} decryptors, threshold ${threshold}`);
    const key = new JointKey({ set, session, threshold, decryptors, dealers, packed }, signatures);
    unpackResidues(packed, set.primes, set.degree, 1, 'joint public key');
    return key;
  }
}

function packedBytes(set: ParameterSet): number {
  return set.primes.reduce((sum, prime) => sum + (set.degree * prime.toString(2).length) / 8, 0);
}

function ascending(indices: readonly number[], below: number): readonly number[] {
  const wrong = indices.some((index, i) => index >= below || (i > 0 && index <= indices[i - 1]!));
  if (wrong) throw new ProtocolError('malformed', `joint key: decryptors ${indices.join(', ')} of ${below}`);
  return indices;
}

export function jointKeyId({ session, threshold, dealers, packed }: JointKeyParts): Uint8Array {
  const head = new Writer().bytes(session).u8(threshold).u8(dealers.length).bytes(Uint8Array.from(dealers)).finish();
  return sha256(utf8('subrosa/ckks-sum/key/v1\0'), head, packed);
}

/**
 * A decryptor's share of a secret key, with the record of what it was used for: one sum per session, `rounds` in all.
 *
 * Keep one object per key for as long as the key lives. When it is stored ({@link KeyShare.export}), store it before every use: a share restored from
 * an old copy has forgotten sums it decrypted.
 */
export class KeyShare {
  static {
    printsAsString(KeyShare);
  }

  readonly joint: JointKey;
  readonly index: number;
  readonly rounds: number;
  readonly #share: BigUint64Array;
  readonly #used = new Set<string>();
  #wiped = false;

  constructor(joint: JointKey, index: number, rounds: number, share: BigUint64Array, used: Iterable<string> = []) {
    this.joint = joint;
    this.index = index;
    this.rounds = rounds;
    this.#share = share;
    for (const session of used) this.#used.add(session);
  }

  /** Sums this share may still decrypt. */
  get left(): number {
    return this.#wiped ? 0 : this.rounds - this.#used.size;
  }

  /**
   * The share, for the one decryption of this session; the session is then used up, whatever happens to the decryption.
   * @throws {ProtocolError} `already-revealed` for a second decryption in one session, `policy` when all rounds of the key are used
   */
  take(session: Uint8Array): BigUint64Array {
    const name = String.fromCharCode(...session);
    if (this.#used.has(name))
      throw new ProtocolError(
        'already-revealed',
        'this session was decrypted before: a second answer would reveal the key',
      );
    if (this.left < 1)
      throw new ProtocolError(
        'policy',
        `the noise of this key was sized for ${this.rounds} rounds, all are used: make a new key`,
      );
    this.#used.add(name);
    return this.#share;
  }

  /** Overwrites the share with zeros and uses up what is left of it. */
  wipe(): void {
    this.#share.fill(0n);
    this.#wiped = true;
  }

  /** Secret bytes: the share and the sessions it was used in. */
  export(): Uint8Array {
    const { set } = this.joint.parts;
    const joint = this.joint.encode();
    const out = new Writer(2 * joint.length).text(set.name).sized(joint).u8(this.index).u64(BigInt(this.rounds));
    out.u32(this.#used.size);
    for (const session of this.#used) out.bytes(Uint8Array.from(session, (c) => c.charCodeAt(0)));
    return out.bytes(packResidues(this.#share, set.primes.slice(0, -1), set.degree)).finish();
  }

  /** @throws {ProtocolError} for bytes that {@link KeyShare.export} did not write for this roster */
  static import(bytes: Uint8Array, decryptors: readonly Member[]): KeyShare {
    const reader = new Reader(bytes, 'key share');
    const set = parameterSet(reader.text() as SetName);
    const joint = JointKey.decode(reader.sized(2 ** 20), set, decryptors);
    const index = reader.u8();
    const rounds = Number(reader.u64());
    const used = Array.from({ length: reader.count(32) }, () => String.fromCharCode(...reader.view(32)));
    const share = unpackResidues(reader.view(reader.remaining), set.primes.slice(0, -1), set.degree, 1, 'key share');
    return new KeyShare(joint, index, rounds, share, used);
  }

  toString(): string {
    return `[secret key share ${this.index + 1} of ${this.joint.parts.decryptors.length}, ${this.left} rounds left]`;
  }
}

/** The secret key that all clients share. Whoever holds it reads every contribution it can get hold of. */
export class SharedKey {
  static {
    printsAsString(SharedKey);
  }

  readonly id: Uint8Array;
  readonly set: ParameterSet;
  readonly #secret: BigUint64Array;

  private constructor(set: ParameterSet, secret: BigUint64Array) {
    this.set = set;
    this.#secret = secret;
    this.id = sha256(utf8('subrosa/ckks-sum/shared-key/v1\0'), utf8(`${set.name}\0`), this.export());
  }

  /** @throws {RangeError} when the set is for threshold keys */
  static async generate(name: SetName, engine: SealEngine): Promise<SharedKey> {
    const set = sharedSet(name);
    const { secret } = await engine.generate(set);
    return new SharedKey(set, secret);
  }

  /** All primes, NTT form. */
  expose(): BigUint64Array {
    return this.#secret;
  }

  /** Secret bytes, for the other clients only. */
  export(): Uint8Array {
    return packResidues(this.#secret, this.set.primes, this.set.degree);
  }

  /** @throws {ProtocolError} for bytes that are no key of this set, or not the key with this id */
  static import(name: SetName, bytes: Uint8Array, id?: Uint8Array): SharedKey {
    const set = sharedSet(name);
    const key = new SharedKey(set, unpackResidues(bytes, set.primes, set.degree, 1, 'shared key'));
    if (id !== undefined && !equalBytes(id, key.id))
      throw new ProtocolError('key-mismatch', 'this is another shared key');
    return key;
  }

  toString(): string {
    return `[secret shared key, ${this.set.name}]`;
  }
}

function sharedSet(name: SetName): ParameterSet {
  const set = parameterSet(name);
  if (set.keys !== 'shared') throw new RangeError(`parameter set ${name} is for threshold keys`);
  return set;
}
