import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A mutant dies by the first test that fails: files whose tests take milliseconds go first. */
const quickFirst = [
  ...['/examples.', '/scanning.', '/swapping.', '/regress/', '/faults/', '/teeth/memory.'],
  ...['/model/memory/', ''],
];

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      quickFirst.findIndex((part) => moduleId.includes(part));
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

/** The tests that hold model/ and invariants/; those of the command line run a built copy. */
export default defineConfig({
  test: {
    include: ['test/{model,invariants,teeth,faults,regress}/**/*.test.ts'],
    isolate: false,
    testTimeout: 120_000,
    sequence: { sequencer: QuickFirst },
  },
});
