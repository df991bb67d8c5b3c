import {
  addWords,
  applyMask,
  combineShamir,
  hashItems,
  multiplyAddWords,
  packWords,
  roundStochastic,
  splitShamir,
  subtractWords,
} from '../src/kernels/index.ts';

/** Something that is timed on one fixed secret and on random ones. */
export interface Target {
  readonly name: string;
  readonly control?: boolean;
  /** plain JavaScript without a branch on secrets, of which V8 makes what it likes: differences are told, and do not fail the run */
  readonly twin?: boolean;
  /** the fixed secret; random ones have its length */
  readonly fixed: Uint8Array;
  /** makes random bytes a valid secret */
  readonly admit?: (secret: Uint8Array) => void;
  /** a secret is copied to the same place for either class, so that only its value differs */
  readonly secret: Uint8Array;
  readonly run: () => unknown;
  /** share of the samples, for slow targets */
  readonly share?: number;
}

/** All zeros against random bytes. */
function target(
  name: string,
  bytes: number,
  make: (secret: Uint8Array) => () => unknown,
  admit: (secret: Uint8Array) => void = () => {},
): Target {
  const secret = new Uint8Array(bytes);
  return { name, fixed: new Uint8Array(bytes), secret, run: make(secret), admit };
}

function words16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, 0, bytes.length / 2);
}

/** An early exit, as a second control: |t| must show it. */
const comparison: Target = {
  ...target('control: comparison that stops early', 512, (secret) => {
    const expected = new Uint8Array(512);
    return () => {
      let same = 0;
      for (let repeat = 0; repeat < 20; repeat++) {
        for (let i = 0; i < 512; i++) {
          if (secret[i] !== expected[i]) break;
          same++;
        }
      }
      return same;
    };
  }),
  control: true,
};

/** Two percent more work for one value of one byte: what the harness has to be able to see. */
const faint: Target = {
  ...target('control: two percent more work', 512, (secret) => () => {
    let state = 1;
    const steps = secret.at(0) === 0 ? 2040 : 2000;
    for (let i = 0; i < steps; i++) state = Math.imul(state, 48_271) ^ i;
    return state;
  }),
  control: true,
};

const masks = (['chacha20', 'aes256ctr'] as const).map((suite) =>
  target(`mask/seed of ${suite}`, 32, (seed) => {
    const into = new Uint32Array(1024);
    return () => applyMask(into, { seed, sign: 1 }, suite);
  }),
);

const tiers = ['simd', 'reference'] as const;

const rings = tiers.flatMap((tier) => [
  target(`ring/64-bit words added, ${tier}`, 8192, (secret) => {
    const words = new BigUint64Array(secret.buffer);
    const sum = new BigUint64Array(1024).fill(0x7fff_ffff_8000_0001n);
    return () => addWords(sum, words, tier);
  }),
  target(`ring/64-bit words subtracted, ${tier}`, 8192, (secret) => {
    const words = new BigUint64Array(secret.buffer);
    const difference = new BigUint64Array(1024).fill(0x7fff_ffff_8000_0001n);
    return () => subtractWords(difference, words, tier);
  }),
  target(`ring/32-bit words added, ${tier}`, 4096, (secret) => {
    const words = new Uint32Array(secret.buffer);
    const sum = new Uint32Array(1024).fill(0xffff_fff0);
    return () => addWords(sum, words, tier);
  }),
  target(`ring/64-bit words times a factor, ${tier}`, 8192, (secret) => {
    const words = new BigUint64Array(secret.buffer);
    const sum = new BigUint64Array(1024).fill(0x7fff_ffff_8000_0001n);
    return () => multiplyAddWords(sum, words, 0xfedc_ba98_7654_3210n, tier);
  }),
  target(`ring/packed to 20 bits, ${tier}`, 4096, (secret) => {
    const words = new Uint32Array(secret.buffer);
    return () => packWords(words, 20, tier);
  }),
  target(
    `ring/rounded, ${tier}`,
    8192,
    (secret) => {
      const held = new Float64Array(1024);
      const values = new Float64Array(secret.buffer);
      const coins = new Uint32Array(crypto.getRandomValues(new Uint8Array(8192)).buffer);
      return () => {
        held.set(values);
        roundStochastic(held, coins, tier);
      };
    },
    (secret) => {
      const values = new Float64Array(secret.buffer);
      const draws = crypto.getRandomValues(new Int32Array(values.length));
      for (let i = 0; i < values.length; i++) values[i] = (1000 * draws[i]!) / 2 ** 32;
    },
  ),
]);

const hashes = (['sha256', 'sha512', 'blake3'] as const).map((algorithm) =>
  target(`hash/${algorithm} of 64 strings`, 64 * 24, (data) => {
    const offsets = Uint32Array.from({ length: 65 }, (_, i) => 24 * i);
    return () => hashItems(algorithm, { data, offsets });
  }),
);

const shamir = tiers.flatMap((tier) => [
  target(`shamir/split, ${tier}`, 32 * 20, (secret) => {
    const xs = Uint16Array.from({ length: 30 }, (_, i) => i + 1);
    const words = words16(secret);
    return () => splitShamir(words.subarray(0, 16), words.subarray(16), xs, tier);
  }),
  target(`shamir/combine, ${tier}`, 32 * 40, (rows) => {
    const weights = Uint16Array.from({ length: 40 }, (_, i) => 1777 * i + 1);
    return () => combineShamir(words16(rows), weights, tier);
  }),
]);

/** Every kernel but the curve, which bench/ct.ts adds. */
export const KERNEL_TARGETS: readonly Target[] = [comparison, faint, ...masks, ...rings, ...hashes, ...shamir].map(
  (one) => ({ ...one, twin: one.name.endsWith('reference') }),
);
