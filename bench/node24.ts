import { execFileSync, spawnSync } from 'node:child_process';

/**
 * Conformance of the kernels and of the workers and the micro benchmarks under Node 24: another V8, other register allocation, relaxed SIMD without
 * a flag. The binary comes from the npm package `node`, fetched by npx and kept in its cache; it is no dependency, because its
 * `node` would hide the one that runs the npm scripts.
 *
 *   npm run test:node24 [-- --json]
 */
const VERSION = '24.21.0';

function node24(): string {
  if (process.versions.node.startsWith('24.')) return process.execPath;
  try {
    const npx = ['--yes', '--package', `node@${VERSION}`, '--', 'node', '--print', 'process.execPath'];
    return execFileSync('npx', npx, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr ?? error).trim();
    process.stderr.write(`${reason}\nsubrosa: error: npx could not fetch node@${VERSION} from the npm registry\n`);
    process.stderr.write('subrosa: hint: run once with a connection; afterwards it comes from the npm cache\n');
    process.exit(1);
  }
}

const node = node24();
const run = (...args: string[]): void => {
  const { status } = spawnSync(node, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

process.stderr.write(`Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()} at ${node}\n`);
run(
  'node_modules/vitest/vitest.mjs',
  'run',
  '--project',
  'unit',
  'test/kernels/',
  'test/workers/',
  'test/conformance/kernels',
  'test/conformance/executors',
);
run('.build/bench/micro/main.js', '--quick', ...process.argv.slice(2));
