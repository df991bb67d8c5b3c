import { afterEach, describe, expect, it, vi } from 'vitest';

/** What changes when the environment does. Modules remember what they found, so each test imports its own. */
describe('engines and environments', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  async function fresh(): Promise<typeof import('../../src/kernels/index.ts')> {
    vi.resetModules();
    return import('../../src/kernels/index.ts');
  }

  /** One result of every kernel. */
  function results(kernels: Awaited<ReturnType<typeof fresh>>): unknown[] {
    const seed = new Uint8Array(32).fill(5);
    const masked = kernels.SUITES.map((suite) => {
      const into = new BigUint64Array(200);
      kernels.applyMask(into, { seed, sign: -1 }, suite, 3);
      return into;
    });
    const words = Uint32Array.from({ length: 300 }, (_, i) => i * 7_654_321);
    const sum = words.slice();
    kernels.addWords(sum, words);
    const items = { data: new Uint8Array(10).fill(1), offsets: Uint32Array.from([0, 4, 10]) };
    const spectrum = Float64Array.from({ length: 256 }, (_, i) => Math.cos(i));
    kernels.hadamard(spectrum);
    const rows = Uint16Array.from({ length: 60 }, (_, i) => 999 * i);
    return [
      masked,
      sum,
      kernels.packWords(words, 21),
      kernels.hashItems('sha512', items),
      kernels.expandMessages(items, seed, 64),
      spectrum,
      kernels.combineShamir(rows, Uint16Array.from([1, 2, 3])),
      kernels.curve().hashToGroup(new Uint8Array(64).fill(3)),
    ];
  }

  it('work without WebAssembly, with the same results', async () => {
    const expected = results(await fresh());
    vi.stubGlobal('WebAssembly', undefined);
    const kernels = await fresh();
    expect(kernels.supportsTier('simd')).toBe(false);
    expect(kernels.supportsTier('fma')).toBe(false);
    expect(kernels.curve().tier).toBe('reference');
    expect(results(kernels)).toEqual(expected);
  });

  it('work where a policy forbids compiling', async () => {
    const expected = results(await fresh());
    class Forbidden {
      constructor() {
        throw new WebAssembly.CompileError('blocked by CSP');
      }
    }
    vi.stubGlobal('WebAssembly', { ...WebAssembly, validate: () => true, Module: Forbidden });
    const kernels = await fresh();
    expect(kernels.supportsTier('simd')).toBe(false);
    expect(results(kernels)).toEqual(expected);
  });

  it('work without node:crypto: AES from WebCrypto, or from noble', async () => {
    const { applyMasks } = await fresh();
    const terms = [{ seed: new Uint8Array(32).fill(6), sign: 1 as const }];
    const expected = new Uint32Array(1000);
    applyMasks(expected, terms, 'aes256ctr', 7);
    vi.stubGlobal('process', { ...process, getBuiltinModule: undefined, env: {} });
    const browser = await fresh();
    const later = new Uint32Array(1000);
    await browser.applyMasksAsync(later, terms, 'aes256ctr', 7);
    expect(later).toEqual(expected);
    const encrypt = vi.spyOn(globalThis.crypto.subtle, 'encrypt');
    await browser.inlineExecutor.mask({ suite: 'aes256ctr', terms }, new Uint32Array(10));
    expect(encrypt).toHaveBeenCalled();
    const now = new Uint32Array(1000);
    browser.applyMasks(now, terms, 'aes256ctr', 7);
    expect(now).toEqual(expected);
    vi.stubGlobal('crypto', {});
    const plain = new Uint32Array(1000);
    await (await fresh()).applyMasksAsync(plain, terms, 'aes256ctr', 7);
    expect(plain).toEqual(expected);
  });

  it('obey SUBROSA_TIER, and name it when it is wrong', async () => {
    vi.stubEnv('SUBROSA_TIER', 'reference');
    expect((await fresh()).curve().tier).toBe('reference');
    vi.stubEnv('SUBROSA_TIER', 'extmul');
    expect((await fresh()).curve().tier).toBe('extmul');
    vi.stubEnv('SUBROSA_TIER', 'avx');
    const { addWords } = await fresh();
    expect(() => addWords(new Uint32Array(1), new Uint32Array(1))).toThrow(/SUBROSA_TIER: no tier avx/);
  });
});

describe('the inline executor', () => {
  it('masks block by block as one call does, and stops when told to', async () => {
    const { applyMask, inlineExecutor, MASK_BLOCK } = await import('../../src/kernels/index.ts');
    const terms = [1, 2, 3].map((n) => ({
      seed: new Uint8Array(32).fill(n),
      sign: n === 2 ? (-1 as const) : (1 as const),
    }));
    const length = Math.floor((2.5 * MASK_BLOCK) / 4);
    for (const suite of ['aes256ctr', 'chacha20'] as const) {
      const planned = new Uint32Array(length);
      const called = new Uint32Array(length);
      await inlineExecutor.mask({ suite, terms }, planned);
      for (const term of terms) applyMask(called, term, suite);
      expect(Buffer.compare(Buffer.from(planned.buffer), Buffer.from(called.buffer))).toBe(0);
    }
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(inlineExecutor.mask({ suite: 'chacha20', terms }, new Uint32Array(4), stop)).rejects.toThrow('enough');
  });
});
