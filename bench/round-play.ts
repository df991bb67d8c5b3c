import { createCipheriv, createHash } from 'node:crypto';
import {
  type Clock,
  createAggregator,
  fixedPoint,
  memoryNetwork,
  pairwiseMasks,
  type Round,
  type Status,
} from '../src/index.ts';
import { enableRelaxedSimd } from '../src/kernels/index.ts';
import type { Rng } from '../src/random/index.ts';
import { IdentityKey } from '../src/session/index.ts';

/** One round, played by one process. */
export interface Setting {
  readonly clients: number;
  /** values in an update */
  readonly params: number;
  /** share of the clients that leave after they have shared their keys: the costliest moment */
  readonly dropout: number;
  readonly adversary: 'honest-but-curious' | 'malicious-server';
  readonly workers: 'auto' | 'inline' | number;
  /** of updates and of their rounding */
  readonly seed: number;
}

export interface Played {
  /** of the whole round, from the first call to the sum */
  readonly seconds: number;
  /** the same by the server's phase; the first includes the encoding of all updates, the last ends with the sum */
  readonly phases: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
  /** SHA-256 of the exact sum in the ring */
  readonly sum: string;
  readonly survivors: number;
  readonly peakBytes: number;
}

/** Plays a round through the public API, all parties in this process, in memory, the updates drawn from the seed. */
export async function play({ clients: n, params, dropout, adversary, workers, seed }: Setting): Promise<Played> {
  const keys = Array.from({ length: n }, () => IdentityKey.generate());
  const clients = keys.map(({ publicKey }, i) => ({ id: `client-${i}`, key: publicKey }));
  const round: Round = {
    ...{ task: 'bench', number: 0, model: Uint8Array.of(0), dimension: params },
    ...{ server: 'server', clients },
  };
  const left = Math.floor(dropout * n);
  const phases = new Phases((id) => Number(id.slice('client-'.length)) < left);
  const draws = new Replay(seed);
  const network = memoryNetwork();
  await using aggregator = await createAggregator({
    scheme: pairwiseMasks({ adversary, dropout, corrupt: 0.1 }),
    encoding: fixedPoint({ clip: { l2: 4 }, bits: 16 }),
    workers,
    rng: draws,
    clock: phases.clock,
    deadlines: DEADLINES,
  });
  const updates = Array.from({ length: n }, (_, i) => update(params, seed, i));

  const cpu = process.cpuUsage();
  const began = performance.now();
  phases.start();
  const contributions = keys.map(async (key, i) => {
    const line = network.transport(`client-${i}`);
    const mine = { ...round, me: { id: `client-${i}`, secretKey: key.expose() } };
    if (i >= left) return await aggregator.contribute(mine, updates[i]!, line);
    const leaving = new AbortController();
    const onStatus = ({ phase }: { phase: string }): void => {
      if (phase === 'ShareKeys') leaving.abort(new Error('leaves'));
    };
    const { signal } = leaving;
    return await aggregator.contribute(mine, updates[i]!, line, { signal, onStatus }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  });
  const collected = aggregator.collect(round, network.transport('server'), { onStatus: phases.onStatus });
  const [{ exact, count }] = await Promise.all([collected, ...contributions]);
  const seconds = (performance.now() - began) / 1000;
  const byPhase = phases.seconds();
  const { user, system } = process.cpuUsage(cpu);
  if (count !== n - left) throw new Error(`${count} survivors, expected ${n - left}`);
  return {
    seconds,
    phases: byPhase,
    cpuSeconds: (user + system) / 1e6,
    sum: createHash('sha256').update(exact.words).digest('hex'),
    survivors: count,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Coordinates uniform in [-0.01, 0.01). */
function update(params: number, seed: number, client: number): Float32Array {
  const words = new Uint32Array(params);
  new Replay(seed, 1 + client).fill(new Uint8Array(words.buffer));
  const out = new Float32Array(params);
  for (let i = 0; i < params; i++) out[i] = (words[i]! / 2 ** 31 - 1) / 100;
  return out;
}

/**
 * Random bytes that can be drawn again, as fast as the system's: for the same rounding of the same updates in both runs. A benchmark's
 * secrets may be known.
 */
class Replay implements Rng {
  readonly #cipher: ReturnType<typeof createCipheriv>;

  constructor(seed: number, stream = 0) {
    const key = createHash('sha256').update(`subrosa bench ${seed} ${stream}`).digest();
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  fill(out: Uint8Array): Uint8Array {
    for (let at = 0; at < out.length; at += zeros.length) {
      out.set(this.#cipher.update(zeros.subarray(0, out.length - at)), at);
    }
    return out;
  }
}

const zeros = new Uint8Array(65_536);

/** Times the server's phases, and ends one when nobody is missing but those who left: deadlines are not what is measured. */
class Phases {
  readonly #leaves: (id: string) => boolean;
  readonly #began: { readonly phase: string; readonly at: number }[] = [];
  #timeIsUp: (() => void) | undefined;

  constructor(leaves: (id: string) => boolean) {
    this.#leaves = leaves;
  }

  start(): void {
    this.#began.push({ phase: 'AdvertiseKeys', at: performance.now() });
  }

  readonly clock: Clock = {
    after: (ms, fire) => {
      if (ms === DEADLINES.server) this.#timeIsUp = fire;
      return () => {};
    },
  };

  readonly onStatus = ({ phase, awaiting }: Status): void => {
    if (this.#began.at(-1)?.phase !== phase) this.#began.push({ phase, at: performance.now() });
    else if (awaiting.length > 0 && awaiting.every(this.#leaves)) this.#timeIsUp?.();
  };

  /** Seconds by phase; the last is over now. */
  seconds(): Record<string, number> {
    const over = performance.now();
    return Object.fromEntries(
      this.#began.map(({ phase, at }, i) => [phase, ((this.#began[i + 1]?.at ?? over) - at) / 1000]),
    );
  }
}

/** Milliseconds, by which the clock tells whose they are. */
const DEADLINES = { server: 1, client: 2 } as const;

// Started by bench/round.ts, which sends the setting and awaits the answer.
if (process.send !== undefined && process.argv[2] !== undefined) {
  enableRelaxedSimd();
  const played = await play(JSON.parse(process.argv[2]) as Setting);
  process.send(played, () => process.disconnect());
}
