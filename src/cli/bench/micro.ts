import { createCipheriv, createSecretKey } from 'node:crypto';
import {
  addWords,
  applyMask,
  applyMasks,
  combineShamir,
  curve,
  expandMessages,
  hashItems,
  lagrangeShamir,
  packWords,
  splitShamir,
} from '../../kernels/index.ts';
import { randomBytes } from '../../random/index.ts';
import { type Summary, summary } from './stats.ts';

/**
 * What an installed package can say about its kernels by itself: each beside its slow twin and, where there is one, the physical limit. Rivals from
 * other packages run in the repository, with `npm run bench:micro`.
 */
export interface MicroRow {
  readonly id: string;
  readonly unit: string;
  /** Units a second on one thread. */
  readonly perSecond: Summary;
  /** The same of the reference twin. */
  readonly twin?: Summary;
  /** What the machine can do at best, and what that is. */
  readonly limit?: Summary & { readonly what: string };
}

interface Work {
  readonly run: () => unknown;
  /** Units in one run. */
  readonly units: number;
}

interface Kernel {
  readonly id: string;
  readonly unit: string;
  readonly make: () => { readonly ours: Work; readonly twin?: Work; readonly limit?: Work & { readonly what: string } };
}

const WORDS = 2 ** 18;
const FEW = 2 ** 12;
const POINTS = 256;

const words = (count: number): Uint32Array => new Uint32Array(randomBytes(4 * count).buffer);

function memcpy(count: number): Work & { what: string } {
  const [from, to] = [words(count), words(count)];
  return { run: () => to.set(from), units: count, what: 'memcpy' };
}

function keystream(cipher: 'aes-256-ctr' | 'chacha20', what: string): Work & { what: string } {
  const zeros = new Uint8Array(8_192); // small enough that the buffers it comes in are recycled
  const key = createSecretKey(randomBytes(32));
  return {
    units: WORDS,
    what,
    run() {
      const stream = createCipheriv(cipher, key, new Uint8Array(16));
      for (let at = 0; at < 4 * WORDS; at += zeros.length) stream.update(zeros);
    },
  };
}

function maskKernel(suite: 'aes256ctr' | 'chacha20', limit: () => Work & { what: string }): Kernel {
  return {
    id: `mask/${suite}`,
    unit: 'word',
    make() {
      const into = words(WORDS);
      const few = into.subarray(0, FEW);
      const terms = [1, -1].map((sign) => ({ seed: randomBytes(32), sign: sign as 1 | -1 }));
      return {
        ours: { run: () => applyMasks(into, terms, suite), units: 2 * WORDS },
        twin: { run: () => applyMask(few, terms[0]!, suite, 0, 'reference'), units: FEW },
        limit: limit(),
      };
    },
  };
}

function scalarBelowOrder(): Uint8Array {
  const scalar = randomBytes(32);
  scalar[31]! &= 0x0f;
  return scalar;
}

function strings(count: number): { data: Uint8Array; offsets: Uint32Array } {
  return { data: randomBytes(24 * count), offsets: Uint32Array.from({ length: count + 1 }, (_, i) => 24 * i) };
}

