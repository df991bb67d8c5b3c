import { fixedPoint } from '../../src/encoding/index.ts';
import {
  addWords,
  hadamard,
  packWords,
  roundStochastic,
  supportsTier,
  type Tier,
  unpackWords,
} from '../../src/kernels/index.ts';
import type { Bench, Entry } from './harness.ts';

/** What is done to vectors on their way into the ring and onto the wire, for 2^20 values; beside a copy of as many words or doubles. */
const COUNT = 2 ** 20;
/** Bits of a word on the wire. */
const BITS = 20;

const tiers: readonly Tier[] = supportsTier('simd') ? ['simd'] : ['reference'];

function words(count: number): Uint32Array {
  const out = new Uint32Array(count);
  for (let at = 0; at < count; at += 16_384) crypto.getRandomValues(out.subarray(at, at + 16_384));
  return out;
}

const doubles = (): Float64Array => Float64Array.from(words(COUNT), (word) => word / 2 ** 31 - 1);

function memcpy<Vector extends Uint32Array | BigUint64Array | Float64Array>(from: Vector): { run: () => void } {
  const to = from.slice();
  return { run: () => to.set(from as never) };
}

/** @param run what one tier does */
function bench(id: string, unit: string, like: Float64Array | Uint32Array, run: (tier: Tier) => unknown): Bench {
  return {
    id,
    unit,
    count: COUNT,
    ours: tiers.map((tier) => ({ tier, run: () => run(tier) })),
    peers: { twin: { run: () => run('reference') }, limit: memcpy(like) },
  };
}

function add(): Bench {
  const [a, b] = [words(COUNT), words(COUNT)];
  return bench('ring/add', 'word', a, (tier) => addWords(a, b, tier));
}

function add64(): Bench {
  const [a, b] = [words(2 * COUNT), words(2 * COUNT)].map((vector) => new BigUint64Array(vector.buffer)) as [
    BigUint64Array,
    BigUint64Array,
  ];
  return {
    id: 'ring/add-64',
    unit: 'word',
    count: COUNT,
    ours: tiers.map((tier) => ({ tier, run: () => addWords(a, b, tier) })),
    peers: {
      twin: {
        run: () => addWords(a.subarray(0, COUNT / 16), b.subarray(0, COUNT / 16), 'reference'),
        count: COUNT / 16,
      },
      limit: memcpy(a),
    },
  };
}

function pack(): Bench {
  const vector = words(COUNT).map((word) => word >>> (32 - BITS));
  return bench(`ring/pack-${BITS}`, 'word', vector, (tier) => packWords(vector, BITS, tier));
}

function unpack(): Bench {
  const vector = words(COUNT).map((word) => word >>> (32 - BITS));
  const packed = packWords(vector, BITS);
  return bench(`ring/unpack-${BITS}`, 'word', vector, (tier) => unpackWords(packed, BITS, COUNT, tier));
}

function round(): Bench {
  const values = doubles();
  const coins = words(2 * COUNT);
  return bench('encode/round', 'value', values, (tier) => roundStochastic(values, coins, tier));
}

function transform(): Bench {
  const values = doubles();
  return bench('encode/hadamard', 'value', values, (tier) => hadamard(values, tier));
}

/** Clip, scale, round at random, write as ring words: everything between an update and the protocol. */
function encode(id: string, seed?: Uint8Array): Bench {
  const values = doubles();
  const shape = { clients: 10, dimension: COUNT, ...(seed === undefined ? {} : { seed }) };
  const encoding = fixedPoint({ clip: { l2: 4 }, bits: 16, ...(seed === undefined ? {} : { rotate: true }) });
  const codec = encoding.prepare(shape);
  return {
    id,
    unit: 'value',
    count: COUNT,
    ours: [{ tier: tiers[0]!, run: () => codec.encode(values) }],
    peers: { limit: memcpy(values) },
  };
}

export const ring: readonly Entry[] = [
  { id: 'ring/add', make: add },
  { id: 'ring/add-64', extra: true, make: add64 },
  { id: `ring/pack-${BITS}`, extra: true, make: pack },
  { id: `ring/unpack-${BITS}`, extra: true, make: unpack },
  { id: 'encode/fixed-point', make: () => encode('encode/fixed-point') },
  { id: 'encode/rotated', extra: true, make: () => encode('encode/rotated', new Uint8Array(32).fill(1)) },
  { id: 'encode/round', extra: true, make: round },
  { id: 'encode/hadamard', extra: true, make: transform },
];
