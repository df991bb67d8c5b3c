import { afterEach, describe, expect, it } from 'vitest';
import { curve, curveExports } from '../../src/kernels/curve.ts';
import { enableRelaxedSimd, forceTier, supportsTier } from '../../src/kernels/features.ts';
import { SeededRng, uniformBigBelow } from '../../src/random/index.ts';

enableRelaxedSimd();

describe('tiers of the curve', () => {
  afterEach(() => forceTier(undefined));

  it('takes the best the engine runs', () => {
    expect(curve().tier).toBe(supportsTier('fma') ? 'fma' : 'extmul');
    expect(curve()).toBe(curve());
  });

  it('takes the one asked for, and obeys forceTier', () => {
    expect(curve('extmul').tier).toBe('extmul');
    expect(curve('reference').tier).toBe('reference');
    forceTier('extmul');
    expect(curve().tier).toBe('extmul');
    forceTier('reference');
    expect(curve().tier).toBe('reference');
  });

  it('refuses a tier it does not have', () => {
    expect(() => curve('simd' as 'fma')).toThrow(RangeError);
  });
});

const P = 2n ** 255n - 19n;
const mod = (x: bigint): bigint => ((x % P) + P) % P;

/** How a tier lays a field element out: `limbs` numbers for each of two lanes, at what bit, in what slots of the memory. */
interface Layout {
  readonly shifts: readonly bigint[];
  read(memory: ArrayBuffer, at: number, lane: number): bigint[];
  write(memory: ArrayBuffer, at: number, lane: number, limbs: readonly bigint[]): void;
}

const fma: Layout = {
  shifts: [0n, 51n, 102n, 153n, 204n],
  read: (memory, at, lane) => {
    const doubles = new Float64Array(memory, at, 10);
    return [0, 1, 2, 3, 4].map((k) => BigInt(doubles[2 * k + lane]!));
  },
  write: (memory, at, lane, limbs) => {
    const doubles = new Float64Array(memory, at, 10);
    for (const [k, limb] of limbs.entries()) doubles[2 * k + lane] = Number(limb);
  },
};

const extmul: Layout = {
  shifts: [0n, 26n, 51n, 77n, 102n, 128n, 153n, 179n, 204n, 230n],
  read: (memory, at, lane) => {
    const words = new Uint32Array(memory, at, 20);
    return extmul.shifts.map((_, k) => BigInt(words[slot(k, lane)]!));
  },
  write: (memory, at, lane, limbs) => {
    const words = new Uint32Array(memory, at, 20);
    for (const [k, limb] of limbs.entries()) words[slot(k, lane)] = Number(limb);
  },
};
const slot = (k: number, lane: number): number => 4 * (k % 5) + 2 * Math.floor(k / 5) + lane;

const elementOf = ({ shifts }: Layout, limbs: readonly bigint[]): bigint =>
  mod(limbs.reduce((sum, limb, k) => sum + (limb << shifts[k]!), 0n));

const rng = new SeededRng(new Uint8Array(32).fill(51));

/** Vectors of limbs at, next to and within +-bound: every limb at the top, at the bottom, alternating, one alone, and random. */
function extremes(bounds: readonly bigint[], signed: boolean): bigint[][] {
  const low = (k: number): bigint => (signed ? -bounds[k]! : 0n);
  const draw = (k: number): bigint => low(k) + uniformBigBelow(bounds[k]! - low(k) + 1n, rng);
  const shapes: ((k: number) => bigint)[] = [
    (k) => bounds[k]!,
    (k) => low(k),
    (k) => (k % 2 === 0 ? bounds[k]! : low(k)),
    (k) => (k % 2 === 1 ? bounds[k]! : low(k)),
    (k) => bounds[k]! - 1n,
    () => 0n,
    ...bounds.map((_, one) => (k: number) => (k === one ? bounds[k]! : low(k))),
    ...Array.from({ length: 40 }, () => draw),
    ...Array.from({ length: 40 }, () => (k: number) => (uniformBigBelow(2n, rng) === 0n ? bounds[k]! : low(k))),
  ];
  return shapes.map((shape) => bounds.map((_, k) => shape(k)));
}

const TIGHT_FMA = fma.shifts.map(() => 2n ** 50n + 2n ** 16n);
const HALF_FMA = fma.shifts.map(() => 2n ** 51n);
const LOOSE_FMA = fma.shifts.map(() => 2n ** 51n + 2n ** 17n);
const width = (k: number): bigint => (k % 2 === 0 ? 26n : 25n);
const TIGHT_INT = extmul.shifts.map((_, k) => (101n * 2n ** width(k)) / 100n);
const LOOSE_INT = TIGHT_INT.map((limb, k) => limb + 2n * (2n ** width(k) - (k === 0 ? 19n : 1n)));

