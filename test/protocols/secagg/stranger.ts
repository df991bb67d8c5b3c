import { ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { randomBytes } from '@noble/hashes/utils.js';
import type { Identity, RoundSpec } from '../../../src/protocols/index.ts';

/**
 * A client written from docs/spec/secagg.md alone, with noble and nothing of ours: if it takes part in a round with our parties and the sum is
 * exact, the document says what the code does. With the randomness of a transcript vector it sends the same bytes.
 */
export class Stranger {
  readonly #spec: RoundSpec;
  readonly #malicious: boolean;
  readonly #k: number;
  readonly #t: number;
  readonly #corrupt: number;
  readonly #me: Identity;
  readonly #input: readonly bigint[];
  readonly #suite: string;
  readonly #random: (length: number) => Uint8Array;
  readonly #session: Uint8Array;
  readonly #ids: readonly string[];
  readonly #index: number;
  readonly #c: Uint8Array;
  readonly #s: Uint8Array;
  readonly #b: Uint8Array;
  readonly #nonce: Uint8Array;
  #roster: Uint8Array = new Uint8Array();
  #view: Uint8Array = new Uint8Array();
  #neighbours: number[] = [];
  #shares: (Uint8Array | undefined)[] = [];

  constructor(
    spec: RoundSpec,
    p: { adversary: string; suite: string; dropout: number; corrupt: number; k: number; t: number; explicit: boolean },
    me: Identity,
    input: ArrayLike<number | bigint>,
    random: (length: number) => Uint8Array = randomBytes,
  ) {
    this.#spec = spec;
    this.#malicious = p.adversary === 'malicious-server';
    this.#k = p.k;
    this.#t = p.t;
    this.#corrupt = p.corrupt;
    this.#me = me;
    this.#input = Array.from(input, BigInt);
    this.#suite = p.suite;
    this.#random = random;
    this.#c = random(32);
    this.#s = random(32);
    this.#b = random(32);
    this.#nonce = this.#malicious ? random(32) : new Uint8Array();
    this.#ids = spec.clients.map(({ id }) => id).sort(); // ASCII ids
    this.#index = this.#ids.indexOf(me.id);
    // Section 3.
    const parameters = cat(
      [this.#malicious ? 1 : 0],
      text(p.suite),
      f64(p.dropout),
      f64(p.corrupt),
      [40, 20, p.explicit ? 1 : 0],
      u32(p.k),
      u32(p.t),
      [p.k === spec.clients.length - 1 ? 1 : 0],
    );
    const members = (list: readonly { id: string; key?: Uint8Array }[]) =>
      cat(u32(list.length), ...list.flatMap(({ id, key }) => [text(id), key ? cat([1], key) : [0]]));
    const bytes = cat(
      text(spec.task),
      u32(spec.round),
      spec.context,
      [spec.bits],
      u32(spec.length),
      u32(spec.minimumCohort),
      members([spec.server]),
      members([...spec.clients].sort((a, b) => (a.id < b.id ? -1 : 1))),
      members(spec.helpers),
    );
    this.#session = sha256(cat(text('subrosa/secagg/v1'), u32(parameters.length), parameters, bytes));
  }

  #d(purpose: string): Uint8Array {
    return cat(text('subrosa/secagg/v1'), text(this.#suite), this.#session, text(purpose));
  }

  #frame(type: number, ...body: Bytes[]): Uint8Array {
    return cat([0x73, 0x62, 0x72, 1, 1, type], this.#session, ...body);
  }

  #id(index: number): Uint8Array {
    return text(this.#ids[index]!);
  }

  #pair(purpose: string, secret: Uint8Array, v: number, offset: number): Uint8Array {
    const [mine, theirs] = [x25519.getPublicKey(secret), this.#key(v, offset)];
    const first = this.#index < v;
    const [low, high] = first ? [this.#index, v] : [v, this.#index];
    const salt = first ? cat(mine, theirs) : cat(theirs, mine);
    const info = cat(this.#d(purpose), this.#id(low), this.#id(high));
    return hkdf(sha256, x25519.getSharedSecret(secret, theirs), salt, info, 32);
  }

  /** Of client v in the roster: C at 0, S at 32. */
  #key(v: number, offset: number): Uint8Array {
    const n = this.#ids.length;
    const at = Math.ceil(n / 8) + members(this.#roster, n).indexOf(v) * (this.#malicious ? 160 : 64);
    return this.#roster.slice(at + offset, at + offset + 32);
  }

  start(): Uint8Array {
    const keys = cat(x25519.getPublicKey(this.#c), x25519.getPublicKey(this.#s));
    if (!this.#malicious) return this.#frame(1, keys);
    const commitment = sha256(cat(this.#d('nonce-commitment'), this.#id(this.#index), this.#nonce));
    const statement = cat(this.#d('advertise'), this.#id(this.#index), keys, commitment);
    return this.#frame(1, keys, commitment, ed25519.sign(statement, this.#me.secretKey!));
  }

  receive(frame: Uint8Array): Uint8Array {
    const body = frame.slice(38);
    switch (frame[5]) {
      case 2:
        this.#roster = body;
        return this.#malicious ? this.#frame(3, this.#nonce) : this.#shareKeys(body, new Uint8Array());
      case 4:
        return this.#shareKeys(body, body);
      case 6:
        return this.#maskedInput(body);
      case 8:
        if (!this.#malicious) return this.#unmask(body);
        return this.#frame(9, ed25519.sign(sha256(cat(this.#d('survivors'), this.#view, body)), this.#me.secretKey!));
      case 10:
        this.#checkSigned(body);
        return this.#unmask(body);
      default:
        throw new Error(`type ${frame[5]}`);
    }
  }

  /** Sections 6 and 4: t neighbours, and on a sparse graph more than half of all and the corrupt. */
  #checkSigned(body: Uint8Array): void {
    const n = this.#ids.length;
    const size = Math.ceil(n / 8);
    const signers = members(body.slice(size), n);
    const quorum = this.#k === n - 1 ? 0 : Math.floor((n + Math.floor(this.#corrupt * n + 1e-9)) / 2) + 1;
    if (signers.length < quorum) throw new Error('quorum');
    if (signers.filter((v) => this.#neighbours.includes(v)).length < this.#t) throw new Error('neighbours');
    const statement = sha256(cat(this.#d('survivors'), this.#view, body.slice(0, size)));
    const keys = new Map(this.#spec.clients.map(({ id, key }) => [id, key!]));
    signers.forEach((v, i) => {
      const signature = body.slice(2 * size + 64 * i, 2 * size + 64 * (i + 1));
      if (!ed25519.verify(signature, statement, keys.get(this.#ids[v]!)!, { zip215: false }))
        throw new Error('signature');
    });
  }

  #shareKeys(cohortBody: Uint8Array, nonces: Uint8Array): Uint8Array {
    this.#view = sha256(cat(this.#d('view'), this.#roster, nonces));
    const cohort = members(cohortBody, this.#ids.length);
    this.#neighbours = this.#graph(cohort);
    const rows = [cat(this.#b, this.#s), ...Array.from({ length: this.#t - 1 }, () => this.#random(64))];
    const polynomials = Array.from({ length: 32 }, (_, word) =>
      rows.map((row) => row[2 * word]! | (row[2 * word + 1]! << 8)),
    );
    const pairs = this.#neighbours.map((v) => {
      const share = new Uint8Array(64);
      polynomials.forEach((coefficients, word) => {
        const y = coefficients.reduceRight((value, a) => multiply(value, v + 1) ^ a, 0);
        share.set([y & 255, y >>> 8], 2 * word);
      });
      const tags = this.#tags(this.#index, v, share);
      return cat(tags, this.#box(this.#index, v).encrypt(share));
    });
    return this.#frame(5, sha256(cat(this.#d('seed-commitment'), this.#id(this.#index), this.#b)), ...pairs);
  }

  #graph(cohort: number[]): number[] {
    const m = cohort.length;
    if (this.#k >= m - 1) return cohort.filter((v) => v !== this.#index);
    const stream = chacha20(this.#view, new Uint8Array(12), new Uint8Array(64 * m));
    let at = 0;
    const ring = cohort.map((_, node) => node);
    for (let i = m - 1; i > 0; i--) {
      let w: number;
      do {
        w = stream.slice(at, at + 6).reduceRight((value, byte) => 256 * value + byte, 0);
        at += 6;
      } while (w >= 2 ** 48 - (2 ** 48 % (i + 1)));
      const j = w % (i + 1);
      [ring[i], ring[j]] = [ring[j]!, ring[i]!];
    }
    const place = ring.indexOf(cohort.indexOf(this.#index));
    const near = ring.filter((_, p) => {
      const distance = Math.min((p - place + m) % m, (place - p + m) % m);
      return distance > 0 && distance <= this.#k / 2;
    });
    return near.map((node) => cohort[node]!).sort((a, b) => a - b);
  }

  #tags(owner: number, holder: number, share: Uint8Array): Uint8Array {
    const tag = (purpose: string, half: Uint8Array) =>
      sha256(cat(this.#d(purpose), this.#id(owner), this.#id(holder), half)).slice(0, 16);
    return cat(tag('share-seed', share.slice(0, 32)), tag('share-key', share.slice(32)));
  }

  #box(from: number, to: number) {
    const key = this.#pair('box', this.#c, from === this.#index ? to : from, 0);
    const nonce = new Uint8Array(12);
    nonce[11] = from < to ? 0 : 1;
    const data = cat(this.#d('shares'), this.#view, this.#id(from), this.#id(to));
    return this.#suite === 'aes256ctr' ? gcm(key, nonce, data) : chacha20poly1305(key, nonce, data);
  }

  #maskedInput(body: Uint8Array): Uint8Array {
    const k = this.#neighbours.length;
    const { bits } = this.#spec;
    const size = bits <= 32 ? 4 : 8;
    let out = [...this.#input];
    const apply = (seed: Uint8Array, sign: number) => {
      const zeros = new Uint8Array(size * out.length);
      const stream =
        this.#suite === 'aes256ctr'
          ? ctr(seed, new Uint8Array(16)).encrypt(zeros)
          : chacha20(seed, new Uint8Array(12), zeros);
      out = out.map((word, i) => {
        const mask = stream
          .slice(size * i, size * (i + 1))
          .reduceRight((value, byte) => 256n * value + BigInt(byte), 0n);
        return BigInt.asUintN(bits, word + BigInt(sign) * mask);
      });
    };
    apply(hkdf(sha256, this.#b, new Uint8Array(), cat(this.#d('self'), this.#id(this.#index)), 32), 1);
    this.#shares = this.#neighbours.map(() => undefined);
    members(body, k).forEach((place, i) => {
      const v = this.#neighbours[place]!;
      const at = Math.ceil(k / 8) + 112 * i;
      const share = this.#box(v, this.#index).decrypt(body.slice(at + 32, at + 112));
      if (this.#tags(v, this.#index, share).join() !== body.slice(at, at + 32).join()) throw new Error('tags');
      this.#shares[place] = share;
      apply(this.#pair('mask', this.#s, v, 32), this.#index < v ? 1 : -1);
    });
    const packed = new Uint8Array(Math.ceil((out.length * bits) / 8));
    out.forEach((word, i) => {
      for (let bit = 0; bit < bits; bit++) {
        const j = i * bits + bit;
        if ((word >> BigInt(bit)) & 1n) packed[j >>> 3]! |= 1 << (j & 7);
      }
    });
    return this.#frame(7, packed);
  }

  #unmask(body: Uint8Array): Uint8Array {
    const survivors = members(body, this.#ids.length);
    const held = new Uint8Array(Math.ceil(this.#neighbours.length / 8));
    const shares = this.#neighbours.flatMap((v, place) => {
      const share = this.#shares[place];
      if (share === undefined) return [];
      held[place >>> 3]! |= 1 << (place & 7);
      return [survivors.includes(v) ? share.slice(0, 32) : share.slice(32)];
    });
    return this.#frame(11, held, ...shares);
  }
}

type Bytes = Uint8Array | number[];

function cat(...parts: Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function text(value: string): Uint8Array {
  return cat([value.length], new TextEncoder().encode(value));
}

function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

function f64(value: number): Uint8Array {
  return new Uint8Array(new Float64Array([value]).buffer);
}

/** The members of a set over `size` at the start of `bytes`. */
function members(bytes: Uint8Array, size: number): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => (bytes[i >>> 3]! >>> (i & 7)) & 1);
}

/** In GF(2)[z] / (z^16 + z^12 + z^3 + z + 1). */
function multiply(a: number, b: number): number {
  let out = 0;
  for (let bit = 15; bit >= 0; bit--) {
    out <<= 1;
    if (out & 0x10000) out ^= 0x1100b;
    if ((b >>> bit) & 1) out ^= a;
  }
  return out;
}
