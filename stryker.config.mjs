export default {
  mutate: ['model/**/*.ts', 'invariants/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  reporters: ['clear-text', 'progress', 'html'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
  ignorePatterns: ['coverage', 'reports', 'docs/api'],
  // The score is a measure to read, not a gate: equivalent mutants keep it below 100.
  thresholds: { high: 90, low: 75, break: null },
};
