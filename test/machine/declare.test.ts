import { expect, expectTypeOf, test } from 'vitest';
import { type SharedPages, sharedPages } from '../../examples/index.ts';
import { fnv1a } from '../../machine/hash.ts';
import {
  addCommand,
  type CallOf,
  changeCommand,
  changeOperation,
  choice,
  dropGuard,
  index,
  inPlace,
  int,
  type Machine,
  type Model,
  modelHash,
  option,
  propertiesOf,
  type RejectionOf,
  record,
  ref,
  resolve,
  seamsOf,
  table,
  type View,
  variant,
} from '../../machine/index.ts';

const { small } = sharedPages.scopes;

test('a property of changes sees the calls of its commands, and all where it names none', () => {
  type Read = { readonly kind: 'disk.read'; readonly args: { readonly block: number } };
  type Write = { readonly kind: 'disk.write'; readonly args: { readonly content: number } };
  type Tick = { readonly kind: 'tick'; readonly args: Record<string, never> };
  interface Disk extends Model {
    readonly call: Read | Write | Tick;
  }
  const { transition } = propertiesOf<Disk>();
  const named = { id: 'D', name: 'a property' };
  const one = transition({
    ...named,
    commands: ['disk.read'],
    violation({ call }) {
      expectTypeOf(call).toEqualTypeOf<Read>();
      return String(call.args.block);
    },
  });
  transition({
    ...named,
    commands: ['disk.*'],
    violation({ call }) {
      expectTypeOf(call).toEqualTypeOf<Read | Write>();
      return null;
    },
  });
  transition({
    ...named,
    violation({ call }) {
      expectTypeOf(call).toEqualTypeOf<Read | Write | Tick>();
      return null;
    },
  });
  expect(one).toMatchObject({ kind: 'transition', commands: ['disk.read'] });
});

test('declarations have the types that they describe', () => {
  type Call = CallOf<typeof sharedPages.commands>;
  type Deflate = Extract<Call, { kind: 'deflate' }>;
  expectTypeOf<Deflate['args']['vm']>().toExtend<number>();
  expectTypeOf<RejectionOf<typeof sharedPages.commands.swapIn>>().toEqualTypeOf<
    'not-swapped' | 'frame-in-use'
  >();
  expectTypeOf<ReturnType<SharedPages['frames']['at']>['content']>().toEqualTypeOf<number>();
  expectTypeOf<View<{ queue: number[] }>['queue']>().toEqualTypeOf<readonly number[]>();
});

test('an index says what it is within and whether its order means something', () => {
  const vm = index('vm');
  expect(vm).toEqual({ name: 'vm', ordered: false });
  expect(index('page', { within: vm, ordered: true })).toEqual({
    name: 'page',
    ordered: true,
    within: vm,
  });
  expect(choice(ref(vm))).toEqual({ form: 'ref', index: vm, choice: true });
});

test('a bound is a number, a size, or a function of all sizes', () => {
  expect(resolve(3, { vm: 2 })).toBe(3);
  expect(resolve('vm', { vm: 2 })).toBe(2);
  expect(resolve((z: { readonly vm: number }) => z.vm * 4, { vm: 2 })).toBe(8);
  expect(() => resolve('page', { vm: 2 })).toThrow("the scope gives no size named 'page'");
});

test('a table has one element for each id', () => {
  const vm = index('vm');
  expect([...table({ vm: 3 }, vm, (id) => id * 2)]).toEqual([0, 2, 4]);
  expect(() => table({}, vm, () => 0)).toThrow("the scope gives no size for index set 'vm'");
});

const touch = { kind: 'touch', args: { vm: 0, page: 0, frame: 0, content: 1 } };

test('a fault drops a guard', () => {
  const faulted = dropGuard(sharedPages, 'touch', 'frame-in-use');
  const host = inPlace(faulted, small);
  const state = host.initial();
  host.step(state, touch);
  expect(host.step(state, { ...touch, args: { ...touch.args, page: 1 } }).ok).toBe(true);
  expect(sharedPages.commands.touch.requires).toHaveLength(2);
  expect(() => dropGuard(sharedPages, 'touch', 'shared')).toThrow(
    "command 'touch' has no guard 'shared' to drop",
  );
  expect(() => dropGuard(sharedPages, 'grow', 'shared')).toThrow(
    "there is no command 'grow' to change",
  );
});

