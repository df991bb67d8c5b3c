import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * The floors of the house (CONTRIBUTING.md draws the map). A file imports from its own room or a lower floor: never up, never
 * sideways between rooms of one floor.
 */
const FLOORS: Record<string, number> = {
  '.': 0, // errors.ts, once.ts, secret.ts (and index.ts, the roof, which may import everything)
  bytes: 0.5,
  random: 1,
  kernels: 1,
  math: 2,
  crypto: 3,
  sharing: 3,
  encoding: 3,
  dp: 3,
  seal: 3,
  protocols: 4, // what all protocols share: party, round spec, frame
  'protocols/secagg': 4.5,
  'protocols/share-sum': 4.5,
  'protocols/ckks-sum': 4.5,
  'protocols/psi': 4.5,
  session: 5,
  workers: 5,
  aggregate: 6,
  cli: 7,
};

const SRC = fileURLToPath(new URL('../src', import.meta.url));

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function room(file: string): string {
  const parts = dirname(relative(SRC, file)).split('/');
  const nested = parts.slice(0, 2).join('/');
  return nested in FLOORS ? nested : parts[0]!;
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
  const urls = [...text.matchAll(/new URL\(\s*['"](\.[^'"]+)['"]/g)].map((match) => match[1]!);
  return [...found, ...urls];
}

const all = files(SRC);

describe('the house', () => {
  it('has a floor for every room', () => {
    for (const file of all)
      expect(FLOORS, `${relative(SRC, file)} is in a room without a floor`).toHaveProperty([room(file)]);
  });

  it('imports downwards only', () => {
    const wrong: string[] = [];
    for (const file of all) {
      if (relative(SRC, file) === 'index.ts') continue;
      const here = room(file);
      for (const target of imports(file).filter((path) => path.startsWith('.'))) {
        const path = normalize(join(dirname(file), target));
        if (!path.startsWith(SRC)) continue; // package.json and the like
        const there = room(path);
        if (here !== there && FLOORS[there]! >= FLOORS[here]!)
          wrong.push(`${relative(SRC, file)} imports ${relative(SRC, path)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('enters another room by its index only', () => {
    const wrong: string[] = [];
    for (const file of all) {
      for (const target of imports(file).filter((path) => path.startsWith('.'))) {
        const path = normalize(join(dirname(file), target));
        const there = room(path);
        if (path.startsWith(SRC) && there !== '.' && there !== room(file) && !path.endsWith('/index.ts')) {
          wrong.push(`${relative(SRC, file)} imports ${relative(SRC, path)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps files readable in one sitting', () => {
    const long = all
      .filter((file) => !file.endsWith('.wasm.ts'))
      .map((file) => ({ file: relative(SRC, file), lines: readFileSync(file, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 350);
    expect(long).toEqual([]);
  });

  it('draws randomness in one place only', () => {
    const callers = all.filter((file) =>
      /getRandomValues\(|Math\.random|randomFillSync|webcrypto\.get/.test(readFileSync(file, 'utf8')),
    );
    expect(callers.map((file) => relative(SRC, file))).toEqual(['random/csprng.ts']);
  });

  it('imports node-seal in src/seal only', () => {
    const importers = all.filter((file) => imports(file).some((path) => path === 'node-seal'));
    expect(importers.map((file) => room(file)).filter((name) => name !== 'seal')).toEqual([]);
  });
});
