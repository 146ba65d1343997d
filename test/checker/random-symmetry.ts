/** Shapes with index sets of every sort, and states with many members alike. */
import fc from 'fast-check';
import {
  array,
  bool,
  index,
  int,
  list,
  type Machine,
  option,
  type RecordShape,
  record,
  ref,
  resolve,
  type Sizes,
  type StateShape,
  set,
  type ValueShape,
  variant,
} from '../../machine/index.ts';

const house = index('house');
const room = index('room', { within: house });
const shelf = index('shelf', { within: room });
const coin = index('coin');
const day = index('day', { ordered: true });
/** Copies that are not exchanged, of a set that is. */
const hour = index('hour', { within: day });

/** What a reference needs around it to be understood. */
type Inside = 'nothing' | 'day' | 'house' | 'room';

const isHome = (inside: Inside): boolean => inside === 'house' || inside === 'room';

function values(inside: Inside): fc.Arbitrary<ValueShape> {
  const coins = [
    ref(coin),
    option(ref(coin)),
    variant({ day: { day: ref(day), hour: ref(hour) }, none: {} }),
    variant({ none: {}, one: { coin: ref(coin) }, two: { left: ref(coin), right: ref(coin) } }),
  ];
  const houses = [
    ref(house),
    option(ref(house)),
    variant({ room: { house: ref(house), room: ref(room), open: bool }, none: {} }),
    variant({ n: { n: int(2) }, shelf: { shelf: ref(shelf), room: ref(room), house: ref(house) } }),
  ];
  const rooms = [ref(room), option(ref(room)), variant({ room: { n: int(1), room: ref(room) } })];
  const shelves = [ref(shelf), option(ref(shelf))];
  const plain = [bool, int(1), int(300), option(bool), ref(day)];
  return fc.oneof(
    fc.constantFrom<ValueShape[]>(...plain),
    fc.constantFrom<ValueShape[]>(...coins),
    fc.constantFrom<ValueShape[]>(...houses),
    ...(isHome(inside) ? [fc.constantFrom<ValueShape[]>(...rooms)] : []),
    ...(inside === 'room' ? [fc.constantFrom<ValueShape[]>(...shelves)] : []),
  );
}

function places(depth: number, inside: Inside): fc.Arbitrary<StateShape> {
  const small: fc.Arbitrary<StateShape>[] = [
    values(inside),
    fc.constant(list(ref(coin), 2)),
    fc.constant(list(ref(house), 2)),
    fc.constant(set(coin)),
    fc.constant(record({ house: ref(house), n: bool, room: ref(room) })),
    fc.constant(record({ room: option(ref(room)), house: ref(house) })),
    ...(isHome(inside) ? [fc.constant(list(ref(room), 2)), fc.constant(set(room))] : []),
    ...(inside === 'day' ? [fc.constant(list(ref(hour), 2)), fc.constant(set(hour))] : []),
  ];
  if (depth === 0) return fc.oneof(...small);
  const inner = (of: Inside): fc.Arbitrary<StateShape> =>
    fc.oneof(values(of), records(depth - 1, of), places(depth - 1, of));
  // Elements of arrays are values or places: the type of `array` wants to know which.
  const over = (of: StateShape & { form: 'record' }, by: Parameters<typeof array>[0]) =>
    array(by, of);
  const arrays = (by: Parameters<typeof array>[0], of: Inside): fc.Arbitrary<StateShape> =>
    inner(of).map((each) => over(each as RecordShape, by));
  return fc.oneof(
    ...small,
    arrays(house, 'house'),
    arrays(house, 'house'),
    arrays(coin, inside),
    arrays(day, inside === 'nothing' ? 'day' : inside),
    ...(inside === 'day' ? [arrays(hour, 'day')] : []),
    ...(isHome(inside) ? [arrays(room, 'room'), arrays(room, 'room')] : []),
    ...(inside === 'room' ? [arrays(shelf, 'room')] : []),
  );
}

function records(depth: number, inside: Inside): fc.Arbitrary<RecordShape> {
  return fc
    .array(places(depth, inside), { minLength: 1, maxLength: 3 })
    .map((fields) => record(Object.fromEntries(fields.map((field, i) => [`f${i}`, field]))));
}

const sizes = fc.record({
  house: fc.integer({ min: 1, max: 3 }),
  room: fc.integer({ min: 1, max: 2 }),
  shelf: fc.integer({ min: 1, max: 2 }),
  coin: fc.integer({ min: 1, max: 3 }),
  day: fc.constant(2),
  hour: fc.integer({ min: 1, max: 2 }),
});

/** A machine without commands: a shape, and sizes. */
export const randomSymmetries: fc.Arbitrary<{ readonly machine: Machine; readonly sizes: Sizes }> =
  fc
    .record({ shape: records(3, 'nothing'), sizes })
    // At most some hundred permutations.
    .filter(({ sizes: { house, room, shelf, coin } }) => house * room * shelf * coin <= 12)
    .map(({ shape, sizes }) => ({
      machine: {
        name: 'random',
        version: 1,
        shape,
        commands: {},
        operations: {},
        initial: () => stateOf(shape, sizes, 1, 0),
        scopes: {},
      },
      sizes,
    }));

/** A state chosen by a seed; each value is one of the first few, so that many are equal. */
export function stateOf(shape: StateShape, sizes: Sizes, variety: number, seed: number): unknown {
  let random = seed | 1;
  const below = (bound: number): number => {
    random = (Math.imul(random, 0x915f77f5) + 1) | 0;
    return ((random >>> 8) % variety) % bound;
  };
  const value = (of: StateShape): unknown => {
    switch (of.form) {
      case 'bool':
        return below(2) === 1;
      case 'int':
        return of.min + below(resolve(of.max, sizes) - of.min + 1);
      case 'enum':
        return of.values[below(of.values.length)];
      case 'ref':
        return below(resolve(of.index.name, sizes));
      case 'option':
        return below(3) === 0 ? null : value(of.of);
      case 'variant': {
        const [kind, fields] = Object.entries(of.cases)[below(Object.keys(of.cases).length)] ?? [];
        const each = Object.entries(fields ?? {}).map(([name, field]) => [name, value(field)]);
        return { kind, ...Object.fromEntries(each) };
      }
      case 'rational':
        return { n: below(2), d: 1 };
      case 'record':
        return Object.fromEntries(
          Object.entries(of.fields).map(([name, field]) => [name, value(field)]),
        );
      case 'array':
        return Array.from({ length: resolve(of.index.name, sizes) }, () => value(of.of));
      case 'list':
        return Array.from({ length: below(resolve(of.bound, sizes) + 1) }, () => value(of.of));
    }
  };
  return value(shape);
}
