import { type Executor, runPointPlan } from '../../kernels/index.ts';
import {
  type Channel,
  memorySource,
  OpenMinedServer,
  openMinedRequest,
  type PsiParameters,
  runReceiver,
  runSender,
  UnbalancedClient,
  UnbalancedServer,
} from '../../protocols/psi/index.ts';
import type { PsiCell, PsiRun } from './cell.ts';
import { CountingExecutor } from './counting.ts';
import { PSI_BUCKETS, PSI_CHUNK, PSI_VALUE_BITS } from './setting.ts';

/** Identifiers of both sides: half of the smaller set is in both. The seed names them. */
export function identifiers({ left, right, seed }: PsiCell): { left: string[]; right: string[]; overlap: number } {
  const overlap = Math.floor(Math.min(left, right) / 2);
  const name = (side: string, i: number) => `${side}${seed}-${i}@example.org`;
  const side = (label: string, size: number) =>
    Array.from({ length: size }, (_, i) => (i < overlap ? name('both', i) : name(label, i)));
  return { left: side('left', left), right: side('right', right), overlap };
}

/** Two ends of a channel in memory that counts what crosses it. */
class End implements Channel {
  readonly #waiting: Uint8Array[] = [];
  #wake: ((frame: Uint8Array) => void) | undefined;
  peer: End | undefined;
  sent = 0;
  frames = 0;

  async send(frame: Uint8Array): Promise<void> {
    this.sent += frame.length;
    this.frames += 1;
    this.peer!.#deliver(frame);
  }

  receive(): Promise<Uint8Array> {
    const frame = this.#waiting.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #deliver(frame: Uint8Array): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake !== undefined) wake(frame);
    else this.#waiting.push(frame);
  }
}

function pair(): readonly [End, End] {
  const [a, b] = [new End(), new End()];
  a.peer = b;
  b.peer = a;
  return [a, b];
}

/** Charges a party for its batches of group arithmetic, which are nearly all of its work. */
function charged(executor: Executor, add: (ms: number) => void): Executor {
  return {
    threads: executor.threads,
    mask: (plan, into, signal) => executor.mask(plan, into, signal),
    async points(plan, signal) {
      const began = performance.now();
      try {
        return await executor.points(plan, signal);
      } finally {
        add(performance.now() - began);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** @throws {Error} when the overlap found is not the overlap there is */
export async function runPsi(cell: PsiCell, executor: Executor): Promise<PsiRun> {
  const sets = identifiers(cell);
  const counting = new CountingExecutor(executor);
  const began = performance.now();
  const run = await SUITES[cell.suite](cell, sets, counting);
  const wallMs = performance.now() - began;
  if (run.overlap !== sets.overlap) throw new Error(`an overlap of ${run.overlap}, expected ${sets.overlap}`);
  return { kind: 'psi', wallMs, ...run, counts: counting.counts };
}

type Sets = ReturnType<typeof identifiers>;
type Play = (cell: PsiCell, sets: Sets, executor: Executor) => Promise<Omit<PsiRun, 'kind' | 'wallMs' | 'counts'>>;

const dh: Play = async (cell, sets, executor) => {
  const parameters: PsiParameters = {
    reveal: cell.reveal,
    normalisation: 'exact/1',
    chunk: PSI_CHUNK,
    maximumSize: Math.max(cell.left, cell.right),
    ...(cell.reveal === 'sum' && { valueBits: PSI_VALUE_BITS }),
    ...(cell.reveal === 'frequency' && { buckets: PSI_BUCKETS }),
  };
  const wantsValues = cell.reveal === 'sum' || cell.reveal === 'frequency';
  const values = sets.right.map((_, i) => i % 12);
  const ms = { left: 0, right: 0 };
  const [a, b] = pair();
  const [received] = await Promise.all([
    runReceiver(parameters, memorySource(sets.left, 'rows'), a, {
      executor: charged(executor, (spent) => {
        ms.left += spent;
      }),
    }),
    runSender(parameters, memorySource(sets.right, 'shuffled', wantsValues ? values : undefined), b, {
      executor: charged(executor, (spent) => {
        ms.right += spent;
      }),
    }),
  ]);
  return {
    leftMs: ms.left,
    rightMs: ms.right,
    leftBytes: a.sent,
    rightBytes: b.sent,
    frames: a.frames + b.frames,
    overlap: received.result.count ?? -1,
  };
};

/** The parties of these suites do one thing after the other: their time is what passes between the messages. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
}

const unbalanced: Play = async (_cell, sets, executor) => {
  const options = { normalisation: 'exact/1' };
  const points: typeof executor.points = (plan) => executor.points(plan);
  const lap = stopwatch();
  const server = await UnbalancedServer.prepare(sets.right, options, points);
  let rightMs = lap();
  const client = new UnbalancedClient(server.setup, options);
  const [awaiting, query] = await client.query(sets.left, points);
  let leftMs = lap();
  const answer = server.answer(query);
  rightMs += lap();
  const hits = awaiting.receive(answer);
  leftMs += lap();
  const rightBytes = server.setup.length + answer.length;
  return { leftMs, rightMs, leftBytes: query.length, rightBytes, frames: 3, overlap: hits.length };
};

const openmined: Play = async (cell, sets) => {
  const options = { revealIntersection: cell.reveal === 'members' };
  const lap = stopwatch();
  const server = new OpenMinedServer(options);
  const setup = server.setup(sets.right, 'gcs', 1e-9, sets.left.length);
  let rightMs = lap();
  const [awaiting, request] = openMinedRequest(sets.left, options);
  let leftMs = lap();
  const response = server.answer(request);
  rightMs += lap();
  const { count } = awaiting.receive(setup, response);
  leftMs += lap();
  const rightBytes = setup.length + response.length;
  return { leftMs, rightMs, leftBytes: request.length, rightBytes, frames: 3, overlap: count };
};

const SUITES: Record<PsiCell['suite'], Play> = { ristretto255: dh, unbalanced, 'openmined-p256': openmined };

/** Compiles and tunes the group arithmetic before anything is timed. */
export function warmUpCurve(): void {
  const data = new Uint8Array(256).fill(97);
  const offsets = Uint32Array.from({ length: 65 }, (_, i) => 4 * i);
  runPointPlan({ op: 'blind', items: { data, offsets }, scalar: new Uint8Array(32).fill(1) });
}
