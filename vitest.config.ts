import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

// `unit` is quick and runs on every save; `slow` holds the large cohorts and the long simulations. Both are `npm test`.
const node = { environment: 'node', globals: false } as const;

/** The same tests on an ordinary page and on a cross-origin isolated one, which alone may use shared memory. */
function browser(name: string, isolated: boolean): TestProjectInlineConfiguration {
  const headers = isolated ? ISOLATION : {};
  return {
    extends: true,
    server: { headers },
    test: {
      name,
      // Beside tests of their own, the conformance suites of kernels that need nothing of Node.
      include: ['test/browser/**/*.test.ts', 'test/conformance/kernels-{ring,shamir}.test.ts'],
      provide: { isolated },
      testTimeout: 120_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        instances: [{ browser: 'chromium' }],
        provider: playwright({ launchOptions: { executablePath: chromium, args: CHROMIUM_ARGS } }),
      },
    },
  };
}

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/** Debian's chromium, or the one in CHROMIUM. `npm run test:browser` looks for it first. */
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const CHROMIUM_ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the page of a browser test is cross-origin isolated. */
    isolated: boolean;
  }
}

const config: ViteUserConfig = defineConfig({
  oxc: { target: 'es2022' },
  test: {
    // Half the cores is vitest's own default; on two it would leave one idle.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
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
      browser('browser', false),
      browser('browser-isolated', true),
    ],
  },
});

export default config;
