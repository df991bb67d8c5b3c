import { readFileSync, writeFileSync } from 'node:fs';
import { fitModel } from '../../src/cli/bench/model.ts';
import type { Results } from '../../src/cli/bench/results.ts';

/**
 * Fits the constants that `subrosa plan` has built in.
 *
 *   npm run bench:fit -- bench/results/FILE.json
 *
 * writes src/cli/bench/constants.ts. Fit results of an idle machine, and commit both files together.
 */
const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('subrosa: error: which results?\nsubrosa: hint: npm run bench:fit -- bench/results/FILE.json\n');
  process.exit(2);
}
const model = fitModel(JSON.parse(readFileSync(path, 'utf8')) as Results);
// Four digits are more than the measurements have.
const text = JSON.stringify(model, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value));
writeFileSync(
  'src/cli/bench/constants.ts',
  `import type { Model } from './model.ts';

/** Constants fitted to ${path} by \`npm run bench:fit\`; not edited by hand. */
export const BUILT_IN: Model = ${text};
`,
);
process.stderr.write(
  `${Math.round(100 * model.noisy)} % of the cells were noisy; now: npx biome check --write src/cli/bench/constants.ts\n`,
);
