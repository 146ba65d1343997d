/**
 * No single mistake passes: whatever field of memory a command leaves wrong, some property says so.
 * The faults that are listed are not the only ones there could be.
 */
import { expect, test } from 'vitest';
import { memoryProperties, vmmProperties } from '../../invariants/index.ts';
import {
  type AnyEvent,
  type ArgumentShape,
  type Change,
  copier,
  evaluation,
  type Machine,
  names,
  type Property,
  type Violation,
  valuesOf,
} from '../../machine/index.ts';
import {
  type MemoryCall,
  memory,
  memoryCommands,
  recordCommands,
  scopes,
  vmmMachine,
} from '../../model/index.ts';
import { memoryMachine } from '../teeth/memory-bench.ts';
import { changes, corrupt, type MemoryStep, randomFrom, wrongSteps } from './corrupt.ts';

const scope = scopes.fuzz;
const copies = copier(memory);
const stepwise = (properties: readonly Property<never>[]): readonly Property[] =>
  (properties as readonly Property[]).filter(
    ({ kind }) => kind === 'invariant' || kind === 'transition',
  );
const asked = evaluation(memoryMachine as Machine, scope, stepwise(memoryProperties));

/** What is said of a change and of the state after it, each in words. */
function saidOf(by: typeof asked, change: Change): readonly Violation[] {
  const found: Violation[] = [];
  by.change(change, found);
  by.state(change.after, found);
  for (const { message } of found) expect(message).toMatch(/\w/);
  return found;
}
const violations = (step: MemoryStep): readonly Violation[] =>
  saidOf(asked, { ...step, size: scope.sizes } as unknown as Change);

test('a step that leaves one field of memory wrong does not pass', () => {
  const random = randomFrom(5);
  const passed = new Map<string, number>();
  let tried = 0;
  for (const step of changes(scope, 25)) {
    const after = copies.copy(step.after);
    const path = corrupt(random, scope.sizes, memory, after);
    if (path === null) continue;
    tried++;
    const found = violations({ ...step, after });
    if (found.length === 0) passed.set(path, (passed.get(path) ?? 0) + 1);
  }
  expect(tried).toBeGreaterThan(500);
  expect(Object.fromEntries(passed)).toEqual({});
});

/** An event that says something else, is missing, or is one too many. */
function tamper(random: (below: number) => number, events: readonly AnyEvent[]): AnyEvent[] {
  const changed = events.map((event) => ({ ...event }));
  const at = random(changed.length);
  const fields = Object.keys(changed[at] ?? {});
  const field = fields[random(fields.length)] ?? 'type';
  if (field === 'type') changed.splice(at, 1);
  else {
    const value = changed[at]?.[field];
    const other = typeof value === 'number' ? value + 1 : Array.isArray(value) ? [5] : 'other';
    changed[at] = { type: '', ...changed[at], [field]: other };
  }
  return changed;
}

test('a command that tells something else than it did does not pass', () => {
  const random = randomFrom(9);
  const passed = new Map<string, number>();
  let tried = 0;
  for (const step of changes(scope, 30, 11)) {
    if (step.events.length === 0) continue;
    tried++;
    const events = tamper(random, step.events);
    if (violations({ ...step, events }).length > 0) continue;
    const name = `${step.events[0]?.type}: ${JSON.stringify(events)}`;
    passed.set(name, (passed.get(name) ?? 0) + 1);
  }
  expect(tried).toBeGreaterThan(120);
  expect([...passed.keys()]).toEqual([]);
});

/** The same call with one argument that is another. */
function misread(random: (below: number) => number, call: MemoryCall): MemoryCall {
  const { args } = { ...memoryCommands, ...recordCommands }[call.kind];
  const shapes: [string, ArgumentShape][] = Object.entries(args);
  const [name, shape] = shapes[random(shapes.length)] ?? [];
  if (name === undefined || shape === undefined) return call;
  const values = valuesOf(shape, scope.sizes);
  const value = values[random(values.length)];
  return { kind: call.kind, args: { ...call.args, [name]: value } } as unknown as MemoryCall;
}

/** What was asked does not always show: an accessed page was accessed, by whichever entry. */
test('a command that does something else than it was asked seldom passes', () => {
  const random = randomFrom(3);
  let tried = 0;
  let passed = 0;
  for (const step of changes(scope, 28, 23)) {
    const call = misread(random, step.call);
    if (JSON.stringify(call.args) === JSON.stringify(step.call.args)) continue;
    tried++;
    const found = violations({ ...step, call });
    if (found.length === 0) passed++;
  }
  expect(tried).toBeGreaterThan(500);
  expect(passed / tried).toBeLessThan(0.06);
});

const ofCluster =
  /^(migration|stopcopy|postcopy|crash|failure|hint|stream|device|queue|managed|power|upgrade)\./;
/** What is counted and what policies look at may be wrong by a little. */
const inDoubt = /^\.clusters\.migrations\.(statistics|throttling)/;

test.each([
  'migration-fuzz',
  'migration-postcopy-fuzz',
  'migration-timed',
  'migration-hinting-fuzz',
  'migration-crash-fuzz',
] as const)('of a step that leaves one field of a cluster wrong few pass in %s', (name) => {
  const asked = evaluation(vmmMachine as Machine, scopes[name], stepwise(vmmProperties));
  const passed: string[] = [];
  let tried = 0;
  const wrong = wrongSteps(scopes[name], 'clusters', (kind) => ofCluster.test(kind), 14);
  for (const { path, call, change } of wrong) {
    if (inDoubt.test(path)) continue;
    tried++;
    if (saidOf(asked, change).length === 0) passed.push(`${path} after ${call.kind}`);
  }
  expect(tried).toBeGreaterThan(150);
  expect(passed.length / tried, passed.join('\n')).toBeLessThan(0.01);
});

const ofCpus = vmmProperties.filter(({ id }) => !/^(MEM|SWP|BAL|KVM|DED|MIG|GOAL)-/.test(id));

test.each(['cpu-fuzz', 'cpu-locks-fuzz', 'cpu-dedicated-fuzz', 'cpu-credit-fuzz'] as const)(
  'of steps that leave one field of the CPUs wrong a third does not pass in %s',
  (name) => {
    const asked = evaluation(vmmMachine as Machine, scopes[name], stepwise(ofCpus));
    let tried = 0;
    let passed = 0;
    for (const { path, change } of wrongSteps(scopes[name], 'hosts', () => true, 40)) {
      if (!path.startsWith('.hosts.cpu.')) continue;
      tried++;
      if (saidOf(asked, change).length === 0) passed++;
    }
    expect(tried).toBeGreaterThan(100);
    // What a scheduler has counted may be wrong by a little before it shows in who runs too long.
    expect(passed / tried).toBeLessThan(0.7);
  },
);

test('a property that is asked of a step without its premise answers all the same', () => {
  const steps = [...changes(scope, 3, 31)];
  const random = randomFrom(2);
  for (const property of memoryProperties) {
    if (property.kind !== 'transition') continue;
    for (const step of steps) {
      if (!names(property.commands, step.call.kind)) continue;
      const after = copies.copy(step.after);
      corrupt(random, scope.sizes, memory, after);
      const message = property.violation({ ...step, after, size: scope.sizes });
      expect(message === null || message.length > 0, property.id).toBe(true);
    }
  }
});
