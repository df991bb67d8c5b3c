import type { Executor, PointPlan } from '../../kernels/index.ts';
import { hasSeal, InlineSealEngine, type SealEngine, type SealExecutor } from '../../seal/index.ts';
import type { Counts } from './cell.ts';

/** An executor that counts what it is asked for: the same on every machine. */
export class CountingExecutor implements SealExecutor {
  readonly #inner: Executor;
  /** Homomorphic schemes look for it here. */
  readonly seal: SealEngine;
  readonly #counts = { prgBytes: 0, scalarMultiplications: 0, hashToGroup: 0, ciphertextOperations: 0 };

  constructor(inner: Executor) {
    this.#inner = inner;
    this.seal = countingSeal(hasSeal(inner) ? inner.seal : new InlineSealEngine(), (chunks) => {
      this.#counts.ciphertextOperations += chunks;
    });
  }

  get threads(): number {
    return this.#inner.threads;
  }

  /** A copy of what was counted so far. */
  get counts(): Counts {
    return { ...this.#counts };
  }

  reset(): void {
    this.#counts.prgBytes = 0;
    this.#counts.scalarMultiplications = 0;
    this.#counts.hashToGroup = 0;
    this.#counts.ciphertextOperations = 0;
  }

  mask(...[plan, into, signal]: Parameters<Executor['mask']>): Promise<void> {
    this.#counts.prgBytes += plan.terms.length * into.byteLength;
    return this.#inner.mask(plan, into, signal);
  }

  points(plan: PointPlan, signal?: AbortSignal): Promise<Uint8Array> {
    const { multiplications, hashes } = pointWork(plan);
    this.#counts.scalarMultiplications += multiplications;
    this.#counts.hashToGroup += hashes;
    return this.#inner.points(plan, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

/** An encryption is rG, vG and r times the key; a sum multiplies nothing. */
function pointWork(plan: PointPlan): { readonly multiplications: number; readonly hashes: number } {
  switch (plan.op) {
    case 'blind': {
      const items = plan.items.offsets.length - 1;
      return { multiplications: items, hashes: items };
    }
    case 'multiply':
      return { multiplications: plan.points.length / 32, hashes: 0 };
    case 'encrypt':
      return { multiplications: (3 * plan.values.length) / 32, hashes: 0 };
    case 'sum':
      return { multiplications: 0, hashes: 0 };
  }
}

/** @param add told the number of ciphertexts of every operation */
function countingSeal(inner: SealEngine, add: (chunks: number) => void): SealEngine {
  return {
    threads: inner.threads,
    generate: (set) => inner.generate(set),
    encrypt(plan, ...rest) {
      add(plan.chunks);
      return inner.encrypt(plan, ...rest);
    },
    add(plan, ...rest) {
      add(plan.chunks);
      return inner.add(plan, ...rest);
    },
    partial(plan, ...rest) {
      add(plan.chunks);
      return inner.partial(plan, ...rest);
    },
    combine(plan, ...rest) {
      add(plan.chunks);
      return inner.combine(plan, ...rest);
    },
    open(plan, ...rest) {
      add(plan.chunks);
      return inner.open(plan, ...rest);
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}
