import { defineConfig, type ViteUserConfig } from 'vitest/config';

// `unit` is quick and runs on every save; `slow` holds the large cohorts and the long simulations. Both are `npm test`.
const node = { environment: 'node', globals: false } as const;

const config: ViteUserConfig = defineConfig({
  oxc: { target: 'es2022' },
  test: {
    reporters: process.env.SUBROSA_JSON_REPORT
      ? ['default', ['json', { outputFile: process.env.SUBROSA_JSON_REPORT }]]
      : ['default'],
    projects: [
      {
        extends: true,
        test: {
          ...node,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.slow.test.ts', 'test/browser/**'],
          testTimeout: 60_000,
        },
      },
      { extends: true, test: { ...node, name: 'slow', include: ['test/**/*.slow.test.ts'], testTimeout: 900_000 } },
    ],
  },
});

export default config;
