import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Where figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  readonly version: string;
  /** The commit of the sources, `-dirty` when they were changed; `null` when this is an installed package. */
  readonly commit: string | null;
  /** Processes that wanted a processor, mean of the last minute before the start: what else was going on. */
  readonly load: number;
}

export function machine(version: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    version,
    commit: commit(),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function commit(): string | null {
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // An installed package may lie in somebody else's repository.
    if (!git('ls-files', 'src/cli/bench/machine.ts')) return null;
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--', 'src', 'wasm') === '' ? '' : '-dirty');
  } catch {
    return null;
  }
}