test('a fault asks another question in one guard, which has to be there', () => {
  const { changeGuard } = seamsOf<Machine, Model, Machine['commands']>();
  const machine = sharedPages as unknown as Machine;
  const willing = changeGuard(machine, 'touch', 'frame-in-use', () => () => false);
  const host = inPlace(willing, small);
  const state = host.initial();
  host.step(state, touch);
  expect(host.step(state, { ...touch, args: { ...touch.args, page: 1 } }).ok).toBe(true);
  expect(() => changeGuard(machine, 'touch', 'shared', (refuse) => refuse)).toThrow(
    "command 'touch' has no guard 'shared' to change",
  );
});

test('a fault changes or adds a command', () => {
  const idle = changeCommand(sharedPages, 'touch', (command) => ({
    ...command,
    effect: () => undefined,
  }));
  const host = inPlace(idle, small);
  const state = host.initial();
  expect(host.step(state, touch)).toEqual({ ok: true, state: host.initial(), events: [] });
  const more = addCommand(sharedPages, 'again', sharedPages.commands.touch as never);
  expect(inPlace(more, small).engine.kinds).toContain('again');
  expect(() => addCommand(sharedPages, 'touch', sharedPages.commands.touch as never)).toThrow(
    "there is a command 'touch' already",
  );
});

test('a fault changes an operation, given the original', () => {
  const machine: Machine = {
    ...(sharedPages as unknown as Machine),
    operations: { double: (n: number) => n * 2 },
  };
  const changed = changeOperation(
    machine,
    'double',
    (double: (n: number) => number) => (n: number) => double(n) + 1,
  );
  expect((changed.operations.double as (n: number) => number)(4)).toBe(9);
  expect(() => changeOperation(machine, 'halve', (halve) => halve)).toThrow(
    "there is no operation 'halve' to change",
  );
});

test('FNV-1a has its published values', () => {
  // The published vectors are of bytes; every character here is one byte and a zero byte.
  expect(fnv1a('')).toBe('cbf29ce484222325');
  expect(fnv1a('a')).toBe('089be207b544f1e4');
});

test('the model hash follows the declarations and nothing else', () => {
  const hash = modelHash(sharedPages);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  const machine = sharedPages as unknown as Machine;
  const { touch } = machine.commands;
  if (touch === undefined) throw new Error('there is no touch');
  const withTouch = (change: object): Machine => ({
    ...machine,
    commands: { ...machine.commands, touch: { ...touch, ...change } },
  });
  const same = [
    { ...machine },
    { ...machine, shape: record({ ...machine.shape.fields }) },
    withTouch({ effect: () => undefined }),
    withTouch({ summary: 'Another sentence.' }),
    // Compilers change the text of a bound, not its values.
    changedReferences((z) => z.page * z.vm),
  ];
  for (const each of same) expect(modelHash(each)).toBe(hash);
  const others = [
    { ...machine, version: 2 },
    { ...machine, name: 'other' },
    { ...machine, shape: record({ ...machine.shape.fields, more: int(1) }) },
    { ...machine, commands: { ...machine.commands, again: touch } },
    withTouch({ requires: [...touch.requires].reverse() }),
    withTouch({ requires: touch.requires.slice(1) }),
    withTouch({ actor: 'host' }),
    withTouch({ args: { ...touch.args, more: option(int(2)) } }),
    changedReferences((z) => z.page + z.vm + 1),
  ];
  expect(new Set(others.map((each) => modelHash(each))).size).toBe(others.length);
  for (const each of others) expect(modelHash(each)).not.toBe(hash);
});

function changedReferences(
  bound: (sizes: { readonly vm: number; readonly page: number }) => number,
): Machine {
  const machine = sharedPages as unknown as Machine;
  const { frames } = machine.shape.fields;
  if (frames?.form !== 'array' || frames.of.form !== 'record') throw new Error('no frames');
  const of = record({ ...frames.of.fields, references: int(bound) });
  return { ...machine, shape: record({ ...machine.shape.fields, frames: { ...frames, of } }) };
}

test('a variant is described by its cases', () => {
  expect(variant({ none: {} })).toEqual({ form: 'variant', cases: { none: {} } });
});
