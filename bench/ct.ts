import { parseArgs } from 'node:util';
import { ristretto255 } from '@noble/curves/ed25519.js';
import type { Target } from './ct-subjects.ts';

/**
 * Do the kernels take the same time whatever the secret? A statistical test after dudect (Reparaz, Balasch, Verbauwhede 2017):
 * time the same operation on a fixed secret and on random ones, in random order, and compare the means with Welch's t.
 *
 *   npm run bench:ct [-- --samples N] [--only NAME] [--json]
 *
 * |t| below 4.5: no evidence of a leak. Everything is measured in rounds, all targets in each, and what looks different is measured again with
 * twice the samples, three times at most: |t| of a leak grows with the square root of the samples, a disturbance of the machine does not come
 * back. Above 10, with the same sign in every round: a leak. What stays in between is unclear.
 *
 * Exit code: 0 when no kernel shows a difference; 1 when one leaks; 2 when the run proves nothing, because a positive control (an
 * operation that leaks on purpose) was not caught or a kernel stayed unclear: repeat it on an idle machine. Reference twins are measured too,
 * and what they show is said, but they do not decide: they are plain JavaScript for platforms without SIMD.
 *
 * A pass is not a proof: that no branch and no address depends on a secret is argued in the sources, and this looks for what the argument
 * missed (a compiler, an instruction with data-dependent time). Not measured, because its time depends on values by nature: the reference
 * twin of the curve, which is noble's BigInt arithmetic.
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

interface Times {
  readonly fixed: Float64Array;
  readonly random: Float64Array;
}

interface Result {
  readonly name: string;
  readonly control: boolean;
  readonly twin: boolean;
  readonly samples: number;
  readonly t: number;
  /** difference of the means of the faster nine tenths, as a share of the time */
  readonly effect: number;
  readonly verdict: 'no evidence' | 'unclear' | 'leak';
}

const lake = new Float64Array(8192);

/** Reads 64 KiB, more than a first-level cache holds. */
function wash(): number {
  let sum = 0;
  for (let i = 0; i < lake.length; i += 8) sum += lake[i]!;
  return sum;
}

function measure({ fixed, admit, secret, run }: Target, samples: number): Times {
  const times = [new Float64Array(samples), new Float64Array(samples)] as const;
  const counts = [0, 0];
  const warm = Math.min(2000, samples);
  const stages = [new Uint8Array(fixed.length), new Uint8Array(fixed.length)] as const;
  for (let i = -warm; counts[0]! + counts[1]! < samples; i++) {
    const pick = random(1)[0]! & 1;
    const fresh = random(fixed.length);
    admit?.(fresh);
    // The class must show in the value alone, not in what caches and branch predictors have seen last: both secrets are copied to the
    // same place from places that do not depend on the class, and something else is read in between.
    stages[pick as 0 | 1].set(fresh);
    stages[(1 - pick) as 0 | 1].set(fixed);
    secret.set(stages[1]);
    secret.set(stages[0]);
    wash();
    const start = process.hrtime.bigint();
    run();
    const elapsed = Number(process.hrtime.bigint() - start);
    // Stage 0 is what stays: `fresh` when pick is 0.
    if (i >= 0) times[(1 - pick) as 0 | 1][counts[1 - pick]!++] = elapsed;
  }
  return { fixed: times[0].subarray(0, counts[0]), random: times[1].subarray(0, counts[1]) };
}

/** Interrupts and garbage collection make a long tail: dudect's cropping, the largest |t| over several cuts. */
const CUTS = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1] as const;
const EVIDENCE = 4.5;
const LEAK = 10;

