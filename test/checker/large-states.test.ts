import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import {
  array,
  index,
  initialState,
  int,
  type Machine,
  record,
  table,
} from '../../machine/index.ts';
import { tape, tapeScope, unmarked } from './tape.ts';

const { small } = sharedPages.scopes;
const modes = ['exact', 'fingerprint'] as const;

test('bytes that no command touches change no count', () => {
  const padding = index('padding');
  const scope = { ...small, sizes: { ...small.sizes, padding: 1024 } };
  // Cast: the padded state is one of the reference model, as far as its rules look.
  const machine = {
    ...sharedPages,
    shape: record({ ...sharedPages.shape.fields, padding: array(padding, int(255)) }),
    initial: () => ({
      ...initialState(sharedPages, small.sizes),
      padding: table(scope.sizes, padding, (i) => i % 256),
    }),
  } as unknown as Machine<SharedPages>;
  for (const mode of modes) {
    const found = breadthFirst(machine, scope, { properties: sharedPagesProperties, mode });
    expect(found).toMatchObject({ verdict: 'holds', distinct: 5307, generated: 53_560, depth: 7 });
  }
});

test('words that no step of the beginning changes are told apart all the same', () => {
  for (const mode of modes) {
    const found = breadthFirst(tape, tapeScope, { mode });
    // Twice as many states after each hundredth cell.
    const levels = Array.from({ length: 401 }, (_, depth) => 2 ** Math.floor(depth / 100));
    expect(found).toMatchObject({ verdict: 'holds', levels });
    expect(found.generated).toBe(2 * levels.slice(0, -1).reduce((sum, each) => sum + each, 0));
  }
});

test('a counterexample among large states is a shortest one', () => {
  for (const mode of modes) {
    const found = breadthFirst(tape, tapeScope, { mode, properties: [unmarked] });
    if (found.verdict !== 'violated') throw new Error(found.verdict);
    expect(found.trace.length).toBe(300);
    expect(found.trace.at(-1)?.args).toEqual({ cell: 299, mark: 2 });
  }
});
