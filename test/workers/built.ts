import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Workers run JavaScript, also where vitest runs TypeScript: Node 20 cannot load .ts, and vitest's transforms end at the thread. So the
 * sources are compiled once per state of src/ into .build/, as `npm run build` would, and pools under test get their worker script
 * from there. dist/ is left alone: it may be older than the sources, or just being built.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let cached: string | undefined;

/** URL of a compiled file, e.g. `built('workers/node-worker.js')`. */
export function built(path: string): URL {
  cached ??= compile();
  return pathToFileURL(join(cached, path));
}

function compile(): string {
  const state = Math.max(...files(join(ROOT, 'src')).map((file) => statSync(file).mtimeMs));
  const home = join(ROOT, '.build', 'test');
  const target = join(home, String(Math.floor(state)));
  if (existsSync(target)) return target;
  mkdirSync(home, { recursive: true });
  const temporary = `${target}-${process.pid}`;
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', temporary, '--declaration', 'false'];
  // `isolatedDeclarations` asks for `declaration`; a type error is not what these tests are about, so only missing output counts.
  args.push('--isolatedDeclarations', 'false', '--noCheck');
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  try {
    renameSync(temporary, target);
  } catch {
    rmSync(temporary, { recursive: true }); // another test file was first
  }
  for (const name of readdirSync(home)) {
    const old = join(home, name);
    // Leave what another run may still be using; what another is clearing away may be gone already.
    const age = Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (old !== target && age > 600_000) rmSync(old, { recursive: true, force: true });
  }
  return target;
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}
