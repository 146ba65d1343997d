/** States of random runs, and states in which one thing is wrong. */
import * as fc from 'fast-check';
import { traces } from '../../generators/index.ts';
import {
  type AnyEvent,
  type Call,
  type Change,
  copier,
  inPlace,
  type PlaceShape,
  rational,
  record,
  resolve,
  type Sizes,
  type StateShape,
  valuesOf,
} from '../../machine/index.ts';
import {
  type Memory,
  type MemoryCall,
  memory,
  type Vmm,
  type VmmScope,
  vmm,
  vmmMachine,
} from '../../model/index.ts';

export interface MemoryStep {
  readonly before: Memory;
  readonly call: MemoryCall;
  readonly after: Memory;
  readonly events: readonly AnyEvent[];
}

/** The accepted commands of random runs, each with copies of memory before and after it. */
export function* changes(scope: VmmScope, runs: number, seed = 7): Generator<MemoryStep> {
  const host = inPlace(vmmMachine, scope);
  const copies = copier(memory);
  for (const trace of fc.sample(traces(vmmMachine, { scope }), { seed, numRuns: runs })) {
    const state = host.initial();
    const part: Memory = { host: state.hosts.at(0).memory, guests: state.hosts.at(0).guests };
    let before = copies.copy(part);
    for (const call of trace) {
      const step = host.step(state, call);
      if (!step.ok) continue;
      const after = copies.copy(part);
      // The scopes of memory have no other commands.
      yield { before, call: call as MemoryCall, after, events: step.events };
      before = after;
    }
  }
}

export type Random = (below: number) => number;

export function randomFrom(first: number): Random {
  let seed = first;
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

/** Gives one leaf of a state another value of its shape; its path, or null where it got its own. */
export function corrupt(
  random: Random,
  sizes: Sizes,
  of: StateShape,
  state: object,
): string | null {
  const draw = (shape: Parameters<typeof valuesOf>[0]): unknown => {
    if (shape.form === 'int') {
      const max = resolve(shape.max, sizes);
      // Totals are as large as numbers get.
      return shape.min + random(max === 999_999 ? 5 : max - shape.min + 1);
    }
    const values = valuesOf(shape, sizes);
    return values[random(values.length)];
  };
  let shape = of;
  let holder: Record<string | number, unknown> = { state };
  let key: string | number = 'state';
  let path = '';
  while (shape.form === 'record' || shape.form === 'array') {
    holder = holder[key] as typeof holder;
    if (shape.form === 'array') {
      const { length } = holder as unknown as unknown[];
      if (length === 0) return null;
      key = random(length);
      shape = shape.of;
    } else {
      const names: string[] = Object.keys(shape.fields);
      key = names[random(names.length)] ?? '';
      shape = shape.fields[key] as StateShape;
      path += `.${key}`;
    }
  }
  const old = JSON.stringify(holder[key]);
  if (shape.form === 'variant') {
    const cases = Object.entries(shape.cases);
    const [kind, fields] = cases[random(cases.length)] ?? ['', {}];
    const drawn = Object.entries(fields).map(([name, of]) => [name, draw(of)]);
    holder[key] = { kind, ...Object.fromEntries(drawn) };
  } else if (shape.form === 'rational') holder[key] = rational(random(3));
  else if (shape.form !== 'list') holder[key] = draw(shape);
  return JSON.stringify(holder[key]) === old ? null : path;
}

/** A step of the VMM that left one thing wrong, in one part of the state. */
export interface WrongStep {
  /** The field, without the ids on the way to it. */
  readonly path: string;
  readonly call: Call;
  readonly change: Change;
}

/** The accepted commands of random runs that `concern` a part, each with a value of it that is not its own. */
export function* wrongSteps(
  scope: VmmScope,
  part: keyof typeof vmm.fields & keyof Vmm,
  concern: (kind: string) => boolean,
  runs: number,
): Generator<WrongStep> {
  const host = inPlace(vmmMachine, scope);
  const copies = copier(vmm);
  const random = randomFrom(5);
  const shape = record({ [part]: vmm.fields[part] as PlaceShape });
  for (const trace of fc.sample(traces(vmmMachine, { scope }), { seed: 7, numRuns: runs })) {
    const state = host.initial();
    for (const call of trace) {
      const before = concern(call.kind) ? copies.copy(state) : null;
      const step = host.step(state, call);
      if (!step.ok || before === null) continue;
      const after = copies.copy(state);
      const path = corrupt(random, scope.sizes, shape, { [part]: after[part] });
      if (path === null) continue;
      const change = { before, call, after, events: step.events, size: scope.sizes };
      yield { path, call, change: change as unknown as Change };
    }
  }
}
