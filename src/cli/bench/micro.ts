import { KERNELS, type Work } from './kernels.ts';
import { type Summary, summary } from './stats.ts';

/**
 * What an installed package can say about its kernels by itself: each beside its slow twin and, where there is one, the physical limit. Rivals from
 * other packages run in the repository, with `npm run bench:micro`.
 */
export interface MicroRow {
  readonly id: string;
  readonly unit: string;
  /** Units a second on one thread. */
  readonly perSecond: Summary;
  /** The same of the reference twin. */
  readonly twin?: Summary;
  /** What the machine can do at best, and what that is. */
  readonly limit?: Summary & { readonly what: string };
}

export const MICRO_IDS: readonly string[] = KERNELS.map(({ id }) => id);

const effortOf = (quick: boolean) =>
  quick ? { warmUp: 150, passes: 5, ms: 15 } : { warmUp: 300, passes: 11, ms: 100 };

/** About how long a kernel takes to measure: milliseconds. */
export function microMs(quick: boolean): number {
  const { warmUp, passes, ms } = effortOf(quick);
  return 400 + 2.5 * (warmUp + passes * ms);
}

/**
 * Ours, twin and limit in turns, so that a disturbance meets all three alike.
 * @param quick samples of 15 ms instead of 100
 */
export async function measureMicro(id: string, quick: boolean): Promise<MicroRow> {
  const kernel = KERNELS.find((one) => one.id === id)!;
  const { ours, twin, limit } = await kernel.make();
  const works = [ours, twin, limit];
  // Until it is compiled.
  for (const work of works) if (work) await rate(work, effortOf(quick).warmUp);
  const samples: number[][] = [[], [], []];
  const { passes, ms } = effortOf(quick);
  for (let pass = 0; pass < passes; pass++) {
    for (const [i, work] of works.entries()) if (work) samples[i]!.push(await rate(work, ms));
  }
  return {
    id,
    unit: kernel.unit,
    perSecond: summary(samples[0]!),
    ...(twin && { twin: summary(samples[1]!) }),
    ...(limit && { limit: { ...summary(samples[2]!), what: limit.what } }),
  };
}

async function rate({ run, units }: Work, ms: number): Promise<number> {
  const began = performance.now();
  let runs = 0;
  let spent = 0;
  do {
    const running = run();
    if (running instanceof Promise) await running;
    runs += 1;
    spent = performance.now() - began;
  } while (spent < ms);
  return (1000 * runs * units) / spent;
}
