import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The package as a user gets it: packed, unpacked into the node_modules of an empty project, imported by name. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'subrosa-package-'));
const manifest: {
  name: string;
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const installed = join(project, 'node_modules', manifest.name);

/** Links only what the manifest declares, so that an undeclared dependency is missed here and not at the user's. */
function link(names: readonly string[]): void {
  for (const name of names) {
    const [scope, rest] = name.split('/');
    if (rest !== undefined) mkdirSync(join(project, 'node_modules', scope!), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
}

beforeAll(() => {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', installed]);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  link(Object.keys(manifest.dependencies));
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

const node = (source: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: project, encoding: 'utf8' });

describe('the packed package', () => {
  it('holds no tests, no sources and no data but the examples\u2019', () => {
    const files = readdirSync(installed).sort();
    expect(files).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bin',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const script of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(script);
  });

  it('imports by every public path with the declared dependencies alone, and draws nothing on the console', () => {
    const paths = Object.keys(manifest.exports).filter((path) => !/package\.json|worker$/.test(path));
    for (const path of paths) {
      const name = `${manifest.name}${path.slice(1)}`;
      expect(
        node(
          `const all = await import(${JSON.stringify(name)}); if (Object.keys(all).length === 0) throw new Error('empty')`,
        ),
      ).toBe('');
    }
  });

  it('adds up three updates behind pairwise masks', () => {
    const out = node(`
      import { createAggregator, fixedPoint, memoryNetwork, pairwiseMasks } from '${manifest.name}';
      const clients = ['a', 'b', 'c'];
      const round = { task: 'packed', number: 1, model: new Float32Array(1), dimension: 2, server: 'server', clients };
      const scheme = pairwiseMasks({ dropout: 0, corrupt: 0.3, adversary: 'honest-but-curious' });
      const aggregator = await createAggregator({ scheme, encoding: fixedPoint({ clip: { l2: 8 }, bits: 16 }) });
      const network = memoryNetwork();
      const collected = aggregator.collect(round, network.transport('server'));
      await Promise.all(clients.map((id, i) => aggregator.contribute(round, [i, 1], network.transport(id))));
      console.log((await collected).mean.map(Math.round).join());
    `);
    expect(out).toBe('1,1\n');
  });

  it('runs its command', () => {
    const bin = join(installed, 'bin', 'subrosa.js');
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [bin, ...args], {
        cwd: project,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(run('--version').trim()).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
    expect(
      JSON.parse(
        run(
          'params',
          '--clients',
          '100',
          '--dropout',
          '0.05',
          '--corrupt',
          '0.05',
          '--adversary',
          'malicious',
          '--json',
        ),
      ),
    ).toMatchObject({ k: 16, t: 11 });
    const demo = JSON.parse(run('demo', 'hospitals', '--rounds', '1', '--json'));
    expect(demo).toMatchObject({ exact: true, rounds: [{ exact: true }] });
  });

  it('says which line installs SEAL where it is not there', () => {
    const message = node(`
      import { InlineSealEngine, SharedKey } from '${manifest.name}/ckks-sum';
      await SharedKey.generate('compact', new InlineSealEngine()).catch((error) => console.log(error.message));
    `);
    expect(message).toContain(`npm install node-seal@${manifest.optionalDependencies['node-seal']}`);
  });
});