function judge({ name, control = false, twin = false }: Target, rounds: readonly Times[]): Result {
  const fixed = joined(rounds.map((round) => round.fixed));
  const random = joined(rounds.map((round) => round.random));
  const all = joined([fixed, random]).sort();
  let worst = { t: 0, cut: Number.POSITIVE_INFINITY };
  let effect = 0;
  for (const q of CUTS) {
    const cut = all[Math.min(all.length - 1, Math.floor(q * all.length))]!;
    const found = welch(below(fixed, cut), below(random, cut));
    if (Math.abs(found.t) > Math.abs(worst.t)) worst = { t: found.t, cut };
    if (q === 0.9) effect = found.effect;
  }
  const { t, cut } = worst;
  const again = rounds.every((round) => t * welch(below(round.fixed, cut), below(round.random, cut)).t > 0);
  const verdict = Math.abs(t) < EVIDENCE ? 'no evidence' : Math.abs(t) > LEAK && again ? 'leak' : 'unclear';
  return { name, control, twin, samples: all.length, t, effect, verdict };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function below(times: Float64Array, cut: number): Float64Array {
  return times.filter((time) => time <= cut);
}

function welch(a: Float64Array, b: Float64Array): { readonly t: number; readonly effect: number } {
  // Nothing of one class below the cut: no test is needed to tell them apart.
  if (a.length < 2 || b.length < 2) {
    const sign = a.length < 2 ? 1 : -1;
    return { t: sign * Number.POSITIVE_INFINITY, effect: sign };
  }
  const moments = (x: Float64Array): readonly [mean: number, error: number] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (x.length - 1);
    return [mean, variance / x.length];
  };
  const [meanA, errorA] = moments(a);
  const [meanB, errorB] = moments(b);
  const error = Math.sqrt(errorA + errorB);
  return { t: error === 0 ? 0 : (meanA - meanB) / error, effect: (meanA - meanB) / meanB };
}

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '20000' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
if (!Number.isInteger(samples) || samples < 1000) throw new RangeError('--samples takes an integer of at least 1000');

const ROUNDS = 4;
/** How often what is not clear is measured again, with as many samples as it has so far. */
const REPEATS = 3;

const subjects = targets()
  .filter(({ control, name }) => control === true || values.only === undefined || name.startsWith(values.only))
  .map((target) => ({ target, rounds: [] as Times[] }));
let open = subjects;
for (let repeat = 0; repeat <= REPEATS && open.length > 0; repeat++) {
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`${open.length} targets, round ${round + 1} of ${ROUNDS} ...\n`);
    for (const { target, rounds } of open) {
      const size = (samples * (target.share ?? 1) * 2 ** Math.max(0, repeat - 1)) / ROUNDS;
      rounds.push(measure(target, Math.max(100, Math.round(size))));
    }
  }
  open = open.filter(({ target, rounds }) => !target.control && judge(target, rounds).verdict !== 'no evidence');
}

const results = subjects.map(({ target, rounds }) => judge(target, rounds));
const names = (wanted: readonly Result[]): string => wanted.map(({ name }) => name).join('; ');
const missed = results.filter(({ control, verdict }) => control && verdict !== 'leak');
const measured = results.filter(({ control }) => !control);
const leaks = measured.filter(({ twin, verdict }) => !twin && verdict === 'leak');
const unclear = measured.filter(({ twin, verdict }) => !twin && verdict === 'unclear');
const twins = measured.filter(({ twin, verdict }) => twin && verdict !== 'no evidence');
if (values.json) {
  console.log(JSON.stringify(results, null, 2));
} else {
  for (const { name, control, twin, t, effect, verdict } of results) {
    const percent = `${(100 * effect).toFixed(2)} %`;
    const caught = control && verdict === 'leak';
    const word = caught ? 'caught, as it must be' : twin && verdict === 'leak' ? 'differs (reference twin)' : verdict;
    console.log(`${name.padEnd(44)} |t| = ${Math.abs(t).toFixed(1).padStart(8)}   ${percent.padStart(10)}   ${word}`);
  }
}
const said = process.stderr;
const quiet = measured.filter(({ verdict }) => verdict === 'no evidence').length;
said.write(`${quiet} of ${measured.length} targets show no difference\n`);
if (leaks.length > 0) said.write(`LEAK: ${names(leaks)}\n`);
if (unclear.length > 0) said.write(`unclear, repeat on an idle machine: ${names(unclear)}\n`);
if (twins.length > 0) said.write(`reference twins, compiled by V8 as it likes, differ: ${names(twins)}\n`);
if (missed.length > 0) said.write(`this run proves nothing, controls not caught: ${names(missed)}\n`);
process.exitCode = leaks.length > 0 ? 1 : missed.length + unclear.length > 0 ? 2 : 0;
