import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import {
  array,
  commandsOf,
  type Infer,
  index,
  initialState,
  int,
  type Machine,
  propertiesOf,
  record,
  ref,
  table,
} from '../../machine/index.ts';

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

const cell = index('cell');
const Tape = record({ head: int('cell'), cells: array(cell, record({ mark: int(200) })) });
interface State extends Infer<typeof Tape> {}
interface M {
  readonly state: State;
  readonly sizes: Readonly<Record<'cell', number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<M>();
const { invariant } = propertiesOf<M>();
/** A tape that is marked from left to right: every cell changes, but late ones only far along. */
const tape: Machine<State> = {
  name: 'tape',
  version: 1,
  shape: Tape,
  commands: {
    mark: command({
      actor: 'host',
      summary: 'Marks the cell under the head and moves on.',
      args: { cell: ref(cell), mark: int(2, 1) },
      requires: [['elsewhere', ['cell'], (s, a) => s.head !== a.cell]],
      effect: (d, a) => {
        // Marks that were made the same way meet again: few states a level.
        d.cells.at(a.cell).mark = a.mark === 2 && a.cell % 100 !== 99 ? 1 : a.mark;
        d.head++;
      },
    }),
  },
  operations: {},
  initial: (sizes) => ({
    head: 0,
    cells: table(sizes as M['sizes'], cell, () => ({ mark: 0 })),
  }),
  scopes: {},
};
const scope = { name: 'tape', purpose: 'A test.', sizes: { cell: 400 } };

test('words that no step of the beginning changes are told apart all the same', () => {
  for (const mode of modes) {
    const found = breadthFirst(tape, scope, { mode });
    // Twice as many states after each hundredth cell.
    const levels = Array.from({ length: 401 }, (_, depth) => 2 ** Math.floor(depth / 100));
    expect(found).toMatchObject({ verdict: 'holds', levels });
    expect(found.generated).toBe(2 * levels.slice(0, -1).reduce((sum, each) => sum + each, 0));
  }
});

test('a counterexample among large states is a shortest one', () => {
  const unmarked = invariant({
    id: 'unmarked',
    name: 'cell 299 is not marked twice',
    violation: (s) => (s.cells.at(299).mark === 2 ? 'it is' : null),
  });
  for (const mode of modes) {
    const found = breadthFirst(tape, scope, { mode, properties: [unmarked] });
    if (found.verdict !== 'violated') throw new Error(found.verdict);
    expect(found.trace.length).toBe(300);
    expect(found.trace.at(-1)?.args).toEqual({ cell: 299, mark: 2 });
  }
});
