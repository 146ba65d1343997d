import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedPages } from '../../examples/index.ts';
import {
  type Call,
  copier,
  engine,
  immutable,
  initialState,
  inPlace,
  type Machine,
  packed,
  type RecordShape,
  type Scope,
  type StateShape,
  strict,
  versions,
} from '../../machine/index.ts';
import { agree, type HostMaker, type Pick } from './agree.ts';
import { randomMachines } from './random-machine.ts';

const picks: fc.Arbitrary<readonly Pick[]> = fc.array(
  fc.record({
    kind: fc.nat(1000),
    choice: fc.nat(100_000),
    any: fc.nat(9).map((tenth) => tenth === 0),
  }),
  { maxLength: 30 },
);

const immutableHost: HostMaker = (machine, scope) => {
  const { initial, step } = immutable(machine, scope);
  return { name: 'immutable', changes: false, initial, step };
};
const inPlaceHost: HostMaker = (machine, scope) => {
  const { initial, step } = inPlace(machine, scope);
  return { name: 'in-place', changes: true, initial, step };
};
/** Steps on a copy that is made anew, and into one that is used again. */
const copyingHost: HostMaker = (machine, scope) => {
  const { initial, step, copier } = inPlace(machine, scope);
  const used = initial();
  return {
    name: 'copying',
    changes: false,
    initial,
    step(state, call) {
      copier.copyInto(used, state);
      const result = step(used, call);
      return result.ok ? { ...result, state: copier.copy(used) } : { ...result, state };
    },
  };
};
const strictHost: HostMaker = (machine, scope) => {
  const { initial, step } = strict(machine, scope);
  return { name: 'strict', changes: false, initial, step };
};
const packedHost: HostMaker = (machine, scope) => {
  const host = packed(machine, scope);
  return {
    name: 'packed',
    changes: false,
    forgets: true,
    initial: () => initialState(machine, scope.sizes),
    step(state, call) {
      host.write(state);
      const result = host.step(call);
      return { ...result, state: result.ok ? host.read() : state };
    },
  };
};
/** Rules change a state that keeps its versions; each step starts from any other state. */
const versionsHost: HostMaker = (machine, scope) => {
  const core = engine(machine, scope);
  const initial = () => initialState(machine, scope.sizes);
  const run = versions(machine.shape, initial());
  return {
    name: 'versions',
    changes: false,
    initial,
    step(state, call) {
      run.assign(state as object);
      const before = JSON.stringify(run.take());
      const result = core.step(run.state, call);
      const after = run.take();
      if (!result.ok && JSON.stringify(after) !== before) throw new Error('a refusal changed it');
      return { ...result, state: result.ok ? after : state };
    },
  };
};
const all = [immutableHost, inPlaceHost, copyingHost, strictHost, packedHost, versionsHost];

/** Cast: the machine of a model, as the tools see any machine. */
const reference = sharedPages as unknown as Machine;

// Property runs are bounded by their number, not by the clock of a busy machine.
const slow = { timeout: 60_000 };

test('all hosts agree on the reference model', slow, () => {
  const scopes = fc.constantFrom<Scope>(sharedPages.scopes.small, sharedPages.scopes.large);
  fc.assert(
    fc.property(scopes, picks, (scope, chosen) => agree(reference, scope, all, chosen)),
    { numRuns: 60 },
  );
});

test('all hosts agree on random machines', slow, () => {
  fc.assert(
    fc.property(randomMachines, picks, ({ machine, scope }, chosen) =>
      agree(machine, scope, all, chosen),
    ),
    { numRuns: 90 },
  );
});

test('the immutable host freezes its states and gives a rejected one back', () => {
  const host = immutable(sharedPages, sharedPages.scopes.small);
  const state = host.initial();
  expect(Object.isFrozen(state.guests.at(0).pages.at(0).at)).toBe(true);
  const call: Call = { kind: 'deflate', args: { vm: 1, page: 0 } };
  const refused = host.step(state, call);
  expect(refused).toEqual({
    ok: false,
    state,
    rejection: { code: 'not-ballooned', vm: 1, page: 0 },
  });
  expect(refused.state).toBe(state);
  const touched = host.step(state, {
    kind: 'touch',
    args: { vm: 0, page: 0, frame: 2, content: 1 },
  });
  expect(touched.state.guests.at(1)).toBe(state.guests.at(1));
  expect(touched.state.frames.at(2)).toEqual({ content: 1, references: 1 });
  expect(Object.isFrozen(touched.state.frames.at(2))).toBe(true);
});

