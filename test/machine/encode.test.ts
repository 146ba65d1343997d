import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  array,
  BrokenRule,
  bool,
  copier,
  difference,
  encoder,
  enumOf,
  ghost,
  history,
  index,
  int,
  list,
  OutOfBounds,
  option,
  problems,
  type RecordShape,
  record,
  ref,
  type StateShape,
  set,
  variant,
} from '../../machine/index.ts';
import { randomShapes } from './random-machine.ts';
import { valueAt } from './random-value.ts';

const item = index('item');
const sizes = { item: 3, a: 2, b: 3, bound: 2 };
const seeds = fc.nat(1_000_000);

const shapes: Readonly<Record<string, StateShape>> = {
  bool,
  'int of 3 values': int(1, -1),
  'int of one value': int(4, 4),
  'int of 256 values': int(255),
  'int of 257 values': int(256),
  'int of 70,000 values': int(69_990, -9),
  'int of many values': int(Number.MAX_SAFE_INTEGER - 1),
  'int bounded by name': int('item'),
  'int bounded by a function': int((z: { readonly item: number }) => z.item * 2),
  enumOf: enumOf('red', 'green', 'blue'),
  ref: ref(item),
  option: option(int(5)),
  variant: variant({ none: {}, some: { item: ref(item), dirty: bool }, other: { n: int(300) } }),
  record: record({ a: int(2), b: record({ c: bool }) }),
  'array of values': array(item, option(ref(item))),
  'array of records': array(item, record({ a: int(2), on: bool })),
  set: set(item),
  list: list(ref(item), 2),
  'array of lists': array(item, list(int(9), 'item')),
  'array of arrays': array(item, array(item, int(1))),
};

test.each(Object.entries(shapes))('a state of %s is read back from its key', (_, shape) => {
  const whole = record({ before: int(6), it: shape, after: int(6) });
  const { encode, decode } = encoder<unknown>(whole, sizes);
  const target = valueAt(whole, sizes, 11);
  fc.assert(
    fc.property(seeds, (seed) => {
      const state = valueAt(whole, sizes, seed);
      expect(decode(encode(state))).toEqual(state);
      // Whatever was in the target before.
      expect(decode(encode(state), target)).toEqual(state);
      expect(decode(encode(state), target)).toBe(target);
    }),
    { numRuns: 30 },
  );
});

