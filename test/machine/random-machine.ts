/**
 * Machines made at random: random shapes, and rules that read and write them in every way that the
 * language allows. Whatever runs machines must agree on them, not only on the models that exist.
 */
import fc from 'fast-check';
import {
  type AnyCommand,
  type ArgumentShape,
  array,
  bool,
  enumOf,
  fraction,
  ghost,
  history,
  index,
  int,
  lift,
  list,
  type Machine,
  option,
  type RecordShape,
  record,
  ref,
  type ScalarShape,
  type Scope,
  type StateShape,
  set,
  type ValueShape,
  variant,
} from '../../machine/index.ts';
import { effectOf, guardOf, indexesOf, type Place, placesOf, type Rule } from './random-rule.ts';
import { leastValue } from './random-value.ts';

export interface RandomMachine {
  readonly machine: Machine;
  readonly scope: Scope;
}

const unit = index('unit');
const inner = [index('a'), index('b')] as const;

const scalars: fc.Arbitrary<ScalarShape> = fc.oneof(
  fc.constant(bool),
  fc
    .tuple(fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, 3, 255, 256, 300, 70_000))
    .map(([min, count]) => int(min + count, min)),
  fc.constant(int('bound')),
  fc.constant(int((sizes: { readonly a: number; readonly b: number }) => sizes.a * sizes.b)),
  fc.constantFrom(...inner).map((over) => ref(over)),
  fc.constantFrom(enumOf('only'), enumOf('red', 'green', 'blue')),
);
const variants = fc
  .array(fc.array(scalars, { maxLength: 2 }), { minLength: 1, maxLength: 3 })
  .map((cases) =>
    variant(
      Object.fromEntries(
        cases.map((fields, i) => [
          `case${i}`,
          Object.fromEntries(fields.map((field, j) => [`v${j}`, field])),
        ]),
      ),
    ),
  );
const values: fc.Arbitrary<ValueShape> = fc.oneof(
  { weight: 3, arbitrary: scalars },
  { weight: 1, arbitrary: scalars.map((of) => option(of)) },
  { weight: 2, arbitrary: variants },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 2, 100), fc.constantFrom<number | 'bound'>(1, 6, 'bound', 1000))
      .map(([most, denominator]) => fraction(most, denominator)),
  },
);
const lists = fc
  .tuple(scalars, fc.constantFrom<number | 'bound'>(1, 2, 'bound'))
  .map(([of, bound]) => list(of, bound));
const tables = fc.oneof(
  fc.constantFrom(...inner).map((over) => set(over)),
  fc.tuple(fc.constantFrom(...inner), values).map(([over, of]) => array(over, of)),
);

function places(depth: number): fc.Arbitrary<StateShape> {
  const flat = [
    { weight: 4, arbitrary: values },
    { weight: 2, arbitrary: lists },
    { weight: 1, arbitrary: tables },
  ];
  if (depth === 0) return fc.oneof(...flat);
  const deep = records(depth - 1);
  const rows = fc
    .tuple(fc.constantFrom(...inner), fc.oneof(deep, lists, tables))
    .map(([over, of]) => array(over, of));
  return fc.oneof(
    ...flat,
    { weight: 2, arbitrary: deep },
    { weight: 3, arbitrary: rows },
    { weight: 1, arbitrary: fc.oneof(deep, values, lists).map((of) => ghost(of)) },
    { weight: 1, arbitrary: fc.constant(history(int(1_000_000))) },
    { weight: 1, arbitrary: fc.constant(history(record({ count: int(1_000_000) }))) },
  );
}
function records(depth: number): fc.Arbitrary<RecordShape> {
  return fc
    .array(places(depth), { minLength: 1, maxLength: 4 })
    .map((fields) => record(Object.fromEntries(fields.map((field, i) => [`f${i}`, field]))));
}

