import Benchmark from 'benchmark';

/** One thing to time. May return a promise; then the next run starts when it settles. */
export type Run = () => unknown;

/** Something of ours at one tier. */
export interface Ours {
  readonly tier: string;
  readonly run: Run;
}

/** What we compare with: the twin, other libraries, the machine's limit, or (the pool) one worker. */
export const PEERS = ['noble', 'node', 'libsodium', 'npm', 'twin', 'limit', 'one', 'seal'] as const;
export type Peer = (typeof PEERS)[number];

export interface Bench {
  readonly id: string;
  /** what `perSecond` counts */
  readonly unit: string;
  /** units done in one run */
  readonly count: number;
  readonly ours: readonly Ours[];
  /** slow peers may do fewer units a run */
  readonly peers: Partial<Record<Peer, { readonly run: Run; readonly count?: number }>>;
  readonly close?: () => unknown;
}

/** Made when it is its turn, so that `--only` prepares nothing else. */
export interface Entry {
  readonly id: string;
  /** left out of `--quick` unless asked for by `--only` */
  readonly extra?: boolean;
  readonly make: (quick: boolean) => Bench | Promise<Bench>;
}

export interface Row {
  readonly id: string;
  readonly tier: string;
  readonly unit: string;
  /** units a second on one core, unless the id says otherwise */
  readonly perSecond: number;
  /** ours over theirs: above 1 we are faster. `limit` is what the machine can do at best. */
  readonly ratios: Partial<Record<Peer, number>>;
}

/**
 * Times ours and theirs in turns, several passes over all of them, and keeps the fastest sample of each: a noisy neighbour slows
 * whoever happens to be running, and the fastest sample is the one it disturbed least. All are warm before the first pass.
 * @param until no further pass begins after this time of `performance.now()`; the first two always run
 */
export async function measure(bench: Bench, quick: boolean, until: number = Number.POSITIVE_INFINITY): Promise<Row[]> {
  const contenders = [
    ...bench.ours.map(({ run }) => ({ run, count: bench.count })),
    ...Object.values(bench.peers).map(({ run, count }) => ({ run, count: count ?? bench.count })),
  ];
  const best = contenders.map(() => 0);
  for (const { run } of contenders) await warm(run);
  for (let pass = 0; pass < (quick ? 8 : 12) && (pass < 2 || performance.now() < until); pass++) {
    for (const [i, { run, count }] of contenders.entries()) {
      best[i] = Math.max(best[i]!, count / (await fastest(run, quick ? 0.03 : 0.15)));
    }
  }
  await bench.close?.();
  const peers = Object.keys(bench.peers) as Peer[];
  return bench.ours.map(({ tier }, i) => ({
    id: bench.id,
    tier,
    unit: bench.unit,
    perSecond: best[i]!,
    ratios: Object.fromEntries(peers.map((peer, p) => [peer, best[i]! / best[bench.ours.length + p]!])),
  }));
}

/** Milliseconds without a faster run after which something counts as warm, and that warming takes at most. */
const STEADY = 30;
const WARM_UP = 300;

/**
 * Runs until it gets no faster. Engines compile twice, quickly at first and well in the background, and on a busy machine the
 * second may come late.
 */
async function warm(run: Run): Promise<void> {
  const started = performance.now();
  let best = Number.POSITIVE_INFINITY;
  let improved = started;
  for (let before = started; ; ) {
    await run();
    const now = performance.now();
    if (now - before < 0.97 * best) {
      best = now - before;
      improved = now;
    }
    if (now - improved > STEADY || now - started > WARM_UP) return;
    before = now;
  }
}

/** Seconds that the fastest sample of benchmark.js took for one run. */
async function fastest(run: Run, seconds: number): Promise<number> {
  const started = performance.now();
  const first = run();
  const deferred = first instanceof Promise;
  await first;
  const once = (performance.now() - started) / 1000;
  // Runs that take long are samples by themselves.
  if (once > seconds) return once;
  const done = await new Promise<Benchmark>((resolve, reject) => {
    const benchmark = new Benchmark({
      defer: deferred,
      fn: deferred ? (timer: { resolve(): void }) => void (run() as Promise<unknown>).then(() => timer.resolve()) : run,
      maxTime: seconds,
      // Samples shorter than a time slice of the scheduler: some of them run undisturbed.
      minTime: 0.002,
      minSamples: 3,
      onComplete: () => (benchmark.error ? reject(benchmark.error) : resolve(benchmark)),
    });
    benchmark.run({ async: false });
  });
  return Math.min(...done.stats.sample);
}