test('keys are equal exactly where states are, on random shapes', () => {
  fc.assert(
    fc.property(randomShapes, seeds, seeds, (shape, one, other) => {
      const { encode, decode } = encoder(shape, sizes);
      const [a, b] = [valueAt(shape, sizes, one), valueAt(shape, sizes, other)];
      expect(problems(shape, sizes, a)).toEqual([]);
      const differs = difference(shape, a, b).some(({ marker }) => marker !== 'history');
      expect(encode(a) === encode(b)).toBe(!differs);
      const back = difference(shape, a, decode(encode(a)));
      expect(back.filter(({ marker }) => marker !== 'history')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('copies are equal and share no place, on random shapes', () => {
  fc.assert(
    fc.property(randomShapes, seeds, seeds, (shape, one, other) => {
      const { copy, copyInto } = copier(shape);
      const source = valueAt(shape, sizes, one);
      const target = copy(valueAt(shape, sizes, other));
      copyInto(target, source);
      expect(target).toEqual(source);
      expect(sharesPlace(shape, target, source)).toBe(false);
      const fresh = copy(source);
      expect(fresh).toEqual(source);
      expect(sharesPlace(shape, fresh, source)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

function sharesPlace(shape: StateShape, a: unknown, b: unknown): boolean {
  if (shape.form === 'record') {
    const [one, other] = [Object.entries(Object(a)), Object(b)];
    return (
      a === b ||
      one.some(([name, field]) => {
        const of = shape.fields[name];
        return of !== undefined && sharesPlace(of, field, other[name]);
      })
    );
  }
  if (shape.form !== 'array' && shape.form !== 'list') return false;
  return a === b || Array.from(Object(a)).some((x, i) => sharesPlace(shape.of, x, Object(b)[i]));
}

const bits = (count: number): RecordShape =>
  record(Object.fromEntries(Array.from({ length: count }, (_, i) => [`bit${i}`, bool])));

test('values share bytes', () => {
  const key = (shape: RecordShape): string =>
    encoder(shape, sizes).encode(valueAt(shape, sizes, 5));
  expect(key(bits(8))).toHaveLength(1);
  expect(key(bits(9))).toHaveLength(2);
  expect(key(record({ a: int(15), b: int(15) }))).toHaveLength(1);
  expect(key(record({ a: int(69_999) }))).toHaveLength(3);
  expect(key(bits(80_000))).toHaveLength(10_000);
});

test('history is never in a key, ghosts may be left out', () => {
  const shape = record({
    real: int(9),
    guess: ghost(int(9)),
    total: history(record({ n: int(9, 2), of: variant({ none: {}, one: { n: int(4) } }) })),
    seen: history(list(int(9), 3)),
    rows: history(array(item, record({ on: bool, kind: enumOf('a', 'b'), at: ref(item) }))),
    last: history(option(int(4))),
  });
  const row = { on: true, kind: 'b', at: 2 };
  const state = {
    real: 3,
    guess: 4,
    total: { n: 5, of: { kind: 'one', n: 1 } },
    seen: [1],
    rows: [row, row, row],
    last: 4,
  };
  const least = { on: false, kind: 'a', at: 0 };
  const nothing = {
    total: { n: 2, of: { kind: 'none' } },
    seen: [],
    rows: [least, least, least],
    last: null,
  };
  const all = encoder<unknown>(shape, sizes);
  expect(all.decode(all.encode(state))).toEqual({ real: 3, guess: 4, ...nothing });
  const real = encoder<unknown>(shape, sizes, { ghosts: false });
  expect(real.decode(real.encode(state))).toEqual({ real: 3, guess: 0, ...nothing });
  expect(real.encode(state)).toBe(real.encode({ ...state, guess: 9 }));
  expect(all.encode(state)).not.toBe(all.encode({ ...state, guess: 9 }));
});

test('a number outside its bounds has no key', () => {
  const shape = record({
    rows: array(item, record({ n: int(4), wide: int(1000), to: ref(item) })),
  });
  const { encode } = encoder<unknown>(shape, sizes);
  const row = { n: 0, wide: 0, to: 0 };
  const states: [object, string][] = [
    [{ ...row, n: 5 }, 'rows[1].n = 5 is outside 0..4'],
    [{ ...row, n: -1 }, 'rows[1].n = -1 is outside 0..4'],
    [{ ...row, wide: 1001 }, 'rows[1].wide = 1001 is outside 0..1000'],
    [{ ...row, to: 3 }, 'rows[1].to = 3 is outside 0..2'],
  ];
  for (const [bad, message] of states) {
    const state = { rows: [row, bad, row] };
    expect(() => encode(state)).toThrow(message);
    expect(() => encode(state)).toThrow(OutOfBounds);
  }
  // A failure leaves nothing behind.
  const good = { rows: [row, row, row] };
  expect(encode(good)).toBe(encoder<unknown>(shape, sizes).encode(good));
});

test('a value that its shape does not describe has no key', () => {
  const shape = record({
    n: int(4),
    wide: int(1000),
    on: bool,
    color: enumOf('red'),
    at: variant({ none: {}, some: { n: int(1) } }),
    queue: list(int(3), 2),
    rows: array(item, int(1)),
    inner: record({ o: option(int(2)) }),
  });
  const { encode } = encoder<unknown>(shape, sizes);
  const good = {
    n: 1,
    wide: 1,
    on: true,
    color: 'red',
    at: { kind: 'none' },
    queue: [],
    rows: [0, 1, 0],
    inner: { o: null },
  };
  expect(encode(good)).toBe(encode({ ...good }));
  const bad: [object, string][] = [
    [{ n: '2' }, 'n is "2", not an integer'],
    [{ n: null }, 'n is null, not an integer'],
    [{ n: 0.5 }, 'n is 0.5, not an integer'],
    [{ n: Number.NaN }, 'n is NaN, not an integer'],
    [{ wide: 0.5 }, 'wide is 0.5, not an integer'],
    [{ on: 1 }, 'on is 1, not true or false'],
    [{ color: 'blue' }, 'color is "blue", not one of red'],
    [{ at: { kind: 'other' } }, 'at.kind is "other", not one of none, some'],
    [{ at: undefined }, 'at is undefined, not an object'],
    [{ at: { kind: 'some' } }, 'at.n is missing'],
    [{ queue: 3 }, 'queue is 3, not an array'],
    [{ rows: {} }, 'rows is an object, not an array'],
    [{ inner: null }, 'inner is null, not an object'],
    [{ inner: { o: undefined } }, 'inner.o is undefined, not an integer'],
  ];
  for (const [change, message] of bad) {
    expect(() => encode({ ...good, ...change })).toThrow(message);
    expect(() => encode({ ...good, ...change })).toThrow(BrokenRule);
  }
  const long = { ...good, queue: [1, 2, 3] };
  expect(() => encode(long)).toThrow('queue has 3 elements, more than 2');
  expect(() => encode({ ...good, rows: [0] })).toThrow('rows has 1 elements, not 3 (item)');
});

test('what has too many values for a key is an error at once', () => {
  const wide = record({ n: int(Number.MAX_SAFE_INTEGER, -1) });
  expect(() => encoder(wide, sizes)).toThrow('is too wide for a key');
  const cases = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`case${i}`, {}]));
  const many = record({ at: variant(cases) });
  expect(() => encoder(many, sizes)).toThrow('a variant has more than 256 cases');
});
