import { ProtocolError } from '../errors.ts';
import { wordBytes } from '../kernels/index.ts';
import { csprng, SeededRng } from '../random/index.ts';
import { CiphertextSum, InlineSealEngine, parameterSet } from '../seal/index.ts';
import type { Done, SealJob, SealRefusal, SealResult } from './jobs.ts';

/** This worker's instance of SEAL, loaded by its first job. It ends with the worker, which is replaced after anything that SEAL throws. */
const engine = new InlineSealEngine();

/** Runs a part of a homomorphic sum. */
export async function runSealJob(job: SealJob): Promise<Done<SealResult>> {
  try {
    return await run(job);
  } catch (error) {
    // A peer's bytes were refused before SEAL saw them: this worker is sound and stays.
    if (!(error instanceof ProtocolError)) throw error;
    const refused: SealRefusal = { code: error.code, message: error.message };
    return { value: { refused } };
  }
}

async function run(job: SealJob): Promise<Done<SealResult>> {
  if (job.op === 'generate') {
    const keys = await engine.generate(parameterSet(job.set));
    return { value: { keys }, transfer: [keys.secret.buffer, keys.publicKey.buffer] as ArrayBuffer[] };
  }
  const { plan } = job;
  if (job.op === 'encrypt') {
    return await withKey(job.key, async (key) => {
      try {
        const encryptionKey =
          job.mode === 'public'
            ? ({ mode: 'public', publicKey: key } as const)
            : ({ mode: 'shared', secret: key } as const);
        return moved(await engine.encrypt(plan, encryptionKey, job.input));
      } finally {
        wordBytes(job.input.words).fill(0);
      }
    });
  }
  const sum = new CiphertextSum(plan, job.words);
  switch (job.op) {
    case 'add':
      await engine.add(plan, sum, job.contribution);
      return movedWords(sum.words);
    case 'subtract':
      sum.subtract(job.contribution);
      return movedWords(sum.words);
    case 'combine':
      return moved(await engine.combine(plan, sum, job.partials));
    case 'partial':
      return await withKey(job.key, async (key) => moved(await engine.partial(plan, sum, key, rngOf(job.seed))));
    case 'open':
      return await withKey(job.key, async (key) => moved(await engine.open(plan, sum, key, rngOf(job.seed))));
  }
}

function rngOf(seed: Uint8Array | undefined): SeededRng | typeof csprng {
  if (seed === undefined) return csprng;
  const rng = new SeededRng(seed);
  seed.fill(0);
  return rng;
}

/** Works with a copy of the key, which is wiped, as is the key itself when it was moved here. */
async function withKey<T>(key: BigUint64Array, work: (key: BigUint64Array) => Promise<T>): Promise<T> {
  const copy = new BigUint64Array(key);
  if (key.buffer instanceof ArrayBuffer) key.fill(0n);
  try {
    return await work(copy);
  } finally {
    copy.fill(0n);
  }
}

/** Bytes, or the words of a vector. */
function moved(value: Uint8Array | { readonly words: Uint32Array | BigUint64Array }): Done<SealResult> {
  const part = value instanceof Uint8Array ? value : wordBytes(value.words);
  return { value: { part }, transfer: [part.buffer as ArrayBuffer] };
}

/** Words that were moved here go back; shared ones were worked on in place. */
function movedWords(words: BigUint64Array): Done<SealResult> {
  const { buffer } = words;
  return buffer instanceof ArrayBuffer ? { value: { part: wordBytes(words) }, transfer: [buffer] } : { value: {} };
}
