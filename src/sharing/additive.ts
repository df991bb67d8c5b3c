import { equalBytes } from '../bytes/index.ts';
import { ProtocolError } from '../errors.ts';
import { printsAsString } from '../inspect.ts';
import { csprng, type Rng, randomBytes } from '../random/index.ts';
import type { VectorGroup } from './vector-group.ts';

/**
 * Additive n-of-n sharing of vectors: the shares are uniform and add up to the secret, over Z_{2^bits} or a prime field.
 *
 * n - 1 shares are 32-byte seeds that their holders expand, one share is a vector of full length: n parties cost little more than
 * one. All n shares are needed; n - 1 of them are computationally independent of the secret (as strong as the keystream cipher).
 * A seed is drawn for one vector and never used for another.
 */

/** What a share belongs to. Shares in which any of it differs do not mix. */
export interface SharingOf<V> {
  /** Ring or field, and how seeds expand in it. */
  readonly group: VectorGroup<V>;
  /** Elements in the vector. */
  readonly length: number;
  /** What 1 stands for: the fixed-point scale of the encoding, or 1. Positive and finite. */
  readonly scale: number;
  /** 2 .. 65,535 */
  readonly parties: number;
  /** Session id or any other public context, the same for all shares that may be combined. */
  readonly session: Uint8Array;
}

/** All shares but one are seeds, which expand to vectors; that one is the vector that is missing to the secret. */
export type ShareBody<V> =
  | { readonly kind: 'seed'; readonly seed: Uint8Array }
  | { readonly kind: 'vector'; readonly vector: V };

/** One party's share of a vector. Prints without its contents. */
export class AdditiveShare<V> {
  static {
    printsAsString(AdditiveShare);
  }

  readonly scheme = 'additive';
  readonly of: SharingOf<V>;
  /** 1 .. parties */
  readonly party: number;
  /** Secret. */
  readonly body: ShareBody<V>;

  /** @throws {RangeError} when the metadata, the seed or the vector is out of range */
  constructor(of: SharingOf<V>, party: number, body: ShareBody<V>) {
    checkSharing(of);
    if (!Number.isInteger(party) || party < 1 || party > of.parties) {
      throw new RangeError(`party ${party}, expected 1 .. ${of.parties}`);
    }
    if (body.kind === 'vector') of.group.check(body.vector, of.length);
    else if (body.seed.length !== 32) throw new RangeError(`a seed has 32 bytes, found ${body.seed.length}`);
    this.of = of;
    this.party = party;
    this.body = body;
  }

  /** The share as a vector of its own: a seed is expanded, a vector copied. */
  expand(): V {
    const { group, length } = this.of;
    return this.body.kind === 'seed' ? group.expand(this.body.seed, length) : group.copy(this.body.vector);
  }

  /**
   * This party's share of the sum of two secrets.
   * @throws {ProtocolError} `bad-share` when group, length, scale, session, the number of parties or the party differ
   */
  add(other: AdditiveShare<V>): AdditiveShare<V> {
    checkTogether(this, other);
    if (other.party !== this.party) {
      throw new ProtocolError('bad-share', `a share of party ${other.party} added to one of party ${this.party}`);
    }
    const sum = this.expand();
    this.of.group.addInto(sum, other.expand());
    return new AdditiveShare(this.of, this.party, { kind: 'vector', vector: sum });
  }

  toString(): string {
    return `[secret additive share ${this.party} of ${this.of.parties}]`;
  }
}

/**
 * Splits a vector.
 * @param full which party gets the share of full length, 1 .. parties (the last by default); rotate it to spread the traffic
 * @returns the shares of parties 1 .. n
 * @throws {RangeError} when the vector does not fit the metadata
 */
export function splitAdditive<V>(
  vector: V,
  of: SharingOf<V>,
  options: { readonly full?: number; readonly rng?: Rng } = {},
): AdditiveShare<V>[] {
  checkSharing(of);
  of.group.check(vector, of.length);
  const full = options.full ?? of.parties;
  if (!Number.isInteger(full) || full < 1 || full > of.parties) {
    throw new RangeError(`party ${full}, expected 1 .. ${of.parties}`);
  }
  const rest = of.group.copy(vector);
  const shares: AdditiveShare<V>[] = [];
  for (let party = 1; party <= of.parties; party++) {
    if (party === full) {
      shares.push(new AdditiveShare(of, party, { kind: 'vector', vector: rest })); // filled in as the seeds are drawn
      continue;
    }
    const seed = randomBytes(32, options.rng ?? csprng);
    of.group.subtractFrom(rest, of.group.expand(seed, of.length));
    shares.push(new AdditiveShare(of, party, { kind: 'seed', seed }));
  }
  return shares;
}

/**
 * The secret: the sum of all n shares.
 * @param shares one of every party, in any order
 * @throws {ProtocolError} `bad-share` when shares of different sharings are mixed or a party appears twice; `below-threshold` when
 *   one is missing
 */
export function reconstructAdditive<V>(shares: readonly AdditiveShare<V>[]): V {
  const [first, ...others] = shares;
  if (first === undefined) throw new ProtocolError('below-threshold', 'no shares');
  const parties = new Set([first.party]);
  for (const share of others) {
    checkTogether(first, share);
    if (parties.has(share.party)) throw new ProtocolError('bad-share', `two shares of party ${share.party}`);
    parties.add(share.party);
  }
  if (parties.size < first.of.parties) {
    throw new ProtocolError('below-threshold', `${parties.size} shares, all ${first.of.parties} are needed`);
  }
  const sum = first.expand();
  for (const share of others) first.of.group.addInto(sum, share.expand());
  return sum;
}

function checkTogether<V>(a: AdditiveShare<V>, b: AdditiveShare<V>): void {
  const wrong =
    b.scheme !== a.scheme
      ? `scheme ${b.scheme}, expected ${a.scheme}`
      : b.of.group.name !== a.of.group.name
        ? `over ${b.of.group.name}, expected ${a.of.group.name}`
        : b.of.length !== a.of.length
          ? `${b.of.length} elements, expected ${a.of.length}`
          : b.of.scale !== a.of.scale
            ? `scale ${b.of.scale}, expected ${a.of.scale}`
            : b.of.parties !== a.of.parties
              ? `of ${b.of.parties} parties, expected ${a.of.parties}`
              : equalBytes(b.of.session, a.of.session)
                ? undefined
                : 'of another session';
  if (wrong !== undefined) throw new ProtocolError('bad-share', `shares that do not belong together: ${wrong}`);
}

function checkSharing<V>(of: SharingOf<V>): void {
  if (!Number.isInteger(of.parties) || of.parties < 2 || of.parties > 65_535) {
    throw new RangeError(`${of.parties} parties, expected 2 .. 65535`);
  }
  if (!Number.isInteger(of.length) || of.length < 0) throw new RangeError(`${of.length} elements`);
  if (!Number.isFinite(of.scale) || of.scale <= 0)
    throw new RangeError(`scale ${of.scale}, expected a positive number`);
}
