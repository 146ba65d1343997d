/** Properties of free page hinting, each shown a state or a step that is wrong for it. */
import { expect, test } from 'vitest';
import { vmmProperties } from '../../invariants/index.ts';
import { type Call, inPlace, noNotes } from '../../machine/index.ts';
import { scopes, type Vmm, vmmMachine } from '../../model/index.ts';
import {
  askForHints,
  begin,
  copyReadOnly,
  hint,
  step,
  takeHint,
} from '../model/migration/story.ts';

const scope = scopes['migration-hinting'];

function after(...calls: readonly Call[]): Vmm {
  const host = inPlace(vmmMachine, scope);
  const state = host.initial();
  for (const call of calls) expect(host.step(state, call)).toMatchObject({ ok: true });
  return state;
}
const hintingOf = (v: Vmm) => v.clusters.at(0).hinting.at(0).at(0);
const asking = [...begin(), ...askForHints];

function invariantSays(id: string, state: Vmm): string | null {
  const property = vmmProperties.find((each) => each.id === id);
  if (property?.kind !== 'invariant') throw new Error(`${id} is no invariant`);
  return property.violation(state as never, scope.sizes as never);
}

test('KVM-I2 sees a page that was written and is skipped', () => {
  const state = after(...asking, hint(1), takeHint);
  expect(invariantSays('KVM-I2', state)).toBe(null);
  state.hosts.at(0).guests.at(0).unspecified[1] = false;
  expect(invariantSays('KVM-I2', state)).toBe('page 1 of VM 0 was written, and is skipped');
});

test('KVM-I4 sees a guest that keeps pages for a migration that is over', () => {
  const state = after(...asking, hint(1), takeHint, step('abort'));
  expect(invariantSays('KVM-I4', state)).toBe(null);
  hintingOf(state).state = 'stop';
  expect(invariantSays('KVM-I4', state)).toBe('page 1 of VM 0 is kept: stop');
});

test('KVM-I5 sees a harvest after which hints still count', () => {
  const property = vmmProperties.find(({ id }) => id === 'KVM-I5');
  if (property?.kind !== 'transition') throw new Error('there is no KVM-I5');
  const [before, state] = [after(...asking), after(...asking, copyReadOnly(0), step('harvest'))];
  const change = { before, call: step('harvest'), after: state, events: [], size: scope.sizes };
  const says = (): string | null => property.violation({ ...change, notes: noNotes() } as never);
  expect(says()).toBe(null);
  hintingOf(state).state = 'start';
  expect(says()).toBe('VM 0 hints on: start');
});

const skip = (v: Vmm): void => {
  hintingOf(v).skipped[1] = true;
};
test.each<[string, Call, (before: Vmm) => void]>([
  ['hint.take-back made VM 0 skip page 1', { kind: 'hint.take-back', args: { vm: 0 } }, () => {}],
  [
    'page 1 of VM 0 was skipped while hinting was done',
    takeHint,
    (v) => {
      hintingOf(v).state = 'done';
    },
  ],
  [
    'nobody hinted at page 1',
    takeHint,
    (v) => {
      hintingOf(v).queue = { kind: 'echo', id: 1 };
    },
  ],
  [
    'a hint of request 1 was taken in request 2',
    takeHint,
    (v) => {
      hintingOf(v).id = 2;
    },
  ],
])('KVM-I3: %s', (message, call, spoil) => {
  const [before, state] = [after(...asking, hint(1)), after(...asking, hint(1))];
  spoil(before);
  skip(state);
  const property = vmmProperties.find(({ id }) => id === 'KVM-I3');
  if (property?.kind !== 'transition') throw new Error('there is no KVM-I3');
  const change = { before, call, after: state, events: [], size: scope.sizes, notes: noNotes() };
  expect(property.violation(change as never)).toBe(message);
});

test('MIG-W7 sees a request that has the number of the one before', () => {
  const request: Call = { kind: 'hint.request', args: { vm: 0 } };
  const [before, state] = [after(...begin()), after(...begin(), request)];
  const property = vmmProperties.find(({ id }) => id === 'MIG-W7');
  if (property?.kind !== 'transition') throw new Error('there is no MIG-W7');
  const change = { before, call: request, after: state, events: [], size: scope.sizes };
  const says = (): string | null => property.violation({ ...change, notes: noNotes() } as never);
  expect(says()).toBe(null);
  hintingOf(state).id = 0;
  expect(says()).toBe('request 0 is requested');
});
