import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as subrosa from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text!,
}));

describe('README.md', () => {
  it('has exactly the two set-up commands', () => {
    expect(readme.match(/npm ci && npm \w+/g)).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  });

  it('embeds in twelve lines that run', async () => {
    const [example, ...others] = blocks.filter(({ language }) => language === 'js');
    expect(others).toEqual([]);
    expect(
      example!.text
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(12);
    // The example as it stands, but for its import, which gives it the source instead of the built package.
    const body = example!.text.replace(/^import (\{[^}]+\}) from 'subrosa';$/m, 'const $1 = subrosa;');
    expect(body).not.toContain('import ');
    const printed: unknown[][] = [];
    const console = { log: (...values: unknown[]) => printed.push(values) };
    const run = new Function('subrosa', 'console', `return (async () => {${body}})()`);
    await run(subrosa, console);
    expect(printed).toEqual([
      [
        ['2.00', '1.00', '-2.00'],
        ['ada', 'ben', 'cleo', 'dan', 'eva'],
      ],
    ]);
  });
});

describe.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'examples/data/README.md'])('%s', (file) => {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const here = new URL(`../${file}`, import.meta.url);

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path!);
    for (const path of links) expect(existsSync(new URL(path, here)), path).toBe(true);
  });

  it('names files that exist', () => {
    const names = [...text.matchAll(/`((?:test|src|docs|wasm|examples|\.ci)\/[\w./-]*)`/g)].map(([, path]) => path!);
    for (const path of names) expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
  });
});

it('CONTRIBUTING.md maps every room', () => {
  const map = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
  for (const entry of readdirSync(new URL('../src', import.meta.url), { withFileTypes: true }))
    if (entry.isDirectory()) expect(map).toContain(`\`${entry.name}/\``);
});
