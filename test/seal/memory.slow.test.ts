import { expect, it } from 'vitest';
import { SeededRng } from '../../src/random/index.ts';
import { CiphertextSum, InlineSealEngine, parameterSet, planSum, type SumPlan } from '../../src/seal/index.ts';

/** The memory of every WebAssembly instance made while `run` runs. */
async function memories(run: () => Promise<unknown>): Promise<WebAssembly.Memory[]> {
  const found: WebAssembly.Memory[] = [];
  const instantiate = WebAssembly.instantiate;
  const spy = async (...args: Parameters<typeof instantiate>) => {
    const result = (await instantiate(...args)) as unknown as
      | WebAssembly.WebAssemblyInstantiatedSource
      | WebAssembly.Instance;
    const instance = result instanceof WebAssembly.Instance ? result : result.instance;
    for (const value of Object.values(instance.exports)) if (value instanceof WebAssembly.Memory) found.push(value);
    return result;
  };
  WebAssembly.instantiate = spy as unknown as typeof instantiate;
  try {
    await run();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  return found;
}

it('ten thousand ciphertexts take the memory of a hundred', async () => {
  const engine = new InlineSealEngine();
  const rng = new SeededRng(new Uint8Array(32));
  const exact = parameterSet('exact');
  const threshold = parameterSet('threshold');
  const found = await memories(() => engine.generate(exact));
  expect(found).toHaveLength(1);
  const base = { clients: 100, bits: 16, rounds: 1, statisticalSecurity: 40 };
  const chunks = 50;
  const plans = {
    shared: planSum({ ...base, set: exact, arithmetic: 'bfv', length: chunks * 2048, decryptors: 1, threshold: 1 }),
    joint: planSum({ ...base, set: threshold, arithmetic: 'ckks', length: chunks * 2048, decryptors: 2, threshold: 2 }),
  };
  const { secret } = await engine.generate(exact);
  const pair = await engine.generate(threshold);
  const share = pair.secret.subarray(0, 2 * threshold.degree);
  const cycle = async (plan: SumPlan) => {
    const input = { bits: 16, words: new Uint32Array(plan.length).fill(99) };
    const sum = new CiphertextSum(plan);
    if (plan.set === exact) {
      await engine.add(plan, sum, await engine.encrypt(plan, { mode: 'shared', secret }, input));
      await engine.open(plan, sum, secret, rng);
    } else {
      await engine.add(plan, sum, await engine.encrypt(plan, { mode: 'public', publicKey: pair.publicKey }, input));
      await engine.combine(plan, sum, [await engine.partial(plan, sum, share, rng)]);
    }
  };
  for (const plan of Object.values(plans)) await cycle(plan);
  const after100 = found[0]!.buffer.byteLength;
  for (let i = 0; i < 180; i++) await cycle(plans.shared);
  for (let i = 0; i < 20; i++) await cycle(plans.joint);
  expect(found[0]!.buffer.byteLength).toBe(after100);
  await engine[Symbol.asyncDispose]();
});
