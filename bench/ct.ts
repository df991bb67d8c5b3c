import { ristretto255 } from '@noble/curves/ed25519.js';
import type { Target } from './ct-subjects.ts';

/**
 * Do the kernels take the same time whatever the secret? A statistical test after dudect (Reparaz, Balasch, Verbauwhede 2017):
 * time the same operation on a fixed secret and on random ones, in random order, and compare the means with Welch's t.
 *
 *   node .build/bench/ct.js [--samples N] [--only NAME] [--json]
 *
 * |t| below 4.5: no evidence of a leak. Above 10: a leak. Between: run again with more samples. The positive control is a multiplication
 * that is known to leak; if the harness does not see it, it proves nothing and fails. A pass is not a proof: that no branch and no
 * address depends on a secret is argued in the sources, and this looks for what the argument missed (a compiler, an instruction
 * with data-dependent time).
 */

// Imported after the flag is set: see the micro benchmarks.
const { enableRelaxedSimd } = await import('../src/kernels/index.ts');
enableRelaxedSimd();
const { CURVE_TIERS, curve } = await import('../src/kernels/curve.ts');
const { supportsTier } = await import('../src/kernels/features.ts');
const { KERNEL_TARGETS } = await import('./ct-subjects.ts');

function targets(): Target[] {
  const points = curve().hashToGroup(random(128));
  // A sparse scalar: the one that a double-and-add, a window with skipped zeros or an early exit would be fastest on.
  const sparse = new Uint8Array(32);
  sparse[0] = 2;
  const reduced = (secret: Uint8Array): void => {
    for (let i = 31; i < secret.length; i += 32) secret[i]! &= 0x0f;
  };
  const out: Target[] = [leaky(points.subarray(0, 32), sparse, reduced)];
  for (const tier of CURVE_TIERS.filter((name) => name !== 'reference' && supportsTier(name))) {
    const group = curve(tier);
    const one = new Uint8Array(32);
    out.push({
      name: `curve/multiply, ${tier}`,
      fixed: sparse,
      admit: reduced,
      secret: one,
      run: () => group.multiply(points, one),
    });
    const two = new Uint8Array(64);
    const fixed = new Uint8Array(64);
    fixed.set(sparse, 0);
    const each = { fixed, admit: reduced, secret: two };
    out.push({ ...each, name: `curve/multiply-each, ${tier}`, run: () => group.multiplyEach(points, two) });
    out.push({ ...each, name: `curve/multiply-base, ${tier}`, run: () => group.multiplyBase(two) });
  }
  return [...out, ...KERNEL_TARGETS];
}

/** Left-to-right double-and-add with noble: one addition for every bit that is set. */
function leaky(bytes: Uint8Array, fixed: Uint8Array, admit: (secret: Uint8Array) => void): Target {
  const point = ristretto255.Point.fromBytes(bytes);
  const secret = new Uint8Array(32);
  return {
    name: 'control: double-and-add',
    control: true,
    fixed,
    admit,
    secret,
    share: 0.02,
    run: () => {
      let sum = ristretto255.Point.ZERO;
      for (let bit = 252; bit >= 0; bit--) {
        sum = sum.double();
        if ((secret[bit >> 3]! >> (bit & 7)) & 1) sum = sum.add(point);
      }
      return sum;
    },
  };
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

interface Result {
  readonly name: string;
  readonly samples: number;
  readonly t: number;
  /** difference of the medians as a share of the time */
  readonly effect: number;
  readonly verdict: 'no evidence' | 'unclear' | 'leak';
}

function measure(
  { fixed, admit, secret, run }: Target,
  samples: number,
): { fixed: Float64Array; random: Float64Array } {
  const times = [new Float64Array(samples), new Float64Array(samples)] as const;
  const counts = [0, 0];
  const warm = Math.min(2000, samples);
  for (let i = -warm; counts[0]! + counts[1]! < samples; i++) {
    const pick = random(1)[0]! & 1;
    const fresh = random(fixed.length);
    admit?.(fresh);
    // Both secrets are read and copied, whichever stays: the caches must not tell the classes apart.
    secret.set(pick === 0 ? fresh : fixed);
    secret.set(pick === 0 ? fixed : fresh);
    const start = process.hrtime.bigint();
    run();
    const elapsed = Number(process.hrtime.bigint() - start);
    if (i >= 0) times[pick as 0 | 1][counts[pick]!++] = elapsed;
  }
  return { fixed: times[0].subarray(0, counts[0]), random: times[1].subarray(0, counts[1]) };
}

function judge(target: Target, samples: number): Result {
  const times = measure(target, samples);
  const all = Float64Array.from([...times.fixed, ...times.random]).sort();
  const quantile = (q: number): number => all[Math.min(all.length - 1, Math.floor(q * all.length))]!;
  // Interrupts and garbage collection make a long tail: dudect's cropping, the largest |t| over several cuts.
  let t = 0;
  for (const q of [0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1]) {
    const cut = quantile(q);
    const value = welch(
      times.fixed.filter((x) => x <= cut),
      times.random.filter((x) => x <= cut),
    );
    if (Math.abs(value) > Math.abs(t)) t = value;
  }
  const effect = (median(times.fixed) - median(times.random)) / quantile(0.5);
  const verdict = Math.abs(t) > 10 ? 'leak' : Math.abs(t) > 4.5 ? 'unclear' : 'no evidence';
  return { name: target.name, samples: all.length, t, effect, verdict };
}

function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1]!;
}

function welch(a: Float64Array, b: Float64Array): number {
  // Nothing of one class below the cut: no test is needed to tell them apart.
  if (a.length < 2 || b.length < 2) return Number.POSITIVE_INFINITY;
  const moments = (x: Float64Array): readonly [mean: number, error: number] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (x.length - 1);
    return [mean, variance / x.length];
  };
  const [meanA, errorA] = moments(a);
  const [meanB, errorB] = moments(b);
  return (meanA - meanB) / Math.sqrt(errorA + errorB);
}

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const samples = Number(option('--samples') ?? 20_000);
if (!Number.isInteger(samples) || samples < 1000) throw new RangeError('--samples takes an integer of at least 1000');
const only = option('--only');

const results: Result[] = [];
let failed = false;
for (const target of targets()) {
  if (only !== undefined && target.control !== true && !target.name.startsWith(only)) continue;
  const count = Math.max(200, Math.round(samples * (target.share ?? 1)));
  let result = judge(target, count);
  // A neighbour on the same core can fake a difference once; a leak shows every time.
  for (let again = 0; again < 2 && target.control !== true && result.verdict === 'leak'; again++) {
    result = judge(target, count);
  }
  results.push(result);
  failed ||= target.control === true ? result.verdict !== 'leak' : result.verdict === 'leak';
  if (!process.argv.includes('--json')) {
    const { name, t, effect, verdict } = result;
    const percent = `${(100 * effect).toFixed(2)} %`;
    console.log(`${name.padEnd(40)} |t| = ${Math.abs(t).toFixed(1).padStart(7)}   ${percent.padStart(9)}   ${verdict}`);
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
process.exitCode = failed ? 1 : 0;
