import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Searches of many states, which `npm run test:exhaustive` adds to what `npm test` runs.
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: ['test/exhaustive/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'exhaustive',
          include: ['test/exhaustive/**/*.test.ts'],
          // With another search beside it, some take minutes.
          testTimeout: 1_200_000,
        },
      },
    ],
    // The model is pure, so test files may share one module graph: about ten times faster.
    isolate: false,
    // By default one core is left to the watcher, which on two cores is half of the machine.
    maxWorkers: 2,
    // No test is about time: on a busy machine the same test takes ten times as long.
    testTimeout: 120_000,
    coverage: {
      provider: 'v8',
      reporter: ['text-summary', 'html', 'json-summary'],
      include: [
        'machine/**/*.ts',
        'model/**/*.ts',
        'invariants/**/*.ts',
        'checker/**/*.ts',
        'generators/**/*.ts',
        'faults/**/*.ts',
        'oracle/**/*.ts',
        'cli/**/*.ts',
      ],
      thresholds: {
        'machine/**/*.ts': { statements: 98 },
        'model/**/*.ts': { statements: 98 },
        'invariants/**/*.ts': { statements: 98 },
      },
    },
  },
});
