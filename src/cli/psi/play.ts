import { type Executor, enableRelaxedSimd, inlineExecutor } from '../../kernels/index.ts';
import {
  type Agreement,
  type Channel,
  type Progress,
  type PsiParameters,
  runReceiver,
  runSender,
} from '../../protocols/psi/index.ts';
import { createPool, poolExecutor } from '../../workers/index.ts';
import { MEMORY_BYTES } from './collect.ts';
import type { IdentifierSet } from './set.ts';
import type { PhaseTime, Side } from './summary.ts';
import { FileSpill } from './temporary.ts';

/** What one party has at the end of a run. */
export interface Outcome {
  readonly agreement: Agreement;
  readonly suppressed: boolean;
  readonly count: number | null;
  readonly sum?: number;
  /** One number for each declared bucket. */
  readonly histogram?: readonly number[];
  /** Row numbers in this party's file, where it learns them. */
  readonly rows?: Float64Array;
  readonly phases: readonly PhaseTime[];
}

export interface PlayOptions {
  /** Threads for the arithmetic; 1 stays in this one. */
  readonly workers: number;
  /** Masked tokens beyond this many bytes go to disk. Default as for identifiers. */
  readonly memoryBytes?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export async function play(
  side: Side,
  set: IdentifierSet,
  parameters: PsiParameters,
  channel: Channel,
  options: PlayOptions,
): Promise<Outcome> {
  const source = await set.source(side === 'left' ? 'rows' : 'shuffled');
  const clock = new PhaseClock(side);
  const onProgress = (progress: Progress): void => {
    clock.see(progress.phase);
    options.onProgress?.(progress);
  };
  const executor = executorOf(options.workers);
  const spill = new FileSpill(options.memoryBytes ?? MEMORY_BYTES);
  const run = { executor, onProgress, spill, ...(options.signal && { signal: options.signal }) };
  try {
    if (side === 'left') {
      const { result, agreement } = await runReceiver(parameters, source, channel, run);
      const { suppressed, count = null, sum, histogram, rows } = result;
      return {
        agreement,
        suppressed,
        count,
        ...(sum !== undefined && { sum }),
        ...(histogram && { histogram }),
        ...(rows && { rows: await source.rowsOf(rows) }),
        phases: clock.phases,
      };
    }
    const { result, agreement } = await runSender(parameters, source, channel, run);
    const rows = result.rows && (await source.rowsOf(result.rows));
    // A sender that learns its rows knows the overlap; none of them means suppressed or empty.
    const count = rows && rows.length > 0 ? rows.length : null;
    return { agreement, suppressed: false, count, ...(rows && { rows }), phases: clock.phases };
  } finally {
    spill.close();
    if (executor !== inlineExecutor) await executor[Symbol.asyncDispose]();
  }
}

function executorOf(workers: number): Executor {
  // The command's own process: the fastest tier of the curve may be switched on (Node 20 has it behind a flag).
  enableRelaxedSimd();
  return workers <= 1 ? inlineExecutor : poolExecutor(createPool({ size: workers }));
}

/** Most bytes of one chunk on the wire. */
const CHUNK_BYTES = 2 ** 20;

/** Items in a chunk: enough that a message is worth its frame, few enough that progress moves and nothing large waits in a buffer. */
export function chunkFor(results: number): number {
  return Math.max(256, Math.min(4096, Math.floor(CHUNK_BYTES / (32 + 64 * results))));
}

/** Time from the end of one phase to the end of the next. */
class PhaseClock {
  readonly #side: Side;
  readonly #seconds = new Map<string, number>();
  #last: number = performance.now();

  constructor(side: Side) {
    this.#side = side;
  }

  see(phase: string): void {
    const now = performance.now();
    this.#seconds.set(phase, (this.#seconds.get(phase) ?? 0) + (now - this.#last) / 1000);
    this.#last = now;
  }

  get phases(): PhaseTime[] {
    return Array.from(this.#seconds, ([phase, seconds]) => ({ phase, side: this.#side, seconds }));
  }
}
