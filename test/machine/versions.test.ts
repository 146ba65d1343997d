import { expect, test } from 'vitest';
import {
  array,
  bool,
  type Infer,
  index,
  int,
  list,
  record,
  ref,
  set,
  variant,
  versions,
} from '../../machine/index.ts';

const row = index('row');
const column = index('column');
const shape = record({
  total: int(9),
  rows: array(row, record({ at: variant({ none: {}, some: { n: int(9) } }), marks: set(column) })),
  grid: array(row, set(column)),
  cells: array(row, array(column, record({ n: int(9) }))),
  queue: list(ref(row), 3),
  inner: record({ on: bool }),
});
interface State extends Infer<typeof shape> {}

const plain = () => ({
  total: 0,
  rows: [0, 1].map(() => ({ at: { kind: 'none' }, marks: [false, false] })),
  grid: [0, 1].map(() => [false, false]),
  cells: [0, 1].map(() => [{ n: 0 }, { n: 0 }]),
  queue: [] as number[],
  inner: { on: false },
});
// Cast: arrays that are only read at ids of the scope.
const initial = (): State => plain() as unknown as State;

test('a version shares all that a step did not assign, and never changes again', () => {
  const run = versions(shape, initial());
  const first = run.take();
  expect(run.take()).toBe(first);
  run.state.rows.at(1).at = { kind: 'some', n: 3 };
  run.state.rows.at(1).marks[0] = true;
  const second = run.take();
  expect(second).toEqual({
    ...plain(),
    rows: [plain().rows[0], { at: { kind: 'some', n: 3 }, marks: [true, false] }],
  });
  expect(first).toEqual(plain());
  expect(second.rows.at(0)).toBe(first.rows.at(0));
  for (const place of ['grid', 'cells', 'queue', 'inner'] as const) {
    expect(second[place]).toBe(first[place]);
  }
});

test('what is assigned as it was, or only read, makes no version', () => {
  const run = versions(shape, initial());
  const first = run.take();
  run.state.total = 0;
  run.state.inner.on = false;
  run.state.grid.at(0)[1] = run.state.grid.at(1).at(0);
  run.state.queue = [];
  expect(run.take()).toBe(first);
});

test('every sort of place is noticed', () => {
  const run = versions(shape, initial());
  let last = run.take();
  const changes: ((state: State) => void)[] = [
    (s) => s.total++,
    (s) => (s.inner.on = true),
    (s) => (s.grid.at(1)[0] = true),
    (s) => (s.cells.at(1).at(0).n = 4),
    (s) => s.queue.push(1),
    (s) => (s.queue = [0, 1, 1]),
    (s) => s.queue.pop(),
    (s) => (s.rows.at(0).marks[1] = true),
  ];
  const expected = initial();
  for (const change of changes) {
    change(run.state);
    change(expected);
    const version = run.take();
    expect(version).not.toBe(last);
    expect(JSON.stringify(version)).toBe(JSON.stringify(expected));
    last = version;
  }
});

test('a state is made equal to any other, and to a version of its own', () => {
  const run = versions(shape, initial());
  const first = run.take();
  const other = initial();
  other.cells.at(0).at(1).n = 7;
  other.queue.push(1, 0);
  run.assign(other);
  other.total = 5;
  expect(run.take()).toEqual({
    ...plain(),
    cells: [
      [{ n: 0 }, { n: 7 }],
      [{ n: 0 }, { n: 0 }],
    ],
    queue: [1, 0],
  });
  // What was done since the last version was taken is undone too.
  run.state.queue.push(1);
  run.assign(first);
  expect(run.take()).toEqual(plain());
  expect(run.state.queue).toEqual([]);
});

test('states of one shape keep their versions apart', () => {
  const [one, other] = [versions(shape, initial()), versions(shape, initial())];
  one.state.total = 1;
  other.state.total = 2;
  other.state.grid.at(0)[0] = true;
  expect([one.take().total, other.take().total]).toEqual([1, 2]);
  expect([one.take().grid.at(0).at(0), other.take().grid.at(0).at(0)]).toEqual([false, true]);
});
