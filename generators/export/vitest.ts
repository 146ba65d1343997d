/** Counterexamples as tests: a file for vitest that fails as long as the property is violated. */
import type { Trace } from '../trace.ts';
import { type Example, titleOf } from './example.ts';

/** Where a test takes its subject from, as text. */
export interface TestSource {
  /** Import declarations, a line each; `judge` of the package comes on top. */
  readonly imports: readonly string[];
  /** The expression of the machine. */
  readonly machine: string;
  /** The expression of the properties; those of another id are left out. */
  readonly properties: string;
}

/** Throws where nothing is violated: there is nothing to test for. */
export function vitestTest<S>(example: Example<S>, source: TestSource): string {
  const { scope, trace, violation, run } = example;
  if (violation === undefined) throw new Error('a trace that violates nothing makes no test');
  const { name, purpose, sizes, commands } = scope;
  const scopeText = JSON.stringify(
    { name, purpose, sizes, ...(commands && { commands }) },
    null,
    2,
  );
  const callsText = (calls: Trace): string =>
    `[\n${calls.map((call) => `  ${JSON.stringify(call)},\n`).join('')}]`;
  const loop = run?.loop ?? trace.length;
  const { imported, given, asked } =
    run === undefined
      ? {
          imported: "import { judge } from 'hypercheck/generators';",
          given: `const trace = ${callsText(trace)};`,
          asked: 'judge(machine, scope, properties).failure(trace)',
        }
      : {
          imported: "import { violationAlong } from 'hypercheck/checker';",
          given: `const stem = ${callsText(trace.slice(0, loop))};
const loop = ${callsText(trace.slice(loop))};`,
          asked: 'violationAlong(machine, scope, properties[0], { stem, loop })',
        };
  return `// ${oneLine(titleOf(example))}
${imported}
import { expect, test } from 'vitest';
${source.imports.join('\n')}

const machine = ${source.machine};
const properties = ${source.properties}.filter(({ id }) => id === ${JSON.stringify(violation.property)});
const scope = ${scopeText};
${given}

test(${JSON.stringify(`${violation.property} holds along the trace`)}, () => {
  expect(properties).toHaveLength(1);
  expect(${asked}).toBeUndefined();
});
`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