describe.each(
  [
    {
      tier: 'fma' as const,
      layout: fma,
      tight: TIGHT_FMA,
      factors: [HALF_FMA, HALF_FMA],
      loose: LOOSE_FMA,
      signed: true,
    },
    {
      tier: 'extmul' as const,
      layout: extmul,
      tight: TIGHT_INT,
      factors: [TIGHT_INT, LOOSE_INT],
      loose: LOOSE_INT,
      signed: false,
    },
  ].filter(({ tier }) => supportsTier(tier)),
)('the field of tier $tier at its bounds', ({ tier, layout, tight, factors, loose, signed }) => {
  const wasm = curveExports(tier);
  const [r, a, b] = [0, 80, 160].map((offset) => wasm.base() + offset) as [number, number, number];
  const memory = (): ArrayBuffer => wasm.memory.buffer as ArrayBuffer;

  /** Runs an operation on both lanes and checks value and bound of each. */
  function check(
    run: () => void,
    left: bigint[][],
    right: bigint[][],
    expected: (x: bigint, y: bigint) => bigint,
  ): void {
    for (const [i, x0] of left.entries()) {
      const y0 = right[i % right.length]!;
      const x1 = left[(i + 1) % left.length]!;
      const y1 = right[(7 * i + 3) % right.length]!;
      layout.write(memory(), a, 0, x0);
      layout.write(memory(), a, 1, x1);
      layout.write(memory(), b, 0, y0);
      layout.write(memory(), b, 1, y1);
      run();
      for (const [lane, x, y] of [
        [0, x0, y0],
        [1, x1, y1],
      ] as const) {
        const found = layout.read(memory(), r, lane);
        expect(elementOf(layout, found)).toBe(expected(elementOf(layout, x), elementOf(layout, y)));
        for (const [k, limb] of found.entries()) expect(limb < 0n ? -limb : limb).toBeLessThanOrEqual(tight[k]!);
      }
    }
  }

  it('multiplies exactly at the largest factors, either way round', () => {
    const [x, y] = factors.map((bounds) => extremes(bounds, signed)) as [bigint[][], bigint[][]];
    check(
      () => wasm.fieldMul(r, a, b),
      x,
      y,
      (u, v) => mod(u * v),
    );
    check(
      () => wasm.fieldMul(r, b, a),
      x,
      y,
      (u, v) => mod(u * v),
    );
    for (const shift of [1, 5, 11, 29]) {
      const turned = y.map((_, i) => y[(i + shift) % y.length]!);
      check(
        () => wasm.fieldMul(r, a, b),
        x,
        turned,
        (u, v) => mod(u * v),
      );
    }
  });

  it('multiplies tight by loose exactly', () => {
    check(
      () => wasm.fieldMul(r, a, b),
      extremes(tight, signed),
      extremes(loose, signed),
      (u, v) => mod(u * v),
    );
    check(
      () => wasm.fieldMul(r, a, b),
      extremes(loose, signed),
      extremes(tight, signed),
      (u, v) => mod(u * v),
    );
  });

  it('squares exactly at the largest tight element', () => {
    const x = extremes(tight, signed);
    check(
      () => wasm.fieldSqr(r, a),
      x,
      x,
      (u) => mod(u * u),
    );
  });

  it('doubles exactly where the coordinates are as large as they may be', () => {
    const x = extremes(tight, signed);
    const coordinates = [r, r + 80, r + 160, r + 240];
    const at = (i: number, lane: number): bigint[][] =>
      [1, 3, 8, 0].map((step) => x[(step * i + 5 * lane) % x.length]!);
    for (let i = 0; i < x.length; i++) {
      for (const lane of [0, 1]) {
        for (const [c, limbs] of at(i, lane).entries()) layout.write(memory(), coordinates[c]!, lane, limbs);
      }
      wasm.pointDouble(r, r, true);
      for (const lane of [0, 1]) {
        const [X, Y, Z] = at(i, lane).map((limbs) => elementOf(layout, limbs)) as [bigint, bigint, bigint];
        const [e, g, h] = [2n * X * Y, Y * Y - X * X, Y * Y + X * X] as const;
        const f = 2n * Z * Z - g;
        const found = coordinates.map((address) => layout.read(memory(), address, lane));
        expect(found.map((limbs) => elementOf(layout, limbs))).toEqual([e * f, g * h, f * g, e * h].map(mod));
        for (const limbs of found) {
          for (const [k, limb] of limbs.entries()) expect(limb < 0n ? -limb : limb).toBeLessThanOrEqual(tight[k]!);
        }
      }
    }
  });

  it('carries loose elements exactly', () => {
    const x = extremes(loose, signed);
    check(
      () => wasm.fieldCarry(r, a),
      x,
      x,
      (u) => u,
    );
  });

  it('writes the canonical bytes of every representation', () => {
    const multiples = [0n, 1n, P - 1n, P, P + 1n, 2n ** 255n - 1n, 2n ** 254n, 18n, 19n, 20n];
    const at = wasm.base() + 240;
    for (const value of multiples) {
      const bytes = new Uint8Array(memory(), at, 32);
      for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 255n);
      wasm.fieldFromBytes(r, at, at);
      expect(elementOf(layout, layout.read(memory(), r, 1))).toBe(mod(value));
      wasm.fieldToBytes(at + 64, at + 96, r);
      for (const lane of [0, 1]) expect(little(new Uint8Array(memory(), at + 64 + 32 * lane, 32))).toBe(mod(value));
    }
    for (const x of extremes(tight, signed)) {
      layout.write(memory(), r, 0, x);
      layout.write(memory(), r, 1, x);
      wasm.fieldToBytes(at + 64, at + 96, r);
      expect(little(new Uint8Array(memory(), at + 64, 32))).toBe(elementOf(layout, x));
    }
  });
});

function little(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