const KERNELS: readonly Kernel[] = [
  maskKernel('aes256ctr', () => keystream('aes-256-ctr', 'AES-256-CTR of node:crypto, thrown away')),
  maskKernel('chacha20', () => keystream('chacha20', 'ChaCha20 of node:crypto, thrown away')),
  {
    id: 'ring/add',
    unit: 'word',
    make() {
      const [a, b] = [words(WORDS), words(WORDS)];
      return {
        ours: { run: () => addWords(a, b), units: WORDS },
        twin: { run: () => addWords(a, b, 'reference'), units: WORDS },
        limit: memcpy(WORDS),
      };
    },
  },
  {
    id: 'pack/20-bits',
    unit: 'word',
    make() {
      const a = words(WORDS);
      const few = a.subarray(0, FEW);
      return {
        ours: { run: () => packWords(a, 20), units: WORDS },
        twin: { run: () => packWords(few, 20, 'reference'), units: FEW },
        limit: memcpy(WORDS),
      };
    },
  },
  {
    id: 'shamir/split-100-of-50',
    unit: 'secret',
    make() {
      const secret = new Uint16Array(randomBytes(32).buffer);
      const coefficients = new Uint16Array(randomBytes(32 * 49).buffer);
      const xs = Uint16Array.from({ length: 100 }, (_, i) => i + 1);
      return {
        ours: { run: () => splitShamir(secret, coefficients, xs), units: 1 },
        twin: { run: () => splitShamir(secret, coefficients, xs, 'reference'), units: 1 },
      };
    },
  },
  {
    id: 'shamir/combine-50',
    unit: 'secret',
    make() {
      const rows = new Uint16Array(randomBytes(32 * 50).buffer);
      const weights = lagrangeShamir(
        Uint16Array.from({ length: 50 }, (_, i) => i + 1),
        0,
      );
      return {
        ours: { run: () => combineShamir(rows, weights), units: 1 },
        twin: { run: () => combineShamir(rows, weights, 'reference'), units: 1 },
      };
    },
  },
  {
    id: 'hash/sha256-short',
    unit: 'string',
    make() {
      const [many, few] = [strings(4096), strings(256)];
      return {
        ours: { run: () => hashItems('sha256', many), units: 4096 },
        twin: { run: () => hashItems('sha256', few, 'reference'), units: 256 },
      };
    },
  },
  {
    id: 'hash/expand-message',
    unit: 'string',
    make() {
      const [many, few, tag] = [strings(1024), strings(64), new Uint8Array([115, 117, 98])];
      return {
        ours: { run: () => expandMessages(many, tag, 64), units: 1024 },
        twin: { run: () => expandMessages(few, tag, 64, 'reference'), units: 64 },
      };
    },
  },
  {
    id: 'curve/multiply',
    unit: 'point',
    make() {
      const points = curve().hashToGroup(randomBytes(64 * POINTS));
      const scalar = scalarBelowOrder();
      return {
        ours: { run: () => curve().multiply(points, scalar), units: POINTS },
        twin: { run: () => curve('reference').multiply(points.subarray(0, 64), scalar), units: 2 },
      };
    },
  },
  {
    id: 'curve/hash-to-group',
    unit: 'point',
    make() {
      const uniform = randomBytes(64 * POINTS);
      return {
        ours: { run: () => curve().hashToGroup(uniform), units: POINTS },
        twin: { run: () => curve('reference').hashToGroup(uniform.subarray(0, 256)), units: 4 },
      };
    },
  },
];

export const MICRO_IDS: readonly string[] = KERNELS.map(({ id }) => id);

const effortOf = (quick: boolean) => (quick ? { passes: 5, ms: 15 } : { passes: 11, ms: 100 });

/** About how long a kernel takes to measure: milliseconds. */
export function microMs(quick: boolean): number {
  const { passes, ms } = effortOf(quick);
  return 3 * passes * ms;
}

/**
 * Ours, twin and limit in turns, so that a disturbance meets all three alike.
 * @param quick samples of 15 ms instead of 100
 */
export function measureMicro(id: string, quick: boolean): MicroRow {
  const kernel = KERNELS.find((one) => one.id === id)!;
  const { ours, twin, limit } = kernel.make();
  const works = [ours, twin, limit];
  for (const work of works) work?.run();
  const samples: number[][] = [[], [], []];
  const { passes, ms } = effortOf(quick);
  for (let pass = 0; pass < passes; pass++) {
    for (const [i, work] of works.entries()) if (work) samples[i]!.push(rate(work, ms));
  }
  return {
    id,
    unit: kernel.unit,
    perSecond: summary(samples[0]!),
    ...(twin && { twin: summary(samples[1]!) }),
    ...(limit && { limit: { ...summary(samples[2]!), what: limit.what } }),
  };
}

function rate({ run, units }: Work, ms: number): number {
  const began = performance.now();
  let runs = 0;
  let spent = 0;
  do {
    run();
    runs += 1;
    spent = performance.now() - began;
  } while (spent < ms);
  return (1000 * runs * units) / spent;
}
