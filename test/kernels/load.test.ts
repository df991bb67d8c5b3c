import { describe, expect, it } from 'vitest';
import { type KernelExports, lazyKernel, reserve, wipe } from '../../src/kernels/load.ts';
import { maskWasm } from '../../src/kernels/mask.wasm.ts';

describe('the loader', () => {
  it('compiles on the first call only, and keeps the instance', () => {
    expect(() => lazyKernel('AAAA')).not.toThrow();
    expect(() => lazyKernel('AAAA')()).toThrow(WebAssembly.CompileError);
    const kernel = lazyKernel<KernelExports>(maskWasm);
    expect(kernel()).toBe(kernel());
    expect(kernel().base() % 64).toBe(0);
  });

  it('reserves memory and never shrinks it', () => {
    const { memory } = lazyKernel<KernelExports>(maskWasm)();
    reserve(memory, 3_000_001);
    const grown = memory.buffer.byteLength;
    expect(grown).toBeGreaterThanOrEqual(3_000_001);
    expect(grown % 65_536).toBe(0);
    reserve(memory, 100);
    expect(memory.buffer.byteLength).toBe(grown);
    expect(() => reserve(memory, 2 ** 33)).toThrow(RangeError);
  });

  it('wipes a range and nothing else', () => {
    const { memory } = lazyKernel<KernelExports>(maskWasm)();
    const bytes = new Uint8Array(memory.buffer, 70_000, 12).fill(9);
    wipe(memory, 70_002, 8);
    expect([...bytes]).toEqual([9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9]);
  });
});
