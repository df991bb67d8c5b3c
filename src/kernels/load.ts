/** `WebAssembly.Memory`, as far as it is needed. Written out, because its own type comes with the DOM's, which users in Node may not have. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** @param pages of 64 KiB */
  grow(pages: number): number;
}

/** What every kernel binary exports. Its functions take addresses into `memory`. */
export interface KernelExports {
  readonly memory: KernelMemory;
  /** the first free byte of `memory`, a multiple of 64 */
  base(): number;
}

/**
 * Returns a function that compiles and instantiates a binary on its first call, synchronously, and hands out the same instance
 * ever after: importing the package costs nothing, and a thread pays only for the kernels it uses. The binaries are a few KiB.
 */
export function lazyKernel<Exports extends KernelExports>(base64: string): () => Exports {
  let exports: Exports | undefined;
  return () => {
    exports ??= new WebAssembly.Instance(new WebAssembly.Module(fromBase64(base64))).exports as unknown as Exports;
    return exports;
  };
}

/**
 * Grows a kernel's memory to at least `bytes`. Growing detaches every view of it: take views afterwards.
 * @throws RangeError when the engine refuses
 */
export function reserve(memory: KernelMemory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / 65_536);
  if (missing > 0) memory.grow(missing);
}

/**
 * Overwrites a range of a kernel's memory that held secrets. Each kernel's memory outlives the call, and a later bug elsewhere
 * must not find keys there.
 */
export function wipe(memory: KernelMemory, from: number, bytes: number): void {
  new Uint8Array(memory.buffer, from, bytes).fill(0);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
