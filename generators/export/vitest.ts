/** Counterexamples as tests: a file for vitest that fails as long as the property is violated. */
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
  const { scope, trace, violation } = example;
  if (violation === undefined) throw new Error('a trace that violates nothing makes no test');
  const { name, purpose, sizes, commands } = scope;
  const scopeText = JSON.stringify(
    { name, purpose, sizes, ...(commands && { commands }) },
    null,
    2,
  );
  const calls = trace.map((call) => `  ${JSON.stringify(call)},\n`).join('');
  return `// ${oneLine(titleOf(example))}
import { judge } from 'hypercheck/generators';
import { expect, test } from 'vitest';
${source.imports.join('\n')}

const machine = ${source.machine};
const properties = ${source.properties}.filter(({ id }) => id === ${JSON.stringify(violation.property)});
const scope = ${scopeText};
const trace = [
${calls}];

test(${JSON.stringify(`${violation.property} holds along the trace`)}, () => {
  expect(properties).toHaveLength(1);
  expect(judge(machine, scope, properties).failure(trace)).toBeUndefined();
});
`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
