import { concatBytes } from '../../bytes/index.ts';
import { type AgreementKey, BOX_OVERHEAD, hkdfSha256, openBox, sealBox, sha256 } from '../../crypto/index.ts';
import { domain, type Round } from './round.ts';

/**
 * Everything that is derived, hashed or authenticated, in one place. Each value starts with a domain (label, suite, session, purpose),
 * so that nothing made for one purpose, round or pair fits another.
 */

/** Bytes of b_u, of an X25519 secret and of a share of either. */
export const SECRET_BYTES = 32;
/** A share of b_u and one of s_u, sealed. */
export const BOX_BYTES: number = 2 * SECRET_BYTES + BOX_OVERHEAD;
/** Second preimages are what counts, not collisions: who could make two shares with one tag holds both. */
export const SHARE_TAG_BYTES = 16;

/** A client's public key for one purpose, with its index. */
export interface PublicKey {
  readonly index: number;
  readonly key: Uint8Array;
}

/** Derivations of one round, with the domains computed once. */
export class Derivations {
  readonly #round: Round;
  readonly #domains = new Map<string, Uint8Array>();

  constructor(round: Round) {
    this.#round = round;
  }

  #domain(purpose: string): Uint8Array {
    let found = this.#domains.get(purpose);
    if (found === undefined) {
      found = domain(this.#round, purpose);
      this.#domains.set(purpose, found);
    }
    return found;
  }

  #id(index: number): Uint8Array {
    return this.#round.idBytes[index]!;
  }

  #pairwise(purpose: string, own: AgreementKey, me: number, peer: PublicKey): Uint8Array {
    const shared = own.agree(peer.key);
    const iAmLower = me < peer.index;
    const [low, high] = iAmLower ? [me, peer.index] : [peer.index, me];
    const salt = iAmLower ? concatBytes(own.publicKey, peer.key) : concatBytes(peer.key, own.publicKey);
    const key = hkdfSha256(shared, salt, concatBytes(this.#domain(purpose), this.#id(low), this.#id(high)));
    shared.fill(0);
    return key;
  }

  /** The seed of the mask between two clients; the lower index adds its keystream, the higher subtracts it. */
  maskSeed(own: AgreementKey, me: number, peer: PublicKey): Uint8Array {
    return this.#pairwise('mask', own, me, peer);
  }

  /** The key of the two boxes, one each way, between two clients. */
  boxKey(own: AgreementKey, me: number, peer: PublicKey): Uint8Array {
    return this.#pairwise('box', own, me, peer);
  }

  seal(key: Uint8Array, view: Uint8Array, from: number, to: number, plaintext: Uint8Array): Uint8Array {
    return sealBox(this.#round.aead, key, boxNonce(from, to), plaintext, this.#boxData(view, from, to));
  }

  open(key: Uint8Array, view: Uint8Array, from: number, to: number, box: Uint8Array): Uint8Array | undefined {
    return openBox(this.#round.aead, key, boxNonce(from, to), box, this.#boxData(view, from, to));
  }

  #boxData(view: Uint8Array, from: number, to: number): Uint8Array {
    return concatBytes(this.#domain('shares'), view, this.#id(from), this.#id(to));
  }

  /** The seed of a client's own mask, from the secret b_u that is shared. */
  selfSeed(b: Uint8Array, owner: number): Uint8Array {
    return hkdfSha256(b, new Uint8Array(0), concatBytes(this.#domain('self'), this.#id(owner)));
  }

  seedCommitment(b: Uint8Array, owner: number): Uint8Array {
    return sha256(this.#domain('seed-commitment'), this.#id(owner), b);
  }

  nonceCommitment(nonce: Uint8Array, owner: number): Uint8Array {
    return sha256(this.#domain('nonce-commitment'), this.#id(owner), nonce);
  }

  /** What the owner publishes of each share, so that a holder that reveals another one is found out. */
  shareTag(kind: ShareKind, owner: number, holder: number, share: Uint8Array): Uint8Array {
    const hash = sha256(this.#domain(`share-${kind}`), this.#id(owner), this.#id(holder), share);
    return hash.subarray(0, SHARE_TAG_BYTES);
  }

  /** What a client signs of its keys. */
  advertised(owner: number, boxKey: Uint8Array, maskKey: Uint8Array, commitment: Uint8Array): Uint8Array {
    return concatBytes(this.#domain('advertise'), this.#id(owner), boxKey, maskKey, commitment);
  }

  /** What a client has seen of the cohort, and the seed of the graph: all public keys and, if there are any, all nonces. */
  view(rosterBody: Uint8Array, noncesBody: Uint8Array = new Uint8Array(0)): Uint8Array {
    return sha256(this.#domain('view'), rosterBody, noncesBody);
  }

  /** What a client signs of the survivors. */
  survivors(view: Uint8Array, set: Uint8Array): Uint8Array {
    return sha256(this.#domain('survivors'), view, set);
  }
}

/** Which of the two secrets a share is of: the self-mask secret b_u or the mask key s_u. */
export type ShareKind = 'seed' | 'key';

/** Each box key seals two messages at most, one each way. */
function boxNonce(from: number, to: number): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce[11] = from < to ? 0 : 1;
  return nonce;
}
