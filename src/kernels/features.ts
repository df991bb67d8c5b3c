/**
 * What this engine can run, and which version of a kernel to use.
 *
 * A tier is one implementation of a kernel: `reference` (plain TypeScript or noble, runs everywhere), `simd` (WebAssembly with
 * simd128), for the masks `relaxed` (relaxed SIMD), and for the curve `extmul` (simd128) and `fma` (relaxed SIMD with a fused
 * multiply-add). Every tier of a kernel gives the same bytes. An engine validates a binary as a whole, so each tier is a binary of its own.
 */
export type Tier = 'reference' | 'simd' | 'relaxed' | 'extmul' | 'fma';

/** Every {@link Tier}. */
export const TIERS: readonly Tier[] = ['reference', 'simd', 'relaxed', 'extmul', 'fma'];

/** `simd` and `extmul` ask the same of the engine; `fma` asks of relaxed SIMD that it fuse. */
const RANK: Record<Tier, number> = { reference: 0, simd: 1, extmul: 1, relaxed: 2, fma: 2 };

/** Whether the engine runs the tier. The answer is found once, by compiling a probe of a few bytes, and remembered. */
export function supportsTier(tier: Tier): boolean {
  if (tier === 'reference') return true;
  let answer = probed.get(tier);
  if (answer === undefined) {
    answer = tier === 'fma' ? runsFused() : compiles(tier === 'relaxed' ? FMA_PROBE : SIMD_PROBE);
    probed.set(tier, answer);
  }
  return answer;
}

const probed = new Map<Tier, boolean>();

/**
 * Makes the tiers `fma` and `relaxed` available where the engine has relaxed SIMD behind a flag (Node 20), by setting V8's flag for the whole
 * process. A library must not do that when imported; an application's own processes may, before or after kernels were used. On
 * engines that have it without a flag, or not at all, this changes nothing.
 * @returns whether the engine runs the tier `fma` now
 */
export function enableRelaxedSimd(): boolean {
  if (!supportsTier('fma') && globalThis.process?.versions?.node?.startsWith('20.')) {
    const v8 = globalThis.process.getBuiltinModule?.('node:v8') as typeof import('node:v8') | undefined;
    v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
    probed.delete('fma');
    probed.delete('relaxed');
  }
  return supportsTier('fma');
}

/**
 * Caps every kernel of this thread at a tier, for tests and for comparisons; `undefined` lifts the cap. The environment variable
 * SUBROSA_TIER does the same for a whole process and its workers; this call wins over it.
 * @throws RangeError when the engine cannot run the tier
 */
export function forceTier(tier: Tier | undefined): void {
  if (tier !== undefined) checkTier(tier, 'forceTier');
  forced = tier;
}

let forced: Tier | undefined;
let fromEnvironment: Tier | null | undefined;

/**
 * The best tier of a kernel that the engine runs and the cap allows.
 * @param available the kernel's tiers; `reference` is always one of them
 */
export function bestTier<T extends Tier>(available: readonly T[]): T {
  const cap = RANK[forced ?? environmentTier() ?? 'fma'];
  let best: T | undefined;
  for (const tier of available) {
    if (RANK[tier] <= cap && (best === undefined || RANK[tier] > RANK[best]) && supportsTier(tier)) best = tier;
  }
  if (best === undefined) throw new TypeError(`a kernel without a reference tier: ${available.join(', ')}`);
  return best;
}

function environmentTier(): Tier | undefined {
  if (fromEnvironment === undefined) {
    const name = globalThis.process?.env?.SUBROSA_TIER;
    if (name === undefined || name === '') fromEnvironment = null;
    else fromEnvironment = checkTier(name, 'SUBROSA_TIER');
  }
  return fromEnvironment ?? undefined;
}

function checkTier(name: string, where: string): Tier {
  const tier = TIERS.find((candidate) => candidate === name);
  if (tier === undefined) throw new RangeError(`${where}: no tier ${name}; there are ${TIERS.join(', ')}`);
  if (!supportsTier(tier)) throw new RangeError(`${where}: this engine does not run the tier ${tier}`);
  return tier;
}

/**
 * The tier of one call: the one asked for, or the best.
 * @throws RangeError when the kernel has no such tier or the engine cannot run it
 */
export function chooseTier<T extends Tier>(available: readonly T[], asked: Tier | undefined): T {
  if (asked === undefined) return bestTier(available);
  const tier = available.find((candidate) => candidate === asked);
  if (tier === undefined) throw new RangeError(`this kernel has the tiers ${available.join(', ')}, not ${asked}`);
  if (!supportsTier(tier)) throw new RangeError(`this engine does not run the tier ${tier}`);
  return tier;
}

/** The tiers of the ordinary kernels (all but the curve). */
export type SimdTier = 'reference' | 'simd';
export const SIMD_TIERS: readonly SimdTier[] = ['reference', 'simd'];

/** (module (func (drop (v128.const 0)))) */
const SIMD_PROBE = module([0x60, 0, 0], [], [0xfd, 12, ...new Array<number>(16).fill(0), 0x1a]);

/** (func (export "f") (param f64 f64 f64) (result f64): lane 0 of f64x2.relaxed_madd of the three splats */
const FMA_PROBE = module(
  [0x60, 3, 0x7c, 0x7c, 0x7c, 1, 0x7c],
  [7, 5, 1, 1, 0x66, 0, 0],
  [0x20, 0, 0xfd, 0x14, 0x20, 1, 0xfd, 0x14, 0x20, 2, 0xfd, 0x14, 0xfd, 0x87, 0x02, 0xfd, 0x21, 0],
);

function module(type: number[], exports: number[], body: number[]): Uint8Array<ArrayBuffer> {
  const code = [body.length + 2, 0, ...body, 0x0b];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, type.length + 1, 1, ...type],
    ...[3, 2, 1, 0],
    ...exports,
    ...[10, code.length + 1, 1, ...code],
  ]);
}

/** False without WebAssembly, without the proposal, or where a content security policy forbids compiling. */
function compiles(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    return WebAssembly.validate(bytes) && new WebAssembly.Module(bytes) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/**
 * relaxed_madd may round once (fused) or twice; the engine chooses. The curve needs the fused one: (1 + 2^-30)^2 - (1 + 2^-29)
 * is 2^-60 when rounded once and 0 when rounded twice.
 */
function runsFused(): boolean {
  if (!compiles(FMA_PROBE)) return false;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(FMA_PROBE)).exports as {
    f: (a: number, b: number, c: number) => number;
  };
  const x = 1 + 2 ** -30;
  return f(x, x, -(1 + 2 ** -29)) === 2 ** -60;
}
