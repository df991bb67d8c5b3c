import { afterAll, describe, expect, it } from 'vitest';
import { type RingVector, zeroVector } from '../../src/math/index.ts';
import { csprng } from '../../src/random/index.ts';
import { type Arithmetic, CiphertextSum, parameterSet, planSum, type SetName } from '../../src/seal/index.ts';
import { createPool, poolExecutor } from '../../src/workers/index.ts';

const pool = createPool({ size: 2 });
afterAll(() => pool.close());

function vector(length: number, salt: number): RingVector {
  const vector = zeroVector(32, length);
  for (let i = 0; i < length; i++) vector.words[i] = ((i + 1) * 2_654_435_761 * (salt + 1)) % 2 ** 28;
  return vector;
}

/** SEAL's WebAssembly inside Web Workers: found and compiled by the development server, as a bundler would. */
describe('homomorphic sums on Web Workers', () => {
  it.each([
    ['threshold', 'ckks', true],
    ['exact', 'bfv', true],
    ['exact', 'bfv', false],
  ] as const)('%s %s, shared memory where there is some: %s', async (name, arithmetic, shared) => {
    await checkSum(name, arithmetic, shared);
  });

  async function checkSum(name: SetName, arithmetic: Arithmetic, shared: boolean): Promise<void> {
    const { seal } = poolExecutor(pool, shared ? {} : { sharedMemory: false });
    const joint = name === 'threshold';
    const shape = planSum({
      ...{ set: parameterSet(name), arithmetic, clients: 2, length: 30_001, bits: 32, rounds: 1 },
      ...{ statisticalSecurity: 40, decryptors: joint ? 2 : 1, threshold: joint ? 2 : 1 },
    });
    const inputs = [vector(shape.length, 0), vector(shape.length, 1)];
    const { secret, publicKey } = await seal.generate(shape.set);
    const key = joint ? ({ mode: 'public', publicKey } as const) : ({ mode: 'shared', secret } as const);
    const sum = new CiphertextSum(shape);
    for (const input of inputs) await seal.add(shape, sum, await seal.encrypt(shape, key, input));
    // Of the whole secret, the first part is a decryptor's share of it when the other's is zero.
    const found = joint
      ? await seal.combine(shape, sum, [await seal.partial(shape, sum, secret.slice(0, 2 * shape.set.degree), csprng)])
      : await seal.open(shape, sum, secret, csprng);
    let worst = 0;
    for (const [i, word] of (found.words as Uint32Array).entries()) {
      const distance = Math.abs(word - Number(inputs[0]!.words[i]) - Number(inputs[1]!.words[i]));
      worst = Math.max(worst, Math.min(distance, 2 ** 32 - distance));
    }
    expect(found.words).toHaveLength(shape.length);
    expect(worst).toBeLessThanOrEqual(shape.errorBound);
  }
});
