import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Imports the built package by its name: needs `npm run build`, which `npm test` does first. */
const EXAMPLE = fileURLToPath(new URL('../../examples/five-hospitals/main.js', import.meta.url));

it('five hospitals train together, one stays away in round 3', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE], { cwd: '/' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  lines.forEach((line, i) => {
    expect(line).toMatch(
      i === 2
        ? /^round {2}3 {3}4 hospitals, 1135 records .* missing: west \(AdvertiseKeys\)$/
        : /^round +\d+ {3}5 hospitals, 1437 records {3}accuracy 0\.\d{3}$/,
    );
  });
  expect(Number(/accuracy ([\d.]+)/.exec(lines.at(-1)!)![1])).toBeGreaterThanOrEqual(0.93);
});
