/** A machine with every sort of shape, small enough to be written out. */
import {
  array,
  bool,
  enumOf,
  type Infer,
  index,
  int,
  list,
  type Machine,
  option,
  record,
  ref,
  subset,
  variant,
} from '../../../machine/index.ts';

const lamp = index('lamp');
const shape = record({
  lit: array(lamp, bool),
  last: option(ref(lamp)),
  mode: enumOf('day', 'night'),
  plug: variant({ out: {}, into: { socket: int(9) } }),
  queue: list(ref(lamp), 'lamp'),
});
interface State extends Infer<typeof shape> {}

const lamps: Machine<State> = {
  name: 'lamps#1',
  version: 1,
  shape,
  commands: {
    plug: {
      actor: 'host',
      summary: 'Plugs the lamps in.',
      args: { socket: int(9) },
      requires: [],
      effect: (d: State, { socket }: { socket: number }) => {
        d.plug = { kind: 'into', socket };
        d.mode = 'night';
      },
    },
    switch: {
      actor: 'guest',
      summary: 'Switches some lamps on.',
      args: { lamps: subset(lamp, 2), before: option(ref(lamp)) },
      requires: [['no-power', [], (s: State) => s.plug.kind === 'out']],
      effect: (d: State, a: { lamps: readonly number[] }) => {
        for (const each of a.lamps) {
          d.lit[each] = true;
          d.queue.push(each);
          d.last = each;
        }
      },
    },
  },
  operations: {},
  initial: () => ({
    lit: [false, false] as unknown as State['lit'],
    last: null,
    mode: 'day',
    plug: { kind: 'out' },
    queue: [],
  }),
  scopes: { two: { name: 'two', purpose: 'A test.', sizes: { lamp: 2 } } },
};

export const example = {
  machine: lamps,
  scope: { name: 'two', purpose: 'A test.', sizes: { lamp: 2 } },
  trace: [
    { kind: 'switch', args: { lamps: [0], before: null } },
    { kind: 'plug', args: { socket: 7 } },
    { kind: 'switch', args: { lamps: [0, 1], before: 1 } },
  ],
  violation: { property: 'dark', message: 'it is bright;\nturn it off' },
};