/** Numbers that choose a place and what happens there, whatever the shape turns out to be. */
const rules: fc.Arbitrary<Rule> = fc.record({
  place: fc.nat(1000),
  other: fc.nat(1000),
  seed: fc.nat(1000),
  action: fc.nat(20),
});
const commands = fc.record({
  guards: fc.array(rules, { maxLength: 3 }),
  effects: fc.array(rules, { minLength: 1, maxLength: 4 }),
});
export type CommandPlan = { readonly guards: readonly Rule[]; readonly effects: readonly Rule[] };

function commandOf(seen: RecordShape, { guards, effects }: CommandPlan): AnyCommand {
  const all = placesOf(seen);
  const readable = all.filter(({ marker }) => marker === undefined);
  const ask = readable.length === 0 ? [] : guards;
  const pick = (from: readonly Place[], i: number): Place => from[i % from.length] as Place;
  const indexes = new Map<string, ArgumentShape>();
  for (const { place, other } of effects) {
    for (const each of [...indexesOf(pick(all, place)), ...indexesOf(pick(all, other))]) {
      indexes.set(each.name, ref(each));
    }
  }
  for (const { place } of ask) {
    for (const each of indexesOf(pick(readable, place))) indexes.set(each.name, ref(each));
  }
  return {
    actor: 'host',
    summary: 'Something happens.',
    args: { ...Object.fromEntries(indexes), n: int(2) },
    requires: ask.map((rule, i) => guardOf(`no-${i}`, pick(readable, rule.place), rule)),
    effect: effectOf(effects, (rule, which) => pick(all, rule[which])),
  };
}

type Whole = { readonly units: { at(id: number): unknown }; readonly common: unknown };
type Unit = { readonly unit: number };

function machineOf(
  part: RecordShape,
  common: RecordShape,
  plans: readonly { readonly sees: 'whole' | 'part' | 'both'; readonly plan: CommandPlan }[],
): Machine {
  const shape = record({ units: array(unit, part), common });
  const both = record({ here: part, common });
  const table = (sees: string, seen: RecordShape): Record<string, AnyCommand> =>
    Object.fromEntries(
      plans.flatMap(({ sees: own, plan }, i) =>
        own === sees ? [[`${sees}.${i}`, commandOf(seen, plan)] as const] : [],
      ),
    );
  const onUnit = { unit: ref(unit) };
  return {
    name: 'random',
    version: 1,
    shape,
    commands: {
      ...table('whole', shape),
      ...lift(table('part', part), onUnit, (s: Whole, a: Unit) => s.units.at(a.unit)),
      ...lift(table('both', both), onUnit, (s: Whole, a: Unit) => ({
        here: s.units.at(a.unit),
        common: s.common,
      })),
    },
    operations: {},
    initial: (sizes) => leastValue(shape, sizes),
    scopes: {},
  };
}

/** A machine of a few commands, some of them lifted, in a scope of a few ids. */
export const randomMachines: fc.Arbitrary<RandomMachine> = fc
  .record({
    part: records(1),
    common: records(2),
    plans: fc.array(fc.record({ sees: fc.constantFrom('whole', 'part', 'both'), plan: commands }), {
      minLength: 1,
      maxLength: 5,
    }),
    sizes: fc.record({
      unit: fc.integer({ min: 1, max: 2 }),
      a: fc.integer({ min: 1, max: 3 }),
      b: fc.integer({ min: 1, max: 2 }),
      bound: fc.integer({ min: 1, max: 3 }),
    }),
  })
  .map(({ part, common, plans, sizes }) => {
    const machine = machineOf(part, common, plans);
    const scope: Scope = { name: 'random', purpose: 'A test.', sizes };
    const text = (): string => JSON.stringify({ shape: machine.shape, sizes, plans });
    return { machine, scope, [fc.toStringMethod]: text };
  });

/** A shape by itself, with sizes. */
export const randomShapes: fc.Arbitrary<RecordShape> = records(2);