test('a call that the scope does not enable is an error', () => {
  const scope = { ...sharedPages.scopes.small, commands: ['touch'] };
  const call: Call = { kind: 'write', args: { vm: 0, page: 0, content: 1 } };
  for (const make of all) {
    const host = make(reference, scope);
    expect(() => host.step(host.initial(), call)).toThrow(
      "there is no command 'write' in scope 'small'",
    );
  }
});

/** Puts back what a step did to every place that `lost` names. */
function losing(name: string, lost: (shape: StateShape, depth: number) => boolean): HostMaker {
  return (machine, scope) => {
    const { initial, step } = inPlace(machine, scope);
    const { copy } = copier(machine.shape);
    return {
      name,
      changes: false,
      initial,
      step(state, call) {
        const result = step(copy(state), call);
        if (!result.ok) return { ...result, state };
        restore(machine.shape, result.state, copy(state), lost, 0);
        return result;
      },
    };
  };
}
type Fields = Record<string, unknown>;
function restore(
  shape: RecordShape,
  target: unknown,
  source: unknown,
  lost: (shape: StateShape, depth: number) => boolean,
  depth: number,
): void {
  const [to, from] = [target as Fields, source as Fields];
  for (const [name, field] of Object.entries(shape.fields)) {
    if (lost(field, depth)) to[name] = from[name];
    else if (field.form === 'record') restore(field, to[name], from[name], lost, depth + 1);
    else if (field.form === 'array' && field.of.form === 'record') {
      const rows = to[name] as unknown[];
      for (const [i, row] of rows.entries()) {
        restore(field.of, row, (from[name] as unknown[])[i], lost, depth + 1);
      }
    }
  }
}

const isValue = (shape: StateShape): boolean =>
  shape.form !== 'record' && shape.form !== 'array' && shape.form !== 'list';

const broken: readonly (readonly [what: string, make: HostMaker])[] = [
  ['a nested write is lost', losing('lossy', (shape, depth) => depth === 2 && isValue(shape))],
  ['a list write is lost', losing('list-lossy', (shape) => shape.form === 'list')],
  ['a variant write is lost', losing('variant-lossy', (shape) => shape.form === 'variant')],
  ['history is lost', losing('forgetful', (shape) => shape.marker === 'history')],
  [
    'a copy is stale',
    (machine, scope) => {
      const { initial, step, copier } = inPlace(machine, scope);
      const used = initial();
      let steps = 0;
      return {
        name: 'stale',
        changes: false,
        initial,
        step(state, call) {
          // Every third step forgets to take what the step before it did.
          if (steps++ % 3 !== 2) copier.copyInto(used, state);
          const next = copier.copy(used);
          const result = step(next, call);
          return result.ok ? { ...result, state: next } : { ...result, state };
        },
      };
    },
  ],
  [
    'an effect runs despite a refusal',
    (machine, scope) => {
      const { initial, step, engine } = inPlace(machine, scope);
      return {
        name: 'disobedient',
        changes: true,
        initial,
        step(state, call) {
          const result = step(state, call);
          if (!result.ok) engine.run(state, call);
          return result;
        },
      };
    },
  ],
  [
    'the order of guards is swapped',
    (machine, scope) => {
      const commands = Object.fromEntries(
        Object.entries(machine.commands).map(([kind, command]) => [
          kind,
          { ...command, requires: [...command.requires].reverse() },
        ]),
      );
      return { ...inPlaceHost({ ...machine, commands }, scope), name: 'swapped' };
    },
  ],
  [
    'a refused state is given back as a copy',
    (machine, scope) => {
      const host = inPlaceHost(machine, scope);
      const { copy } = copier(machine.shape);
      return {
        ...host,
        name: 'copying',
        step(state, call) {
          const result = host.step(state, call);
          return result.ok ? result : { ...result, state: copy(state) };
        },
      };
    },
  ],
  [
    'events are repeated',
    (machine, scope) => {
      const host = inPlaceHost(machine, scope);
      let before: readonly { readonly type: string }[] = [];
      return {
        ...host,
        name: 'repeating',
        step(state, call) {
          const result = host.step(state, call);
          if (!result.ok) return result;
          const events = [...before, ...result.events];
          before = result.events;
          return { ...result, events };
        },
      };
    },
  ],
];

test.each(broken)('the property fails where %s', slow, (_, make) => {
  const property = fc.property(randomMachines, picks, ({ machine, scope }, chosen) =>
    agree(machine, scope, [make], chosen),
  );
  const { failed } = fc.check(property, { numRuns: 1000, seed: 1, endOnFailure: true });
  expect(failed).toBe(true);
});
