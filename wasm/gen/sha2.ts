/**
 * Emits the compression functions of SHA-256 and SHA-512 (FIPS 180-4, section 6) over vectors: lane i holds message i, so four
 * SHA-256 or two SHA-512 run side by side. Sixteen rounds are unrolled; the message schedule is updated in place behind them.
 */
interface Variant {
  readonly bits: 32 | 64;
  /** vector type of the lanes */
  readonly lane: 'i32x4' | 'i64x2';
  readonly rounds: 64 | 80;
  /** rotations of the big sigmas; of the small sigmas two rotations and a shift (sections 4.1.2 and 4.1.3) */
  readonly sum0: readonly number[];
  readonly sum1: readonly number[];
  readonly sigma0: readonly number[];
  readonly sigma1: readonly number[];
}

const SHA256: Variant = {
  bits: 32,
  lane: 'i32x4',
  rounds: 64,
  sum0: [2, 13, 22],
  sum1: [6, 11, 25],
  sigma0: [7, 18, 3],
  sigma1: [17, 19, 10],
};

const SHA512: Variant = {
  bits: 64,
  lane: 'i64x2',
  rounds: 80,
  sum0: [28, 34, 39],
  sum1: [14, 18, 41],
  sigma0: [1, 8, 7],
  sigma1: [19, 61, 6],
};

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}

/** floor(n^(1/k)) by bisection */
function root(n: bigint, k: bigint): bigint {
  let low = 0n;
  let high = n + 1n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** k <= n) low = middle;
    else high = middle;
  }
  return low;
}

/** The first `bits` bits of the fractional part of the k-th root of a prime: where all constants of SHA-2 come from. */
function fraction(prime: number, k: bigint, bits: number): string {
  const scaled = root(BigInt(prime) << (k * BigInt(bits)), k);
  return `0x${BigInt.asUintN(bits, scaled).toString(16)}`;
}

function compression({ bits, lane, rounds, sum0, sum1, sigma0, sigma1 }: Variant): string {
  const step = bits / 8;
  const add = (...terms: string[]) => terms.reduce((sum, term) => `${lane}.add(${sum}, ${term})`);
  const xor = (...terms: string[]) => terms.reduce((sum, term) => `v128.xor(${sum}, ${term})`);
  const rotate = (x: string, by: number) => `v128.or(${lane}.shr_u(${x}, ${by}), ${lane}.shl(${x}, ${bits - by}))`;
  const big = (x: string, by: readonly number[]) => xor(...by.map((n) => rotate(x, n)));
  const small = (x: string, [p, q, s]: readonly number[]) =>
    xor(rotate(x, p!), rotate(x, q!), `${lane}.shr_u(${x}, ${s})`);
  const lines: string[] = [];
  // The eight working variables change places instead of values: after eight rounds they are back.
  const at = (name: number, round: number) => `v${(name + 8 * rounds - round) % 8}`;
  for (let t = 0; t < 16; t++) {
    const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((name) => at(name, t)) as string[];
    lines.push(
      `t1 = ${add(h!, big(e!, sum1), xor(g!, `v128.and(${e}, ${xor(f!, g!)})`), `v128.load${bits}_splat(k, ${step * t})`, `w${t}`)};`,
      `${d} = ${add(d!, 't1')};`,
      `${h} = ${add('t1', big(a!, sum0), xor(b!, `v128.and(${xor(a!, b!)}, ${xor(b!, c!)})`))};`,
    );
  }
  // w[t + 16] = sigma1(w[t + 14]) + w[t + 9] + sigma0(w[t + 1]) + w[t], into the place of w[t]
  const schedule = [...Array(16).keys()].map(
    (t) =>
      `w${t} = ${add(`w${t}`, small(`w${(t + 1) % 16}`, sigma0), `w${(t + 9) % 16}`, small(`w${(t + 14) % 16}`, sigma1))};`,
  );
  const eight = [...Array(8).keys()];
  return `
const K${bits}: usize = memory.data<u${bits}>([${primes(rounds).map((p) => fraction(p, 3n, bits))}]);
/** The initial hash value (section 5.3): eight words. */
export const INITIAL${bits}: usize = memory.data<u${bits}>([${primes(8).map((p) => fraction(p, 2n, bits))}]);

/** One block of every lane. state: eight vectors, updated; block: sixteen vectors of message words. */
export function compress${bits}(state: usize, block: usize): void {
  ${eight.map((i) => `let v${i} = v128.load(state, ${16 * i});`).join('\n  ')}
  ${[...Array(16).keys()].map((i) => `let w${i} = v128.load(block, ${16 * i});`).join('\n  ')}
  let t1: v128;
  for (let k = K${bits}, end = K${bits} + ${rounds * step}; ; ) {
    ${lines.join('\n    ')}
    k += ${16 * step};
    if (k === end) break;
    ${schedule.join('\n    ')}
  }
  ${eight.map((i) => `v128.store(state, ${add(`v128.load(state, ${16 * i})`, `v${i}`)}, ${16 * i});`).join('\n  ')}
}
`;
}

export function sha2(): string {
  return compression(SHA256) + compression(SHA512);
}
