export default {
  mutate: ['model/**/*.ts', 'invariants/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What only runs while a module is loaded (tables, summaries) would need all tests for each mutant.
  ignoreStatic: true,
  // An enum value that no shape has is for the compiler to refuse; other strings are prose.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  // A mutant that is only slow on a busy machine must not count as found.
  timeoutMS: 60_000,
  // A later run asks again only what a change may have changed.
  incremental: true,
  incrementalFile: 'reports/mutation-incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  jsonReporter: { fileName: 'reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  ignorePatterns: ['coverage', 'reports', 'docs/api', 'dist', 'transcripts'],
  // The score is a measure to read, not a gate: equivalent mutants keep it below 100.
  thresholds: { high: 90, low: 75, break: null },
};
