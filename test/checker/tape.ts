/** A machine whose states are too large to be kept whole, each time. */
import {
  array,
  commandsOf,
  type Infer,
  index,
  int,
  type Machine,
  propertiesOf,
  record,
  ref,
  type Scope,
  table,
} from '../../machine/index.ts';

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
export const tape: Machine<State> = {
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
export const tapeScope: Scope = { name: 'tape', purpose: 'A test.', sizes: { cell: 400 } };

export const unmarked = invariant({
  id: 'unmarked',
  name: 'cell 299 is not marked twice',
  violation: (s) => (s.cells.at(299).mark === 2 ? 'it is' : null),
});
